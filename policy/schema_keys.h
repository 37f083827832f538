#ifndef GATEHOUSE_SCHEMA_KEYS_H
#define GATEHOUSE_SCHEMA_KEYS_H

#include "policy/node.h"

/*
 * schema_keys: which keys there are, what may stand behind them, and what
 * they mean. The one table that drives the checker (schema.h), the schema for
 * editors (schema_json.h) and the reference (schema_reference.h).
 */
enum schema_section {
	SCHEMA_TOP,
	SCHEMA_POLICY,
	SCHEMA_PARTY,
	SCHEMA_SIGNER,
	SCHEMA_CHANGES,
	SCHEMA_PROOF,
	SCHEMA_TOKEN,
	SCHEMA_PLACE,
	SCHEMA_ATTESTED,
	SCHEMA_PURPOSE,
	SCHEMA_REPORT,
	SCHEMA_USE_AGREEMENT,
	SCHEMA_DATASET,
	SCHEMA_FORMAT,
	SCHEMA_DIALECT,
	SCHEMA_KNOWLEDGE,
	SCHEMA_COLUMN,
	SCHEMA_GUARDRAIL,
	SCHEMA_AGREEMENT,
	SCHEMA_DELIVERED,
	SCHEMA_LIMITS,
	SCHEMA_GROUPS,
	SCHEMA_TRANSFER,
	SCHEMA_EXCEPTION,
	SCHEMA_ERASURE,
	SCHEMA_EMERGENCY,
	SCHEMA_TEST,
	SCHEMA_ASK,
	NUM_SCHEMA_SECTIONS,
};

enum {
	SCHEMA_TEXT = 1u << NODE_TEXT,
	SCHEMA_LIST = 1u << NODE_LIST,
	SCHEMA_MAP = 1u << NODE_MAP,
	SCHEMA_NEEDED = 1u << 6,
	SCHEMA_OTHERS = 1u << 7, /* a name of the policy's own, as `*` */
};

/* What a text is, or what the items of a list or map are. */
enum schema_value {
	VALUE_TEXT,	/* free */
	VALUE_ID,	/* a name that is declared here */
	VALUE_REF,	/* a name that is declared elsewhere */
	VALUE_WORDS,	/* `of` is an enum words_set */
	VALUE_CHOICE,	/* one of `choice`, divided by blanks */
	VALUE_PRESET,	/* of preset.h */
	VALUE_COUNTRY,	/* ISO 3166-1 alpha-2 */
	VALUE_DAY,	/* 2027-03-31 */
	VALUE_YEAR,	/* 2026 */
	VALUE_NUMBER,	/* whole, over 0 */
	VALUE_BYTES,	/* with a unit, as 10 GB */
	VALUE_DURATION, /* as 180 days */
	VALUE_NETWORK,	/* 203.0.113.0/24 */
	VALUE_SHA256,	/* 64 hexadecimal digits */
	VALUE_PHRASE,	/* a form, as `band 5` */
	VALUE_RULE,	/* a comparison */
	VALUE_CELLS,	/* a map from columns to texts */
	VALUE_SECTION,	/* a map is section `of`; of a list, each item is */
	VALUE_ENTRIES,	/* a map from names to maps of section `of` */
	VALUE_PROOFS,	/* a map from names to lists of maps of section `of` */
	VALUE_COLUMNS,	/* a map from names to texts or maps of section `of` */
	VALUE_ANNEX,	/* a map from datasets to maps from columns to forms */
	NUM_SCHEMA_VALUES
};

struct schema_key {
	const char *name; /* NULL: the end of a section; "*": any other */
	unsigned flags;	  /* shapes, SCHEMA_NEEDED */
	enum schema_value value;
	unsigned of;
	const char *choice;  /* words that may stand here too; of VALUE_CHOICE
				the only ones; NULL: none */
	const char *since;   /* the release that knew it first */
	const char *example; /* of the value, as YAML in one line */
	const char *meaning; /* one sentence */
};

/* schema_keys_of: ended by one without a name. schema_keys_name: of the
 * section. schema_keys_title: what a message calls the thing. */
const struct schema_key *schema_keys_of(enum schema_section section);
const char *schema_keys_name(enum schema_section section);
const char *schema_keys_title(enum schema_section section);

#endif
