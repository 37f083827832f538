#ifndef GATEHOUSE_MODEL_H
#define GATEHOUSE_MODEL_H

#include "policy/terms.h"

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

/* Whose signature a change of the policy needs. */
struct signer {
	struct span id;
	uint32_t party;	  /* NO_INDEX: unknown, and reported */
	struct span key;  /* `ssh-ed25519 AAAA…`: as ssh-keygen writes it */
	uint32_t *groups; /* of people, for `emergency` alone */
	uint32_t num_groups;
	uint32_t line;
};

/* Who signs a change, from the fewest signatures to the most. */
enum change_rule {
	CHANGE_ANY_SIGNER,
	CHANGE_EACH_CONTROLLER,	    /* one of each controller concerned */
	CHANGE_TWO_EACH_CONTROLLER, /* two of each */
	NUM_CHANGE_RULES
};

/* One claim of a token: it has one of these values, whole. */
struct claim {
	struct span name;
	struct span *values;
	uint32_t num_values;
};

/* One way to prove membership; all keys that are set must hold. */
struct proof {
	struct span certificate; /* the URI SAN, whole; empty: not asked for */
	struct span access_key;	 /* SigV4 access key id; empty: not asked for */
	struct span issuer;	 /* of a token; empty: not asked for */
	struct claim *claims;	 /* of that token; all must hold */
	uint32_t num_claims;
};

struct group {
	struct span id;
	struct proof *proofs; /* alternatives */
	uint32_t num_proofs;
	uint32_t waits;	  /* of waits.h: what keeps all from being shown */
	struct span file; /* not in the image */
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
	struct claim *attested; /* of an attestation, ANDed; likewise */
	uint32_t num_attested;
	bool on_premises;
	uint32_t waits;	  /* of waits.h: what keeps it from being shown */
	struct span file; /* not in the image */
	uint32_t line;
};

enum basis {
	BASIS_NONE,
	BASIS_HIPAA_SAFE_HARBOR,
	BASIS_HIPAA_EXPERT,
	BASIS_HIPAA_LIMITED,
	BASIS_GDPR_CONSENT,
	BASIS_GDPR_CONTRACT,
	BASIS_GDPR_LEGAL_OBLIGATION,
	BASIS_GDPR_VITAL_INTERESTS,
	BASIS_GDPR_PUBLIC_TASK,
	BASIS_GDPR_LEGITIMATE_INTERESTS,
	NUM_BASES,
};

/* A column of a dataset and one form that an expert's report allows it. */
struct annex_row {
	struct span dataset, column;
	struct protection how;
	struct span table; /* GROUP: the path as written */
	uint32_t line;
};

/*
 * What a HIPAA basis stands on: the report of an expert (45 CFR 164.514(b)(1)),
 * or a data use agreement (164.514(e)(4)).
 */
enum lds_use {
	LDS_RESEARCH,
	LDS_PUBLIC_HEALTH,
	LDS_OPERATIONS,
	NUM_LDS_USES
};

struct evidence {
	struct span id; /* empty: there is none */
	struct span expert;
	uint8_t sha256[32];  /* of the report */
	int32_t on, expires; /* days since 1970-01-01 */
	enum lds_use use;
	uint32_t *recipients; /* parties */
	uint32_t num_recipients;
	struct annex_row *annex;
	uint32_t num_annex;
};

