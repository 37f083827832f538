#ifndef GATEHOUSE_STORE_OPS_H
#define GATEHOUSE_STORE_OPS_H

#include "gateway/store/store.h"

/*
 * store_ops: what SQLite and PostgreSQL do differently. Each is as the function
 * of store.h that is named like it, which has looked at its arguments, and
 * calls nothing more after one of them has failed for good.
 */
struct store_ops {
	bool is_shared;
	void (*close)(struct store *store);
	struct err (*start)(struct store *store);
	struct err (*lookup)(struct store *store, const uint8_t *indexes,
	    size_t num, uint8_t (*out_codes)[STORE_CODE], bool *out_known,
	    uint64_t *out_seq);
	struct err (*insert)(struct store *store,
	    const struct store_new *entries, size_t num,
	    uint8_t (*out_codes)[STORE_CODE], uint64_t *out_seq);
	struct err (*commit)(struct store *store);
	struct err (*resolve)(struct store *store,
	    const uint8_t code[STORE_CODE], struct buf *out);
	struct err (*shred)(struct store *store,
	    const uint8_t subject[STORE_SUBJECT], uint64_t *out_entries);
	struct err (*estimate)(struct store *store, struct store_report *out);
	struct err (*count)(struct store *store, struct store_report *out);
	struct err (*check)(struct store *store, struct store_report *out);
	/* NULL: there is no such thing */
	struct err (*backup_begin)(
	    struct store *store, int codes_fd, int keys_fd);
	struct err (*backup_step)(struct store *store, bool *out_done);
	void (*backup_end)(struct store *store);
};

/* What both begin with. */
struct store {
	const struct store_ops *ops;
	struct err failed; /* for good; OK: not */
	uint64_t durable;
	uint8_t id[STORE_ID];
};

#endif
