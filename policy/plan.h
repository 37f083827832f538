#ifndef GATEHOUSE_PLAN_H
#define GATEHOUSE_PLAN_H

#include "crypto/memory/arena.h"
#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * plan: one agreement compiled against its dataset, with all that the mill
 * needs and nothing else: no party, no caller, no path. The plan's digest is
 * the SHA-256 of its encoding; with the source version and the key epoch it
 * names a slot. Rule 3 of the design hangs on it: whatever can change a
 * delivered byte is in the plan.
 */

struct plan_column {
	struct span name; /* the header's bytes, and the delivered name */
	enum column_class class;
	enum column_kind kind;
	struct protection how; /* table: index into plan.tables */
	enum unfit unfit;
	struct span *values; /* a closed list: other values are unfit */
	uint32_t num_values;
};

/* A condition on raw values. All conditions of a plan are ANDed. */
enum plan_test {
	PLAN_ROW,	/* a row rule; a missing value withholds */
	PLAN_CONSENT,	/* released iff trimmed, case-blind in `values` */
	PLAN_OBJECTION, /* likewise */
	PLAN_SUBJECT,	/* no condition: who the row is about, for `shift`
			   and `token` */
	NUM_PLAN_TESTS,
};

struct plan_condition {
	enum plan_test test;
	struct span name; /* the column's header bytes */
	enum column_kind kind;
	enum row_op op; /* PLAN_ROW */
	bool age_of;
	struct span *values;
	uint32_t num_values;
	int32_t day;
	struct decimal number;
};

struct plan {
	uint32_t version; /* of transforms and canonicalisation: PLAN_VERSION */
	uint16_t as_of;	  /* calendar year; never 0 */
	uint32_t key_epoch;	   /* shown in codes */
	struct file_format format; /* of the source, and of what leaves */
	struct span *declared; /* every declared column name of the dataset */
	uint32_t num_declared;
	struct span *required; /* declared names that a file must have:
				  delivered, condition and subject columns */
	uint32_t num_required;
	enum compression source_compression;
	enum compression compression; /* of the delivered form */
	struct span compressor;	      /* who makes it: library, version, level;
					 empty without compression. A caller of
					 plan_build fills it in */
	bool refuse_new_column, empty_missing_column;
	struct span *missing;
	uint32_t num_missing;
	struct plan_column *columns; /* delivered, in order; no DROP */
	uint32_t num_columns;
	struct plan_condition *conditions;
	uint32_t num_conditions;
	struct group_table *tables;
	uint32_t num_tables;
};

enum {
	PLAN_VERSION = 7,
	PLAN_MAX_LEN = 4 << 20,	   /* its encoding; a policy keeps below */
	PLAN_MAX_BARE = 40 * 1024, /* the same without the rows of tables */
	PLAN_MAX_KEYED = 64,	   /* columns under a key; likewise */
};

/*
 * plan_build: the plan of policy->agreements[agreement].
 *
 * year        the current calendar year, used where the agreement pins none
 * out         spans point into the policy's, arrays into `arena`
 * Errors      NO_MEMORY, TOO_BIG; UNSUPPORTED: the agreement waits for what
 *             this build does not serve (waits.h)
 */
MUST_USE struct err plan_build(struct plan *out, struct arena *arena,
    const struct policy *policy, uint32_t agreement, uint16_t year,
    uint32_t key_epoch);

/* plan_has_tokens: it needs the codebook. */
bool plan_has_tokens(const struct plan *plan);

/* Canonical: one plan, one encoding. Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err plan_encode(struct buf *out, const struct plan *plan);

/* As image_decode: every count, index, enum and length is checked. */
MUST_USE struct err plan_decode(
    struct plan *out, struct arena *arena, struct span bytes);

/* plan_digest: SHA-256 of the encoding. Errors: as plan_encode, CRYPTO. */
MUST_USE struct err plan_digest(uint8_t out[32], const struct plan *plan);

#endif
