#include "gateway/auditor/audit_round.h"

#include "gateway/auditor/audit_own.h"
#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"

/* One that has left hears nothing any more; that it left shows elsewhere. */
static struct err
unless_closed(struct err err)
{
	return err.code == ERR_CLOSED ? OK : err;
}

static struct err
send_receipts(struct audit_serve *serve)
{
	for (size_t i = 0; i < serve->num_waiting; i++) {
		const struct audit_waiting *w = &serve->waiting[i];
		TRY(unless_closed(
		    audit_send_receipt(w->keeper, w->id, w->index)));
	}
	serve->num_waiting = 0;
	serve->urgent = false;
	return keepers_flush(&serve->keepers);
}

/* Whose intents they are, or whose end: of the keeper that sent them. */
static void
count_open(struct audit_serve *serve, const struct channel *keeper,
    enum record_kind kind, bool undone)
{
	uint64_t *num_open =
	    &serve->num_open[keepers_place(&serve->keepers, keeper)];

	if (kind == RECORD_INTENT)
		*num_open += undone ? UINT64_MAX : 1;
	else if (kind == RECORD_COMPLETE || kind == RECORD_INTERRUPTED)
		*num_open += undone ? 1 : UINT64_MAX;
}

static struct err
send_refusals(struct audit_serve *serve)
{
	for (size_t i = 0; i < serve->num_waiting; i++) {
		const struct audit_waiting *w = &serve->waiting[i];
		count_open(serve, w->keeper, w->kind, true);
		if (w->charged)
			account_undo(serve->seen->charging->account, &w->mark);
		metric_count(METRIC_UNRECORDED + METRIC_UNRECORDED_FULL);
		TRY(unless_closed(
		    audit_send_refused(w->keeper, w->id, AUDIT_FULL)));
	}
	serve->num_waiting = 0;
	serve->urgent = false;
	return OK;
}

struct err
audit_round_commit(struct audit_serve *serve)
{
	if (serve->num_waiting == 0)
		return OK;
	struct err err = audit_own_commit(serve->ledger);
	if (err.code == ERR_NO_SPACE) {
		serve->next = *serve->seen->policies;
		return send_refusals(serve);
	}
	TRY(err);
	*serve->seen->policies = serve->next;
	for (size_t i = 0; i < serve->num_waiting; i++)
		metric_count(METRIC_RECORDS + serve->waiting[i].kind);
	if (serve->publish_at_ms == 0)
		serve->publish_at_ms = sysio_monotonic_ms() + LEDGER_PUBLISH_MS;
	return send_receipts(serve);
}

struct err
audit_round_publish(struct audit_serve *serve)
{
	uint64_t now = sysio_monotonic_ms();

	if (serve->publish_at_ms == 0 || now < serve->publish_at_ms)
		return OK;
	struct err err = ledger_publish(serve->ledger);
	if (err.code == ERR_NO_SPACE) {
		serve->publish_at_ms = now + LEDGER_PUBLISH_MS;
		return OK;
	}
	serve->publish_at_ms = 0;
	TRY(err);
	return ledger_save(serve->ledger);
}

void
audit_round_await(struct audit_serve *serve, struct channel *keeper,
    uint64_t id, uint64_t index)
{
	enum record_kind kind = ledger_append_kind(serve->ledger);

	if (serve->num_waiting == 0)
		serve->lazy_until_ms = sysio_monotonic_ms() + LEDGER_LAZY_MS;
	serve->waiting[serve->num_waiting++] = (struct audit_waiting){
	    .keeper = keeper, .id = id, .index = index, .kind = kind};
	count_open(serve, keeper, kind, false);
	if (kind != RECORD_COMPLETE || serve->num_waiting == AUDIT_SERVE_ROUND)
		serve->urgent = true;
}
