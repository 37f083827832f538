#include "gateway/store/store.h"

#include <assert.h>
#include <stdlib.h>

#include "gateway/store/store_ops.h"

/* What has failed once is not asked again. */
static struct err
keep(struct store *store, struct err err)
{
	store->failed = err;
	return err;
}

struct err
store_start(struct store *store)
{
	TRY(store->failed);
	struct err err = store->ops->start(store);
	return err.code == ERR_UNAVAILABLE ? err : keep(store, err);
}

void
store_close(struct store *store)
{
	if (store != NULL)
		store->ops->close(store);
}

const uint8_t *
store_id(const struct store *store)
{
	return store->id;
}

struct err
store_lookup(struct store *store, const uint8_t *indexes, size_t num,
    uint8_t (*out_codes)[STORE_CODE], bool *out_known, uint64_t *out_seq)
{
	assert(num <= STORE_BATCH);
	TRY(store->failed);
	return keep(store,
	    store->ops->lookup(
		store, indexes, num, out_codes, out_known, out_seq));
}

struct err
store_insert(struct store *store, const struct store_new *entries, size_t num,
    uint8_t (*out_codes)[STORE_CODE], uint64_t *out_seq)
{
	assert(num <= STORE_BATCH);
	TRY(store->failed);
	for (size_t i = 0; i < num; i++)
		if (entries[i].sealed.len > STORE_MAX_SEALED)
			return ERR(TOO_BIG,
			    "codebook: a sealed value is over its cap");
	return keep(
	    store, store->ops->insert(store, entries, num, out_codes, out_seq));
}

struct err
store_commit(struct store *store)
{
	TRY(store->failed);
	return keep(store, store->ops->commit(store));
}

uint64_t
store_durable(const struct store *store)
{
	return store->durable;
}

struct err
store_resolve(
    struct store *store, const uint8_t code[STORE_CODE], struct buf *out)
{
	TRY(store->failed);
	struct err err = store->ops->resolve(store, code, out);
	/* What one entry lacks, the others do not. */
	bool alone = err.code == ERR_NOT_FOUND || err.code == ERR_CRYPTO ||
	    err.code == ERR_TOO_BIG;
	return alone ? err : keep(store, err);
}

struct err
store_shred(struct store *store, const uint8_t subject[STORE_SUBJECT],
    uint64_t *out_entries)
{
	TRY(store_commit(store));
	return keep(store, store->ops->shred(store, subject, out_entries));
}

bool
store_is_shared(const struct store *store)
{
	return store->ops->is_shared;
}

struct err
store_estimate(struct store *store, struct store_report *out)
{
	TRY(store->failed);
	return keep(store, store->ops->estimate(store, out));
}

struct err
store_count(struct store *store, struct store_report *out)
{
	TRY(store->failed);
	return keep(store, store->ops->count(store, out));
}

struct err
store_check(struct store *store, struct store_report *out)
{
	TRY(store_commit(store));
	return keep(store, store->ops->check(store, out));
}

/* --- Backup: what fails of a copy has failed of nothing else --- */

struct err
store_backup_begin(struct store *store, int codes_fd, int keys_fd)
{
	if (store->ops->backup_begin == NULL)
		return ERR(UNSUPPORTED,
		    "codebook: in PostgreSQL; pg_dump makes its backups");
	TRY(store_commit(store));
	return store->ops->backup_begin(store, codes_fd, keys_fd);
}

void
store_backup_end(struct store *store)
{
	if (store->ops->backup_end != NULL)
		store->ops->backup_end(store);
}

/* What is not committed cannot be copied, and would make the copy wait. */
struct err
store_backup_step(struct store *store, bool *out_done)
{
	TRY(store_commit(store));
	return store->ops->backup_step(store, out_done);
}
