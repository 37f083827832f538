#include "gateway/record/csv.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/record/csv_mask.h"

/* Where in the grammar the next byte stands. */
enum csv_state {
	CSV_START,   /* at the first byte of a field */
	CSV_PLAIN,   /* in an unquoted field */
	CSV_QUOTED,  /* in a quoted field */
	CSV_CLOSING, /* after a quote in one: it doubles, or closes */
	CSV_CR,	     /* after a CR that ends a field: LF must follow */
};

enum {
	MARK_LEN = 3,		  /* of a byte order mark */
	NO_FIELD = CSV_MAX_FIELDS /* where those go that nobody wants */
};

/* A field of the record at hand, from the record's first byte. */
struct csv_field {
	uint32_t from;
	uint32_t len; /* and in its highest bit: it holds doubled quotes */
};

static inline struct csv_field
make_field(uint32_t from, uint32_t len, bool doubled)
{
	return (struct csv_field){from, len | (uint32_t)doubled << 31};
}

struct csv {
	uint8_t *data;
	size_t cap, len;
	size_t record; /* where the record at hand begins */
	size_t field;  /* where the content of the field at hand begins */
	size_t at;     /* the next byte to look at */
	size_t block_len;
	uint64_t *masks; /* of the blocks of `data`, from `at` to `len` */
	enum csv_state state;
	bool doubled, began, finished, header_done, selected;
	uint8_t delimiter;
	uint8_t quote; /* the delimiter, where a quote means nothing */
	const struct span *given; /* names of a file that has none, or NULL */
	uint32_t num_given;
	uint32_t num_seen;    /* fields of the record at hand so far */
	uint32_t num_fields;  /* of the header */
	uint32_t max_fields;  /* of a record */
	uint32_t num_columns; /* one more than the highest column selected */
	uint64_t number;      /* of the record at hand */
	struct csv_field *fields;  /* by column; in the header by field */
	const uint32_t *column_of; /* by field */
	uint32_t *selected_of;	   /* that, once they are selected */
	struct span *names;
	struct err failed;
};

static const struct err again = {ERR_AGAIN, "more bytes are needed"};

/* The header's fields are columns as they come; of all decoders the same. */
static const uint32_t *
as_they_come(void)
{
	static uint32_t column_of[CSV_MAX_FIELDS];

	if (column_of[1] != 1)
		for (uint32_t i = 0; i < CSV_MAX_FIELDS; i++)
			column_of[i] = i;
	return column_of;
}

static void
set_dialect(struct csv *csv, const struct file_format *dialect)
{
	csv->delimiter = dialect->delimiter;
	csv->quote = dialect->unquoted ? dialect->delimiter : '"';
	csv->given = dialect->header;
	csv->num_given = dialect->num_header;
}

struct err
csv_new(struct csv **out, const struct file_format *dialect, size_t block_len)
{
	struct csv *csv;

	assert(block_len > 0 && block_len <= CSV_MAX_BLOCK);
	assert(dialect->kind == FILE_CSV && dialect->delimiter != 0);
	if (dialect->num_header > CSV_MAX_FIELDS)
		return ERR(TOO_BIG, "csv: a header of so many names");
	csv = calloc(1, sizeof(*csv));
	if (csv == NULL)
		return ERR(NO_MEMORY, "no memory for a decoder");
	set_dialect(csv, dialect);
	csv->block_len = block_len;
	/* A record within its cap, its line end, and a block after it. */
	csv->cap = CSV_MAX_RECORD + 2 + block_len;
	csv->number = 1;
	csv->max_fields = CSV_MAX_FIELDS;
	/* Masks are of whole blocks, the last one too. */
	csv->data = calloc(csv->cap + CSV_MASK_BLOCK, 1);
	csv->masks = calloc(csv->cap / CSV_MASK_BLOCK + 1, sizeof(*csv->masks));
	csv->fields = calloc(NO_FIELD + 1, sizeof(*csv->fields));
	csv->column_of = as_they_come();
	csv->selected_of = calloc(CSV_MAX_FIELDS, sizeof(*csv->selected_of));
	csv->names = calloc(CSV_MAX_FIELDS, sizeof(*csv->names));
	if (csv->data == NULL || csv->masks == NULL || csv->fields == NULL ||
	    csv->selected_of == NULL || csv->names == NULL) {
		csv_free(csv);
		return ERR(NO_MEMORY, "no memory for a decoder");
	}
	*out = csv;
	return OK;
}

void
csv_free(struct csv *csv)
{
	if (csv == NULL)
		return;
	free(csv->data);
	free(csv->masks);
	free(csv->fields);
	free(csv->selected_of);
	free(csv->names);
	free(csv);
}

