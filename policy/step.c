#include "policy/step.h"

#include "crypto/sshsig.h"

/* --- Who has signed --- */

static uint32_t
find_signer(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_signers; i++)
		if (span_equal(p->signers[i].id, id))
			return i;
	return NO_INDEX;
}

/* In the order of the policy, whatever the files' was. */
static void
add_signer(struct step_result *out, uint32_t signer)
{
	uint32_t at = out->num_signed++;

	for (; at > 0 && out->signed_by[at - 1] > signer; at--)
		out->signed_by[at] = out->signed_by[at - 1];
	out->signed_by[at] = signer;
}

static struct err
verify_all(struct step_result *out, const struct step *step)
{
	struct buf text CLEANUP(buf_done) = {.max = STATEMENT_MAX};

	if (step->num_signatures > STEP_MAX_SIGNATURES)
		return ERR(TOO_BIG, "too many signatures");
	TRY(statement_put(&text, &out->statement));
	for (uint32_t i = 0; i < step->num_signatures; i++) {
		const struct step_signature *s = &step->signatures[i];
		uint32_t signer = find_signer(step->running, s->signer);
		struct err err = signer == NO_INDEX
		    ? ERR(NOT_FOUND, "nobody of that name")
		    : sshsig_verify(s->bytes,
			  step->running->signers[signer].key,
			  span_str(STATEMENT_NAMESPACE), buf_span(&text));

		if (err.code == ERR_NO_MEMORY || err.code == ERR_CRYPTO)
			return err;
		if (err.code == ERR_OK)
			add_signer(out, signer);
		else
			out->wrong[out->num_wrong++] = i;
	}
	return OK;
}

/* --- Whether they are enough --- */

static uint32_t
find_party(const struct policy *p, struct span id)
{
	for (uint32_t i = 0; i < p->num_parties; i++)
		if (span_equal(p->parties[i].id, id))
			return i;
	return NO_INDEX;
}

/* A party that `running` does not know has no signers in it: it comes in by a
 * change of its own, with its signers, before its data does. */
static struct err
judge(struct step_result *out, struct arena *arena, const struct step *step)
{
	uint32_t *concerned, num = 0;
	bool stranger = false;

	TRY(arena_alloc(
	    arena, &concerned, out->diff.num_signers + 1, sizeof(*concerned)));
	for (size_t i = 0; i < out->diff.num_signers; i++) {
		uint32_t party =
		    find_party(step->running, out->diff.signers[i]);

		if (party == NO_INDEX)
			stranger = true;
		else
			concerned[num++] = party;
	}
	out->verdict =
	    changes_judge(&(struct changes_question){.running = step->running,
		.wider = out->diff.counts[DIFF_WIDER] > 0,
		.concerned = concerned,
		.num_concerned = num,
		.signed_by = out->signed_by,
		.num_signed = out->num_signed});
	if (stranger && step->running->wider != CHANGE_ANY_SIGNER)
		return ERR(DENIED,
		    "it opens data of a controller whom the policy that runs "
		    "does not know: add the party and its signers first, by a "
		    "change of their own");
	return OK;
}

struct err
step_judge(
    struct step_result *out, struct arena *arena, const struct step *step)
{
	*out = (struct step_result){.statement = {.policy = step->running->name,
					.version = step->version}};
	if (step->next->num_signers == 0)
		return ERR(DENIED,
		    "it names no signers: nobody could ever change it again");
	TRY(statement_digest(
	    out->statement.before, step->before, step->num_before));
	TRY(statement_digest(
	    out->statement.after, step->after, step->num_after));
	TRY(verify_all(out, step));
	TRY(diff_policies(&out->diff, arena, step->running, step->next));
	return judge(out, arena, step);
}

/* --- Words --- */

/* Those of the party who have not signed. */
static struct err
put_others(struct buf *out, const struct step *step,
    const struct step_result *result, uint32_t party)
{
	const struct policy *p = step->running;
	bool any = false;

	for (uint32_t i = 0; i < p->num_signers; i++) {
		uint32_t j = 0;

		while (j < result->num_signed && result->signed_by[j] != i)
			j++;
		if (j < result->num_signed ||
		    (party != NO_INDEX && p->signers[i].party != party))
			continue;
		TRY(buf_append_str(out, any ? " or " : ", of "));
		TRY(buf_append(out, p->signers[i].id));
		any = true;
	}
	return OK;
}

struct err
step_say_lacking(
    struct buf *out, const struct step *step, const struct step_result *result)
{
	const struct changes_verdict *v = &result->verdict;

	if (v->enough)
		return OK;
	TRY(buf_append_format(out, "it needs %s more signature%s",
	    v->lacking == 1 ? "one" : "two", v->lacking == 1 ? "" : "s"));
	TRY(put_others(out, step, result, v->party));
	if (v->party == NO_INDEX)
		return OK;
	TRY(buf_append_str(out, " for "));
	return buf_append(out, step->running->parties[v->party].id);
}
