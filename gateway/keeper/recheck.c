#include "gateway/keeper/recheck.h"

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/ask_run.h"
#include "gateway/keeper/compiled.h"
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
	buf_init(&r->known, KEYS_MAX);
	keeper->recheck = r;
	return r;
}

struct err
recheck_item(struct keeper *keeper, const struct control_item *item)
{
	bool is_image = strcmp(item->name, "image") == 0;
	bool is_key = strcmp(item->name, "s3") == 0;

	if (!is_image && !is_key)
		return OK;
	struct recheck *r = get(keeper);
	if (r == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a policy");
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
	buf_done(&r->known);
	free(r);
}

static struct err
read_policy(struct recheck *r)
{
	struct span whole;

	forget(r);
	arena_init(&r->arena, KEEPER_ARENA);
	TRY(arena_copy(&r->arena, &whole, buf_span(&r->image)));
	TRY(image_decode(&r->policy, &r->arena, whole));
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
is_within(struct recheck *r, const struct ask *ask, uint32_t agreement)
{
	struct keeper *keeper = ask->keeper;
	const struct policy *policy = &keeper->policy;
	const struct agreement *now = &r->policy.agreements[agreement];
	const struct agreement *then =
	    &policy->agreements[ask->decision.agreement];
	struct compiled *newer = &r->compiled[agreement], *older;

	return recipients_within(then, now) &&
	    span_equal(r->policy.datasets[now->dataset].id,
		policy->datasets[then->dataset].id) &&
	    compiled_get(keeper, ask->decision.agreement, &older).code ==
	    ERR_OK &&
	    compiled_build(newer, &r->policy, agreement).code == ERR_OK &&
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
	decide_read(&decision, &r->policy, &ask->caller, ask->route.bucket,
	    sysio_wall_ns() / 1000000000);
	return decision.allowed && is_within(r, ask, decision.agreement);
}

/* --- All that is open --- */

struct err
recheck_all(struct keeper *keeper)
{
	struct recheck *r = get(keeper);
	uint64_t num_cut = 0;

	if (r == NULL)
		return ERR(NO_MEMORY, "keeper: no memory for a policy");
	TRY(read_policy(r));
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
	if (num_cut > 0) {
		const struct log_field field = log_number("number", num_cut);
		log_event("transfers-cut-by-policy", &field, 1);
	}
	return OK;
}