size_t
csv_capacity(const struct csv *csv)
{
	return csv->cap;
}

uint64_t
csv_record(const struct csv *csv)
{
	return csv->number;
}

void
csv_room(struct csv *csv, uint8_t **out, size_t *out_len)
{
	size_t room;

	/* Only the begun record is carried; finished ones were used. */
	memmove(csv->data, csv->data + csv->record, csv->len - csv->record);
	csv->len -= csv->record;
	csv->at -= csv->record;
	csv->field -= csv->field < csv->record ? csv->field : csv->record;
	csv->record = 0;
	room = csv->cap - csv->len;
	*out = csv->data + csv->len;
	*out_len = room < csv->block_len ? room : csv->block_len;
}

/* What was there before was looked at: masks from its end on are enough. */
void
csv_fill(struct csv *csv, size_t len)
{
	size_t first = csv->len / CSV_MASK_BLOCK, last;

	assert(!csv->finished && len <= csv->cap - csv->len);
	csv->len += len;
	last = csv->len / CSV_MASK_BLOCK;
	csv_masks(csv->data + first * CSV_MASK_BLOCK, last + 1 - first,
	    csv->delimiter, csv->quote, csv->masks + first);
	/* No byte behind the end stops anything. */
	csv->masks[last] &= (UINT64_C(1) << csv->len % CSV_MASK_BLOCK) - 1;
}

void
csv_finish(struct csv *csv)
{
	csv->finished = true;
}

/* Why the field that ends before data[end] cannot be. */
static struct err
refuse_field(const struct csv *csv, size_t end)
{
	if (end - csv->field > CSV_MAX_FIELD)
		return ERR(TOO_BIG, "csv: a field is too long");
	if (end - csv->record > CSV_MAX_RECORD)
		return ERR(TOO_BIG, "csv: a record is too long");
	return csv->header_done
	    ? ERR(MALFORMED, "csv: more fields than the header")
	    : ERR(TOO_BIG, "csv: a record has too many fields");
}

/* Note a field that ends before data[end]; the next one begins at `at`. */
static inline struct err
end_field(struct csv *csv, size_t end)
{
	if (end - csv->field > CSV_MAX_FIELD ||
	    end - csv->record > CSV_MAX_RECORD ||
	    csv->num_seen == csv->max_fields)
		return refuse_field(csv, end);
	csv->fields[csv->column_of[csv->num_seen++]] =
	    make_field((uint32_t)(csv->field - csv->record),
		(uint32_t)(end - csv->field), csv->doubled);
	csv->doubled = false;
	csv->state = CSV_START;
	return OK;
}

/* The byte after a field: a comma, or what ends the record. */
static inline struct err
end_at_byte(struct csv *csv, size_t end, uint8_t byte, bool *out_whole)
{
	TRY(end_field(csv, end));
	if (byte == '\r')
		csv->state = CSV_CR;
	*out_whole = byte == '\n';
	return OK;
}

/* What is left of the masks, from the block at hand on. */
struct csv_stops {
	const uint64_t *masks;
	size_t block;
	uint64_t left;
};

/* The next byte that means something in an unquoted field; or len, the end. */
static inline size_t
next_stop(struct csv_stops *stops, size_t len)
{
	uint64_t left = stops->left;

	while (left == 0) {
		if (stops->block == len / CSV_MASK_BLOCK)
			return len;
		left = stops->masks[++stops->block];
	}
	stops->left = left & (left - 1);
	return stops->block * CSV_MASK_BLOCK + (size_t)__builtin_ctzll(left);
}

/*
 * Unquoted fields, as long as each ends with a delimiter and another one
 * follows: nearly all of most files. What then stops the field at hand stands
 * at `at`, and is the caller's to judge; so is the end of what is there.
 */
static void
scan_run(struct csv *csv)
{
	const uint8_t *data = csv->data, delimiter = csv->delimiter;
	const uint32_t *column_of = csv->column_of, max = csv->max_fields;
	const size_t record = csv->record, len = csv->len;
	struct csv_field *fields = csv->fields;
	struct csv_stops stops = {csv->masks, csv->at / CSV_MASK_BLOCK, 0};
	size_t field = csv->field, at;
	uint32_t num = csv->num_seen;

	stops.left =
	    stops.masks[stops.block] & UINT64_MAX << csv->at % CSV_MASK_BLOCK;
	for (;;) {
		at = next_stop(&stops, len);
		/* Far into a record, its limits are looked at one by one. */
		if (at + 1 >= len || data[at] != delimiter ||
		    data[at + 1] == '"' || num == max ||
		    at - record > CSV_MAX_FIELD)
			break;
		fields[column_of[num++]] = make_field(
		    (uint32_t)(field - record), (uint32_t)(at - field), false);
		field = at + 1;
	}
	csv->num_seen = num;
	csv->field = field;
	csv->at = at;
}

