#include "policy/scope.h"

#include "policy/literal.h"
#include "policy/protect.h"

bool
scope_of(struct scope *out, const struct policy *policy, uint32_t agreement)
{
	const struct agreement *a = &policy->agreements[agreement];

	for (uint32_t i = 0; i < a->num_columns; i++) {
		if (!protect_is_keyed(a->columns[i].how.op))
			continue;
		a = &policy->agreements[a->codes_of];
		*out =
		    (struct scope){.purpose = policy->purposes[a->purpose].id,
			.dataset = policy->datasets[a->dataset].id,
			.recipient = policy->parties[a->recipient].id};
		return true;
	}
	return false;
}

static int
compare(struct span a, struct span b)
{
	size_t len = a.len < b.len ? a.len : b.len;

	for (size_t i = 0; i < len; i++)
		if (a.data[i] != b.data[i])
			return a.data[i] < b.data[i] ? -1 : 1;
	return a.len == b.len ? 0 : a.len < b.len ? -1 : 1;
}

int
scope_compare(const struct scope *a, const struct scope *b)
{
	int order = compare(a->purpose, b->purpose);

	if (order == 0)
		order = compare(a->dataset, b->dataset);
	return order != 0 ? order : compare(a->recipient, b->recipient);
}

struct err
scope_put(struct buf *out, const struct scope *scope)
{
	TRY(buf_append(out, scope->purpose));
	TRY(buf_append_str(out, ":"));
	TRY(buf_append(out, scope->dataset));
	TRY(buf_append_str(out, ":"));
	return buf_append(out, scope->recipient);
}

static bool
is_dataset(struct span text)
{
	struct span segment;

	while (span_take_until(&text, &segment, '/'))
		if (!literal_is_id(segment))
			return false;
	return true;
}

struct err
scope_parse(struct scope *out, struct span text)
{
	struct scope scope;

	if (text.len > SCOPE_MAX_TEXT)
		return ERR(TOO_BIG, "a scope is over its cap");
	if (!span_take_until(&text, &scope.purpose, ':') ||
	    !span_take_until(&text, &scope.dataset, ':') ||
	    !span_take_until(&text, &scope.recipient, ':') ||
	    text.data != NULL || !literal_is_id(scope.purpose) ||
	    !is_dataset(scope.dataset) || !literal_is_id(scope.recipient))
		return ERR(MALFORMED,
		    "a scope is written as PURPOSE:DATASET:RECIPIENT");
	*out = scope;
	return OK;
}
