/*
 * gatehouse-policyc: parses policy YAML, once, in a jail of its own, and hands
 * the image back. The bytes of a policy are hostile until they are checked.
 *
 * From the loader (control.h): items "file" i and "table" i, each a name
 * relative to the policy and a descriptor; "allow-degraded". Of a version, also
 * "version", its number; and from 2 on "before-file" i and "before-table" i:
 * the version before it, and "signature" i: a signer's name and a descriptor.
 * It answers with items "image" 0, 1, …, of a version with "policy-version"
 * (policy_version.h), and CONTROL_READY; problems go to stderr.
 *
 * Exit   0 done, 1 a failure of ours, 3 the policy is not loadable, 7 it is not
 *        signed by those whose signatures it needs
 */
#include <signal.h>
#include <unistd.h>

#include "crypto/init.h"
#include "crypto/sshsig.h"
#include "gateway/base/jail.h"
#include "gateway/base/jail_tables.h"
#include "gateway/base/log.h"
#include "gateway/base/log_report.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/ipc/policy_version.h"
#include "policy/check.h"
#include "policy/image.h"
#include "policy/node.h"
#include "policy/step.h"
#include "policy/table.h"

enum {
	EXIT_FAILED = 1,
	EXIT_POLICY = 3,
	EXIT_NOT_VERIFIED = 7,
	POLICYC_ARENA = 512 * 1024 * 1024,
	IMAGE_MAX = 8 * 1024 * 1024,
	MAX_TABLES = 256,
	MAX_WORDS = 4096,
};

struct table {
	struct source_file file;
	int fd; /* -1: it was read */
};

/* One policy. */
struct side {
	struct source_file files[CHECK_MAX_FILES];
	size_t num_files;
	struct table tables[MAX_TABLES];
	size_t num_tables;
	struct source_file all[STATEMENT_MAX_FILES]; /* both; see list_all */
	size_t num_all;
	struct diagnostics d;
	struct policy policy;
};

struct job {
	struct arena arena;
	struct side next, running;
	uint64_t version; /* of `next`; 0: it is none */
	struct step_signature signatures[STEP_MAX_SIGNATURES];
	size_t num_signatures;
};

static struct job job;

/* --- What is given --- */

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

/* Name and descriptor of an item. Errors: NOT_FOUND: there is none. */
static struct err
take_item(struct span *out_name, int *out_fd, const struct control_items *items,
    const char *name, size_t i)
{
	struct span value;

	TRY(control_value(items, name, (uint32_t)i, &value));
	TRY(arena_copy(&job.arena, out_name, value));
	return control_fd(items, name, (uint32_t)i, out_fd);
}

/* The same, and what is in it. */
static struct err
take_file(struct span *out_name, struct span *out_bytes,
    const struct control_items *items, const char *name, size_t i, size_t max)
{
	int fd;

	TRY(take_item(out_name, &fd, items, name, i));
	struct err err = read_all(out_bytes, fd, max);
	close(fd);
	return err;
}

static struct err
read_side(struct side *side, const struct control_items *items,
    const char *file, const char *table)
{
	while (control_find(items, file, (uint32_t)side->num_files) != NULL) {
		struct source_file *f = &side->files[side->num_files];
		if (side->num_files == CHECK_MAX_FILES)
			return ERR(TOO_BIG, "a policy is 1 to 64 files");
		TRY(take_file(&f->name, &f->bytes, items, file, side->num_files,
		    NODE_MAX_FILE + 1));
		side->num_files++;
	}
	while (side->num_tables < MAX_TABLES &&
	    control_find(items, table, (uint32_t)side->num_tables) != NULL) {
		struct table *t = &side->tables[side->num_tables];
		TRY(take_item(
		    &t->file.name, &t->fd, items, table, side->num_tables));
		side->num_tables++;
	}
	return OK;
}

static struct err
read_signatures(const struct control_items *items)
{
	while (job.num_signatures < STEP_MAX_SIGNATURES &&
	    control_find(items, "signature", (uint32_t)job.num_signatures) !=
		NULL) {
		struct step_signature *s = &job.signatures[job.num_signatures];
		TRY(take_file(&s->signer, &s->bytes, items, "signature",
		    job.num_signatures, SSHSIG_MAX));
		job.num_signatures++;
	}
	return OK;
}

static struct err
read_items(const struct control_items *items)
{
	TRY(read_side(&job.next, items, "file", "table"));
	if (control_find(items, "version", 0) == NULL)
		return OK;
	TRY(control_number(items, "version", 0, &job.version, INT64_MAX));
	TRY(read_side(&job.running, items, "before-file", "before-table"));
	return read_signatures(items);
}

static struct err
start(void)
{
	struct jail_report report;
	struct control_items items;
	const struct jail_table *table = jail_tables_find("policyc");

	TRY(crypto_init());
	TRY(sshsig_init());
	arena_init(&job.arena, POLICYC_ARENA);
	TRY(control_receive(&items, CONTROL_FD));
	TRY(read_items(&items));
	bool degraded = control_find(&items, "allow-degraded", 0) != NULL;
	return jail_enter(&report,
	    &(struct jail_spec){.role = "policyc",
		.syscalls = table->syscalls,
		.num_syscalls = table->num_syscalls,
		.allow_degraded = degraded});
}

/* --- Tables --- */

static struct err
read_table(struct table *table)
{
	if (table->fd < 0)
		return OK;
	TRY(read_all(&table->file.bytes, table->fd, TABLE_MAX_FILE));
	sysio_close(&table->fd);
	return OK;
}

