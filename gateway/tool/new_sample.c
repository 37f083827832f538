#include "gateway/tool/new_sample.h"

#include <fcntl.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/flow/source.h"
#include "gateway/record/csv.h"
#include "gateway/tool/sample_kind.h"
#include "policy/preset.h"

enum {
	BLOCK_LEN = 64 * 1024,
	MAX_ROWS = 1000, /* that are looked at, about */
};

/* What the values of a column seem to be. */
struct guess {
	uint64_t values;
	uint64_t like[NUM_KINDS]; /* what identifies by its shape */
	uint64_t fit[NUM_KINDS];
};

struct sample {
	struct source *source;
	struct csv *csv;
	struct batch batch;
	struct guess *guesses; /* in the draft's arena */
	uint32_t num;
};

/* Kinds that a column may be named for, or whose values have a shape. */
static const enum column_kind shaped[] = {
    KIND_DATE, KIND_FLAG, KIND_US_STATE, KIND_COUNTRY, KIND_AMOUNT};

static void
sample_done(struct sample *s)
{
	csv_free(s->csv);
	source_free(s->source);
	batch_done(&s->batch);
}

static void
look_at(struct guess *guess, struct span cell)
{
	if (span_trim(cell).len == 0)
		return;
	guess->values++;
	guess->like[sample_kind_guess(cell)]++;
	for (int kind = KIND_NONE + 1; kind < NUM_KINDS; kind++)
		guess->fit[kind] +=
		    sample_kind_fits((enum column_kind)kind, cell);
}

/* --- What it is proposed to be --- */

/* "Date-of_Birth" is named for "date": a word of it is the kind's name. */
static bool
is_named(struct span name, const char *word)
{
	size_t len = strlen(word);

	for (size_t i = 0; i + len <= name.len; i++) {
		bool begins = i == 0 || strchr("_-. ", name.data[i - 1]);
		bool ends =
		    i + len == name.len || strchr("_-. ", name.data[i + len]);
		if (begins && ends &&
		    span_equal_fold(span_sub(name, i, len), span_str(word)))
			return true;
	}
	return false;
}

static bool
all_fit(const struct guess *g, enum column_kind kind)
{
	return g->values > 0 && g->fit[kind] == g->values;
}

/* By its values, or by its name where the values allow that. */
static enum column_kind
find_kind(const struct guess *g, struct span name)
{
	for (int kind = KIND_NONE + 1; kind < NUM_KINDS; kind++)
		if (2 * g->like[kind] > g->values)
			return (enum column_kind)kind;
	if (is_named(name, "zip") && all_fit(g, KIND_US_ZIP))
		return KIND_US_ZIP;
	for (int kind = KIND_NONE + 1; kind < NUM_KINDS; kind++)
		if (is_named(name, model_kind_name((enum column_kind)kind)) &&
		    (g->values == 0 || all_fit(g, (enum column_kind)kind)))
			return (enum column_kind)kind;
	for (size_t i = 0; i < sizeof(shaped) / sizeof(shaped[0]); i++)
		if (all_fit(g, shaped[i]))
			return shaped[i];
	return KIND_NONE;
}

static enum column_class
find_class(enum column_kind kind)
{
	const struct column column = {.class = CLASS_PLAIN, .kind = kind};

	if (kind == KIND_NONE)
		return CLASS_FREE_TEXT;
	if (preset_is_identifier(&column))
		return CLASS_DIRECT_IDENTIFIER;
	return kind == KIND_FLAG || kind == KIND_AMOUNT ||
		kind == KIND_NUMBER || kind == KIND_INTERVAL
	    ? CLASS_PLAIN
	    : CLASS_QUASI_IDENTIFIER;
}

static struct err
propose(struct new_draft *draft, struct new_column *column,
    const struct guess *guess)
{
	enum column_kind kind = find_kind(guess, column->name);
	struct buf what CLEANUP(buf_done) = {.max = 256};

	TRY(buf_append_str(&what, model_class_name(find_class(kind))));
	if (kind != KIND_NONE)
		TRY(buf_append_format(&what, " %s", model_kind_name(kind)));
	return arena_copy(&draft->arena, &column->what, buf_span(&what));
}

