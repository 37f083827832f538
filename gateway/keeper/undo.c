#include "gateway/keeper/undo.h"

#include <string.h>

#include "crypto/sealed.h"
#include "crypto/shape.h"
#include "crypto/shift.h"
#include "gateway/keeper/order.h"
#include "gateway/keeper/seeds.h"
#include "gateway/transform/canon.h"
#include "gateway/transform/cell_date.h"
#include "policy/protect.h"

enum {
	DATE_TEXT = 10 /* YYYY-MM-DD */
};

static const struct err other_key = {ERR_CRYPTO,
    "it was not made for this column, or for another purpose, dataset or "
    "recipient"};

static const struct agreement *
agreement_of(const struct undo *undo)
{
	return &undo->keeper->policy.agreements[undo->grant->agreement];
}

static enum column_kind
kind_of(const struct undo *undo, const struct delivered *column)
{
	const struct policy *policy = &undo->keeper->policy;

	return policy->datasets[agreement_of(undo)->dataset]
	    .columns[column->column]
	    .kind;
}

/* A date, and whose it is, were made together. */
static struct err
check_epoch(const struct undo *undo, uint32_t epoch)
{
	return undo->epoch == 0 || undo->epoch == epoch
	    ? OK
	    : ERR(MALFORMED, "its subject's code is of another epoch");
}

/* As a mill gets it for a fill of this epoch. */
static struct err
column_key(uint8_t out[32], const struct undo *undo, enum protection_op op,
    enum column_kind kind, uint32_t epoch)
{
	const struct keeper *keeper = undo->keeper;
	const struct scope_entry *entry = NULL;
	struct scope scope;

	if (keeper->seeds != NULL &&
	    scope_of(&scope, &keeper->policy, undo->grant->agreement))
		entry =
		    scope_file_find(seeds_all(keeper->seeds), &scope, epoch);
	if (entry == NULL)
		return ERR(NOT_FOUND, "there is no such epoch of these codes");
	if (entry->seed.len == 0)
		return ERR(UNAVAILABLE,
		    "the key of its epoch was destroyed: nobody can undo it");
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	struct err err =
	    order_key(out, keeper->seeds, entry, keys->root, op, kind);
	keyring_close(keeper->ring);
	return err;
}

/* --- sealed --- */

/* The epoch that a code begins with: "s1_". */
static struct err
epoch_of(struct span code, uint32_t *out)
{
	struct span rest = code, digits;
	uint64_t epoch;

	if (!span_starts_with(code, span_str("s")))
		return ERR(MALFORMED, "it is no code of a sealed column");
	rest = span_sub(rest, 1, rest.len);
	if (!span_take_until(&rest, &digits, '_') ||
	    span_u64(digits, &epoch, UINT32_MAX).code != ERR_OK)
		return ERR(MALFORMED, "it is no code of a sealed column");
	*out = (uint32_t)epoch;
	return OK;
}

static struct err
open_sealed(struct buf *out, const uint8_t key[32], enum column_kind kind,
    uint32_t epoch, struct span code)
{
	uint8_t value[REVEAL_MAX_CODE];
	struct sealed_key *sealed;
	size_t len;

	TRY(sealed_key_new(&sealed, key, span_str(model_kind_name(kind))));
	struct err err = sealed_open(sealed, epoch, code, value, &len);
	sealed_key_free(sealed);
	if (err.code == ERR_MALFORMED)
		return ERR(MALFORMED, "it is no code of a sealed column");
	if (err.code != ERR_OK)
		return other_key;
	err = buf_append(out, span_of(value, len));
	explicit_bzero(value, sizeof(value));
	return err;
}

static struct err
undo_sealed(struct buf *out, const struct undo *undo, enum column_kind kind,
    struct span code)
{
	uint8_t key[32];
	uint32_t epoch;

	TRY(epoch_of(code, &epoch));
	TRY(check_epoch(undo, epoch));
	TRY(column_key(key, undo, PROTECT_SEALED, kind, epoch));
	struct err err = open_sealed(out, key, kind, epoch, code);
	explicit_bzero(key, sizeof(key));
	return err;
}

/* --- token --- */

static struct err
open_token(struct buf *out, const uint8_t key[32], enum column_kind kind,
    struct span sealed)
{
	uint8_t value[TOKEN_MAX_VALUE];
	struct token_key *token;

	if (sealed.len < TOKEN_SEAL ||
	    sealed.len > sizeof(value) + (size_t)TOKEN_SEAL)
		return ERR(CRYPTO, "the codebook has no value of that length");
	TRY(token_key_new(&token, key, span_str(model_kind_name(kind))));
	struct err err = token_open(token, sealed, value);
	token_key_free(token);
	if (err.code != ERR_OK)
		return other_key;
	err = buf_append(out, span_of(value, sealed.len - TOKEN_SEAL));
	explicit_bzero(value, sizeof(value));
	return err;
}

static struct err
undo_token(struct buf *out, const struct undo *undo, enum column_kind kind,
    struct span code, struct span sealed)
{
	uint8_t key[32], random[TOKEN_CODE];
	uint32_t epoch;

	TRY(token_parse(&epoch, random, code));
	TRY(check_epoch(undo, epoch));
	TRY(column_key(key, undo, PROTECT_TOKEN, kind, epoch));
	struct err err = open_token(out, key, kind, sealed);
	explicit_bzero(key, sizeof(key));
	return err;
}

/* --- format --- */

static struct err
decrypt(struct buf *out, const uint8_t key[32], const struct protection *how,
    enum column_kind kind, struct span code)
{
	uint8_t value[REVEAL_MAX_CODE], *to = value;
	struct shape_key *shape;
	struct span in;
	bool exact;

