#include "gateway/keeper/seeds.h"

#include "crypto/encode.h"
#include "crypto/memory/arena.h"
#include "crypto/memory/secret.h"

enum {
	SEED = 32,
	TAG = 32,
};

struct seeds {
	struct scope_file file; /* of each entry the seed: SEED bytes in
				   `secret`, which say only that they are there,
				   but between open and close */
	struct arena arena;	/* names, and tags */
	uint8_t (*tags)[TAG];	/* of each entry */
	struct secret *secret;	/* SEED bytes of each */
};

/* --- From the text --- */

static struct err
keep_names(struct seeds *seeds)
{
	struct scope_file *file = &seeds->file;

	for (size_t i = 0; i < file->num_entries; i++) {
		struct scope *scope = &file->entries[i].scope;
		/* Those of one scope stand together, and share it. */
		if (i > 0 &&
		    scope_compare(&file->entries[i - 1].scope, scope) == 0) {
			*scope = file->entries[i - 1].scope;
			continue;
		}
		TRY(arena_copy(&seeds->arena, &scope->purpose, scope->purpose));
		TRY(arena_copy(&seeds->arena, &scope->dataset, scope->dataset));
		TRY(arena_copy(
		    &seeds->arena, &scope->recipient, scope->recipient));
	}
	return OK;
}

/* The digits are of the text, which ends; the bytes are ours. */
static struct err
keep_seed(struct seeds *seeds, size_t i, uint8_t *bytes, const uint8_t root[32])
{
	struct scope_entry *entry = &seeds->file.entries[i];
	struct buf seed = {.data = bytes, .cap = SEED, .max = SEED};

	if (entry->seed.len == 0)
		return OK;
	TRY(decode_hex(&seed, entry->seed));
	entry->seed = span_of(bytes, SEED);
	return derive_scope_tag(seeds->tags[i], root, bytes, entry->epoch);
}

static struct err
keep(struct seeds *seeds, const uint8_t root[32])
{
	size_t num = seeds->file.num_entries;
	struct err err = keep_names(seeds);

	if (err.code == ERR_OK)
		err = arena_alloc(&seeds->arena, &seeds->tags, num + 1, TAG);
	if (err.code == ERR_OK)
		err = secret_new(&seeds->secret, (num + 1) * SEED);
	if (err.code != ERR_OK)
		return err;
	uint8_t *bytes = secret_open(seeds->secret);
	for (size_t i = 0; err.code == ERR_OK && i < num; i++)
		err = keep_seed(seeds, i, bytes + i * SEED, root);
	secret_close(seeds->secret);
	return err;
}

struct err
seeds_new(struct seeds **out, struct span text, const uint8_t root[32])
{
	struct seeds *seeds = calloc(1, sizeof(*seeds));
	size_t line;

	if (seeds == NULL)
		return ERR(NO_MEMORY, "no memory for scopes");
	arena_init(&seeds->arena, 4 * SCOPE_FILE_TEXT);
	struct err err = scope_file_parse(&seeds->file, &line, text);
	if (err.code == ERR_OK)
		err = keep(seeds, root);
	if (err.code != ERR_OK) {
		seeds_free(seeds);
		return err;
	}
	*out = seeds;
	return OK;
}

void
seeds_free(struct seeds *seeds)
{
	if (seeds == NULL)
		return;
	scope_file_done(&seeds->file);
	arena_done(&seeds->arena);
	secret_free(seeds->secret);
	free(seeds);
}

/* --- What is there --- */

const struct scope_file *
seeds_all(const struct seeds *seeds)
{
	return &seeds->file;
}

const struct scope_entry *
seeds_of(
    const struct seeds *seeds, const struct policy *policy, uint32_t agreement)
{
	struct scope scope;

	if (seeds == NULL || !scope_of(&scope, policy, agreement))
		return NULL;
	return scope_file_current(&seeds->file, &scope);
}

bool
seeds_are_gone(
    const struct seeds *seeds, const struct policy *policy, uint32_t agreement)
{
	const struct scope_entry *entry = seeds_of(seeds, policy, agreement);
	struct scope scope;

	return entry != NULL ? entry->seed.len == 0
			     : scope_of(&scope, policy, agreement);
}

bool
seeds_deny(const struct seeds *seeds, const struct policy *policy,
    struct decision *decision)
{
	if (!decision->allowed ||
	    !seeds_are_gone(seeds, policy, decision->agreement))
		return false;
	decision->allowed = false;
	decision->reason = DENY_DESTROYED;
	return true;
}

const uint8_t *
seeds_tag(const struct seeds *seeds, const struct scope_entry *entry)
{
	return entry->seed.len > 0 ? seeds->tags[entry - seeds->file.entries]
				   : NULL;
}

struct err
seeds_column_key(uint8_t out[32], const struct seeds *seeds,
    const struct scope_entry *entry, const uint8_t root[32],
    const struct derive_column *what)
{
	if (entry->seed.len == 0)
		return ERR(UNAVAILABLE,
		    "keeper: the key of these codes was destroyed");
	const uint8_t *bytes = secret_open(seeds->secret);
	struct err err = derive_column_key(out, root,
	    bytes + (size_t)(entry - seeds->file.entries) * SEED, what);
	secret_close(seeds->secret);
	return err;
}

void
seeds_destroy(struct seeds *seeds, const struct scope *scope, uint32_t epoch)
{
	struct scope_entry *entry =
	    seeds == NULL ? NULL : scope_file_find(&seeds->file, scope, epoch);

	if (entry == NULL || entry->seed.len == 0)
		return;
	uint8_t *bytes = secret_open(seeds->secret);
	explicit_bzero(
	    bytes + (size_t)(entry - seeds->file.entries) * SEED, SEED);
	secret_close(seeds->secret);
	entry->seed = span_of(NULL, 0);
}

bool
seeds_hidden(const struct seeds *seeds)
{
	return secret_kernel_hidden(seeds->secret);
}
