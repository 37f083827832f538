#include "gateway/tool/policy_change.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "crypto/sshsig.h"
#include "gateway/base/config_load.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/tool/policy_out.h"

enum {
	CHANGE_ARENA = 512 * 1024 * 1024,
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_POLICY = 3,
};

static int
say(const char *what, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* --- Sides --- */

int
policy_side_load(struct policy_side *side, const char *path)
{
	char *paths[] = {NULL};

	policy_job_init(&side->job);
	int code = policy_job_add(&side->job, path);
	if (code == 0)
		code =
		    policy_job_load(&side->job, &side->policy, paths, 0, NULL);
	if (code == 0)
		side->num_files = policy_job_files(&side->job, side->files);
	return code;
}

void
policy_side_done(struct policy_side *side)
{
	if (side->job.arena.max > 0)
		policy_job_done(&side->job);
	*side = (struct policy_side){.num_files = 0};
}

/* --- Where --- */

/* What belongs to a path, beside it or below; 0: it has no number. */
static struct err
join(struct policy_change *c, const char **out, const char *path,
    const char *what, uint64_t number)
{
	struct buf text CLEANUP(buf_done) = {.max = VERSION_DIR_PATH};
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	TRY(buf_append(&text, span_of(path, len)));
	TRY(buf_append_str(&text, what));
	if (number > 0)
		TRY(buf_append_u64(&text, number));
	return arena_str(&c->arena, out, buf_span(&text));
}

static struct err
files_of(struct policy_change *c, const char **out, uint64_t version)
{
	char path[VERSION_DIR_PATH];

	TRY(version_dir_path(path, c->versions, version, "files"));
	return arena_str(&c->arena, out, span_str(path));
}

static int
find_highest(struct policy_change *c)
{
	int CLEANUP(sysio_close) dir =
	    open(c->versions, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0 && errno != ENOENT)
		return say(c->versions, strerror(errno));
	if (dir >= 0 && version_dir_highest(&c->highest, dir).code != ERR_OK)
		return say(c->versions, "it cannot be read");
	if (c->highest == 0)
		return say(c->versions,
		    "there is no version yet: the gateway makes the first one "
		    "of a policy with `signers` when it starts or reloads");
	return 0;
}

int
policy_change_where(
    struct policy_change *c, const struct policy_change_with *with)
{
	int code = 0;

	arena_init(&c->arena, CHANGE_ARENA);
	c->versions = with->versions;
	if (with->versions == NULL || with->candidate == NULL ||
	    with->config != NULL)
		code = config_load(&c->config, &c->arena, with->config);
	if (code != 0)
		return code;
	if (c->versions == NULL &&
	    (join(c, &c->versions, c->config.state, "/policy", 0).code !=
		    ERR_OK ||
		join(c, &c->ledger, c->config.state, "/ledger", 0).code !=
		    ERR_OK))
		return say(c->config.state, "too long a path");
	if (with->ledger != NULL)
		c->ledger = with->ledger;
	return find_highest(c);
}

static int
find_candidate(struct policy_change *c, const struct policy_change_with *with)
{
	const char *working =
	    c->config.policy != NULL ? c->config.policy : with->candidate;
	struct err err = OK;

	c->candidate = with->candidate != NULL ? with->candidate : working;
	c->beside = with->beside;
	if (with->back_to > c->highest)
		return say(c->versions,
		    "there is no such version: `gatehouse policy log` has all");
	if (with->back_to > 0)
		err = files_of(c, &c->candidate, with->back_to);
	if (err.code == ERR_OK && c->beside == NULL)
		err = join(
		    c, &c->beside, working, ".signatures/", c->highest + 1);
	return err.code == ERR_OK ? 0 : say(working, err.why);
}

void
policy_change_step(struct policy_change *c, uint64_t version)
{
	c->step = (struct step){.running = &c->running.policy,
	    .next = &c->next.policy,
	    .before = c->running.files,
	    .num_before = c->running.num_files,
	    .after = c->next.files,
	    .num_after = c->next.num_files,
	    .version = version,
	    .signatures = c->signatures};
}

static int
load_sides(struct policy_change *c)
{
	const char *path;
	struct err err = files_of(c, &path, c->highest);

	if (err.code != ERR_OK)
		return say(c->versions, err.why);
	int code = policy_side_load(&c->running, path);
	if (code == 0)
		code = policy_side_load(&c->next, c->candidate);
	policy_change_step(c, c->highest + 1);
	return code;
}

int
policy_change_open(
    struct policy_change *c, const struct policy_change_with *with)
{
	uint8_t before[32], after[32];
	int code = policy_change_where(c, with);

	if (code == 0)
		code = find_candidate(c, with);
	if (code == 0)
		code = load_sides(c);
	if (code != 0)
		return code;
	struct err err =
	    statement_digest(before, c->step.before, c->step.num_before);
	if (err.code == ERR_OK)
		err = statement_digest(after, c->step.after, c->step.num_after);
	if (err.code != ERR_OK)
		return say(c->candidate, err.why);
	if (!span_equal(span_of(before, 32), span_of(after, 32)))
		return 0;
	(void)fprintf(stderr,
	    "gatehouse: %s: it is version %" PRIu64 ": there is nothing to "
	    "change\n",
	    c->candidate, c->highest);
	return EXIT_FAILED;
}

void
policy_change_done(struct policy_change *c)
{
	policy_side_done(&c->running);
	policy_side_done(&c->next);
	arena_done(&c->arena);
}

/* --- Signatures --- */

static struct err
read_signature(struct policy_change *c, int folder, const char *name)
{
	struct buf bytes CLEANUP(buf_done) = {.max = SSHSIG_MAX};
	struct step_signature *s = &c->signatures[c->num_signatures];
	int CLEANUP(sysio_close) fd =
	    openat(folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return ERR(IO, "a signature cannot be opened");
	if (c->num_signatures == STEP_MAX_SIGNATURES)
		return ERR(TOO_BIG, "too many signatures");
	TRY(control_read_file(&bytes, fd));
	TRY(arena_copy(&c->arena, &s->bytes, buf_span(&bytes)));
	TRY(arena_copy(&c->arena, &s->signer, span_of(name, strlen(name) - 4)));
	c->num_signatures++;
	return OK;
}

int
policy_change_signatures(struct policy_change *c, const char *folder)
{
	DIR *stream = opendir(folder);
	struct dirent *entry;
	struct err err = OK;

	c->num_signatures = 0;
	if (stream == NULL)
		return errno == ENOENT ? 0 : say(folder, strerror(errno));
	while (err.code == ERR_OK && (entry = readdir(stream)) != NULL)
		if (entry->d_name[0] != '.' &&
		    span_ends_with(span_str(entry->d_name), span_str(".sig")))
			err = read_signature(c, dirfd(stream), entry->d_name);
	(void)closedir(stream);
	return err.code == ERR_OK ? 0 : say(folder, err.why);
}

int
policy_change_judge(struct policy_change *c)
{
	c->step.num_signatures = c->num_signatures;
	struct err err = step_judge(&c->result, &c->arena, &c->step);

	if (err.code == ERR_OK)
		return 0;
	(void)say(c->candidate, err.why);
	return err.code == ERR_DENIED || err.code == ERR_MALFORMED
	    ? EXIT_POLICY
	    : EXIT_FAILED;
}

/* --- What it is --- */

static struct err
put_signers(struct buf *out, const struct policy_change *c)
{
	const struct step_result *r = &c->result;

	for (uint32_t i = 0; i < r->num_signed; i++) {
		TRY(buf_append_str(out, i == 0 ? "Signed by " : ", "));
		TRY(buf_append(
		    out, c->running.policy.signers[r->signed_by[i]].id));
	}
	if (r->num_signed > 0)
		TRY(buf_append_str(out, ".\n"));
	for (uint32_t i = 0; i < r->num_wrong; i++) {
		TRY(buf_append_str(out, "Not counted: "));
		TRY(buf_append(out, c->signatures[r->wrong[i]].signer));
		TRY(buf_append_str(out,
		    ".sig, which is no signature of that signer over this "
		    "change.\n"));
	}
	return OK;
}

static struct err
put_all(struct buf *out, const struct policy_change *c)
{
	TRY(buf_append_format(out, "version %" PRIu64 " -> %" PRIu64 "\n",
	    c->highest, c->highest + 1));
	TRY(diff_print(out, &c->result.diff, &c->running.policy));
	return put_signers(out, c);
}

int
policy_change_show(const struct policy_change *c)
{
	struct buf text CLEANUP(buf_done) = {.max = POLICY_OUT_MAX};
	struct err err = put_all(&text, c);

	return policy_out(err, buf_span(&text), true);
}