	if (!canon_shape(kind, code, &in, &exact))
		return ERR(MALFORMED, "it is no code of this column");
	TRY(shape_key_new(&shape, key, protect_check_digit(how, kind)));
	struct err err = shape_fits(shape, in)
	    ? OK
	    : ERR(MALFORMED, "it is no code of this column");
	if (err.code == ERR_OK) {
		shape_decrypt(shape,
		    exact ? SHAPE_CASE_COUNTS : SHAPE_CASE_FOLDED, &in, &to, 1);
		err = buf_append(out, span_of(value, in.len));
		explicit_bzero(value, sizeof(value));
	}
	shape_key_free(shape);
	return err;
}

static struct err
undo_format(struct buf *out, const struct undo *undo,
    const struct delivered *column, struct span code)
{
	enum column_kind kind = kind_of(undo, column);
	uint8_t key[32];

	TRY(column_key(key, undo, PROTECT_FORMAT, kind, undo->epoch));
	struct err err = decrypt(out, key, &column->how, kind, code);
	explicit_bzero(key, sizeof(key));
	return err;
}

/* A column whose codes stand for themselves. */
static struct err
undo_column(struct buf *out, const struct undo *undo,
    const struct delivered *column, struct span code, struct span sealed)
{
	enum column_kind kind = kind_of(undo, column);

	if (column->how.op == PROTECT_TOKEN)
		return undo_token(out, undo, kind, code, sealed);
	return column->how.op == PROTECT_SEALED
	    ? undo_sealed(out, undo, kind, code)
	    : undo_format(out, undo, column, code);
}

/* --- shift --- */

/* "DATE of CODE": a date, and the code of whose it is. */
static struct err
take_date(struct span code, struct span *out_date, struct span *out_subject)
{
	static const char between[] = " of ";
	const uint8_t *at =
	    memmem(code.data, code.len, between, sizeof(between) - 1);

	if (at == NULL)
		return ERR(MALFORMED,
		    "it is no date with its subject: write DATE of CODE");
	size_t len = (size_t)(at - code.data);
	*out_date = span_sub(code, 0, len);
	*out_subject = span_sub(code, len + sizeof(between) - 1, code.len);
	return OK;
}

/* By how many days the subject's dates were moved. */
static struct err
days_of(int16_t *out, const uint8_t key[32], enum column_kind kind,
    struct span subject)
{
	uint8_t scratch[REVEAL_MAX_VALUE];
	struct cells cells = {
	    .scratch = scratch, .scratch_len = sizeof(scratch)};
	struct hmac_key *made;
	struct span value;

	if (!canon_value(&cells, kind, subject, &value))
		return ERR(MALFORMED, "the code of its subject is none");
	struct err err =
	    hmac_key_new(&made, key, span_str(model_kind_name(kind)));
	if (err.code == ERR_OK) {
		shift_column(made, &value, 1, out);
		hmac_key_free(made);
	}
	explicit_bzero(scratch, sizeof(scratch));
	return err;
}

/* The time of day stays as it is. */
static struct err
move_back(struct buf *out, struct span text, int16_t days)
{
	struct cell_date date;

	if (!cell_date_parse(text, &date) ||
	    !cell_date_of_days(cell_date_days(&date) - days, &date))
		return ERR(MALFORMED, "it is no date of this column");
	TRY(buf_append_format(
	    out, "%04d-%02d-%02d", date.year, date.month, date.day));
	return buf_append(out, span_sub(text, DATE_TEXT, text.len));
}

static struct err
undo_shift(struct buf *out, const struct undo *undo, struct span code,
    struct span sealed)
{
	const struct delivered *column =
	    &agreement_of(undo)->columns[undo->grant->subject];
	struct buf subject CLEANUP(buf_wipe) = {.max = REVEAL_MAX_VALUE};
	enum column_kind kind = kind_of(undo, column);
	struct span date, whose;
	uint8_t key[32];
	int16_t days = 0;

	TRY(take_date(code, &date, &whose));
	TRY(undo_column(&subject, undo, column, whose, sealed));
	TRY(column_key(key, undo, PROTECT_SHIFT, kind, undo->epoch));
	struct err err = days_of(&days, key, kind, buf_span(&subject));
	explicit_bzero(key, sizeof(key));
	TRY(err);
	return move_back(out, span_trim(date), days);
}

static const struct delivered *
column_of(const struct undo *undo)
{
	return &agreement_of(undo)->columns[undo->grant->delivered];
}

struct err
undo_asks(const struct undo *undo, struct span code, bool *out_asks,
    uint8_t out_code[TOKEN_CODE])
{
	const struct delivered *column = column_of(undo);
	struct span date;
	uint32_t epoch;

	if (column->how.op == PROTECT_SHIFT) {
		column = &agreement_of(undo)->columns[undo->grant->subject];
		TRY(take_date(code, &date, &code));
	}
	*out_asks = column->how.op == PROTECT_TOKEN;
	return !*out_asks || token_parse(&epoch, out_code, code).code == ERR_OK
	    ? OK
	    : ERR(MALFORMED, "it is no random code");
}

struct err
undo_code(struct buf *out, const struct undo *undo, struct span code,
    struct span sealed)
{
	const struct delivered *column = column_of(undo);

	if (code.len > REVEAL_MAX_CODE)
		return ERR(TOO_BIG, "it is longer than any code");
	return column->how.op == PROTECT_SHIFT
	    ? undo_shift(out, undo, code, sealed)
	    : undo_column(out, undo, column, code, sealed);
}
