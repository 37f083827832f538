#ifndef GATEHOUSE_TERMS_H
#define GATEHOUSE_TERMS_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/memory/span.h"

/*
 * terms: what a column can be, what can be done to it, and which laws say
 * what is right. The words for each value are in model.h.
 */

enum column_class {
	CLASS_PLAIN,
	CLASS_DIRECT_IDENTIFIER,
	CLASS_QUASI_IDENTIFIER,
	CLASS_SENSITIVE,
	CLASS_FREE_TEXT,
	CLASS_CONSENT,
	CLASS_OBJECTION,
	NUM_CLASSES,
};

enum column_kind {
	KIND_NONE, /* free-text, consent and objection columns need none */
	KIND_NAME,
	KIND_RECORD_NUMBER,
	KIND_PLAN_NUMBER,
	KIND_ACCOUNT,
	KIND_IBAN,
	KIND_CARD,
	KIND_CARD_SECRET,
	KIND_SSN,
	KIND_NATIONAL_ID,
	KIND_LICENCE,
	KIND_VEHICLE,
	KIND_DEVICE,
	KIND_PHONE,
	KIND_FAX,
	KIND_EMAIL,
	KIND_URL,
	KIND_IP,
	KIND_OTHER_ID,
	KIND_BIOMETRIC,
	KIND_PHOTO,
	KIND_VOICE,
	KIND_GENOMIC,
	KIND_ADDRESS,
	KIND_CITY,
	KIND_COUNTY,
	KIND_POSTCODE,
	KIND_US_ZIP,
	KIND_FACILITY,
	KIND_GEO,
	KIND_US_STATE,
	KIND_STATE,
	KIND_COUNTRY,
	KIND_DATE,
	KIND_DATETIME,
	KIND_AGE,
	KIND_INTERVAL,
	KIND_CODE,
	KIND_AMOUNT,
	KIND_NUMBER,
	KIND_FLAG,
	KIND_TEXT,
	NUM_KINDS,
};

/* What is served, then what the language knows and this build refuses. */
enum protection_op {
	PROTECT_DROP,
	PROTECT_BLANK,
	PROTECT_KEEP,
	PROTECT_PSEUDONYM,
	PROTECT_MASK, /* `mask last 4`, `mask first 6 last 4` */
	PROTECT_DECADE,
	PROTECT_YEAR,
	PROTECT_QUARTER,
	PROTECT_MONTH,
	PROTECT_AGE_90,
	PROTECT_CAP, /* `cap 0..89` */
	PROTECT_ZIP3,
	PROTECT_PREFIX, /* `prefix 2`: characters */
	PROTECT_BAND,	/* `band 5`: [0,5) [5,10) … */
	PROTECT_ROUND,	/* `round 100`, `round 0.1` */
	PROTECT_GROUP,	/* `group tables/icd-chapters.csv` */
	PROTECT_SEALED,
	PROTECT_FORMAT,
	PROTECT_SHIFT,
	PROTECT_TOKEN,
	PROTECT_SCRUB,	     /* from here on: parsed, checked, not served */
	PROTECT_CAPPED_BAND, /* `band 5 within 0..90` */
	NUM_PROTECTIONS,
};

/* A decimal number of the policy or of a cell: value / 10^scale. */
struct decimal {
	int64_t value;
	uint8_t scale; /* 0..9 of a policy, 0..18 of a cell */
};

struct group_row {
	struct span value;
	struct span group;
};

struct group_table {
	struct span name;	/* the path as the policy writes it */
	uint8_t digest[32];	/* SHA-256 of the file's bytes */
	struct group_row *rows; /* sorted by value, byte order, unique */
	uint32_t num_rows;
};

struct protection {
	enum protection_op op;
	uint32_t first;	     /* MASK: characters shown at the front */
	uint32_t last;	     /* MASK: characters shown at the end */
	uint32_t prefix_len; /* PREFIX: characters */
	struct decimal low;  /* CAP, CAPPED_BAND */
	struct decimal high; /* CAP, CAPPED_BAND */
	struct decimal step; /* BAND, ROUND, CAPPED_BAND: > 0 */
	uint32_t table;	     /* GROUP: index into policy.tables */
	bool check_digit;    /* FORMAT: `with check digit` */
	struct span because; /* KEEP: the reason given; empty if none */
};

/* What happens to a row that a protection cannot take. */
enum unfit {
	UNFIT_WITHHOLD_ROW,
	UNFIT_DROP,
	UNFIT_REFUSE,
	NUM_UNFITS
};

enum preset {
	PRESET_HIPAA_SAFE_HARBOR = 1u << 0,
	PRESET_GDPR_PSEUDONYMOUS = 1u << 1,
	PRESET_HIPAA_LIMITED_DATA_SET = 1u << 2,
	PRESET_HIPAA_EXPERT = 1u << 3,
	PRESET_GDPR_ANONYMOUS_REVIEW = 1u << 4,
	PRESET_PCI_CARDHOLDER = 1u << 5,
};

enum {
	NUM_PRESETS = 6,
	PRESETS_HIPAA = PRESET_HIPAA_SAFE_HARBOR |
	    PRESET_HIPAA_LIMITED_DATA_SET | PRESET_HIPAA_EXPERT,
	PRESETS_GDPR = PRESET_GDPR_PSEUDONYMOUS | PRESET_GDPR_ANONYMOUS_REVIEW,
};

#endif
