#include "gateway/tool/new_sample.h"

#include <fcntl.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/flow/source.h"
#include "gateway/record/csv.h"
#include "gateway/tool/new_guess.h"
#include "gateway/tool/new_sample_lines.h"

enum {
	BLOCK_LEN = 64 * 1024,
	MAX_ROWS = 1000, /* that are looked at, about */
};

struct sample {
	struct source *source;
	struct csv *csv;
	struct batch batch;
	struct new_guess *guesses; /* in the draft's arena */
	uint32_t num;
};

static void
sample_done(struct sample *s)
{
	csv_free(s->csv);
	source_free(s->source);
	batch_done(&s->batch);
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
				new_guess_look(&s->guesses[i],
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

static struct err
read_table(
    struct sample *s, struct new_draft *draft, const struct file_format *format)
{
	TRY(csv_new(&s->csv, format, BLOCK_LEN));
	TRY(read_names(s, draft));
	TRY(select_all(s, &draft->arena));
	TRY(look_at_rows(s));
	for (uint32_t i = 0; i < s->num; i++)
		TRY(new_guess_propose(
		    draft, &draft->columns[i], &s->guesses[i]));
	return OK;
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
	TRY(source_new(&s.source, fd, model_compression_of(span_str(path))));
	return format.kind == FILE_CSV ? read_table(&s, draft, &format)
				       : new_sample_lines(draft, s.source);
}