struct purpose {
	struct span id, say;
	enum basis hipaa, gdpr; /* BASIS_NONE where not given */
	struct span assessment, dpia, collected_for, compatible_because;
	struct span art9; /* "a" … "j", or empty */
	struct span art10;
	struct evidence report, agreement;
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

/* A list of subjects whose rows never leave. */
struct erasure {
	uint32_t column;
	struct span list; /* a path below the policy's folder */
	uint32_t line;
};

enum origin_kind {
	ORIGIN_FOLDER,
	ORIGIN_S3, /* after all folders in policy.datasets */
	NUM_ORIGIN_KINDS
};

struct dataset {
	struct span id;
	uint32_t controller; /* party */
	struct span about, category;
	enum origin_kind origin;
	struct span root;    /* absolute directory: the origin's last folder
				without wildcard, no trailing slash; of S3 the
				bucket and what is fixed below it */
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
	struct erasure *erasures;
	uint32_t num_erasures;
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

/* What may be read; 0: as much as one likes. Of an agreement they are over
 * all callers, or of each. */
struct limits {
	uint64_t rows_per_day, bytes_per_day, requests_per_minute;
};

/* What makes it lawful that data leave the EEA (GDPR Art. 45, 46, 49). */
enum transfer_tool {
	TRANSFER_NONE,
	TRANSFER_ADEQUACY,
	TRANSFER_DPF, /* adequacy, for who is certified in the US */
	TRANSFER_SCC,
	TRANSFER_BCR,
	TRANSFER_CODE,
	TRANSFER_CERTIFICATION,
	TRANSFER_DEROGATION, /* Art. 49 */
	NUM_TRANSFER_TOOLS
};

struct transfer {
	enum transfer_tool tool;
	uint32_t module;       /* SCC: 1 to 4 */
	struct span tia;       /* the assessment of the transfer */
	struct span certified; /* what the recipient is certified as */
	struct span art49;     /* DEROGATION: a to g */
	struct span because;
};

enum small_groups {
	SMALL_GROUPS_HOLD,
	SMALL_GROUPS_SUPPRESS,
	NUM_SMALL_GROUPS
};

enum listing {
	LISTING_COMPLETE,
	LISTING_AS_READY,
	NUM_LISTINGS
};

enum warm {
	WARM_ON_READ,
	WARM_AHEAD,
	NUM_WARMS
};

/* Other forms for some people, for a while; lawful like any other. */
struct exception {
	uint32_t *who; /* groups */
	uint32_t num_who;
	struct span why;
	int32_t until; /* a day, included */
	struct delivered *columns;
	uint32_t num_columns;
	uint32_t line;
};

struct agreement {
	/* What each decision looks at comes first: a line of the cache. */
	struct span id; /* the bucket */
	uint32_t *who;	/* groups, any of them */
	uint32_t *places;
	uint32_t num_who, num_places;
	int64_t from;  /* first second, Unix time; INT64_MIN: none */
	int64_t until; /* first second that is too late; INT64_MAX: none */
	uint32_t dataset;
	uint32_t waits; /* of waits.h: what this build lacks to serve it */
	uint32_t purpose;
	uint32_t recipient; /* party */
	struct span contract, undertakes, review_by, deletes_after;
	struct delivered *columns; /* in the order of delivery */
	uint32_t num_columns;
	struct row_rule *rows;
	uint32_t num_rows;
	/* from and until as days of the policy's time zone; INT32_MIN, _MAX:
	 * none */
	int32_t first_day, last_day;
	/* how objects are packed; `as-source` is resolved */
	enum compression compress;
	enum encrypt encrypt;
	uint8_t (*recipients)[32]; /* age X25519 public keys */
	uint32_t num_recipients;
	uint32_t num_unproven; /* keys behind those: proven.h left them out */
	uint16_t as_of;	       /* calendar year; 0: the current one */
	struct limits limits, per_caller;
	uint32_t smallest_group; /* subjects of each group; 0: not asked for */
	uint32_t distinct; /* sensitive values of each group; 0: likewise */
	enum small_groups small_groups;
	uint32_t *linkable; /* agreements whose codes are the same */
	uint32_t num_linkable;
	struct span linkable_because;
	/* linked.h: the keys of its codes are made of the purpose, dataset
	 * and recipient of this agreement; itself, if it is not linked */
	uint32_t codes_of;
	struct transfer transfer;
	struct exception *exceptions;
	uint32_t num_exceptions;
	enum listing listing;
	enum warm warm;
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

/* `emergency`: subjects by name, in the clear, on the premises. */
struct emergency {
	struct span id;
	struct span file; /* the policy file, as the officer names it */
	uint32_t *who, *approvers; /* groups */
	uint32_t num_who, num_approvers;
	uint32_t dataset, purpose;
	uint32_t *columns; /* of the dataset */
	uint32_t num_columns;
	uint32_t *places;
	uint32_t num_places;
	uint32_t hours;	      /* how long a grant holds */
	uint32_t review_days; /* until it is looked at again */
	uint32_t line;
};

/* `tests`: what must come of a question. */
enum test_outcome {
	TEST_COLUMNS, /* the row leaves, with these cells */
	TEST_NO_ROW,
	TEST_DENIED,
	NUM_TEST_OUTCOMES
};

struct test_cell {
	uint32_t column; /* of the dataset */
	struct span value;
};

struct policy_test {
	struct span name;
	uint32_t who, agreement, place; /* place: NO_INDEX for nowhere */
	int32_t on;			/* a day */
	struct test_cell *row, *get;
	uint32_t num_row, num_get;
	enum test_outcome outcome;
	uint32_t guardrail; /* DENIED: by this one, or NO_INDEX */
	struct span file;
	uint32_t line;
};

/* Agreements by id: open addressing, a power of two, NO_INDEX is free. With
 * the hash beside it only the one that is meant is looked at. */
struct id_slot {
	uint32_t hash, agreement;
};

struct id_index {
	struct id_slot *slots;
	uint32_t num_slots;
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
	struct id_index by_id; /* of the agreements; see by_id.h */
	struct guardrail *guardrails;
	uint32_t num_guardrails;
	struct signer *signers;
	uint32_t num_signers;
	enum change_rule wider, narrower; /* who signs which change */
	/* not in the image: nothing that serves looks at them */
	struct emergency *emergencies;
	uint32_t num_emergencies;
	struct policy_test *tests;
	uint32_t num_tests;
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
const char *model_change_rule_name(enum change_rule rule);
const char *model_lds_use_name(enum lds_use use);
const char *model_transfer_name(enum transfer_tool tool);
const char *model_small_groups_name(enum small_groups small);
const char *model_listing_name(enum listing listing);
const char *model_warm_name(enum warm warm);

/* model_compression_ending: of such a file's name: "", ".gz" or ".zst". */
const char *model_compression_ending(enum compression compression);

/* model_has_limits: of any kind; model_has_day_limits: of rows or bytes. */
bool model_has_limits(const struct agreement *agreement);
bool model_has_day_limits(const struct agreement *agreement);

/* model_signer_in: the signer is in one of these groups. */
bool model_signer_in(
    const struct signer *signer, const uint32_t *groups, uint32_t num);

/* model_find_place: the index of the place of that id, or NO_INDEX. */
uint32_t model_find_place(const struct policy *policy, struct span id);

/* model_num_folders: how many datasets lie in folders; they come first. */
uint32_t model_num_folders(const struct policy *policy);

/* model_compression_of: what a name (or a pattern of names) ends in says. */
enum compression model_compression_of(struct span name);

/* model_format_of: likewise, how its files are written; how they are packed is
 * passed over. False, touching nothing: it says nothing of that. */
bool model_format_of(struct file_format *out, struct span name);

#endif
