#include "policy/protect.h"

#include "policy/literal.h"
#include "policy/words.h"

/* The next word; false at the end. */
static bool
next_word(struct span *rest, struct span *out)
{
	*rest = span_trim(*rest);
	if (rest->len == 0)
		return false;
	(void)span_take_until(rest, out, ' ');
	return true;
}

/* `first N` and `last N`, at most 6 and 4: more is not a mask. */
static struct err
parse_mask(struct protection *out, struct span *rest)
{
	struct span word, number;

	while (next_word(rest, &word)) {
		bool first = span_equal_str(word, "first");
		uint32_t *into = first ? &out->first : &out->last;
		uint64_t n;

		if ((!first && !span_equal_str(word, "last")) || *into != 0 ||
		    !next_word(rest, &number) ||
		    span_u64(number, &n, first ? 6 : 4).code != ERR_OK ||
		    n == 0)
			return ERR(MALFORMED,
			    "a mask is `mask`, `mask last N` (to 4), `mask "
			    "first N` (to 6) or both");
		*into = (uint32_t)n;
	}
	return OK;
}

static struct err
parse_ends(struct protection *out, struct span *rest)
{
	struct span word = {0};
	size_t dots;

	if (!next_word(rest, &word))
		return ERR(MALFORMED, "the ends are LOW..HIGH, as 0..89");
	for (dots = 0; dots + 1 < word.len; dots++)
		if (word.data[dots] == '.' && word.data[dots + 1] == '.')
			break;
	if (literal_decimal(span_sub(word, 0, dots), &out->low).code !=
		ERR_OK ||
	    literal_decimal(span_sub(word, dots + 2, word.len), &out->high)
		    .code != ERR_OK ||
	    literal_compare(out->low, out->high) >= 0)
		return ERR(MALFORMED, "the ends are LOW..HIGH, as 0..89");
	return OK;
}

static struct err
parse_step(struct protection *out, struct span *rest)
{
	struct span word;

	if (!next_word(rest, &word) ||
	    literal_decimal(word, &out->step).code != ERR_OK ||
	    out->step.value <= 0)
		return ERR(MALFORMED, "a number over 0 is needed, as `band 5`");
	return OK;
}

/* `band 5`, or `band 5 within 0..90`. */
static struct err
parse_band(struct protection *out, struct span *rest)
{
	struct span word;

	TRY(parse_step(out, rest));
	if (!next_word(rest, &word))
		return OK;
	if (!span_equal_str(word, "within"))
		return ERR(
		    MALFORMED, "it is `band N` or `band N within LOW..HIGH`");
	out->op = PROTECT_CAPPED_BAND;
	return parse_ends(out, rest);
}

static struct err
parse_prefix(struct protection *out, struct span *rest)
{
	struct span word;
	uint64_t n;

	if (!next_word(rest, &word) || span_u64(word, &n, 64).code != ERR_OK ||
	    n == 0)
		return ERR(MALFORMED, "a prefix is `prefix N`, N from 1 to 64");
	out->prefix_len = (uint32_t)n;
	return OK;
}

static struct err
parse_because(struct protection *out, struct span *rest)
{
	struct span word;

	if (!next_word(rest, &word))
		return OK;
	if (!span_equal_str(word, "because") || span_trim(*rest).len == 0)
		return ERR(MALFORMED, "it is `keep` or `keep because …`");
	out->because = span_trim(*rest);
	*rest = (struct span){0};
	return OK;
}

/* `format`, or `format with check digit`. */
static struct err
parse_check_digit(struct protection *out, struct span *rest)
{
	static const char *const words[] = {"with", "check", "digit"};
	struct span word;

	if (!next_word(rest, &word))
		return OK;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((i > 0 && !next_word(rest, &word)) ||
		    !span_equal_str(word, words[i]))
			return ERR(MALFORMED,
			    "it is `format` or `format with check digit`");
	}
	out->check_digit = true;
	return OK;
}

