#include "gateway/auditor/audit_own.h"

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"

static uint64_t
now_ms(void)
{
	return (uint64_t)sysio_wall_ns() / 1000000;
}

struct err
audit_own_commit(struct ledger *ledger)
{
	uint64_t since = (uint64_t)sysio_monotonic_us();

	TRY(ledger_commit(ledger));
	metric_observe(
	    METRIC_COMMIT_TIME, 0, (uint64_t)sysio_monotonic_us() - since);
	return OK;
}

struct err
audit_own_append(struct ledger *ledger, const struct record *record)
{
	uint8_t bytes[LEDGER_MAX_COMPLETION];
	struct buf entry = {
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
	uint64_t index;

	TRY(record_encode(&entry, record));
	struct err err = ledger_append(ledger, buf_span(&entry), &index);
	if (err.code == ERR_AGAIN) {
		TRY(audit_own_commit(ledger));
		err = ledger_append(ledger, buf_span(&entry), &index);
	}
	if (err.code == ERR_OK)
		metric_count(METRIC_RECORDS + record->kind);
	return err;
}

struct err
audit_own_tell(struct ledger *ledger, enum record_kind kind, const char *reason)
{
	struct record record = {
	    .kind = kind, .time_ms = now_ms(), .reason = span_str(reason)};

	TRY(audit_own_append(ledger, &record));
	return audit_own_commit(ledger);
}

struct err
audit_own_interrupt(struct ledger *ledger, const char *reason)
{
	const struct intents *intents = ledger_intents(ledger);
	const struct intent *intent = intents_next(intents, 0);

	while (intent != NULL) {
		struct record record = {.kind = RECORD_INTERRUPTED,
		    .time_ms = now_ms(),
		    .intent = record_number(intent->index),
		    .request = span_of(intent->request, intent->request_len),
		    .outcome = span_str("interrupted"),
		    .reason = span_str(reason)};
		if (intent->bytes_most != UINT64_MAX)
			record.bytes_most = record_number(intent->bytes_most);
		uint64_t next = intent->index + 1;
		TRY(audit_own_append(ledger, &record));
		intent = intents_next(intents, next);
	}
	return audit_own_commit(ledger);
}
