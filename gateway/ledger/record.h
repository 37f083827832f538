#ifndef GATEHOUSE_RECORD_H
#define GATEHOUSE_RECORD_H

#include "crypto/memory/buf.h"

/*
 * record: one entry of the ledger, as canonical JSON. README.md beside this
 * file says what each field means and which law asks for it.
 *
 * Everything in a record is borrowed. What is not known is left zero (an
 * empty span, a number that is not `known`) and does not appear.
 */
enum record_kind {
	RECORD_START,
	RECORD_STOP,
	RECORD_DEGRADED,
	RECORD_INTENT,
	RECORD_COMPLETE,
	RECORD_INTERRUPTED,
	RECORD_DENIED,
	RECORD_REFUSED_SUMMARY,
	RECORD_POLICY,
	RECORD_KEY,
	RECORD_ADMIN,
	RECORD_REVEAL,
};
enum {
	RECORD_KINDS = RECORD_REVEAL + 1,
	RECORD_MAX = 65535,   /* bytes: what an entry bundle can hold */
	RECORD_TIME_LEN = 24, /* "2026-11-23T07:00:00.000Z" */
	RECORD_REASONS = 32   /* reasons for which rows are withheld */
};

/* A count that may be unknown, of at most 53 bits. */
struct record_number {
	uint64_t value;
	bool known;
};

/* Texts in their order, e.g. the caller's groups. */
struct record_list {
	const struct span *items;
	size_t num;
};

struct record_column {
	struct span name;
	struct span protection;
};
/* Items, or what record_write_columns made of them before. */
struct record_columns {
	const struct record_column *items;
	size_t num;
	struct span written;
};

/* First and last byte, both delivered. */
struct record_range {
	uint64_t first;
	uint64_t last;
};
struct record_ranges {
	const struct record_range *items;
	size_t num;
};

/* How many rows were withheld for a reason; sorted when encoded. */
struct record_withheld {
	struct span reason;
	uint64_t rows;
};
struct record_rows {
	struct record_number read;
	struct record_number released;
	const struct record_withheld *withheld;
	size_t num_withheld;
};

/* What a request is charged against the limits of its agreement. */
struct record_charge {
	bool known;
	struct span caller; /* the name that each caller's limits count by */
	uint64_t day;	    /* since 1970-01-01, in the policy's time zone */
	uint64_t bytes;
	uint64_t rows;	    /* of the part that is sent, rounded up */
	uint64_t rows_most; /* of all of that generation */
};

/* What holds the processes in; `known` says that it was looked at. */
struct record_jail {
	bool known;
	uint64_t landlock; /* the kernel's ABI; 0: none */
	bool seccomp;
	bool memfd_secret;
	struct span uids; /* "one-each" or "shared" */
};

/* Digests are spans of 32 raw bytes. Times are UTC. */
struct record {
	enum record_kind kind;
	uint64_t time_ms; /* since 1970; always written, in two forms */
	struct span request;
	struct span trace; /* raw bytes, written as hex: a client's claim */

	/* who, how proved, from where */
	struct record_list groups;
	struct span access_key;
	struct span spiffe;
	struct span proof; /* sigv4, presigned, certificate, or two of them */
	struct span certificate;
	struct span peer;
	struct span place;
	struct record_number uid; /* of who typed a command */

	/* what for, on whose behalf */
	struct span agreement;
	struct span recipient;
	struct span recipient_name;
	struct span contract;
	struct span deletes_after; /* what the recipient promises */
	struct span purpose;
	struct span purpose_text;
	struct span basis;
	struct span controller;
	struct span about;
	struct record_list categories;

	/* what was asked, what was decided */
	struct span method;
	struct span dataset;
	struct span object;
	struct span source_version; /* raw bytes, written as hex */
	struct span decision;	    /* allowed, denied */
	struct span rule;
	struct span rule_at; /* file:line */
	struct span reason;
	struct span command;

	/* a value that is shown, by whose leave (see shown_once.h) */
	struct span code;
	struct span reveal_request; /* SHA-256 of the text that was signed */
	struct span asked_by;
	struct record_list approvers;
	struct span review_by; /* the last day for somebody to look at it */

	/* what a candidate would have decided otherwise */
	struct span staged_policy;
	struct span staged_decision;
	struct span staged_rule;
	struct span staged_rule_at;
	struct span staged_reason;

	/* in which form, how much */
	struct record_columns columns;
	struct record_rows rows;
	struct record_number bytes;
	struct record_number bytes_most; /* the ceiling of an intent */
	struct record_charge charge;
	struct record_ranges ranges;
	struct span sha256;
	struct span outcome;
	struct span encrypt; /* tls, age */
	struct record_list recipient_keys;
	struct record_number intent; /* the index that this one closes */
	struct record_number count;  /* of refusals in a summary */
	struct record_number since_ms;

	/* by what */
	struct span policy;
	struct record_number policy_version; /* see policy_chain.h */
	struct span policy_files;	     /* digest of the version's files */
	struct span policy_before; /* of those of the version before it */
	struct record_list signers;
	struct record_number wider, narrower; /* what the change does */
	struct span plan;
	struct span config;
	struct record_number epoch;
	struct span scope_tag;	/* of a scope's seed: see key_chain.h */
	struct span generation; /* raw bytes, written as hex */
	struct span version;
	struct span build;
	struct record_jail jail;
};

/* record_number: a number that is known. */
struct record_number record_number(uint64_t value);

/* record_kind_name: e.g. "refused-summary". Static. */
const char *record_kind_name(enum record_kind kind);

/* record_kind_parse: errors: NOT_FOUND. */
MUST_USE struct err record_kind_parse(enum record_kind *out, struct span name);

/*
 * record_encode: append the record as RFC 8785 JSON.
 *
 * Errors   TOO_BIG: over RECORD_MAX, or a number over 53 bits
 *          MALFORMED: a digest that has not 32 bytes, a reason twice, a time
 *          after the year 9999
 *          NO_MEMORY; on failure `out` is as before
 */
MUST_USE struct err record_encode(struct buf *out, const struct record *record);

/*
 * record_write_columns: append what `written` can hold, where the same columns
 * stand in many records; nothing where there are none. Errors as of `out`.
 */
MUST_USE struct err record_write_columns(
    struct buf *out, const struct record_column *items, size_t num);

/* What the ledger itself needs to know of an entry. */
struct record_brief {
	enum record_kind kind;
	struct span request;	     /* as written; may be empty */
	struct record_number intent; /* of complete and interrupted: known */
	struct record_number bytes_most;
};

/*
 * record_check: an entry is a record: canonical JSON, a kind, a time, members
 * that we know, each of its type.
 *
 * out      borrowed from the entry
 * Errors   MALFORMED, TRUNCATED, TOO_BIG
 */
MUST_USE struct err record_check(struct span entry, struct record_brief *out);

/*
 * record_brief_read: the same from an entry that was checked when it was
 * written. Does not look at the rest.
 *
 * Errors   MALFORMED: not canonical as far as it was read, no kind, or a
 *          completion that names no intent; TRUNCATED; TOO_BIG
 */
MUST_USE struct err record_brief_read(
    struct span entry, struct record_brief *out);

/*
 * record_format_time: "2026-11-23T07:00:00.000Z", no NUL.
 *
 * Errors   MALFORMED: after the year 9999
 * Source   RFC 3339
 */
MUST_USE struct err record_format_time(
    char out[RECORD_TIME_LEN], uint64_t time_ms);

#endif