/* From the descriptors that we were given, and from nowhere else. */
static struct err
load_table(void *context, struct span path, struct span *out_bytes)
{
	struct side *side = context;

	for (size_t i = 0; i < side->num_tables; i++) {
		if (!span_equal(side->tables[i].file.name, path))
			continue;
		TRY(read_table(&side->tables[i]));
		*out_bytes = side->tables[i].file.bytes;
		return OK;
	}
	return ERR(
	    NOT_FOUND, "there is no such file below the policy's folder");
}

/* Of a version every file counts, whoever names it. */
static struct err
list_all(struct side *side)
{
	if (side->num_files + side->num_tables > STATEMENT_MAX_FILES)
		return ERR(TOO_BIG, "a version is at most 128 files");
	for (size_t i = 0; i < side->num_files; i++)
		side->all[side->num_all++] = side->files[i];
	for (size_t i = 0; i < side->num_tables; i++) {
		TRY(read_table(&side->tables[i]));
		side->all[side->num_all++] = side->tables[i].file;
	}
	return OK;
}

/* --- The answer --- */

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
	return OK;
}

static struct err
send_version(const struct policy_version *version)
{
	struct buf body CLEANUP(buf_done) = {.max = POLICY_VERSION_MAX};

	TRY(policy_version_put(&body, version));
	return control_send_item(
	    CONTROL_FD, "policy-version", 0, buf_span(&body), -1);
}

/* --- The work --- */

/* Errors: DENIED: what is wrong with it was said. */
static struct err
check(struct side *side)
{
	struct buf text CLEANUP(buf_done) = {.max = DIAGNOSTIC_MAX_OUTPUT};
	struct check_options options = {
	    .today = (int32_t)(sysio_wall_ns() / 1000000000 / 86400),
	    .load_table = load_table,
	    .context = side};

	diagnostic_init(&side->d, side->files, side->num_files);
	struct err err = check_policy(&side->policy, &job.arena, &side->d,
	    side->files, side->num_files, &options);
	/* What runs was warned of before. */
	if (side->d.num_items > 0 &&
	    (side == &job.next || err.code != ERR_OK) &&
	    diagnostic_print(&text, &side->d).code == ERR_OK)
		log_report(buf_span(&text));
	return err;
}

static void
say(struct span line)
{
	struct buf text CLEANUP(buf_done) = {.max = MAX_WORDS};

	if (buf_append_format(
		&text, "policy version %llu: ", (unsigned long long)job.version)
		    .code == ERR_OK &&
	    buf_append(&text, line).code == ERR_OK &&
	    buf_append_str(&text, "\n").code == ERR_OK)
		log_report(buf_span(&text));
}

/* One that is not what its name says was put there by somebody else. */
static int
judge_signatures(const struct step *step, const struct step_result *result)
{
	struct buf words CLEANUP(buf_done) = {.max = MAX_WORDS};

	if (result->num_wrong > 0) {
		say(span_str("a signature is not of that signer over this "
			     "change"));
		return EXIT_NOT_VERIFIED;
	}
	if (result->verdict.enough)
		return 0;
	if (step_say_lacking(&words, step, result).code == ERR_OK)
		say(buf_span(&words));
	return EXIT_NOT_VERIFIED;
}

/* What the record will say. */
static void
fill_version(struct policy_version *out, const struct step_result *result)
{
	memcpy(out->before, result->statement.before, sizeof(out->before));
	out->wider = result->diff.counts[DIFF_WIDER];
	out->narrower = result->diff.counts[DIFF_NARROWER];
	for (uint32_t i = 0; i < result->num_signed; i++)
		out->signers[i] =
		    job.running.policy.signers[result->signed_by[i]].id;
	out->num_signers = result->num_signed;
}

static struct step
make_step(void)
{
	return (struct step){.running = &job.running.policy,
	    .next = &job.next.policy,
	    .before = job.running.all,
	    .num_before = job.running.num_all,
	    .after = job.next.all,
	    .num_after = job.next.num_all,
	    .version = job.version,
	    .signatures = job.signatures,
	    .num_signatures = job.num_signatures};
}

/* By the version before it. */
static int
judge(struct policy_version *out)
{
	static struct step_result result;
	struct err err = check(&job.running);

	if (err.code == ERR_OK)
		err = list_all(&job.running);
	struct step step = make_step();
	if (err.code == ERR_OK)
		err = step_judge(&result, &job.arena, &step);
	if (err.code != ERR_OK) {
		say(span_str(err.why));
		return err.code == ERR_DENIED ? EXIT_POLICY : EXIT_FAILED;
	}
	int code = judge_signatures(&step, &result);
	if (code == 0)
		fill_version(out, &result);
	return code;
}

/* A version, and whether it may be one. */
static int
compile_version(void)
{
	struct policy_version version = {
	    .version = job.version, .is_first = job.version == 1};
	struct err err = list_all(&job.next);

	if (err.code == ERR_OK)
		err = statement_digest(
		    version.files, job.next.all, job.next.num_all);
	int code =
	    err.code == ERR_OK && !version.is_first ? judge(&version) : 0;
	if (code != 0)
		return code;
	if (err.code == ERR_OK)
		err = send_version(&version);
	if (err.code != ERR_OK)
		log_error("not-compiled", err);
	return err.code == ERR_OK ? 0 : EXIT_FAILED;
}

static int
compile(void)
{
	struct err err = check(&job.next);

	if (err.code == ERR_DENIED)
		return EXIT_POLICY;
	int code =
	    err.code == ERR_OK && job.version > 0 ? compile_version() : 0;
	if (code != 0)
		return code;
	if (err.code == ERR_OK)
		err = send_image(&job.next.policy);
	if (err.code == ERR_OK)
		err = control_send_ready(CONTROL_FD, "compiled");
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
