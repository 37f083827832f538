#include "policy/words.h"

#include <inttypes.h>

#include "policy/suggest.h"

/* One past the last value of each set. */
static const unsigned ends[NUM_WORDS_SETS] = {
    [WORDS_CLASS] = NUM_CLASSES,
    [WORDS_KIND] = NUM_KINDS,
    [WORDS_PROTECTION] = NUM_PROTECTIONS,
    [WORDS_UNFIT] = NUM_UNFITS,
    [WORDS_ROLE] = NUM_ROLES,
    [WORDS_HIPAA] = BASIS_GDPR_CONSENT,
    [WORDS_GDPR] = NUM_BASES,
    [WORDS_ENCRYPT] = NUM_ENCRYPTS,
    [WORDS_COMPRESSION] = NUM_COMPRESSIONS,
    [WORDS_CHANGE_RULE] = NUM_CHANGE_RULES,
    [WORDS_LDS_USE] = NUM_LDS_USES,
    [WORDS_TRANSFER] = NUM_TRANSFER_TOOLS,
    [WORDS_SMALL_GROUPS] = NUM_SMALL_GROUPS,
    [WORDS_LISTING] = NUM_LISTINGS,
    [WORDS_WARM] = NUM_WARMS,
};

/* The word of a value, NULL past the last. */
static const char *
word_of(enum words_set set, unsigned i)
{
	if (set >= NUM_WORDS_SETS || i >= ends[set])
		return NULL;
	switch (set) {
	case WORDS_CLASS:
		return model_class_name(i);
	case WORDS_KIND:
		return model_kind_name(i);
	case WORDS_PROTECTION:
		return model_protection_name(i);
	case WORDS_UNFIT:
		return model_unfit_name(i);
	case WORDS_ROLE:
		return model_role_name(i);
	case WORDS_HIPAA:
		return model_basis_name(i);
	case WORDS_GDPR:
		return model_basis_name(i);
	case WORDS_ENCRYPT:
		return model_encrypt_name(i);
	case WORDS_COMPRESSION:
		return model_compression_name(i);
	case WORDS_CHANGE_RULE:
		return model_change_rule_name(i);
	case WORDS_LDS_USE:
		return model_lds_use_name(i);
	case WORDS_TRANSFER:
		return model_transfer_name(i);
	case WORDS_SMALL_GROUPS:
		return model_small_groups_name(i);
	case WORDS_LISTING:
		return model_listing_name(i);
	case WORDS_WARM:
		return model_warm_name(i);
	case NUM_WORDS_SETS:
		break;
	}
	return NULL;
}

/* "none" is how the absence of a kind, a basis or a tool is printed. */
static unsigned
first_of(enum words_set set)
{
	if (set == WORDS_GDPR)
		return BASIS_GDPR_CONSENT;
	return set == WORDS_KIND || set == WORDS_HIPAA || set == WORDS_TRANSFER;
}

const char *
words_at(enum words_set set, unsigned i)
{
	return word_of(set, i + first_of(set));
}

bool
words_find(enum words_set set, struct span word, unsigned *out_value,
    struct span *out_near)
{
	unsigned first = first_of(set);
	struct suggest near;
	const char *text;

	suggest_init(&near, word);
	for (unsigned i = first; (text = word_of(set, i)) != NULL; i++) {
		if (span_equal_str(word, text)) {
			*out_value = i;
			return true;
		}
		suggest_offer(&near, span_str(text));
	}
	if (out_near != NULL)
		*out_near = near.best;
	return false;
}

/* One of the three. */
static struct err
put_limit(struct buf *out, size_t before, uint64_t limit, const char *what)
{
	if (limit == 0)
		return OK;
	return buf_append_format(out, "%s%" PRIu64 " %s",
	    out->len > before ? ", " : "at most ", limit, what);
}

struct err
words_limits(struct buf *out, const struct limits *limits)
{
	size_t before = out->len;

	TRY(put_limit(out, before, limits->rows_per_day, "rows a day"));
	TRY(put_limit(out, before, limits->bytes_per_day, "bytes a day"));
	return put_limit(
	    out, before, limits->requests_per_minute, "requests a minute");
}
