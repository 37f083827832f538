#include "gateway/keeper/recheck.h"

#include "gateway/base/log.h"
#include "gateway/base/proven.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/ask_run.h"
#include "gateway/keeper/compiled.h"
#include "gateway/keeper/form.h"
#include "gateway/keeper/seeds.h"
#include "policy/by_id.h"
#include "policy/image.h"
#include "policy/plan_within.h"
#include "policy/recipients.h"

enum {
	IMAGE_MAX = 8 * 1024 * 1024,
	KEYS_MAX = 256 * 1024,
};

/* What serves by now. */
struct recheck {
	struct buf image, keys; /* of the next one, while it comes */
	struct buf destroyed;	/* likewise */
	struct buf proven;	/* likewise, keys/recipients; and */
	bool only_proven;	/* whether that counts */
	struct buf known;	/* ids of access keys, each a field */
	struct arena arena;	/* the policy, and the image that it lies in */
	struct policy policy;
	struct compiled *compiled; /* per agreement; year 0: not yet */
	bool is_there;
};

/* --- What comes --- */

static struct recheck *
get(struct keeper *keeper)
{
	if (keeper->recheck != NULL)
		return keeper->recheck;
	struct recheck *r = calloc(1, sizeof(*r));
	if (r == NULL)
		return NULL;
	buf_init(&r->image, IMAGE_MAX);
	buf_init(&r->keys, KEYS_MAX);
	buf_init(&r->destroyed, SCOPE_FILE_TEXT);
	buf_init(&r->proven, PROVEN_FILE_TEXT);
	buf_init(&r->known, KEYS_MAX);
	keeper->recheck = r;
	return r;
}

/* From here on nothing is made under them. */
static struct err
forget_destroyed(struct keeper *keeper, struct recheck *r)
{
	struct span list = buf_span(&r->destroyed), text;
	struct scope scope;
	uint32_t epoch;

	while (list.len > 0) {
		TRY(span_take_u32be(&list, &epoch));
		TRY(span_take_field(&list, &text, SCOPE_MAX_TEXT));
		TRY(scope_parse(&scope, text));
		seeds_destroy(keeper->seeds, &scope, epoch);
	}
	buf_reset(&r->destroyed);
	return OK;
}

