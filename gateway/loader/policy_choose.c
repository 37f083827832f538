#include "gateway/loader/policy_choose.h"

#include <stdio.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/base/version_dir.h"
#include "gateway/loader/no_start.h"
#include "gateway/loader/policy_compile.h"
#include "gateway/loader/policy_text.h"
#include "gateway/loader/writable.h"
#include "policy/image.h"

enum {
	CHOOSE_ARENA = 64 * 1024 * 1024
};

/* What is asked for, and of which files it is. */
struct choice {
	struct material *out;
	const struct config *config;
	const struct material_with *with;
	char versions[VERSION_DIR_PATH];
	uint64_t highest;
};

static int
compile(const struct choice *c, struct policy_job *job)
{
	struct material *m = c->out;

	job->spawn = c->with->spawn;
	job->allow_degraded = c->with->allow_degraded;
	buf_done(&m->image);
	buf_init(&m->image, MATERIAL_MAX_IMAGE);
	buf_done(&m->about);
	buf_init(&m->about, CONTROL_MAX_VALUE);
	arena_done(&m->arena);
	arena_init(&m->arena, CHOOSE_ARENA);
	int status = policy_compile(&m->image, &m->about, job);
	if (status != 0)
		return status;
	struct err err =
	    image_decode(&m->policy, &m->arena, buf_span(&m->image));
	return err.code == ERR_OK ? 0 : no_start(job->path, err.why);
}

static int
compile_path(const struct choice *c)
{
	int status = writable_refuse_both(c->config->policy);

	if (status != 0)
		return status;
	return compile(c, &(struct policy_job){.path = c->config->policy});
}

/* The highest, by what it says itself and the one before it. */
static int
compile_version(const struct choice *c)
{
	char files[VERSION_DIR_PATH], before[VERSION_DIR_PATH];
	char signatures[VERSION_DIR_PATH];
	struct policy_job job = {.path = files, .version = c->highest};
	struct err err =
	    version_dir_path(files, c->versions, c->highest, "files");

	if (err.code == ERR_OK)
		err = version_dir_path(
		    before, c->versions, c->highest - 1, "files");
	if (err.code == ERR_OK)
		err = version_dir_path(
		    signatures, c->versions, c->highest, "signatures");
	if (err.code != ERR_OK)
		return no_start(c->versions, err.why);
	if (c->highest > 1) {
		job.before = before;
		job.signatures = signatures;
	}
	int status = writable_refuse(c->versions);
	if (status == 0)
		status = writable_refuse(files);
	return status == 0 ? compile(c, &job) : status;
}

static int
find_highest(struct choice *c)
{
	int CLEANUP(sysio_close) dir = -1;
	int len = snprintf(
	    c->versions, sizeof(c->versions), "%s/policy", c->config->state);

	if (len < 0 || (size_t)len >= sizeof(c->versions))
		return no_start(c->config->state, "too long a path");
	struct err err = version_dir_open(&dir, c->config->state, false);
	if (err.code == ERR_NOT_FOUND)
		return 0;
	if (err.code == ERR_OK)
		err = version_dir_highest(&c->highest, dir);
	return err.code == ERR_OK ? 0 : no_start(c->versions, err.why);
}

/* As its officers have it now, with the tables that it names. */
static int
make_first(struct choice *c)
{
	struct policy_text text CLEANUP(policy_text_done) = {.num_files = 0};
	int CLEANUP(sysio_close) dir = -1;
	int status =
	    policy_text_read(&text, c->config->policy, &c->out->policy);

	if (status != 0)
		return status;
	struct err err = version_dir_open(&dir, c->config->state, true);
	if (err.code == ERR_OK)
		err = version_dir_write(dir, 1,
		    &(struct version_dir_content){
			.files = text.files, .num_files = text.num_files});
	if (err.code != ERR_OK)
		return no_start(c->versions, err.why);
	log_event("policy-signed-from-now-on",
	    (const struct log_field[]){log_text("versions", c->versions)}, 1);
	c->highest = 1;
	return compile_version(c);
}

/* An edit that nobody applied must not look like one that serves. */
static void
look_at_path(const struct choice *c)
{
	char files[VERSION_DIR_PATH];
	bool same = false;
	struct err err =
	    version_dir_path(files, c->versions, c->highest, "files");

	if (err.code == ERR_OK)
		same = policy_text_same(c->config->policy, files);
	c->out->edited = !same;
	if (!same)
		log_event("policy-not-applied",
		    (const struct log_field[]){
			log_text("policy", c->config->policy),
			log_number("serves", c->highest),
			log_text("how", "gatehouse policy apply")},
		    3);
}

int
policy_choose(struct material *out, const struct config *config,
    const struct material_with *with)
{
	struct choice c = {.out = out, .config = config, .with = with};
	int status = find_highest(&c);

	if (status == 0)
		status = c.highest > 0 ? compile_version(&c) : compile_path(&c);
	if (status == 0 && c.highest > 0)
		look_at_path(&c);
	return status;
}

int
policy_choose_first(struct material *out, const struct config *config,
    const struct material_with *with)
{
	struct choice c = {.out = out, .config = config, .with = with};

	if (out->about.len > 0 || out->policy.num_signers == 0)
		return 0;
	int status = find_highest(&c);
	return status == 0 ? make_first(&c) : status;
}
