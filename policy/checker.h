#ifndef GATEHOUSE_CHECKER_H
#define GATEHOUSE_CHECKER_H

#include "policy/check.h"
#include "policy/preset.h"
#include "policy/schema.h"
#include "policy/words.h"
#include "policy/zone.h"

/* checker: what the parts of check.c share. Not for others. */
struct checker {
	struct policy *policy;
	struct arena *arena;
	struct diagnostics *d;
	const struct check_options *options;
	struct node **roots; /* one a file; NULL where it could not be read */
	size_t num_roots;
	const struct zone *zone;	     /* of the policy */
	const struct node **place_nodes;     /* beside policy->places */
	const struct node **purpose_nodes;   /* beside policy->purposes */
	const struct node **dataset_nodes;   /* beside policy->datasets */
	const struct node **agreement_nodes; /* beside policy->agreements */
};

enum checker_thing {
	THING_PARTY,
	THING_SIGNER,
	THING_GROUP,
	THING_PLACE,
	THING_PURPOSE,
	THING_DATASET,
	THING_AGREEMENT,
	THING_GUARDRAIL,
};

/*
 * checker_gather: the members or items of a section over all files, in
 * order. Notes E105 where a map's key stands in two files.
 */
MUST_USE struct err checker_gather(struct checker *c, const char *section,
    const struct node ***out, uint32_t *out_num);

/* checker_single: a section that stands once over all files, or NULL. Notes
 * E105 where it stands again. */
const struct node *checker_single(struct checker *c, const char *section);

/* checker_id: notes E106 when the text is not an identifier. */
void checker_id(struct checker *c, const struct node *at, const char *what);

/* checker_find: index of the thing with that id, or NO_INDEX. Silent. */
uint32_t checker_find(
    const struct checker *c, enum checker_thing thing, struct span id);

/* checker_ref: the same for a node; notes E104 when there is none. NULL and
 * nodes that are not text give NO_INDEX in silence: schema.h spoke. */
uint32_t checker_ref(
    struct checker *c, enum checker_thing thing, const struct node *node);

/* checker_refs: of one text or a list. Unknown ones are left out. */
MUST_USE struct err checker_refs(struct checker *c, enum checker_thing thing,
    const struct node *node, uint32_t **out, uint32_t *out_num);

/* checker_texts: one text or the texts of a list. NULL gives none. */
MUST_USE struct err checker_texts(struct checker *c, const struct node *node,
    struct span **out, uint32_t *out_num);

/* checker_word: a word of a set; notes E103 and returns false when not. */
bool checker_word(struct checker *c, enum words_set set, struct mark at,
    struct span word, unsigned *out_value);

/* checker_country: notes E103 when it is none. NULL is silent. */
void checker_country(
    struct checker *c, const struct node *node, uint8_t out[2]);

/* checker_day: notes E117 and returns false when it is none. */
bool checker_day(struct checker *c, const struct node *node, int32_t *out);

/*
 * checker_number: a whole number from 1 to `max`; checker_size: bytes, with a
 * unit or without; checker_hours: a duration. They note E103 and return false,
 * leaving *out, when it is none. NULL is silent.
 */
bool checker_number(
    struct checker *c, const struct node *node, uint64_t max, uint64_t *out);
bool checker_size(struct checker *c, const struct node *node, uint64_t *out);
bool checker_hours(struct checker *c, const struct node *node, uint64_t *out);

/* checker_word_of: the value of a key whose text is a word of the set; notes
 * E103. False, leaving *out, where it is not there or none. */
bool checker_word_of(struct checker *c, enum words_set set,
    const struct node *map, const char *key, unsigned *out);

/* checker_switch: `key: WORD`, where one word is the default and one switches
 * it. Notes E103; what is neither counts as switched. */
bool checker_switch(struct checker *c, const struct node *map, const char *key,
    const char *normal, const char *other);

/* checker_path: a file below the policy: not absolute, and no way up. */
bool checker_path(struct span path);

/* checker_column: index of the column with that name; notes E104 when there
 * is none, and returns NO_INDEX. */
uint32_t checker_column(
    struct checker *c, const struct dataset *ds, const struct node *name);

/* checker_at: where a key's value stands; the map itself without it. */
struct mark checker_at(const struct node *map, const char *key);

/* The parts, in the order of their calls. Errors: NO_MEMORY, TOO_BIG. */
MUST_USE struct err check_facts_all(struct checker *c);
MUST_USE struct err check_change_all(struct checker *c);
MUST_USE struct err check_purpose_all(struct checker *c);
MUST_USE struct err check_data_all(struct checker *c);
MUST_USE struct err check_never_all(struct checker *c);
MUST_USE struct err check_allow_all(struct checker *c);
MUST_USE struct err check_terms_all(struct checker *c);
MUST_USE struct err check_emergency_all(struct checker *c);
MUST_USE struct err check_tests_all(struct checker *c);
/* Of a policy without errors: each agreement is what one mill takes (E121). */
MUST_USE struct err check_plan_all(struct checker *c);

/* Of a policy without errors: nobody gets more by showing less (E125, E126). */
void check_evade_all(struct checker *c);

/* check_purpose_annexes: what the reports of experts name is there. */
void check_purpose_annexes(struct checker *c);

/* check_format_read: `format` of a dataset whose origin is known. */
MUST_USE struct err check_format_read(
    struct checker *c, struct dataset *ds, const struct node *n);

/* check_format_columns: what the format asks of the columns, all known. */
void check_format_columns(
    struct checker *c, const struct dataset *ds, const struct node *n);

/* check_law_ask: the question to a preset about a form of a column. */
struct preset_question check_law_ask(const struct policy *policy,
    const struct agreement *a, uint32_t column, const struct protection *how);

/* check_law_column: is this form of the column lawful? Names, purpose and
 * groups of the agreement are known. `at` is the phrase. */
void check_law_column(struct checker *c, const struct agreement *a,
    uint32_t column, const struct protection *how, const struct node *at);

/* check_allow_columns: what an agreement or an exception delivers. */
MUST_USE struct err check_allow_columns(struct checker *c,
    const struct agreement *a, const struct node *columns,
    struct delivered **out, uint32_t *out_num);

/* check_terms_groups: `smallest-group`, on which forms may depend. */
void check_terms_groups(
    struct checker *c, struct agreement *a, const struct node *node);

/* check_terms_read: limits, listing and warming, transfer. */
void check_terms_read(
    struct checker *c, struct agreement *a, const struct node *node);

/* check_claims_read: the claims of `token` or `attested`. */
MUST_USE struct err check_claims_read(struct checker *c, const struct node *map,
    struct claim **out, uint32_t *out_num);

/* check_transfer_read: `transfer`. check_transfer_agreement: whether data that
 * leaves the EEA may; everything that the agreement names is known. */
void check_transfer_read(
    struct checker *c, struct agreement *a, const struct node *node);
void check_transfer_agreement(
    struct checker *c, const struct agreement *a, const struct node *node);

/* check_law_agreement: the basis of its purpose, and where the data goes.
 * Everything that it names is known. */
void check_law_agreement(
    struct checker *c, const struct agreement *a, const struct node *node);

/* check_rows_parse: the `rows` of an agreement whose dataset is known. */
MUST_USE struct err check_rows_parse(struct checker *c, struct agreement *a,
    const struct dataset *dataset, const struct node *rows);

/* check_never_blocks: the first guardrail that denies this place to every
 * caller of the agreement; NO_INDEX where none is sure to. */
uint32_t check_never_blocks(
    const struct policy *policy, const struct agreement *a, uint32_t place);

#endif
