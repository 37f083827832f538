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
	case WORDS_BASIS:
		return i < NUM_BASES ? model_basis_name(i) : NULL;
	case WORDS_ENCRYPT:
		return i < NUM_ENCRYPTS ? model_encrypt_name(i) : NULL;
	case WORDS_COMPRESSION:
		return i < NUM_COMPRESSIONS ? model_compression_name(i) : NULL;
	}
	return NULL;
}

bool
words_find(enum words_set set, struct span word, unsigned *out_value,
    struct span *out_near)
{
	/* "none" is how the absence of a kind or basis is printed. */
	unsigned first = set == WORDS_KIND || set == WORDS_BASIS ? 1 : 0;
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
