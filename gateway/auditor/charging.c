#include "gateway/auditor/charging.h"

#include "gateway/base/sysio.h"

/* No second of an account is older than this: a machine may have begun just
 * now. */
enum {
	BEFORE_S = 1000
};

static uint64_t
second_of_now(void)
{
	return BEFORE_S + sysio_monotonic_ms() / 1000;
}

static uint64_t
second_of(uint64_t time_ms)
{
	const uint64_t before_ms = BEFORE_S * UINT64_C(1000);
	uint64_t now = (uint64_t)(sysio_wall_ns() / 1000000);
	uint64_t age_ms = now > time_ms ? now - time_ms : 0;

	if (age_ms > before_ms)
		age_ms = before_ms;
	return (before_ms + sysio_monotonic_ms() - age_ms) / 1000;
}

void
charging_saw(void *context, uint64_t index, struct span entry)
{
	struct charging *charging = context;
	struct record_charged charged;
	struct account_mark mark;

	(void)index;
	struct err err = record_charge_read(entry, &charged);
	if (err.code == ERR_NOT_FOUND)
		return;
	if (err.code == ERR_OK)
		err = account_add(charging->account, &charged,
		    second_of(charged.time_ms), &mark);
	if (err.code != ERR_OK)
		charging->failure = err;
}

struct err
charging_check(struct charging *charging, struct span *body,
    struct record_charged *out, struct audit_over *out_over)
{
	struct audit_limits limits;
	struct record_charged charged;

	TRY(audit_take_limits(body, &limits));
	TRY(record_charge_read(*body, &charged));
	*out = charged;
	return account_check(
	    charging->account, &charged, &limits, second_of_now(), out_over);
}

struct err
charging_add(struct charging *charging, const struct record_charged *charged,
    struct account_mark *out_mark)
{
	return account_add(
	    charging->account, charged, second_of_now(), out_mark);
}

struct err
charging_use(
    const struct charging *charging, struct span body, struct audit_used *out)
{
	struct audit_use use;

	TRY(audit_read_use(body, &use));
	return account_use(charging->account, &use, second_of_now(), out);
}

struct err
charging_put(const struct charging *charging, struct buf *out)
{
	TRY(buf_put_u64be(out, (uint64_t)(sysio_wall_ns() / 1000000)));
	return account_put(charging->account, second_of_now(), out);
}

struct err
charging_take(struct charging *charging, struct span *in)
{
	uint64_t time_ms;

	TRY(span_take_u64be(in, &time_ms));
	return account_take(charging->account, second_of(time_ms), in);
}
