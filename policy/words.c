#include "policy/words.h"

#include "policy/suggest.h"

/* The word of a value, NULL past the last. */
static const char *
word_of(enum words_set set, unsigned i)
{
	switch (set) {
	case WORDS_CLASS:
		return i < NUM_CLASSES ? model_class_name(i) : NULL;
	case WORDS_KIND:
		return i < NUM_KINDS ? model_kind_name(i) : NULL;
	case WORDS_PROTECTION:
		return i < NUM_PROTECTIONS ? model_protection_name(i) : NULL;
	case WORDS_UNFIT:
		return i < NUM_UNFITS ? model_unfit_name(i) : NULL;
	case WORDS_ROLE:
		return i < NUM_ROLES ? model_role_name(i) : NULL;
	case WORDS_HIPAA:
		return i < BASIS_GDPR_CONSENT ? model_basis_name(i) : NULL;
	case WORDS_GDPR:
		return i < NUM_BASES ? model_basis_name(i) : NULL;
	case WORDS_ENCRYPT:
		return i < NUM_ENCRYPTS ? model_encrypt_name(i) : NULL;
	case WORDS_COMPRESSION:
		return i < NUM_COMPRESSIONS ? model_compression_name(i) : NULL;
	case WORDS_CHANGE_RULE:
		return i < NUM_CHANGE_RULES ? model_change_rule_name(i) : NULL;
	case WORDS_LDS_USE:
		return i < NUM_LDS_USES ? model_lds_use_name(i) : NULL;
	case WORDS_TRANSFER:
		return i < NUM_TRANSFER_TOOLS ? model_transfer_name(i) : NULL;
	case WORDS_SMALL_GROUPS:
		return i < NUM_SMALL_GROUPS ? model_small_groups_name(i) : NULL;
	case WORDS_LISTING:
		return i < NUM_LISTINGS ? model_listing_name(i) : NULL;
	case WORDS_WARM:
		return i < NUM_WARMS ? model_warm_name(i) : NULL;
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
