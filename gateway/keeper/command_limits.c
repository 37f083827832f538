#include "gateway/keeper/command_limits.h"

#include <inttypes.h>

#include "gateway/base/sysio.h"
#include "gateway/keeper/charge.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/pending.h"

enum {
	NUMBER_TEXT = 24,
};

/* Today, in the zone of the policy. */
static struct err
put_use(struct buf *out, struct keeper *keeper, struct span agreement)
{
	struct record_charge charge;

	TRY(charge_put(&charge, keeper, span_of(NULL, 0),
	    (uint64_t)(sysio_wall_ns() / 1000000)));
	return audit_put_use(out, charge.day, agreement);
}

/* About the next one that has limits, from admin->number on; or it ends. */
static struct err
ask_next(struct admin *admin)
{
	struct buf body CLEANUP(buf_done) = {.max = 256};
	struct keeper *keeper = admin->seam->keeper;
	const struct policy *p = &keeper->policy;

	while (admin->number < p->num_agreements &&
	    !model_has_limits(&p->agreements[admin->number]))
		admin->number++;
	if (admin->number == p->num_agreements) {
		command_say_end(admin, 0, "");
		return OK;
	}
	TRY(put_use(&body, keeper, p->agreements[admin->number].id));
	return pending_ask(&keeper->audit, AUDIT_USE, buf_span(&body),
	    PENDING_ADMIN_USE, admin);
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
	go_on(admin);
}

/* One line; what is limited for each caller only has no sum to keep to. */
static void
say(struct admin *admin, const char *limit, struct span opens, uint64_t used,
    const uint64_t limits[2])
{
	const struct agreement *a =
	    &admin->seam->keeper->policy.agreements[admin->number];
	char used_text[NUMBER_TEXT], most[NUMBER_TEXT] = "-";

	if (limits[0] == 0 && limits[1] == 0)
		return;
	snprintf(used_text, sizeof(used_text), "%" PRIu64, used);
	if (limits[0] > 0)
		snprintf(most, sizeof(most), "%" PRIu64, limits[0]);
	command_say_line(admin,
	    &(struct admin_line){.fields = {a->id, span_str(limit), opens,
				     span_str(used_text), span_str(most)},
		.num_fields = 5});
}

void
command_limits_used(struct admin *admin, const struct audit_used *used)
{
	struct keeper *keeper = admin->seam->keeper;
	struct buf opens CLEANUP(buf_done) = {.max = NUMBER_TEXT};

	const struct agreement *a = &keeper->policy.agreements[admin->number];
	if (charge_put_opening(&opens, keeper, used->day).code != ERR_OK) {
		command_failed(admin, "the policy has no such day");
		return;
	}
	say(admin, "rows-per-day", buf_span(&opens), used->rows,
	    (const uint64_t[]){
		a->limits.rows_per_day, a->per_caller.rows_per_day});
	say(admin, "bytes-per-day", buf_span(&opens), used->bytes,
	    (const uint64_t[]){
		a->limits.bytes_per_day, a->per_caller.bytes_per_day});
	say(admin, "requests-per-minute", span_str("-"), used->requests,
	    (const uint64_t[]){a->limits.requests_per_minute,
		a->per_caller.requests_per_minute});
	admin->number++;
	go_on(admin);
}
