/*
 * gatehouse-policyc: parses policy YAML, once, in a jail of its own, and hands
 * the image back. The bytes of a policy are hostile until they are checked.
 *
 * From the supervisor (control.h): items "file" i and "table" i, each a
 * name relative to the policy and a descriptor; "allow-degraded". It answers
 * with items "image" 0, 1, … and CONTROL_READY; problems go to stderr.
 *
 * Exit   0 done, 1 a failure of ours, 3 the policy is not loadable
 */
#include <signal.h>
#include <unistd.h>

#include "crypto/init.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/log_report.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "policy/check.h"
#include "policy/image.h"
#include "policy/node.h"
#include "policy/table.h"

enum {
	EXIT_FAILED = 1,
	EXIT_POLICY = 3,
	POLICYC_ARENA = 256 * 1024 * 1024,
	IMAGE_MAX = 8 * 1024 * 1024,
};

struct job {
	struct arena arena;
	struct source_file files[CHECK_MAX_FILES];
	size_t num_files;
	struct diagnostics d;
	struct control_items items; /* the tables' descriptors */
	uint32_t num_tables;
};

static struct job job;

static struct err
read_all(struct span *out, int fd, size_t max_len)
{
	struct buf bytes CLEANUP(buf_done) = {.max = max_len + 65536};

	for (;;) {
		size_t got;
		TRY(buf_reserve(&bytes, 65536));
		TRY(sysio_read(fd, bytes.data + bytes.len, 65536, &got));
		if (got == 0)
			break;
		bytes.len += got;
		if (bytes.len > max_len)
			return ERR(TOO_BIG, "policyc: a file over its cap");
	}
	return arena_copy(&job.arena, out, buf_span(&bytes));
}

/* From the descriptors that we were given, and from nowhere else. */
static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	(void)context;
	for (uint32_t i = 0; i < job.num_tables; i++) {
		struct span name;
		int fd;
		if (control_value(&job.items, "table", i, &name).code !=
			ERR_OK ||
		    !span_equal(name, path) ||
		    control_fd(&job.items, "table", i, &fd).code != ERR_OK)
			continue;
		struct err err = read_all(out_bytes, fd, TABLE_MAX_FILE);
		close(fd);
		return err;
	}
	return ERR(
	    NOT_FOUND, "there is no such file below the policy's folder");
}

static struct err
read_files(struct control_items *items)
{
	struct span name;
	int fd;

	while (job.num_files < CHECK_MAX_FILES &&
	    control_fd(items, "file", (uint32_t)job.num_files, &fd).code ==
		ERR_OK) {
		struct source_file *file = &job.files[job.num_files];
		TRY(control_value(
		    items, "file", (uint32_t)job.num_files, &name));
		TRY(arena_copy(&job.arena, &file->name, name));
		TRY(read_all(&file->bytes, fd, NODE_MAX_FILE + 1));
		close(fd);
		job.num_files++;
	}
	while (control_find(items, "table", job.num_tables) != NULL)
		job.num_tables++;
	return OK;
}

static struct err
start(void)
{
	struct jail_report report;
	const struct jail_table *table = jail_tables_find("policyc");

	TRY(crypto_init());
	arena_init(&job.arena, POLICYC_ARENA);
	TRY(control_receive(&job.items, CONTROL_FD));
	TRY(read_files(&job.items));
	bool degraded = control_find(&job.items, "allow-degraded", 0) != NULL;
	return jail_enter(&report,
	    &(struct jail_spec){.role = "policyc",
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.allow_degraded = degraded});
}

static struct err
send_image(const struct policy *policy)
{
	struct buf image CLEANUP(buf_done) = {.max = IMAGE_MAX};
	struct span left;
	uint32_t index = 0;

	TRY(image_encode(&image, policy));
	for (left = buf_span(&image); left.len > 0; index++) {
		struct span piece = span_sub(left, 0, CONTROL_MAX_VALUE);
		TRY(control_send_item(CONTROL_FD, "image", index, piece, -1));
		left = span_sub(left, piece.len, left.len);
	}
	return control_send_ready(CONTROL_FD, "compiled");
}

static int
compile(void)
{
	struct buf text CLEANUP(buf_done) = {.max = DIAGNOSTIC_MAX_OUTPUT};
	struct policy policy;
	struct check_options options = {
	    .today = (int32_t)(sysio_wall_ns() / 1000000000 / 86400),
	    .load_table = load_table};

	diagnostic_init(&job.d, job.files, job.num_files);
	struct err err = check_policy(
	    &policy, &job.arena, &job.d, job.files, job.num_files, &options);
	if (job.d.num_items > 0 &&
	    diagnostic_print(&text, &job.d).code == ERR_OK)
		log_report(buf_span(&text));
	if (err.code == ERR_DENIED)
		return EXIT_POLICY;
	if (err.code == ERR_OK)
		err = send_image(&policy);
	if (err.code != ERR_OK)
		log_error("not-compiled", err);
	return err.code == ERR_OK ? 0 : EXIT_FAILED;
}

int
main(void)
{
	log_set_role("policyc");
	signal(SIGPIPE, SIG_IGN);
	struct err err = start();
	if (err.code != ERR_OK) {
		log_error("not-started", err);
		return EXIT_FAILED;
	}
	_exit(compile()); /* no exit handlers: they make calls of their own */
}
