/*
 * Targets: node_read, schema_check, check_policy, diagnostic_print and
 * policy_report in every format. A policy that loads has no error; one that
 * does not has one.
 */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/tool/policy_report.h"
#include "policy/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	(void)path;
	*out_bytes = span_str("code,group\nA,DE\nB,NY\n");
	return OK;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct diagnostics d;
	struct source_file file = {span_str("fuzz.yaml"), span_of(data, len)};
	struct check_options options = {
	    .today = 20780, .load_table = load_table};
	struct arena arena;
	struct policy policy;
	struct buf out;
	struct err err;

	if (crypto_init().code != ERR_OK)
		abort();
	arena_init(&arena, 64 * 1024 * 1024);
	buf_init(&out, DIAGNOSTIC_MAX_OUTPUT);
	diagnostic_init(&d, &file, 1);
	err = check_policy(&policy, &arena, &d, &file, 1, &options);
	if ((err.code == ERR_OK) !=
		(d.num_errors == 0 && d.err.code == ERR_OK) &&
	    err.code != ERR_NO_MEMORY && err.code != ERR_TOO_BIG)
		abort();
	for (unsigned i = 0; i < NUM_POLICY_FORMATS; i++) {
		/* Most of it are the pages of all codes, whatever came in. */
		if (i == POLICY_FORMAT_SARIF && len % 16 != 0)
			continue;
		if (policy_report(&out, (enum policy_format)i, &d).code !=
		    ERR_OK)
			abort();
	}
	diagnostic_done(&d);
	buf_done(&out);
	arena_done(&arena);
	return 0;
}
