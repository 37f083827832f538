#include "policy/changes.h"

static bool
signed_before(const struct changes_question *q, uint32_t at)
{
	for (uint32_t i = 0; i < at; i++)
		if (q->signed_by[i] == q->signed_by[at])
			return true;
	return false;
}

/* Signatures for a party; NO_INDEX counts those of all. */
static uint32_t
count(const struct changes_question *q, uint32_t party)
{
	const struct policy *p = q->running;
	uint32_t num = 0;

	for (uint32_t i = 0; i < q->num_signed; i++) {
		uint32_t signer = q->signed_by[i];

		if (signer < p->num_signers && !signed_before(q, i) &&
		    (party == NO_INDEX || p->signers[signer].party == party))
			num++;
	}
	return num;
}

static struct changes_verdict
held_against(uint32_t have, uint32_t want, uint32_t party)
{
	return (struct changes_verdict){.enough = have >= want,
	    .party = party,
	    .lacking = have >= want ? 0 : want - have};
}

struct changes_verdict
changes_judge(const struct changes_question *q)
{
	enum change_rule rule =
	    q->wider ? q->running->wider : q->running->narrower;
	uint32_t each = rule == CHANGE_TWO_EACH_CONTROLLER ? 2 : 1;
	struct changes_verdict verdict = {.enough = true, .party = NO_INDEX};

	for (uint32_t i = 0; rule != CHANGE_ANY_SIGNER &&
	     i < q->num_concerned && verdict.enough;
	     i++)
		verdict = held_against(
		    count(q, q->concerned[i]), each, q->concerned[i]);
	/* A change that concerns nobody is somebody's all the same. */
	if (verdict.enough && count(q, NO_INDEX) == 0)
		return held_against(0, 1, NO_INDEX);
	return verdict;
}

/* All groups that the signer is in, it was in before. */
static bool
is_in_no_more(const struct policy *old, const struct signer *was,
    const struct policy *new, const struct signer *is)
{
	for (uint32_t i = 0; i < is->num_groups; i++) {
		struct span id = new->groups[is->groups[i]].id;
		uint32_t j = 0;

		while (j < was->num_groups &&
		    !span_equal(old->groups[was->groups[j]].id, id))
			j++;
		if (j == was->num_groups)
			return false;
	}
	return true;
}

/* Who signs for the same party with the same key, and is of no more groups, was
 * there before. */
static bool
was_there(const struct policy *old, const struct policy *new,
    const struct signer *signer)
{
	struct span party = new->parties[signer->party].id;

	for (uint32_t i = 0; i < old->num_signers; i++)
		if (span_equal(old->signers[i].key, signer->key) &&
		    span_equal(old->parties[old->signers[i].party].id, party) &&
		    is_in_no_more(old, &old->signers[i], new, signer))
			return true;
	return false;
}

bool
changes_loosened(const struct policy *old, const struct policy *new)
{
	if (new->wider < old->wider || new->narrower < old->narrower)
		return true;
	for (uint32_t i = 0; i < new->num_signers; i++)
		if (!was_there(old, new, &new->signers[i]))
			return true;
	return false;
}
