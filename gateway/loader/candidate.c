#include "gateway/loader/candidate.h"

#include <stdio.h>
#include <sys/stat.h>

#include "gateway/base/log.h"
#include "gateway/loader/material.h"
#include "gateway/loader/writable.h"

void
candidate_compile(
    struct buf *out, const struct config *config, const struct policy_job *how)
{
	struct buf about CLEANUP(buf_done) = {.max = CONTROL_MAX_VALUE};
	struct policy_job job = *how;
	char path[4096];
	struct stat st;
	int len =
	    snprintf(path, sizeof(path), "%s/%s", config->state, CONFIG_STAGED);

	buf_init(out, MATERIAL_MAX_IMAGE);
	if (len < 0 || (size_t)len >= sizeof(path) || stat(path, &st) != 0)
		return;
	job.path = path;
	int status = writable_refuse_both(path);
	if (status == 0)
		status = policy_compile(out, &about, &job);
	if (status == 0)
		return;
	const struct log_field fields[] = {log_span("path", span_str(path)),
	    log_number("status", (uint64_t)status)};
	log_event("staged-refused", fields, 2);
	buf_reset(out);
}
