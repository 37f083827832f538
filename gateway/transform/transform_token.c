#include "gateway/transform/transform_token.h"

#include <assert.h>

#include "gateway/transform/canon.h"

enum {
	PLACES = 2 * BATCH_MAX_ROWS, /* of the table; a power of two */
	NO_VALUE = UINT16_MAX,
};

_Static_assert((PLACES & (PLACES - 1)) == 0, "places are masked");
_Static_assert((int)TOKEN_TEXT_MAX <= (int)CELLS_TEXT,
    "a code has room in the scratch memory");

/* The values of a column, each once. */
struct distinct {
	uint8_t indexes[BATCH_MAX_ROWS][TOKEN_INDEX];
	uint8_t codes[BATCH_MAX_ROWS][TOKEN_CODE];
	bool known[BATCH_MAX_ROWS];
	uint16_t first[BATCH_MAX_ROWS]; /* the value where it is there first */
	size_t num;
	uint16_t places[PLACES]; /* NO_VALUE: free */
};

/* Those cells that fit. */
struct found {
	struct span values[BATCH_MAX_ROWS];
	uint16_t cells[BATCH_MAX_ROWS];
	uint16_t codes[BATCH_MAX_ROWS]; /* which of the distinct ones */
	size_t num;
};

static uint16_t
row_of(const struct transform_token *with, size_t cell)
{
	return with->rows == NULL ? (uint16_t)cell : with->rows[cell];
}

static enum fit
fit_of(struct cells *cells, const struct transform_token *with, size_t cell,
    struct span *out)
{
	if (!canon_value(cells, with->kind, cells->in[cell], out) ||
	    out->len > TOKEN_MAX_VALUE)
		return FIT_NOT_IDENTIFIER;
	if (with->subjects != NULL &&
	    with->subjects[row_of(with, cell)].len == 0)
		return FIT_NO_SUBJECT;
	return FIT_VALUE;
}

static void
find_values(
    struct cells *cells, const struct transform_token *with, struct found *out)
{
	out->num = 0;
	for (size_t i = 0; i < cells->num; i++) {
		cells->fit[i] =
		    (uint8_t)fit_of(cells, with, i, &out->values[out->num]);
		if (cells->fit[i] == FIT_VALUE)
			out->cells[out->num++] = (uint16_t)i;
	}
}

/* Where this index is in the table, or would be: it is as good as random. */
static uint16_t *
place_of(struct distinct *d, const uint8_t index[TOKEN_INDEX])
{
	size_t at = (size_t)(index[0] | index[1] << 8) & (PLACES - 1);

	while (d->places[at] != NO_VALUE &&
	    !span_equal(span_of(d->indexes[d->places[at]], TOKEN_INDEX),
		span_of(index, TOKEN_INDEX)))
		at = (at + 1) & (PLACES - 1);
	return &d->places[at];
}

static void
find_distinct(
    const struct transform_token *with, struct found *found, struct distinct *d)
{
	uint8_t indexes[BATCH_MAX_ROWS][TOKEN_INDEX];

	token_index(with->key, found->values, found->num, indexes);
	d->num = 0;
	for (size_t i = 0; i < PLACES; i++)
		d->places[i] = NO_VALUE;
	for (size_t i = 0; i < found->num; i++) {
		uint16_t *place = place_of(d, indexes[i]);

		if (*place == NO_VALUE) {
			*place = (uint16_t)d->num;
			d->first[d->num] = (uint16_t)i;
			memcpy(d->indexes[d->num++], indexes[i], TOKEN_INDEX);
		}
		found->codes[i] = *place;
	}
}

/* The entries that are to be made, and what they are made of. */
struct fresh {
	struct draw_new entries[BATCH_MAX_ROWS];
	struct span values[BATCH_MAX_ROWS], subjects[BATCH_MAX_ROWS];
	uint8_t hashes[BATCH_MAX_ROWS][TOKEN_INDEX]; /* of the subjects */
	uint8_t *sealed[BATCH_MAX_ROWS];
	uint8_t codes[BATCH_MAX_ROWS][TOKEN_CODE];
	size_t num;
};

/* Whoever is the first to bring a value is its subject. */
static void
find_fresh(struct cells *cells, const struct transform_token *with,
    const struct found *found, const struct distinct *d, struct fresh *out)
{
	out->num = 0;
	for (size_t i = 0; i < d->num; i++) {
		size_t first = d->first[i], n = out->num;
		struct span value = found->values[first];

		if (d->known[i])
			continue;
		out->values[n] = value;
		out->subjects[n] = with->subjects == NULL
		    ? value
		    : with->subjects[row_of(with, found->cells[first])];
		out->sealed[n] = cells_take(cells, value.len + TOKEN_SEAL);
		out->entries[n] = (struct draw_new){.index = d->indexes[i],
		    .subject = out->hashes[n],
		    .sealed = span_of(out->sealed[n], value.len + TOKEN_SEAL)};
		out->num++;
	}
}

static struct err
make_fresh(struct cells *cells, const struct transform_token *with,
    const struct found *found, struct distinct *d)
{
	struct fresh fresh;
	size_t n = 0;

	find_fresh(cells, with, found, d, &fresh);
	if (fresh.num == 0)
		return OK;
	token_subjects(
	    with->subject_key, fresh.subjects, fresh.num, fresh.hashes);
	token_seal(with->key, fresh.values, fresh.sealed, fresh.num);
	TRY(with->codes->make(
	    with->codes->context, fresh.entries, fresh.num, fresh.codes));
	for (size_t i = 0; i < d->num; i++)
		if (!d->known[i])
			memcpy(d->codes[i], fresh.codes[n++], TOKEN_CODE);
	return OK;
}

struct err
transform_token(struct cells *cells, const struct transform_token *with)
{
	struct found found;
	struct distinct d;

	assert(cells->num <= BATCH_MAX_ROWS);
	find_values(cells, with, &found);
	if (found.num == 0)
		return OK;
	find_distinct(with, &found, &d);
	TRY(with->codes->ask(with->codes->context,
	    (const uint8_t(*)[TOKEN_INDEX])d.indexes, d.num, d.codes, d.known));
	TRY(make_fresh(cells, with, &found, &d));
	for (size_t i = 0; i < found.num; i++) {
		char *text = (char *)cells_take(cells, TOKEN_TEXT_MAX);

		cells->out[found.cells[i]] = span_of(text,
		    token_text(text, with->epoch, d.codes[found.codes[i]]));
	}
	return OK;
}
