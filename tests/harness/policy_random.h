#ifndef GATEHOUSE_POLICY_RANDOM_H
#define GATEHOUSE_POLICY_RANDOM_H

#include "policy/decide.h"
#include "policy/model.h"

/*
 * policy_random: small policies by chance, for properties that must hold for
 * all of them. They are small so that every question that can be put to one
 * can be put; what is drawn collides often: three groups share three keys and
 * two certificates, places overlap, tokens
 * say one thing or several.
 */
enum {
	RANDOM_PARTIES = 2,
	RANDOM_GROUPS = 3,
	RANDOM_PLACES = 3,
	RANDOM_PURPOSES = 2,
	RANDOM_DATASETS = 2,
	RANDOM_COLUMNS = 3, /* a code, a date, a number */
	RANDOM_AGREEMENTS = 3,
	RANDOM_GUARDRAILS = 2,
	RANDOM_SLOTS = 8,
	RANDOM_FORMS = 12,
	RANDOM_KEYS = 3,
	RANDOM_CERTIFICATES = 2,
	RANDOM_ADDRESSES = 5,
	RANDOM_TOKENS = 4,
	RANDOM_CALLERS = /* every request that can be told from others */
	    (RANDOM_KEYS + 1) * (RANDOM_CERTIFICATES + 1) * RANDOM_ADDRESSES *
	    (RANDOM_TOKENS + 1),
	RANDOM_ROWS = 12, /* every row of data that can */
};

/* Everything that the policy points to; copied by policy_random_copy. */
struct policy_random {
	struct policy policy;
	struct party parties[RANDOM_PARTIES];
	struct group groups[RANDOM_GROUPS];
	struct proof proofs[RANDOM_GROUPS][2];
	struct claim claims[RANDOM_GROUPS][2][2];
	struct place places[RANDOM_PLACES];
	struct network networks[RANDOM_PLACES][2];
	struct span certificates[RANDOM_PLACES][1];
	struct purpose purposes[RANDOM_PURPOSES];
	struct dataset datasets[RANDOM_DATASETS];
	struct column columns[RANDOM_DATASETS][RANDOM_COLUMNS];
	struct agreement agreements[RANDOM_AGREEMENTS];
	uint32_t who[RANDOM_AGREEMENTS][RANDOM_GROUPS];
	uint32_t where[RANDOM_AGREEMENTS][RANDOM_PLACES];
	struct delivered delivered[RANDOM_AGREEMENTS][RANDOM_COLUMNS];
	struct row_rule rules[RANDOM_AGREEMENTS][2];
	struct guardrail guardrails[RANDOM_GUARDRAILS];
	uint32_t never[RANDOM_GUARDRAILS][4][RANDOM_GROUPS];
	struct span categories[RANDOM_GUARDRAILS][1];
	struct id_slot slots[RANDOM_SLOTS]; /* policy.by_id */
};

/* A source of numbers; the same seed gives the same ones. */
struct policy_dice {
	uint64_t state;
};

/* policy_dice_roll: 0 to sides - 1. */
uint32_t policy_dice_roll(struct policy_dice *dice, uint32_t sides);

/* policy_random_draw: a policy. Nothing to free. */
void policy_random_draw(struct policy_random *out, struct policy_dice *dice);

/* policy_random_copy: the pointers of the copy are its own. */
void policy_random_copy(
    struct policy_random *out, const struct policy_random *from);

/* policy_random_change: one thing of it, by chance. */
void policy_random_change(struct policy_random *p, struct policy_dice *dice);

/* policy_random_shuffle: the same policy, written in another order. */
void policy_random_shuffle(struct policy_random *p, struct policy_dice *dice);

/* policy_random_caller: one of RANDOM_CALLERS requests. */
void policy_random_caller(struct caller *out, uint32_t index);

/* policy_random_passes: does row `row` pass the rules of an agreement? */
bool policy_random_passes(
    const struct policy *p, const struct agreement *a, uint32_t row);

/* policy_random_form: which of RANDOM_FORMS; 0 is "nothing". */
uint32_t policy_random_form(const struct delivered *delivered);

#endif
