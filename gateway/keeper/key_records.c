#include "gateway/keeper/key_records.h"

#include "gateway/base/sysio.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/seeds.h"
#include "gateway/ledger/record.h"

/* Whether the entry is the first or the last of its scope. */
static uint8_t
place_of(const struct scope_file *file, size_t at)
{
	const struct scope *scope = &file->entries[at].scope;
	uint8_t place = 0;

	if (at == 0 || scope_compare(&file->entries[at - 1].scope, scope) != 0)
		place |= AUDIT_KEY_FIRST;
	if (at + 1 == file->num_entries ||
	    scope_compare(&file->entries[at + 1].scope, scope) != 0)
		place |= AUDIT_KEY_LAST;
	return place;
}

static struct err
tell(struct keeper *keeper, size_t at)
{
	const struct scope_file *file = seeds_all(keeper->seeds);
	const struct scope_entry *entry = &file->entries[at];
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	const uint8_t *tag = seeds_tag(keeper->seeds, entry);
	int64_t since_s = tag != NULL ? entry->since_s : entry->destroyed_s;
	struct record record = {.kind = RECORD_KEY,
	    .time_ms = (uint64_t)(sysio_wall_ns() / 1000000),
	    .purpose = entry->scope.purpose,
	    .dataset = entry->scope.dataset,
	    .recipient = entry->scope.recipient,
	    .epoch = record_number(entry->epoch),
	    .outcome = span_str(tag != NULL ? "opened" : "destroyed"),
	    .scope_tag = span_of(tag, tag != NULL ? 32 : 0),
	    .since_ms = record_number((uint64_t)since_s * 1000)};

	TRY(buf_put_u8(&body, place_of(file, at)));
	TRY(record_encode(&body, &record));
	return pending_ask(
	    &keeper->audit, AUDIT_KEY, buf_span(&body), PENDING_KEY, keeper);
}

/* One after the other: what contradicts the ledger is tried once. */
struct err
key_records_begin(struct keeper *keeper)
{
	size_t num =
	    keeper->seeds != NULL ? seeds_all(keeper->seeds)->num_entries : 0;

	return keeper->next_key < num ? tell(keeper, keeper->next_key++)
				      : life_record_policy(keeper);
}

void
key_records_recorded(struct keeper *keeper)
{
	struct err err = key_records_begin(keeper);

	if (err.code != ERR_OK)
		life_policy_refused(keeper, err.why);
}
