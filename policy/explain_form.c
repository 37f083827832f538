#include "policy/explain_form.h"

#include <inttypes.h>

enum {
	MAX_SCALE = 9, /* of struct decimal */
};

/* All that there is to say, but where a policy adds numbers or names. */
static const char *const kinds[NUM_PROTECTIONS] = {
    [PROTECT_DROP] = "not delivered",
    [PROTECT_BLANK] = "there, but empty",
    [PROTECT_KEEP] = "as it is",
    [PROTECT_PSEUDONYM] = "keyed code, the same for a value",
    [PROTECT_MASK] = "masked",
    [PROTECT_DECADE] = "decade; 90 or older as one group",
    [PROTECT_YEAR] = "year; 90 or older as one group",
    [PROTECT_QUARTER] = "quarter; 90 or older as one group",
    [PROTECT_MONTH] = "month; 90 or older as one group",
    [PROTECT_AGE_90] = "age; 90 or older as one group",
    [PROTECT_CAP] = "within bounds; what lies beyond becomes the nearer end",
    [PROTECT_ZIP3] = "first 3 digits; 000 where 20,000 people or fewer live",
    [PROTECT_PREFIX] = "first characters",
    [PROTECT_BAND] = "band of numbers",
    [PROTECT_ROUND] = "rounded",
    [PROTECT_GROUP] = "its group in a table",
    [PROTECT_TOKEN] = "random code",
    [PROTECT_SEALED] = "sealed",
    [PROTECT_FORMAT] = "keyed code of the same shape",
    [PROTECT_SHIFT] = "moved by a number of days",
    [PROTECT_SCRUB] = "without the identifiers in it",
    [PROTECT_CAPPED_BAND] = "band of numbers, within bounds",
};

/* value / 10^scale with all its digits, as 0.10 was written. */
struct err
explain_form_decimal(struct buf *out, const struct decimal *number)
{
	uint64_t value = number->value < 0 ? 0 - (uint64_t)number->value
					   : (uint64_t)number->value;
	uint64_t unit = 1;

	for (unsigned int i = 0; i < number->scale && i < MAX_SCALE; i++)
		unit *= 10;
	if (number->value < 0)
		TRY(buf_append_str(out, "-"));
	TRY(buf_append_u64(out, value / unit));
	if (unit == 1)
		return OK;
	return buf_append_format(
	    out, ".%0*" PRIu64, (int)number->scale, value % unit);
}

static struct err
put_mask(struct buf *out, const struct protection *how)
{
	const char *joint = "";

	if (how->first == 0 && how->last == 0)
		return buf_append_str(out, "masked; no character is shown");
	TRY(buf_append_str(out, "masked but for "));
	if (how->first > 0) {
		TRY(buf_append_format(out, "the first %" PRIu32, how->first));
		joint = " and ";
	}
	if (how->last > 0)
		TRY(buf_append_format(
		    out, "%sthe last %" PRIu32, joint, how->last));
	return buf_append_str(out, " characters");
}

static struct err
put_keep(struct buf *out, const struct protection *how)
{
	TRY(buf_append_str(out, kinds[how->op]));
	if (how->because.len == 0)
		return OK;
	TRY(buf_append_str(out, ", because "));
	return buf_append(out, how->because);
}

static struct err
put_cap(struct buf *out, const struct protection *how)
{
	TRY(buf_append_str(out, "from "));
	TRY(explain_form_decimal(out, &how->low));
	TRY(buf_append_str(out, " to "));
	TRY(explain_form_decimal(out, &how->high));
	return buf_append_str(out, "; what lies beyond becomes the nearer end");
}

static struct err
put_step(struct buf *out, const char *before, const struct protection *how)
{
	TRY(buf_append_str(out, before));
	return explain_form_decimal(out, &how->step);
}

static struct err
put_group(
    struct buf *out, const struct policy *policy, const struct protection *how)
{
	TRY(buf_append_str(out, "its group in "));
	return buf_append(out, policy->tables[how->table].name);
}

const char *
explain_form_kind(struct span name)
{
	for (unsigned op = 0; op < NUM_PROTECTIONS; op++)
		if (span_equal_str(
			name, model_protection_name((enum protection_op)op)))
			return kinds[op];
	return NULL;
}

struct err
explain_form(
    struct buf *out, const struct policy *policy, const struct protection *how)
{
	switch (how->op) {
	case PROTECT_KEEP:
		return put_keep(out, how);
	case PROTECT_MASK:
		return put_mask(out, how);
	case PROTECT_CAP:
		return put_cap(out, how);
	case PROTECT_PREFIX:
		return buf_append_format(
		    out, "first %" PRIu32 " characters", how->prefix_len);
	case PROTECT_BAND:
		return put_step(out, "band of ", how);
	case PROTECT_ROUND:
		return put_step(out, "rounded to ", how);
	case PROTECT_GROUP:
		return put_group(out, policy, how);
	case PROTECT_FORMAT:
		TRY(buf_append_str(out, kinds[how->op]));
		return how->check_digit
		    ? buf_append_str(out, ", with check digits that hold")
		    : OK;
	case PROTECT_CAPPED_BAND:
		TRY(put_step(out, "band of ", how));
		TRY(buf_append_str(out, ", "));
		return put_cap(out, how);
	case PROTECT_DROP:
	case PROTECT_BLANK:
	case PROTECT_PSEUDONYM:
	case PROTECT_DECADE:
	case PROTECT_YEAR:
	case PROTECT_QUARTER:
	case PROTECT_MONTH:
	case PROTECT_AGE_90:
	case PROTECT_ZIP3:
	case PROTECT_TOKEN:
	case PROTECT_SEALED:
	case PROTECT_SHIFT:
	case PROTECT_SCRUB:
		return buf_append_str(out, kinds[how->op]);
	case NUM_PROTECTIONS:
		break;
	}
	return OK;
}
