#include "gateway/ledger/record_charge.h"

#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"

/* The next member of an object, which has to be this one. */
static struct err
take(struct span *members, const char *name, struct span *out_value)
{
	struct span found;

	if (jcs_read_member(members, &found, out_value).code != ERR_OK ||
	    !span_equal_str(found, name))
		return ERR(MALFORMED, "record: a part of a charge is missing");
	return OK;
}

static struct err
take_u64(struct span *members, const char *name, uint64_t *out)
{
	struct span value;

	TRY(take(members, name, &value));
	return jcs_read_u64(value, out);
}

static struct err
read_charge(struct span value, struct record_charge *out)
{
	struct span members, caller;

	TRY(jcs_read_object(value, &members));
	TRY(take_u64(&members, "bytes", &out->bytes));
	TRY(take(&members, "caller", &caller));
	TRY(jcs_read_string(caller, &out->caller));
	TRY(take_u64(&members, "day", &out->day));
	TRY(take_u64(&members, "rows", &out->rows));
	TRY(take_u64(&members, "rows-most", &out->rows_most));
	TRY(span_end(members));
	out->known = true;
	return OK;
}

/* What else is needed of it lies before the charge, or behind. */
static struct err
read_member(struct record_charged *out, struct span name, struct span value)
{
	if (span_equal_str(name, "agreement"))
		return jcs_read_string(value, &out->agreement);
	if (span_equal_str(name, "charge"))
		return read_charge(value, &out->charge);
	if (span_equal_str(name, "generation"))
		return jcs_read_string(value, &out->generation);
	if (span_equal_str(name, "time-ms"))
		return jcs_read_u64(value, &out->time_ms);
	return OK;
}

struct err
record_charge_read(struct span entry, struct record_charged *out)
{
	const struct span last = span_str("charge");
	struct record_charged charged = {.time_ms = 0};
	struct span members, name, value;

	TRY(jcs_read_object(entry, &members));
	while (members.len > 0) {
		TRY(jcs_read_member(&members, &name, &value));
		if (!charged.charge.known && jcs_compare(name, last) > 0)
			break;
		TRY(read_member(&charged, name, value));
	}
	if (!charged.charge.known)
		return ERR(NOT_FOUND, "record: nothing was charged");
	if (charged.agreement.len == 0)
		return ERR(MALFORMED, "record: charged to no agreement");
	*out = charged;
	return OK;
}
