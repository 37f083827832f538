#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/tool/new_question.h"
#include "gateway/tool/new_sample.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/policy_verbs.h"

enum {
	MAX_ANSWER = 1024, /* bytes of one line */
	SECONDS_PER_DAY = 86400,
};

/* Forms from the strictest on that leave something to learn from; the first
 * that is lawful and served is proposed. */
static const char *const forms[] = {
    "decade", "age-90", "zip3", "prefix 2", "band 10", "keep"};

/* --- A line --- */

static struct err
read_line(struct new_draft *draft, struct span *out)
{
	char line[MAX_ANSWER + 2];

	(void)fflush(stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return ERR(TRUNCATED,
		    "the questions were not all answered; nothing is written");
	struct span text = span_str(line);
	if (text.len > 0 && text.data[text.len - 1] == '\n')
		text = span_sub(text, 0, text.len - 1);
	else if (text.len > MAX_ANSWER)
		return ERR(TOO_BIG, "an answer of over 1024 bytes");
	return arena_copy(&draft->arena, out, span_trim(text));
}

/* "name [proposal]: ", after a line that says what for. */
static void
prompt(const char *why, struct span name, struct span proposal)
{
	if (why != NULL)
		(void)fprintf(stderr, "\n%s\n", why);
	(void)plain_text_print(stderr, name);
	if (proposal.len > 0) {
		(void)fputs(" [", stderr);
		(void)plain_text_print(stderr, proposal);
		(void)fputc(']', stderr);
	}
	(void)fputs(": ", stderr);
}

static void
say_wrong(struct span why)
{
	(void)fputs("  no: ", stderr);
	(void)plain_text_print(stderr, why);
	(void)fputc('\n', stderr);
}

/*
 * Ask until the draft loads with the answer in its place. What was there before
 * is there again while the next one is asked for.
 *
 * where     in the draft
 * proposal  what an empty line means; empty: nothing
 */
struct asking {
	const char *why;
	struct span name, proposal;
	struct span *where;
	bool may_lack;
};

/* Under the GDPR a draft may load by a transfer tool alone: that is asked for
 * later. */
static struct err
judge(struct new_draft *draft, struct span *out_why)
{
	bool waits;

	TRY(new_draft_judge(draft, out_why, &waits));
	if (out_why->len == 0 || draft->leaves_eea ||
	    !new_draft_asks(draft, NEW_BASIS))
		return OK;
	struct span other;
	draft->leaves_eea = true;
	TRY(new_draft_judge(draft, &other, &waits));
	if (other.len == 0)
		*out_why = other;
	else
		draft->leaves_eea = false;
	return OK;
}

static struct err
ask(struct new_draft *draft, const struct asking *a)
{
	const struct span before = *a->where;
	struct span text, why;

	for (;;) {
		prompt(a->why, a->name, a->proposal);
		TRY(read_line(draft, &text));
		if (text.len == 0)
			text = a->proposal;
		if (text.len == 0 && !a->may_lack) {
			say_wrong(span_str("an answer is needed"));
			continue;
		}
		*a->where = text.len > 0 ? text : span_str("");
		TRY(judge(draft, &why));
		if (why.len == 0)
			return OK;
		say_wrong(why);
		*a->where = before;
	}
}

static struct err
ask_from_to(
    struct new_draft *draft, enum new_answer first, enum new_answer last)
{
	for (unsigned i = first; i <= last; i++) {
		const struct new_question *q = new_question((enum new_answer)i);
		if (!new_draft_asks(draft, (enum new_answer)i))
			continue;
		TRY(ask(draft,
		    &(struct asking){.why = q->why,
			.name = span_str(q->name),
			.where = &draft->answers[i],
			.may_lack = q->may_lack}));
	}
	return OK;
}

/* --- Columns --- */

/* The file of a sample, until there is one that can be read, or none. */
static struct err
ask_sample(struct new_draft *draft)
{
	struct span path;
	const char *name;

	for (;;) {
		prompt("a CSV, TSV or JSON Lines file of it (also .gz, .zst), "
		       "whose columns are looked at; empty: they are typed",
		    span_str("sample"), span_of(NULL, 0));
		TRY(read_line(draft, &path));
		if (path.len == 0)
			return OK;
		TRY(arena_str(&draft->arena, &name, path));
		struct err err = new_sample_read(draft, name);
		if (err.code == ERR_OK)
			return OK;
		draft->num_columns = 0;
		say_wrong(span_str(err.why));
	}
}

static struct err
ask_what(struct new_draft *draft, struct new_column *column)
{
	const struct span proposal = column->what;

	return ask(draft,
	    &(struct asking){.name = column->name,
		.proposal = proposal,
		.where = &column->what});
}

/* Names of columns, until an empty line. */
static struct err
ask_names(struct new_draft *draft)
{
	while (draft->num_columns < NEW_MAX_COLUMNS) {
		struct new_column *column = &draft->columns[draft->num_columns];
		struct span name;
		prompt("the next column as files name it; empty: that was all",
		    span_str("column"), span_of(NULL, 0));
		TRY(read_line(draft, &name));
		if (name.len == 0)
			return OK;
		*column = (struct new_column){
		    .name = name, .what = span_str("free-text")};
		draft->num_columns++;
		TRY(ask_what(draft, column));
	}
	return OK;
}

static struct err
ask_columns(struct new_draft *draft)
{
	TRY(ask_sample(draft));
	if (draft->num_columns == 0)
		return ask_names(draft);
	(void)fputs("\nwhat each column is: its class and its kind, as "
		    "`quasi-identifier date`, or free-text, consent, "
		    "objection\n",
	    stderr);
	for (size_t i = 0; i < draft->num_columns; i++)
		TRY(ask_what(draft, &draft->columns[i]));
	return OK;
}

/* The strictest form that is lawful, and that this build has a path for. */
static struct err
propose_form(
    struct new_draft *draft, struct new_column *column, struct span *out)
{
	*out = span_str("drop");
	/* One that identifies is not proposed in any form. */
	if (span_starts_with(column->what, span_str("direct-identifier")))
		return OK;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct span why;
		bool waits;
		column->form = span_str(forms[i]);
		struct err err = new_draft_judge(draft, &why, &waits);
		column->form = span_of(NULL, 0);
		TRY(err);
		if (why.len > 0 || waits)
			continue;
		*out = span_str(forms[i]);
		return OK;
	}
	return OK;
}