/* This field, and those behind it that are unquoted, too. */
static struct err
scan_plain(struct csv *csv, bool *out_whole)
{
	scan_run(csv);
	size_t at = csv->at;
	if (at == csv->len)
		return at - csv->field > CSV_MAX_FIELD
		    ? ERR(TOO_BIG, "csv: a field is too long")
		    : OK;
	uint8_t byte = csv->data[at];
	if (byte == '"')
		return ERR(MALFORMED, "csv: a quote in an unquoted field");
	if (byte == 0)
		return ERR(MALFORMED, "csv: a NUL byte");
	csv->at++;
	return end_at_byte(csv, at, byte, out_whole);
}

static struct err
scan_quoted(struct csv *csv)
{
	const uint8_t *from = csv->data + csv->at;
	size_t left = csv->len - csv->at;
	const uint8_t *quote = memchr(from, '"', left);
	size_t len = quote == NULL ? left : (size_t)(quote - from);

	if (memchr(from, 0, len) != NULL)
		return ERR(MALFORMED, "csv: a NUL byte");
	csv->at += len;
	if (csv->at - csv->field > CSV_MAX_FIELD)
		return ERR(TOO_BIG, "csv: a field is too long");
	if (quote != NULL) {
		csv->at++;
		csv->state = CSV_CLOSING;
	}
	return OK;
}

static struct err
scan_closing(struct csv *csv, bool *out_whole)
{
	uint8_t byte = csv->data[csv->at];

	csv->at++;
	if (byte == '"') {
		csv->doubled = true;
		csv->state = CSV_QUOTED;
		return OK;
	}
	if (byte != csv->delimiter && byte != '\r' && byte != '\n')
		return ERR(MALFORMED, "csv: text after a closing quote");
	return end_at_byte(csv, csv->at - 2, byte, out_whole);
}

/* Go on until a record is whole, or the bytes are used up. */
static struct err
scan(struct csv *csv, bool *out_whole)
{
	*out_whole = false;
	while (!*out_whole && csv->at < csv->len) {
		switch (csv->state) {
		case CSV_START:
			csv->state = CSV_PLAIN;
			if (csv->data[csv->at] == '"' && csv->quote == '"') {
				csv->state = CSV_QUOTED;
				csv->at++;
			}
			csv->field = csv->at;
			break;
		case CSV_PLAIN:
			TRY(scan_plain(csv, out_whole));
			break;
		case CSV_QUOTED:
			TRY(scan_quoted(csv));
			break;
		case CSV_CLOSING:
			TRY(scan_closing(csv, out_whole));
			break;
		case CSV_CR:
			if (csv->data[csv->at++] != '\n')
				return ERR(MALFORMED, "csv: a CR without LF");
			csv->state = CSV_START;
			*out_whole = true;
			break;
		}
	}
	if (!*out_whole && csv->at - csv->record > CSV_MAX_RECORD + 2)
		return ERR(TOO_BIG, "csv: a record is too long");
	return OK;
}

/* The source has ended: so does a record without its line end. */
static struct err
scan_last(struct csv *csv, bool *out_whole)
{
	switch (csv->state) {
	case CSV_START:
		if (csv->num_seen == 0)
			return ERR(CLOSED, "csv: that was all");
		csv->field = csv->at;
		TRY(end_field(csv, csv->at));
		break;
	case CSV_PLAIN:
		TRY(end_field(csv, csv->at));
		break;
	case CSV_QUOTED:
		return ERR(TRUNCATED, "csv: the file ends in a quoted field");
	case CSV_CLOSING:
		TRY(end_field(csv, csv->at - 1));
		break;
	case CSV_CR:
		return ERR(MALFORMED, "csv: a CR without LF");
	}
	*out_whole = true;
	return OK;
}

/* A whole record, or AGAIN, or CLOSED. */
static struct err
take_record(struct csv *csv)
{
	bool whole;

	TRY(scan(csv, &whole));
	if (!whole && csv->finished)
		TRY(scan_last(csv, &whole));
	if (!whole)
		return again;
	if (csv->header_done && csv->num_seen != csv->num_fields)
		return ERR(MALFORMED, "csv: fewer fields than the header");
	return OK;
}