struct err
recheck_item(struct keeper *keeper, const struct control_item *item)
{
	bool is_image = strcmp(item->name, "image") == 0;
	bool is_key = strcmp(item->name, "s3") == 0;
	bool is_end = strcmp(item->name, "destroyed") == 0;
	bool is_proven = strcmp(item->name, "proven") == 0;

	if (!is_image && !is_key && !is_end && !is_proven)
		return OK;
	struct recheck *r = get(keeper);
	if (r == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a policy");
	if (is_proven) {
		r->only_proven = true;
		return buf_append(&r->proven, buf_span(&item->value));
	}
	if (is_end)
		return buf_append(&r->destroyed, buf_span(&item->value));
	return is_image ? buf_append(&r->image, buf_span(&item->value))
			: buf_put_field(&r->keys, buf_span(&item->value));
}

/* The one before it, with all that was compiled of it. */
static void
forget(struct recheck *r)
{
	for (uint32_t i = 0; r->is_there && i < r->policy.num_agreements; i++) {
		arena_done(&r->compiled[i].arena);
		buf_done(&r->compiled[i].bytes);
	}
	arena_done(&r->arena);
	r->is_there = false;
}

void
recheck_free(struct recheck *r)
{
	if (r == NULL)
		return;
	forget(r);
	buf_done(&r->image);
	buf_done(&r->keys);
	buf_done(&r->destroyed);
	buf_done(&r->proven);
	buf_done(&r->known);
	free(r);
}

/* Whom it is sealed to by now. */
static struct err
keep_proven(struct recheck *r)
{
	struct proven_file file;
	size_t line;

	if (!r->only_proven)
		return OK;
	TRY(proven_file_parse(&file, &line, buf_span(&r->proven)));
	(void)proven_keep(&r->policy, &file);
	proven_file_done(&file);
	buf_reset(&r->proven);
	r->only_proven = false;
	return OK;
}

static struct err
read_policy(struct recheck *r)
{
	struct span whole;

	forget(r);
	arena_init(&r->arena, KEEPER_ARENA);
	TRY(arena_copy(&r->arena, &whole, buf_span(&r->image)));
	TRY(image_decode(&r->policy, &r->arena, whole));
	TRY(keep_proven(r));
	TRY(arena_alloc(&r->arena, &r->compiled, r->policy.num_agreements,
	    sizeof(*r->compiled)));
	buf_reset(&r->known);
	TRY(buf_append(&r->known, buf_span(&r->keys)));
	buf_reset(&r->image);
	buf_reset(&r->keys);
	r->is_there = true;
	return OK;
}

/* --- Whether it holds --- */

static bool
is_known(const struct recheck *r, struct span key)
{
	struct span rest = buf_span(&r->known), id;

	while (span_take_field(&rest, &id, rest.len).code == ERR_OK) {
		if (span_equal(id, key))
			return true;
	}
	return false;
}

/* Of the same dataset, with nothing that would not leave now. */
static bool
is_within(struct keeper *keeper, const struct decision *then,
    const struct decision *now)
{
	struct recheck *r = keeper->recheck;
	const struct policy *policy = &keeper->policy;
	uint32_t was = policy->agreements[then->agreement].dataset;
	uint32_t is = r->policy.agreements[now->agreement].dataset;
	struct compiled *newer = &r->compiled[now->agreement], *older;

	return span_equal(
		   policy->datasets[was].id, r->policy.datasets[is].id) &&
	    compiled_get(keeper, then->agreement, &older).code == ERR_OK &&
	    compiled_build(newer, &r->policy, now->agreement, 0).code ==
	    ERR_OK &&
	    plan_within(&older->plan, &newer->plan);
}

bool
recheck_holds(const struct ask *ask)
{
	struct recheck *r = ask->keeper->recheck;
	struct decision decision;

	if (r == NULL || !r->is_there)
		return true;
	if (ask->caller.access_key.len > 0 &&
	    !is_known(r, ask->caller.access_key))
		return false;
	if (ask->decision.agreement == NO_INDEX)
		return decide_caller_known(&r->policy, &ask->caller);
	if (seeds_are_gone(ask->keeper->seeds, &ask->keeper->policy,
		ask->decision.agreement))
		return false;
	decide_read(&decision, &r->policy, &ask->caller, ask->route.bucket,
	    sysio_wall_ns() / 1000000000);
	return decision.allowed &&
	    recipients_within(
		&ask->keeper->policy.agreements[ask->decision.agreement],
		&r->policy.agreements[decision.agreement]) &&
	    is_within(ask->keeper, &ask->decision, &decision);
}

/* Its recipient is the command's own. */
bool
recheck_form_holds(const struct form *form)
{
	const struct policy *policy = &form->keeper->policy;
	struct recheck *r = form->keeper->recheck;
	struct decision decision;

	if (r == NULL || !r->is_there)
		return true;
	decide_form(&decision, &r->policy,
	    model_find_place(
		&r->policy, policy->places[form->decision.place].id),
	    span_str(form->agreement), sysio_wall_ns() / 1000000000);
	return decision.allowed &&
	    !seeds_are_gone(
		form->keeper->seeds, policy, form->decision.agreement) &&
	    is_within(form->keeper, &form->decision, &decision);
}

static void
lower(uint64_t *ours, uint64_t theirs)
{
	if (theirs > 0 && theirs < *ours)
		*ours = theirs;
}

static void
lower_all(struct limits *ours, const struct limits *theirs)
{
	lower(&ours->rows_per_day, theirs->rows_per_day);
	lower(&ours->bytes_per_day, theirs->bytes_per_day);
	lower(&ours->requests_per_minute, theirs->requests_per_minute);
}

void
recheck_limits(struct audit_limits *limits, const struct ask *ask)
{
	const struct recheck *r = ask->keeper->recheck;
	uint32_t at = r != NULL && r->is_there
	    ? by_id_find(&r->policy, ask->route.bucket)
	    : NO_INDEX;

	if (at == NO_INDEX)
		return;
	lower_all(&limits->all, &r->policy.agreements[at].limits);
	lower_all(&limits->each, &r->policy.agreements[at].per_caller);
}

/* --- All that is open --- */

static uint64_t
cut_asks(struct keeper *keeper)
{
	uint64_t num_cut = 0;

	for (size_t i = 0; i < KEEPER_ASK_BUCKETS; i++) {
		struct ask *ask = LIST_FIRST(&keeper->ask_buckets[i]), *after;
		for (; ask != NULL; ask = after) {
			after = LIST_NEXT(ask, next);
			if (ask->withdrawn || recheck_holds(ask))
				continue;
			ask_run_withdraw(ask);
			num_cut++;
		}
	}
	return num_cut;
}

/* What is made already lies in its pipe, which nobody can take back. */
static uint64_t
cut_forms(struct keeper *keeper)
{
	struct form *form = TAILQ_FIRST(&keeper->forms), *after;
	uint64_t num_cut = 0;

	for (; form != NULL; form = after) {
		after = TAILQ_NEXT(form, next);
		if (form->withdrawn || form->step >= FORM_MADE ||
		    !form->decision.allowed || recheck_form_holds(form))
			continue;
		form_withdraw(form);
		num_cut++;
	}
	return num_cut;
}

struct err
recheck_all(struct keeper *keeper)
{
	struct recheck *r = get(keeper);

	if (r == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a policy");
	TRY(read_policy(r));
	TRY(forget_destroyed(keeper, r));
	uint64_t num_cut = cut_asks(keeper) + cut_forms(keeper);
	if (num_cut > 0) {
		const struct log_field field = log_number("number", num_cut);
		log_event("transfers-cut-by-policy", &field, 1);
	}
	return OK;
}
