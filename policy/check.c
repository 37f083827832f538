#include "policy/checker.h"

#include "crypto/hash.h"
#include "policy/waits.h"

/* Lengths go in front, so that no two sets of files hash as one. */
static struct err
hash_field(struct hash_stream *hash, struct span bytes)
{
	uint8_t len[4] = {(uint8_t)(bytes.len >> 24),
	    (uint8_t)(bytes.len >> 16), (uint8_t)(bytes.len >> 8),
	    (uint8_t)bytes.len};

	TRY(hash_stream_update(hash, span_of(len, sizeof(len))));
	return hash_stream_update(hash, bytes);
}

static void
drop_hash(struct hash_stream **hash)
{
	hash_stream_free(*hash);
}

static struct err
digest_files(uint8_t out[32], const struct source_file *files, size_t num)
{
	CLEANUP(drop_hash) struct hash_stream *hash = NULL;

	TRY(hash_stream_new(&hash));
	for (size_t i = 0; i < num; i++) {
		TRY(hash_field(hash, files[i].name));
		TRY(hash_field(hash, files[i].bytes));
	}
	return hash_stream_final(hash, out);
}

static bool
any_has(const struct checker *c, const char *section)
{
	for (size_t i = 0; i < c->num_roots; i++)
		if (node_get(c->roots[i], section) != NULL)
			return true;
	return false;
}

/* A root that is no map is left out. */
static struct err
read_roots(struct checker *c, const struct source_file *files)
{
	bool broken = false;

	TRY(arena_alloc(
	    c->arena, &c->roots, c->num_roots + 1, sizeof(struct node *)));
	for (size_t i = 0; i < c->num_roots; i++) {
		size_t before = c->d->num_errors;
		struct node *root;

		TRY(node_read(&root, c->arena, c->d, &files[i], (uint32_t)i));
		c->roots[i] = root;
		broken = broken || (root == NULL && c->d->num_errors > before);
		if (root != NULL &&
		    !schema_check(c->d, SCHEMA_TOP, root, (struct span){0}))
			c->roots[i] = NULL;
	}
	/* What could not be read may have held it; an empty file has not. */
	if (!broken && !any_has(c, "policy"))
		(void)diagnostic_add(c->d, (struct mark){0}, "E102",
		    "no file holds the section `policy`");
	return OK;
}

/* Later parts refer to earlier ones, by index into the policy's arrays. */
static struct err
check_parts(struct checker *c)
{
	TRY(check_facts_all(c));
	TRY(check_change_all(c));
	TRY(check_purpose_all(c));
	TRY(check_data_all(c));
	check_purpose_annexes(c);
	TRY(check_never_all(c));
	TRY(check_allow_all(c));
	TRY(check_terms_all(c));
	TRY(check_emergency_all(c));
	return check_tests_all(c);
}

struct err
check_policy(struct policy *out, struct arena *arena, struct diagnostics *d,
    const struct source_file *files, size_t num_files,
    const struct check_options *options)
{
	struct policy policy = {0};
	struct checker c = {.policy = &policy,
	    .arena = arena,
	    .d = d,
	    .options = options,
	    .num_roots = num_files};
	struct span near;

	if (num_files == 0 || num_files > CHECK_MAX_FILES)
		return ERR(TOO_BIG, "a policy is 1 to 64 files");
	TRY(digest_files(policy.source_digest, files, num_files));
	TRY(read_roots(&c, files));
	policy.time_zone = span_str("UTC");
	c.zone = zone_find(policy.time_zone, &near);
	TRY(check_parts(&c));
	if (d->num_errors == 0) {
		check_evade_all(&c);
		waits_set(&policy);
		TRY(check_plan_all(&c));
	}
	diagnostic_sort(d);
	TRY(d->err);
	if (d->num_errors > 0)
		return ERR(DENIED, "policy: it has errors");
	*out = policy;
	return OK;
}