/* The field's bytes; doubled quotes become single ones, in place. */
static inline struct span
content(struct csv *csv, const struct csv_field *field)
{
	uint8_t *data = csv->data + csv->record + field->from;
	size_t len = field->len & INT32_MAX, to = 0;

	if (len == field->len)
		return span_of(data, len);
	for (size_t i = 0; i < len; i++) {
		data[to++] = data[i];
		if (data[i] == '"')
			i++;
	}
	return span_of(data, to);
}

static void
next_record(struct csv *csv)
{
	csv->record = csv->at;
	csv->num_seen = 0;
	csv->number++;
}

/* AGAIN and CLOSED come and go; any other error is the end. */
static struct err
keep_error(struct csv *csv, struct err err)
{
	if (err.code != ERR_OK && err.code != ERR_AGAIN &&
	    err.code != ERR_CLOSED)
		csv->failed = err;
	return err;
}

static bool
has_mark(struct span text)
{
	static const uint8_t mark[MARK_LEN] = {0xef, 0xbb, 0xbf};

	return span_starts_with(text, span_of(mark, sizeof(mark)));
}

/* A byte order mark is no part of the first name, or value. */
static struct err
skip_mark(struct csv *csv)
{
	if (csv->began)
		return OK;
	if (csv->len < MARK_LEN && !csv->finished)
		return again;
	if (has_mark(span_of(csv->data, csv->len)))
		csv->record = csv->at = csv->field = MARK_LEN;
	csv->began = true;
	return OK;
}

static struct err
take_header(struct csv *csv)
{
	struct err err;

	TRY(skip_mark(csv));
	if (csv->num_given > 0) {
		for (uint32_t i = 0; i < csv->num_given; i++)
			csv->names[i] = csv->given[i];
		csv->num_fields = csv->max_fields = csv->num_given;
		csv->header_done = true;
		return OK;
	}
	err = take_record(csv);
	if (err.code == ERR_CLOSED)
		return ERR(TRUNCATED, "csv: there is no header");
	TRY(err);
	for (uint32_t i = 0; i < csv->num_seen; i++)
		csv->names[i] = content(csv, &csv->fields[i]);
	/* Who reads it next would skip that one, too, and find another name. */
	if (has_mark(csv->names[0]))
		return ERR(MALFORMED, "csv: a name begins with a mark");
	csv->num_fields = csv->max_fields = csv->num_seen;
	csv->header_done = true;
	next_record(csv);
	return OK;
}

struct err
csv_header(struct csv *csv, const struct span **out, uint32_t *out_num)
{
	TRY(csv->failed);
	assert(!csv->selected);
	if (!csv->header_done)
		TRY(keep_error(csv, take_header(csv)));
	*out = csv->names;
	*out_num = csv->num_fields;
	return OK;
}

void
csv_select(struct csv *csv, const uint32_t *column_of)
{
	assert(csv->header_done && !csv->selected);
	for (uint32_t i = 0; i < csv->num_fields; i++) {
		bool wanted = column_of[i] != CSV_NO_COLUMN;

		assert(!wanted || column_of[i] < CSV_MAX_FIELDS);
		csv->selected_of[i] = wanted ? column_of[i] : NO_FIELD;
		if (wanted && column_of[i] >= csv->num_columns)
			csv->num_columns = column_of[i] + 1;
	}
	/* A column that nothing goes to keeps `from` as its mark. */
	for (uint32_t i = 0; i < csv->num_columns; i++)
		csv->fields[i].from = UINT32_MAX;
	csv->column_of = csv->selected_of;
	csv->selected = true;
}

static void
put_row(struct csv *csv, struct batch *batch)
{
	struct span *cells = batch->cells + batch->num_rows;

	for (uint32_t i = 0; i < csv->num_columns; i++)
		if (csv->fields[i].from != UINT32_MAX)
			cells[(size_t)i * BATCH_STRIDE] =
			    content(csv, &csv->fields[i]);
	if (batch->num_rows == 0)
		batch->first_record = csv->number;
	batch->num_rows++;
	next_record(csv);
}

struct err
csv_next(struct csv *csv, struct batch *batch)
{
	struct err err = OK;

	TRY(csv->failed);
	assert(csv->selected && csv->num_columns <= batch->num_columns);
	batch->num_rows = 0;
	while (batch->num_rows < BATCH_MAX_ROWS) {
		err = take_record(csv);
		if (err.code != ERR_OK)
			break;
		put_row(csv, batch);
	}
	if (batch->num_rows > 0 &&
	    (err.code == ERR_AGAIN || err.code == ERR_CLOSED))
		return OK;
	return keep_error(csv, err);
}
