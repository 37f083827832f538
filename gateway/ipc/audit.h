#ifndef GATEHOUSE_AUDIT_H
#define GATEHOUSE_AUDIT_H

#include "gateway/ipc/channel.h"
#include "policy/model.h"

/*
 * audit: the seam between keeper (client) and auditor (server). The frame's id
 * is the keeper's; it comes back with the receipt.
 *
 *   keeper   AUDIT_APPEND   body: one record, canonical JSON as the ledger
 *                           takes it; the auditor reads kind, request and
 *                           ceiling from it
 *   keeper   AUDIT_CHARGE   body: struct audit_limits, then a record with a
 *                           charge: as AUDIT_APPEND, if all that was charged
 *                           before leaves room for it within these limits
 *   keeper   AUDIT_KEY      u8 audit_key_place, then a record of kind `key`, an
 *                           epoch of a scope: as AUDIT_APPEND, unless the
 *                           ledger says just that already: then the receipt is
 *                           that of the record which does
 *   keeper   AUDIT_USE      u64 day, u16 n, n bytes: the id of an agreement;
 *                           then whose: how much was charged to it that day,
 *                           to whom is counted by that name, or if it is empty
 *                           to all; nothing changes
 *   auditor  AUDIT_RECEIPT  u64 index: it is on the disk
 *   auditor  AUDIT_REFUSED  u8 audit_refusal: it is not, and will not be
 *   auditor  AUDIT_OVER     struct audit_over: likewise, and why
 *   auditor  AUDIT_USED     struct audit_used
 *
 * A receipt is sent only after the sync that covers it has returned.
 */
enum audit_type {
	AUDIT_APPEND = 1,
	AUDIT_RECEIPT = 2,
	AUDIT_REFUSED = 3,
	AUDIT_CHARGE,
	AUDIT_OVER,
	AUDIT_USE,
	AUDIT_USED,
	AUDIT_KEY,
};

/* Of an epoch among those of its scope in keys/scopes, each told in turn. */
enum audit_key_place {
	AUDIT_KEY_FIRST = 1, /* there is none before it, */
	AUDIT_KEY_LAST = 2,  /* none behind it; both: it is alone */
};

enum audit_refusal {
	AUDIT_FULL = 1, /* no room; try again later */
	AUDIT_WRONG,	/* not a record, or a completion of nothing */
	AUDIT_POLICY,	/* a policy that does not follow the last one */
	AUDIT_KEYS,	/* what contradicts an epoch that it has seen */
	AUDIT_SHOWN,	/* a value that was shown under this approval before */
	NUM_AUDIT_REFUSALS,
};

/* What holds for an agreement; 0: as much as one likes. */
struct audit_limits {
	struct limits all, each; /* over all callers, and for each */
};
enum {
	AUDIT_LIMITS_LEN = 6 * 8,	/* bytes in front of the record */
	AUDIT_LAST_DAY = INT32_MAX / 2, /* that a zone can begin */
};

enum audit_limit {
	AUDIT_LIMIT_ROWS = 1,
	AUDIT_LIMIT_BYTES,
	AUDIT_LIMIT_REQUESTS,
	AUDIT_LIMIT_ROOM, /* so many callers cannot be counted */
	NUM_AUDIT_LIMITS,
};

/* A limit that a charge would be over. */
struct audit_over {
	enum audit_limit limit;
	bool each;		/* of each caller's */
	uint64_t used;		/* of it, so far */
	uint64_t asked;		/* what was to be added */
	uint64_t day;		/* since 1970-01-01: whose quota it is */
	uint32_t retry_after_s; /* AUDIT_LIMIT_REQUESTS: at least 1 */
};

/* What a caller of an agreement was charged, or all of them together. */
struct audit_used {
	uint64_t day; /* that was asked about, or a later one that has begun */
	uint64_t rows, bytes;
	uint64_t requests; /* of the last minute */
};

/* Server: send the answers. Errors: as channel_send. */
MUST_USE struct err audit_send_receipt(
    struct channel *channel, uint64_t id, uint64_t index);
MUST_USE struct err audit_send_refused(
    struct channel *channel, uint64_t id, enum audit_refusal why);
MUST_USE struct err audit_send_over(
    struct channel *channel, uint64_t id, const struct audit_over *over);
MUST_USE struct err audit_send_used(
    struct channel *channel, uint64_t id, const struct audit_used *used);

/* Client: put in front of a record. Server: take it from there. Errors: as of
 * the buf; TRUNCATED. */
MUST_USE struct err audit_put_limits(
    struct buf *out, const struct audit_limits *limits);
MUST_USE struct err audit_take_limits(
    struct span *in, struct audit_limits *out);

/* What AUDIT_USE asks about. */
struct audit_use {
	uint64_t day;
	struct span agreement;
	struct span caller; /* the name that he is counted by; empty: all */
};

/* Client: the body of AUDIT_USE. Server: read it; texts point into it. Errors:
 * as of the buf, TOO_BIG; TRUNCATED. */
MUST_USE struct err audit_put_use(struct buf *out, const struct audit_use *use);
MUST_USE struct err audit_read_use(struct span body, struct audit_use *out);

/* Client: read the answers. Errors: TRUNCATED, MALFORMED. */
MUST_USE struct err audit_read_receipt(struct span body, uint64_t *out_index);
MUST_USE struct err audit_read_refused(
    struct span body, enum audit_refusal *out_why);
MUST_USE struct err audit_read_over(struct span body, struct audit_over *out);
MUST_USE struct err audit_read_used(struct span body, struct audit_used *out);

/* audit_put_over: as audit_send_over does. Errors: as of the buf. */
MUST_USE struct err audit_put_over(
    struct buf *out, const struct audit_over *over);

#endif