/* `drop` is written by leaving the column out. */
static struct err
ask_form(struct new_draft *draft, struct new_column *column)
{
	struct span proposal;

	TRY(propose_form(draft, column, &proposal));
	TRY(ask(draft,
	    &(struct asking){.name = column->name,
		.proposal = proposal,
		.where = &column->form}));
	if (span_equal_str(column->form, "drop"))
		column->form = span_of(NULL, 0);
	return OK;
}

static struct err
ask_forms(struct new_draft *draft)
{
	do {
		(void)fputs("\nin which form each column is delivered, as "
			    "year, prefix 2, keep; at least one; drop: it is "
			    "not\n",
		    stderr);
		for (size_t i = 0; i < draft->num_columns; i++)
			TRY(ask_form(draft, &draft->columns[i]));
	} while (!new_draft_delivers(draft));
	return OK;
}

/* --- All of it --- */

static struct err
ask_all(struct new_draft *draft)
{
	TRY(ask_from_to(draft, NEW_CONTROLLER, NEW_ORIGIN));
	do
		TRY(ask_columns(draft));
	while (draft->num_columns == 0);
	TRY(ask_from_to(draft, NEW_SUBJECT, NEW_CONTRACT));
	TRY(ask_forms(draft));
	return ask_from_to(draft, NEW_UNTIL, NEW_UNTIL);
}

/* Only where there is nothing of that name. */
static struct err
write_new(const char *path, struct span text)
{
	CLEANUP(sysio_close)
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	if (fd < 0 && errno == EEXIST)
		return ERR(EXISTS, "it is there already, and stays as it is");
	if (fd < 0)
		return ERR(IO, "it cannot be written");
	struct err err = sysio_write_full(fd, text);
	if (err.code == ERR_OK && fsync(fd) != 0)
		err = ERR(IO, "it cannot be written");
	if (err.code != ERR_OK)
		(void)unlink(path);
	return err;
}

static int
say(const char *path, struct err err)
{
	(void)fprintf(stderr, "\ngatehouse: %s%s%s\n", path != NULL ? path : "",
	    path != NULL ? ": " : "", err.why);
	return 1;
}

static int
make(struct new_draft *draft, const char *path)
{
	struct buf text CLEANUP(buf_done) = {.max = NEW_MAX_TEXT};
	struct span why;
	bool waits = false;
	struct err err = ask_all(draft);

	if (err.code == ERR_OK)
		err = new_draft_judge(draft, &why, &waits);
	if (err.code == ERR_OK && why.len > 0)
		err = ERR(DENIED, "what was answered does not load");
	if (err.code == ERR_OK)
		err = new_draft_write(&text, draft);
	if (err.code != ERR_OK)
		return say(NULL, err);
	if (path == NULL)
		return policy_out(OK, buf_span(&text), false);
	err = write_new(path, buf_span(&text));
	if (err.code != ERR_OK)
		return say(path, err);
	(void)fprintf(stderr,
	    "\n%s is written, and loads. `gatehouse policy explain` tells what "
	    "it gives.\n",
	    path);
	return 0;
}

int
policy_new_main(int argc, char **argv)
{
	static struct new_draft draft;
	const char *path = NULL;
	struct options options = {
	    .usage = "policy new [--out FILE]\n"
		     "It asks, and writes what was answered: to FILE, which is "
		     "not to be there yet, or\nto standard output.",
	    .rows = {{"out", .text = &path}},
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	/* Before anybody has answered for nothing. */
	if (path != NULL && access(path, F_OK) == 0)
		return say(path,
		    ERR(EXISTS, "it is there already, and stays as it is"));
	new_draft_init(
	    &draft, (int32_t)(sysio_wall_ns() / 1000000000 / SECONDS_PER_DAY));
	code = make(&draft, path);
	new_draft_done(&draft);
	return code;
}
