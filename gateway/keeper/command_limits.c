#include "gateway/keeper/command_limits.h"

#include <inttypes.h>

#include "gateway/base/sysio.h"
#include "gateway/keeper/charge.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/pending.h"

enum {
	NUMBER_TEXT = 24,
};

/* --- Who is counted --- */

/* The n-th way to be let in, over all groups of an agreement; NULL: past it. */
static const struct proof *
proof_at(const struct policy *p, const struct agreement *a, uint32_t n)
{
	for (uint32_t i = 0; i < a->num_who; i++) {
		const struct group *group = &p->groups[a->who[i]];

		if (n < group->num_proofs)
			return &group->proofs[n];
		n -= group->num_proofs;
	}
	return NULL;
}

/* Append his name; nothing, where none tells him, or where he came before. */
static struct err
put_caller(struct buf *out, const struct policy *p, const struct agreement *a,
    uint32_t n)
{
	struct buf before CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct err err = decide_name_of(out, proof_at(p, a, n));

	for (uint32_t i = 0; i < n && err.code == ERR_OK; i++) {
		buf_reset(&before);
		struct err other = decide_name_of(&before, proof_at(p, a, i));
		if (other.code != ERR_OK && other.code != ERR_DENIED)
			return other;
		if (span_equal(buf_span(&before), buf_span(out)))
			buf_reset(out);
	}
	return err.code == ERR_DENIED ? OK : err;
}

/* Who is told of next, from admin->caller on; empty: all together. False where
 * there is nobody any more. */
static struct err
next_caller(struct admin *admin, struct buf *out_name, bool *out_any)
{
	const struct policy *p = &admin->seam->keeper->policy;
	const struct agreement *a = &p->agreements[admin->number];

	*out_any = admin->caller == 0;
	while (!*out_any && proof_at(p, a, admin->caller - 1) != NULL) {
		TRY(put_caller(out_name, p, a, admin->caller - 1));
		*out_any = out_name->len > 0;
		if (!*out_any)
			admin->caller++;
	}
	return OK;
}

/* --- One after the other --- */

/* The next agreement that has limits, and the next of its callers, or none. */
static struct err
find_next(struct admin *admin, struct buf *out_name, bool *out_any)
{
	const struct policy *p = &admin->seam->keeper->policy;

	for (; admin->number < p->num_agreements; admin->number++) {
		if (model_has_limits(&p->agreements[admin->number]))
			TRY(next_caller(admin, out_name, out_any));
		if (*out_any)
			return OK;
		admin->caller = 0;
	}
	return OK;
}

/* Today, in the zone of the policy. */
static struct err
put_use(struct buf *out, struct admin *admin, struct span caller)
{
	struct keeper *keeper = admin->seam->keeper;
	struct record_charge charge;

	TRY(charge_put(&charge, keeper, span_of(NULL, 0),
	    (uint64_t)(sysio_wall_ns() / 1000000)));
	return audit_put_use(out,
	    &(struct audit_use){.day = charge.day,
		.agreement = keeper->policy.agreements[admin->number].id,
		.caller = caller});
}

/* About whom comes next; or it ends. */
static struct err
ask_next(struct admin *admin)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct buf name CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	bool any = false;

	TRY(find_next(admin, &name, &any));
	if (!any) {
		command_say_end(admin, 0, "");
		return OK;
	}
	TRY(put_use(&body, admin, buf_span(&name)));
	return pending_ask(&admin->seam->keeper->audit, AUDIT_USE,
	    buf_span(&body), PENDING_ADMIN_USE, admin);
}

static void
go_on(struct admin *admin)
{
	if (ask_next(admin).code != ERR_OK)
		command_failed(admin, "the auditor cannot be asked");
}

void
command_limits(struct admin *admin)
{
	admin->number = 0;
	admin->caller = 0;
	go_on(admin);
}

/* --- What is said --- */

/* Of whom, and when the day ends. */
struct saying {
	struct admin *admin;
	const struct agreement *agreement;
	struct span caller, opens;
};

/* One line; what is limited for each caller only has no sum to keep to, what is
 * limited for all together none of each. */
static void
say(const struct saying *s, const char *limit, struct span opens, uint64_t used,
    const uint64_t limits[2])
{
	uint64_t allowed = limits[s->admin->caller == 0 ? 0 : 1];
	char used_text[NUMBER_TEXT], most[NUMBER_TEXT] = "-";

	if (limits[0] == 0 && limits[1] == 0)
		return;
	snprintf(used_text, sizeof(used_text), "%" PRIu64, used);
	if (allowed > 0)
		snprintf(most, sizeof(most), "%" PRIu64, allowed);
	command_say_line(s->admin,
	    &(struct admin_line){
		.fields = {s->agreement->id, s->caller, span_str(limit), opens,
		    span_str(used_text), span_str(most)},
		.num_fields = 6});
}

static void
say_all(const struct saying *s, const struct audit_used *used)
{
	const struct limits *all = &s->agreement->limits;
	const struct limits *each = &s->agreement->per_caller;

	say(s, "rows-per-day", s->opens, used->rows,
	    (const uint64_t[]){all->rows_per_day, each->rows_per_day});
	say(s, "bytes-per-day", s->opens, used->bytes,
	    (const uint64_t[]){all->bytes_per_day, each->bytes_per_day});
	say(s, "requests-per-minute", span_str("-"), used->requests,
	    (const uint64_t[]){
		all->requests_per_minute, each->requests_per_minute});
}

/* All together always; a caller, if he used any. */
static struct err
say_used(struct admin *admin, const struct audit_used *used)
{
	struct keeper *keeper = admin->seam->keeper;
	const struct agreement *a = &keeper->policy.agreements[admin->number];
	struct buf opens CLEANUP(buf_done) = {.max = NUMBER_TEXT};
	struct buf name CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	if (admin->caller == 0)
		TRY(buf_append_str(&name, "all"));
	else
		TRY(put_caller(&name, &keeper->policy, a, admin->caller - 1));
	TRY(charge_put_opening(&opens, keeper, used->day));
	if (admin->caller == 0 || used->rows > 0 || used->bytes > 0 ||
	    used->requests > 0)
		say_all(&(struct saying){.admin = admin,
			    .agreement = a,
			    .caller = buf_span(&name),
			    .opens = buf_span(&opens)},
		    used);
	return OK;
}

void
command_limits_used(struct admin *admin, const struct audit_used *used)
{
	if (say_used(admin, used).code != ERR_OK) {
		command_failed(admin, "the policy has no such day");
		return;
	}
	admin->caller++;
	go_on(admin);
}