/* --- The file --- */

/* The next block; false: there is none. */
static struct err
feed(struct sample *s, bool *out_more)
{
	uint8_t *room;
	size_t len, got;

	csv_room(s->csv, &room, &len);
	TRY(source_read(s->source, room, len, &got));
	if (got > 0)
		csv_fill(s->csv, got);
	else
		csv_finish(s->csv);
	*out_more = got > 0;
	return OK;
}

/* One name that holds what could stand between names. */
static bool
is_of_another_dialect(const struct span *names, uint32_t num)
{
	for (const char *byte = ",;|\t"; num == 1 && *byte != '\0'; byte++)
		if (memchr(names[0].data, *byte, names[0].len) != NULL)
			return true;
	return false;
}

static struct err
read_names(struct sample *s, struct new_draft *draft)
{
	const struct span *names;
	struct err err = ERR(AGAIN, "nothing was read yet");
	bool more = true;

	while (err.code == ERR_AGAIN && more) {
		TRY(feed(s, &more));
		err = csv_header(s->csv, &names, &s->num);
	}
	TRY(err);
	if (is_of_another_dialect(names, s->num))
		return ERR(MALFORMED,
		    "its names stand apart by another character than its own "
		    "name says (.csv: a comma, .tsv: a tab); files like it "
		    "need a `format` in the policy");
	if (s->num > NEW_MAX_COLUMNS)
		return ERR(TOO_BIG, "it has more columns than are asked about");
	for (uint32_t i = 0; i < s->num; i++)
		TRY(arena_copy(
		    &draft->arena, &draft->columns[i].name, names[i]));
	draft->num_columns = s->num;
	return OK;
}

static struct err
look_at_rows(struct sample *s)
{
	uint64_t num_rows = 0;
	bool more = true;

	while (num_rows < MAX_ROWS) {
		struct err err = csv_next(s->csv, &s->batch);
		if (err.code == ERR_CLOSED)
			return OK;
		if (err.code == ERR_AGAIN) {
			TRY(feed(s, &more));
			continue;
		}
		TRY(err);
		for (uint32_t i = 0; i < s->num; i++)
			for (uint32_t row = 0; row < s->batch.num_rows; row++)
				look_at(&s->guesses[i],
				    batch_column(&s->batch, i)[row]);
		num_rows += s->batch.num_rows;
	}
	return OK;
}

static struct err
select_all(struct sample *s, struct arena *arena)
{
	uint32_t *columns;

	TRY(arena_alloc(arena, &columns, s->num + 1ul, sizeof(*columns)));
	TRY(arena_alloc(arena, &s->guesses, s->num + 1ul, sizeof(*s->guesses)));
	for (uint32_t i = 0; i < s->num; i++)
		columns[i] = i;
	csv_select(s->csv, columns);
	return batch_init(&s->batch, s->num);
}

struct err
new_sample_read(struct new_draft *draft, const char *path)
{
	struct file_format format = {.kind = FILE_CSV, .delimiter = ','};
	struct sample CLEANUP(sample_done) s = {.num = 0};
	CLEANUP(sysio_close)
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return ERR(IO, "the file cannot be read");
	(void)model_format_of(&format, span_str(path));
	if (format.kind != FILE_CSV)
		return ERR(UNSUPPORTED,
		    "columns of JSON Lines are paths in it, like `a.b`: they "
		    "are typed, and `gatehouse policy check --sample` shows "
		    "what of them is there");
	TRY(source_new(&s.source, fd, model_compression_of(span_str(path))));
	TRY(csv_new(&s.csv, &format, BLOCK_LEN));
	TRY(read_names(&s, draft));
	TRY(select_all(&s, &draft->arena));
	TRY(look_at_rows(&s));
	for (uint32_t i = 0; i < s.num; i++)
		TRY(propose(draft, &draft->columns[i], &s.guesses[i]));
	return OK;
}
