#ifndef GATEHOUSE_MODEL_H
#define GATEHOUSE_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/memory/span.h"

/*
 * model: what a policy says, once it is known to be well-formed and lawful.
 *
 * The checker (policy/check.c) makes it from YAML; image.c writes it as the
 * sealed image that the keeper maps, and reads it back; decide.c, plan.c and
 * explain.c work on it. Everything lies in one arena. Items refer to each
 * other by index into the arrays of struct policy; NO_INDEX is "none".
 * Spans are UTF-8 without NUL. Lines count from 1.
 */

#define NO_INDEX UINT32_MAX

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
	PROTECT_TOKEN,	/* from here on: parsed, checked, not served */
	PROTECT_SEALED,
	PROTECT_FORMAT,
	PROTECT_SHIFT,
	PROTECT_SCRUB,
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
	struct decimal low;  /* CAP */
	struct decimal high; /* CAP */
	struct decimal step; /* BAND, ROUND: > 0 */
	uint32_t table;	     /* GROUP: index into policy.tables */
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
};

enum party_role {
	ROLE_CONTROLLER,
	ROLE_PROCESSOR,
	ROLE_RECIPIENT,
	NUM_ROLES
};

/* How the bytes of a file are packed: of a source, and of an object. */
enum compression {
	COMPRESSION_NONE,
	COMPRESSION_GZIP,
	COMPRESSION_ZSTD,
	NUM_COMPRESSIONS
};

struct party {
	struct span id, name, contact;
	uint8_t country[2]; /* ISO 3166-1 alpha-2, upper case */
	enum party_role role;
	uint32_t line;
};

/* One way to prove membership; all keys that are set must hold. */
struct proof {
	struct span certificate; /* the URI SAN, whole; empty: not asked for */
	struct span access_key;	 /* SigV4 access key id; empty: not asked for */
};

struct group {
	struct span id;
	struct proof *proofs; /* alternatives */
	uint32_t num_proofs;
	uint32_t line;
};

/* IPv4 is held as ::ffff:a.b.c.d; prefix_bits counts in 128. */
struct network {
	uint8_t address[16];
	uint8_t prefix_bits;
};

struct place {
	struct span id, operator_name;
	uint8_t country[2];
	uint8_t recipient_country[2]; /* zero: as country */
	struct network *seen_as;      /* ORed; none: not asked for */
	uint32_t num_seen_as;
	struct span *certificates; /* ORed; none: not asked for */
	uint32_t num_certificates;
	uint32_t line;
};

enum basis {
	BASIS_NONE,
	BASIS_HIPAA_SAFE_HARBOR,
	BASIS_GDPR_CONSENT,
	BASIS_GDPR_CONTRACT,
	BASIS_GDPR_LEGAL_OBLIGATION,
	BASIS_GDPR_VITAL_INTERESTS,
	BASIS_GDPR_PUBLIC_TASK,
	BASIS_GDPR_LEGITIMATE_INTERESTS,
	NUM_BASES,
};

struct purpose {
	struct span id, say;
	enum basis hipaa, gdpr; /* BASIS_NONE where not given */
	struct span assessment, dpia, collected_for, compatible_because;
	struct span art9; /* "a" … "j", or empty */
	struct span art10;
	uint32_t line;
};

struct column {
	struct span name; /* the header's bytes */
	enum column_class class;
	enum column_kind kind;
	bool subject;
	struct span *values; /* `values:`; the closed list of a text column */
	uint32_t num_values;
	uint32_t *purposes; /* consent, objection: `for:`; purpose indices */
	uint32_t num_purposes;
	struct span *answers; /* consent: `yes:`; objection: `no:` */
	uint32_t num_answers;
	struct span category; /* GDPR Art. 9 category of the column, or empty */
	uint32_t line;
};

/* How the files of a dataset are written; so are those delivered. */
enum file_kind {
	FILE_CSV,
	FILE_JSONL, /* JSON Lines: column names are paths, see path.h */
	NUM_FILE_KINDS
};

struct file_format {
	enum file_kind kind;
	/* CSV: */
	uint8_t delimiter;   /* `,`, `;`, `|` or a tab */
	bool unquoted;	     /* a quote is a character like any other */
	struct span *header; /* the names, where files have no line of them */
	uint32_t num_header;
};

struct dataset {
	struct span id;
	uint32_t controller; /* party */
	struct span about, category;
	struct span root;    /* absolute directory: the origin's last folder
				without wildcard, no trailing slash */
	struct span pattern; /* below root: segments of literals and `*` */
	struct file_format format;
	uint32_t presets;     /* enum preset, ORed; at least one */
	struct span *missing; /* cells that count as missing */
	uint32_t num_missing;
	struct column *columns;
	uint32_t num_columns;
	uint32_t subject_column;   /* NO_INDEX: each row is a subject */
	bool refuse_new_column;	   /* else: dropped and reported */
	bool empty_missing_column; /* else: a missing one refuses the file */
	/* how its files are packed */
	enum compression compression;
	uint32_t line;
};