static struct err
parse_arguments(
    struct protection *out, struct span *out_table, struct span *rest)
{
	switch (out->op) {
	case PROTECT_KEEP:
		return parse_because(out, rest);
	case PROTECT_MASK:
		return parse_mask(out, rest);
	case PROTECT_CAP:
		return parse_ends(out, rest);
	case PROTECT_PREFIX:
		return parse_prefix(out, rest);
	case PROTECT_BAND:
		return parse_band(out, rest);
	case PROTECT_ROUND:
		return parse_step(out, rest);
	case PROTECT_GROUP:
		if (!next_word(rest, out_table))
			return ERR(MALFORMED, "a group is `group FILE`");
		return OK;
	case PROTECT_FORMAT:
		return parse_check_digit(out, rest);
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
	case PROTECT_CAPPED_BAND: /* begins as a band */
	case NUM_PROTECTIONS:
		break;
	}
	return OK;
}

struct err
protect_parse(struct protection *out, struct span *out_table, struct span text)
{
	struct protection how = {.table = NO_INDEX};
	struct span word = {0}, table = {0};
	unsigned op;

	if (!next_word(&text, &word) ||
	    !words_find(WORDS_PROTECTION, word, &op, NULL))
		return ERR(MALFORMED, "there is no such protection");
	how.op = (enum protection_op)op;
	TRY(parse_arguments(&how, &table, &text));
	if (span_trim(text).len > 0)
		return ERR(
		    MALFORMED, "there is more than the protection takes");
	*out = how;
	*out_table = table;
	return OK;
}

bool
protect_is_keyed(enum protection_op op)
{
	return op == PROTECT_PSEUDONYM || op == PROTECT_SEALED ||
	    op == PROTECT_FORMAT || op == PROTECT_SHIFT || op == PROTECT_TOKEN;
}

static bool
is_numeric(enum column_kind kind)
{
	return kind == KIND_AGE || kind == KIND_INTERVAL ||
	    kind == KIND_AMOUNT || kind == KIND_NUMBER;
}

bool
protect_suits(enum protection_op op, enum column_kind kind)
{
	bool is_date = kind == KIND_DATE || kind == KIND_DATETIME;

	switch (op) {
	case PROTECT_DECADE:
	case PROTECT_YEAR:
	case PROTECT_QUARTER:
	case PROTECT_MONTH:
	case PROTECT_SHIFT:
		return is_date;
	case PROTECT_AGE_90:
		return kind == KIND_AGE;
	case PROTECT_CAP:
	case PROTECT_BAND:
	case PROTECT_CAPPED_BAND:
		return is_numeric(kind);
	case PROTECT_ROUND:
		return is_numeric(kind) || kind == KIND_GEO;
	case PROTECT_ZIP3:
		return kind == KIND_US_ZIP;
	case PROTECT_PREFIX:
	case PROTECT_MASK:
	case PROTECT_FORMAT:
		return !is_date && !is_numeric(kind) && kind != KIND_FLAG;
	case PROTECT_SCRUB:
		return kind == KIND_TEXT || kind == KIND_NONE;
	case PROTECT_DROP:
	case PROTECT_BLANK:
	case PROTECT_KEEP:
	case PROTECT_PSEUDONYM:
	case PROTECT_GROUP:
	case PROTECT_TOKEN:
	case PROTECT_SEALED:
		return true;
	case NUM_PROTECTIONS:
		break;
	}
	return false;
}

bool
protect_has_check_digit(enum column_kind kind)
{
	return kind == KIND_CARD || kind == KIND_IBAN;
}

enum check_digit
protect_check_digit(const struct protection *how, enum column_kind kind)
{
	if (!how->check_digit)
		return CHECK_DIGIT_NONE;
	return kind == KIND_IBAN ? CHECK_DIGIT_MOD97 : CHECK_DIGIT_LUHN;
}
