#include "gateway/ledger/record_put.h"

#include "gateway/ledger/jcs.h"

static struct err
put_name(struct jcs *jcs, const char *name)
{
	return jcs_name(jcs, span_str(name));
}

struct err
record_put_u64(struct jcs *jcs, uint64_t value)
{
	if (value > JCS_INT_MAX)
		return ERR(TOO_BIG, "record: a number of more than 53 bits");
	return jcs_int(jcs, (int64_t)value);
}

struct err
record_put_texts(struct jcs *jcs, const struct record_list *list)
{
	TRY(jcs_open_array(jcs));
	for (size_t i = 0; i < list->num; i++)
		TRY(jcs_string(jcs, list->items[i]));
	return jcs_close_array(jcs);
}

struct err
record_put_columns(struct jcs *jcs, const struct record_columns *columns)
{
	if (columns->written.len > 0)
		return jcs_written(jcs, columns->written);
	TRY(jcs_open_array(jcs));
	for (size_t i = 0; i < columns->num; i++) {
		TRY(jcs_open_object(jcs));
		TRY(put_name(jcs, "name"));
		TRY(jcs_string(jcs, columns->items[i].name));
		TRY(put_name(jcs, "protection"));
		TRY(jcs_string(jcs, columns->items[i].protection));
		TRY(jcs_close_object(jcs));
	}
	return jcs_close_array(jcs);
}

struct err
record_put_ranges(struct jcs *jcs, const struct record_ranges *ranges)
{
	TRY(jcs_open_array(jcs));
	for (size_t i = 0; i < ranges->num; i++) {
		TRY(jcs_open_object(jcs));
		TRY(put_name(jcs, "first"));
		TRY(record_put_u64(jcs, ranges->items[i].first));
		TRY(put_name(jcs, "last"));
		TRY(record_put_u64(jcs, ranges->items[i].last));
		TRY(jcs_close_object(jcs));
	}
	return jcs_close_array(jcs);
}

/* The few reasons come in the order in which they were met: sort by rank. */
static struct err
put_withheld(struct jcs *jcs, const struct record_rows *rows)
{
	const struct record_withheld *sorted[RECORD_REASONS];
	size_t num = 0;

	if (rows->num_withheld > RECORD_REASONS)
		return ERR(TOO_BIG, "record: too many reasons");
	for (size_t i = 0; i < rows->num_withheld; i++) {
		const struct record_withheld *item = &rows->withheld[i];
		size_t at = num++;
		for (; at > 0 &&
		     jcs_compare(item->reason, sorted[at - 1]->reason) < 0;
		     at--)
			sorted[at] = sorted[at - 1];
		if (at > 0 && span_equal(item->reason, sorted[at - 1]->reason))
			return ERR(MALFORMED, "record: a reason twice");
		sorted[at] = item;
	}
	TRY(jcs_open_object(jcs));
	for (size_t i = 0; i < num; i++) {
		TRY(jcs_name(jcs, sorted[i]->reason));
		TRY(record_put_u64(jcs, sorted[i]->rows));
	}
	return jcs_close_object(jcs);
}

struct err
record_put_rows(struct jcs *jcs, const struct record_rows *rows)
{
	TRY(jcs_open_object(jcs));
	if (rows->read.known) {
		TRY(put_name(jcs, "read"));
		TRY(record_put_u64(jcs, rows->read.value));
	}
	if (rows->released.known) {
		TRY(put_name(jcs, "released"));
		TRY(record_put_u64(jcs, rows->released.value));
	}
	if (rows->num_withheld > 0) {
		TRY(put_name(jcs, "withheld"));
		TRY(put_withheld(jcs, rows));
	}
	return jcs_close_object(jcs);
}

struct err
record_put_charge(struct jcs *jcs, const struct record_charge *charge)
{
	TRY(jcs_open_object(jcs));
	TRY(put_name(jcs, "bytes"));
	TRY(record_put_u64(jcs, charge->bytes));
	TRY(put_name(jcs, "caller"));
	TRY(jcs_string(jcs, charge->caller));
	TRY(put_name(jcs, "day"));
	TRY(record_put_u64(jcs, charge->day));
	TRY(put_name(jcs, "rows"));
	TRY(record_put_u64(jcs, charge->rows));
	TRY(put_name(jcs, "rows-most"));
	TRY(record_put_u64(jcs, charge->rows_most));
	return jcs_close_object(jcs);
}

struct err
record_put_jail(struct jcs *jcs, const struct record_jail *jail)
{
	TRY(jcs_open_object(jcs));
	TRY(put_name(jcs, "landlock"));
	TRY(record_put_u64(jcs, jail->landlock));
	TRY(put_name(jcs, "memfd-secret"));
	TRY(jcs_bool(jcs, jail->memfd_secret));
	TRY(put_name(jcs, "seccomp"));
	TRY(jcs_bool(jcs, jail->seccomp));
	TRY(put_name(jcs, "uids"));
	TRY(jcs_string(jcs, jail->uids));
	return jcs_close_object(jcs);
}