enum row_op {
	ROW_IS,
	ROW_IS_NOT,
	ROW_ONE_OF,
	ROW_BEFORE,	 /* dates */
	ROW_ON_OR_AFTER, /* dates */
	ROW_UNDER,	 /* numbers, ages */
	ROW_AT_LEAST,	 /* numbers, ages */
	NUM_ROW_OPS,
};

struct row_rule {
	uint32_t column; /* of the dataset */
	enum row_op op;
	bool age_of;	     /* age(column): years from a date column */
	struct span *values; /* IS, IS_NOT: one; ONE_OF: several */
	uint32_t num_values;
	int32_t day;	       /* BEFORE, ON_OR_AFTER: days since 1970-01-01 */
	struct decimal number; /* UNDER, AT_LEAST */
	uint32_t line;
};

enum encrypt {
	ENCRYPT_TLS,
	ENCRYPT_AGE,
	NUM_ENCRYPTS
};

struct delivered {
	uint32_t column; /* of the dataset */
	struct protection how;
	enum unfit unfit;
	uint32_t line;
};

struct agreement {
	struct span id; /* the bucket */
	uint32_t *who;	/* groups, any of them */
	uint32_t num_who;
	uint32_t recipient; /* party */
	struct span contract, undertakes, review_by, deletes_after;
	uint32_t dataset, purpose;
	uint32_t *places;
	uint32_t num_places;
	struct delivered *columns; /* in the order of delivery */
	uint32_t num_columns;
	struct row_rule *rows;
	uint32_t num_rows;
	int64_t from;  /* first second, Unix time; INT64_MIN: none */
	int64_t until; /* first second that is too late; INT64_MAX: none */
	/* how objects are packed; `as-source` is resolved */
	enum compression compress;
	enum encrypt encrypt;
	uint8_t (*recipients)[32]; /* age X25519 public keys */
	uint32_t num_recipients;
	uint16_t as_of;	  /* calendar year; 0: the current one */
	struct span file; /* the policy file, as the officer names it */
	uint32_t line;
};

/* `never`: each list is ORed, empty means "any"; lists are ANDed. */
struct guardrail {
	struct span id, say;
	uint32_t *datasets; /* indices, patterns already expanded */
	uint32_t num_datasets;
	uint32_t *purposes;
	uint32_t num_purposes;
	uint32_t *who; /* groups */
	uint32_t num_who;
	uint32_t *places; /* `place:`, expanded (country codes too) */
	uint32_t num_places;
	uint32_t *outside; /* `place-not-in:`: places that ARE allowed */
	uint32_t num_outside;
	uint64_t kinds;	  /* bit per column_kind; an agreement that delivers
			     one of them (not dropped) is hit */
	uint32_t classes; /* bit per column_class; likewise */
	struct span *categories;
	uint32_t num_categories;
	bool by_dataset, by_purpose, by_who, by_place, by_place_not_in,
	    by_column, by_category; /* which conditions were written */
	struct span file;
	uint32_t line;
};

struct policy {
	struct span name, contact;
	uint8_t source_digest[32]; /* SHA-256 over the files, see image.h */
	struct span time_zone;	   /* "UTC" */
	struct party *parties;
	uint32_t num_parties;
	struct group *groups;
	uint32_t num_groups;
	struct place *places;
	uint32_t num_places;
	struct purpose *purposes;
	uint32_t num_purposes;
	struct group_table *tables;
	uint32_t num_tables;
	struct dataset *datasets;
	uint32_t num_datasets;
	struct agreement *agreements;
	uint32_t num_agreements;
	struct guardrail *guardrails;
	uint32_t num_guardrails;
};

/* The words of the language for each value, e.g. "quasi-identifier". */
const char *model_class_name(enum column_class class);
const char *model_kind_name(enum column_kind kind);
const char *model_protection_name(enum protection_op op);
const char *model_unfit_name(enum unfit unfit);
const char *model_role_name(enum party_role role);
const char *model_basis_name(enum basis basis);
const char *model_encrypt_name(enum encrypt encrypt);
const char *model_compression_name(enum compression compression);

/* model_compression_ending: of such a file's name: "", ".gz" or ".zst". */
const char *model_compression_ending(enum compression compression);

/* model_compression_of: what a name (or a pattern of names) ends in says. */
enum compression model_compression_of(struct span name);

#endif
