#include "gateway/tool/new_draft.h"

#include "gateway/tool/new_question.h"
#include "policy/check.h"
#include "policy/day.h"

enum {
	DRAFT_ARENA = 256 * 1024 * 1024,
	CHECK_ARENA = 64 * 1024 * 1024,
	STANDIN_DAYS = 90, /* a day to come, until one is named */
	WHY_MAX = 2 * DIAGNOSTIC_MAX_TEXT + 16,
};

void
new_draft_init(struct new_draft *draft, int32_t today)
{
	*draft = (struct new_draft){.today = today};
	arena_init(&draft->arena, DRAFT_ARENA);
}

void
new_draft_done(struct new_draft *draft)
{
	arena_done(&draft->arena);
}

static struct span
answer(const struct new_draft *d, enum new_answer which)
{
	return d->answers[which].data != NULL
	    ? d->answers[which]
	    : span_str(new_question(which)->standin);
}

static bool
starts(const struct new_draft *d, enum new_answer which, const char *with)
{
	return span_starts_with(answer(d, which), span_str(with));
}

static bool
is(const struct new_draft *d, enum new_answer which, const char *word)
{
	return span_equal_str(answer(d, which), word);
}

bool
new_draft_asks(const struct new_draft *d, enum new_answer which)
{
	switch (new_question(which)->when) {
	case NEW_ALWAYS:
		return true;
	case NEW_SAFE_HARBOR:
		return starts(d, NEW_PRESET, "hipaa-safe-harbor@");
	case NEW_LIMITED:
		return starts(d, NEW_PRESET, "hipaa-limited-data-set@");
	case NEW_GDPR:
		return starts(d, NEW_PRESET, "gdpr-");
	case NEW_BALANCED:
		return starts(d, NEW_PRESET, "gdpr-") &&
		    is(d, NEW_BASIS, "legitimate-interests");
	case NEW_LEAVES_EEA:
		return d->leaves_eea;
	case NEW_CLAUSES:
		return d->leaves_eea && is(d, NEW_TRANSFER, "scc");
	case NEW_ASSESSED:
		return d->leaves_eea && !is(d, NEW_TRANSFER, "adequacy") &&
		    !is(d, NEW_TRANSFER, "dpf");
	}
	return false;
}

bool
new_draft_delivers(const struct new_draft *d)
{
	for (size_t i = 0; i < d->num_columns; i++)
		if (d->columns[i].form.len > 0)
			return true;
	return false;
}

/* --- Scalars --- */

/* Without quotes where YAML cannot read anything else into it. */
static bool
is_plain(struct span text)
{
	static const char safe[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				   "0123456789._/@+ ";

	if (text.len == 0 || text.data[0] == ' ' ||
	    text.data[text.len - 1] == ' ')
		return false;
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		bool inside = i > 0 && i + 1 < text.len &&
		    text.data[i + 1] != ' ' && (c == '-' || c == ':');
		if (!inside && (c == '\0' || strchr(safe, c) == NULL) &&
		    !(c == '*' && i > 0))
			return false;
	}
	return text.data[0] != '@';
}

static struct err
put_text(struct buf *out, struct span text)
{
	if (is_plain(text))
		return buf_append(out, text);
	TRY(buf_append_str(out, "'"));
	for (size_t i = 0; i < text.len; i++) {
		TRY(buf_put_u8(out, text.data[i]));
		if (text.data[i] == '\'')
			TRY(buf_put_u8(out, '\''));
	}
	return buf_append_str(out, "'");
}

/* "    key: text"; `before` has all up to the text. */
static struct err
put(struct buf *out, const char *before, const struct new_draft *d,
    enum new_answer which)
{
	TRY(buf_append_str(out, before));
	TRY(put_text(out, answer(d, which)));
	return buf_append_str(out, "\n");
}

/* Likewise, where it was asked for and answered. */
static struct err
put_if(struct buf *out, const char *before, const struct new_draft *d,
    enum new_answer which)
{
	if (!new_draft_asks(d, which) || answer(d, which).len == 0)
		return OK;
	return put(out, before, d, which);
}

/* A day; until it is named, one that is not over. */
static struct err
put_day(struct buf *out, const char *before, const struct new_draft *d,
    enum new_answer which, int32_t standin)
{
	if (d->answers[which].data != NULL)
		return put(out, before, d, which);
	TRY(buf_append_str(out, before));
	TRY(day_append(out, standin));
	return buf_append_str(out, "\n");
}

/* An id that opens a block. */
static struct err
put_block(struct buf *out, const char *indent, const struct new_draft *d,
    enum new_answer which)
{
	TRY(buf_append_str(out, indent));
	TRY(put_text(out, answer(d, which)));
	return buf_append_str(out, ":\n");
}

/* --- Sections --- */

static struct err
put_party(struct buf *out, const struct new_draft *d, enum new_answer id,
    const char *role)
{
	TRY(put_block(out, "  ", d, id));
	TRY(put(out, "    name: ", d, (enum new_answer)(id + 1)));
	TRY(put(out, "    country: ", d, (enum new_answer)(id + 2)));
	TRY(buf_append_format(out, "    role: %s\n", role));
	return put(out, "    contact: ", d, (enum new_answer)(id + 3));
}

static struct err
put_facts(struct buf *out, const struct new_draft *d)
{
	TRY(buf_append_str(out,
	    "# Made by `gatehouse policy new`. What is not allowed below is "
	    "denied.\n"
	    "policy:\n"
	    "  format: 1\n"));
	TRY(put(out, "  name: ", d, NEW_AGREEMENT));
	TRY(put(out, "  contact: ", d, NEW_CONTROLLER_CONTACT));
	TRY(buf_append_str(out, "\n# Who answers for what.\nparties:\n"));
	TRY(put_party(out, d, NEW_CONTROLLER, "controller"));
	TRY(put_party(out, d, NEW_RECIPIENT,
	    starts(d, NEW_PRESET, "gdpr-") ? "processor" : "recipient"));
	TRY(buf_append_str(out,
	    "\n# Who is asking: proved, never claimed. What stands in one item "
	    "must all hold.\npeople:\n"));
	TRY(put_block(out, "  ", d, NEW_GROUP));
	const char *dash = "    - ";
	if (answer(d, NEW_ACCESS_KEY).len > 0) {
		TRY(put(out, "    - access-key: ", d, NEW_ACCESS_KEY));
		dash = "      ";
	}
	if (answer(d, NEW_CERTIFICATE).len > 0) {
		TRY(buf_append_str(out, dash));
		TRY(put(out, "certificate: ", d, NEW_CERTIFICATE));
	}
	return OK;
}

static struct err
put_place(struct buf *out, const struct new_draft *d)
{
	TRY(buf_append_str(out,
	    "\n# From where it is read. The address that connects counts, and "
	    "every kind of\n# evidence must hold.\nplaces:\n"));
	TRY(put_block(out, "  ", d, NEW_PLACE));
	TRY(put(out, "    country: ", d, NEW_PLACE_COUNTRY));
	TRY(put(out, "    operator: ", d, NEW_PLACE_OPERATOR));
	TRY(put_if(out, "    seen-as: ", d, NEW_PLACE_NETWORK));
	return put_if(out, "    certificate: ", d, NEW_PLACE_CERTIFICATE);
}

static struct err
put_purpose(struct buf *out, const struct new_draft *d)
{
	TRY(buf_append_str(out,
	    "\n# What for, on which basis, with its evidence.\npurposes:\n"));
	TRY(put_block(out, "  ", d, NEW_PURPOSE));
	TRY(put(out, "    say: ", d, NEW_PURPOSE_SAY));
	if (new_draft_asks(d, NEW_BASIS)) {
		TRY(put(out, "    gdpr: ", d, NEW_BASIS));
		return put_if(out, "    assessment: ", d, NEW_ASSESSMENT);
	}
	if (!new_draft_asks(d, NEW_DUA))
		return buf_append_str(out, "    hipaa: safe-harbor\n");
	TRY(buf_append_str(out, "    hipaa: limited\n    agreement:\n"));
	TRY(put(out, "      id: ", d, NEW_DUA));
	TRY(put(out, "      use: ", d, NEW_DUA_USE));
	TRY(put_day(out, "      expires: ", d, NEW_DUA_EXPIRES,
	    d->today + STANDIN_DAYS));
	return put(out, "      recipients: ", d, NEW_RECIPIENT);
}

static bool
is_subject(const struct new_draft *d, const struct new_column *c)
{
	return span_equal(c->name, answer(d, NEW_SUBJECT));
}

/* Consent and objection are about the purpose; what else there is to say of
 * them has its usual words. */
static struct err
put_column(
    struct buf *out, const struct new_draft *d, const struct new_column *c)
{
	TRY(buf_append_str(out, "      "));
	TRY(put_text(out, c->name));
	TRY(buf_append_str(out, ": "));
	if (span_equal_str(c->what, "consent") ||
	    span_equal_str(c->what, "objection")) {
		TRY(buf_append_str(out, "\n        is: "));
		TRY(buf_append(out, c->what));
		return put(out, "\n        for: ", d, NEW_PURPOSE);
	}
	if (!is_subject(d, c)) {
		TRY(put_text(out, c->what));
		return buf_append_str(out, "\n");
	}
	struct buf text CLEANUP(buf_done) = {.max = NEW_MAX_TEXT};
	TRY(buf_append(&text, c->what));
	TRY(buf_append_str(&text, ", subject"));
	TRY(put_text(out, buf_span(&text)));
	return buf_append_str(out, "\n");
}

/* The person is in a column, or each row is one. */
static struct err
put_subject(struct buf *out, const struct new_draft *d)
{
	for (size_t i = 0; i < d->num_columns; i++)
		if (is_subject(d, &d->columns[i]))
			return OK;
	return put(out, "    subject: ", d, NEW_SUBJECT);
}

static struct err
put_dataset(struct buf *out, const struct new_draft *d)
{
	TRY(buf_append_str(out,
	    "\n# What there is. A column that is not declared never leaves."
	    "\ndatasets:\n"));
	TRY(put_block(out, "  ", d, NEW_DATASET));
	TRY(put(out, "    controller: ", d, NEW_CONTROLLER));
	TRY(put(out, "    about: ", d, NEW_ABOUT));
	TRY(put(out, "    origin: ", d, NEW_ORIGIN));
	TRY(put(out, "    protect: ", d, NEW_PRESET));
	if (new_draft_asks(d, NEW_SIGNED_BY)) {
		TRY(buf_append_str(out, "    no-actual-knowledge:\n"));
		TRY(put(out, "      signed-by: ", d, NEW_SIGNED_BY));
		TRY(put_day(out, "      on: ", d, NEW_SIGNED_ON, d->today));
	}
	TRY(put_subject(out, d));
	TRY(buf_append_str(out, "    columns:\n"));
	for (size_t i = 0; i < d->num_columns; i++)
		TRY(put_column(out, d, &d->columns[i]));
	return new_draft_delivers(d)
	    ? OK
	    : buf_append_str(out, "      gatehouse stand-in: plain flag\n");
}

static struct err
put_transfer(struct buf *out, const struct new_draft *d)
{
	if (!d->leaves_eea)
		return OK;
	if (!new_draft_asks(d, NEW_TRANSFER_TIA))
		return put(out, "    transfer: ", d, NEW_TRANSFER);
	TRY(buf_append_str(out, "    transfer:\n"));
	TRY(put(out, "      tool: ", d, NEW_TRANSFER));
	TRY(put_if(out, "      module: ", d, NEW_TRANSFER_MODULE));
	return put(out, "      tia: ", d, NEW_TRANSFER_TIA);
}

static struct err
put_forms(struct buf *out, const struct new_draft *d)
{
	TRY(buf_append_str(out, "    columns:\n"));
	for (size_t i = 0; i < d->num_columns; i++) {
		const struct new_column *c = &d->columns[i];
		if (c->form.len == 0)
			continue;
		TRY(buf_append_str(out, "      "));
		TRY(put_text(out, c->name));
		TRY(buf_append_str(out, ": "));
		TRY(put_text(out, c->form));
		TRY(buf_append_str(out, "\n"));
	}
	return new_draft_delivers(d)
	    ? OK
	    : buf_append_str(out, "      gatehouse stand-in: keep\n");
}

static struct err
put_agreement(struct buf *out, const struct new_draft *d)
{
	TRY(buf_append_str(out,
	    "\n# What is allowed: these columns, in this form, and nothing "
	    "else.\nallow:\n"));
	TRY(put(out, "  - id: ", d, NEW_AGREEMENT));
	TRY(put(out, "    who: ", d, NEW_GROUP));
	TRY(put(out, "    recipient: ", d, NEW_RECIPIENT));
	TRY(put(out, "    contract: ", d, NEW_CONTRACT));
	TRY(put(out, "    dataset: ", d, NEW_DATASET));
	TRY(put(out, "    purpose: ", d, NEW_PURPOSE));
	TRY(put(out, "    places: ", d, NEW_PLACE));
	TRY(put_transfer(out, d));
	TRY(put_forms(out, d));
	return put_day(out, "    until: ", d, NEW_UNTIL, d->today);
}

struct err
new_draft_write(struct buf *out, const struct new_draft *d)
{
	TRY(put_facts(out, d));
	TRY(put_place(out, d));
	TRY(put_purpose(out, d));
	TRY(put_dataset(out, d));
	return put_agreement(out, d);
}

/* --- Its judge --- */

/* Nobody begins with an agreement that has ended, though that may load. */
static bool
is_wrong(const struct diagnostic *item)
{
	return item->code[0] != 'W' || strcmp(item->code, "W301") == 0;
}

/* The first error, with what would help; whether W901 is among the rest. */
static struct err
read_diagnostics(struct new_draft *draft, const struct diagnostics *d,
    struct span *out_why, bool *out_waits)
{
	struct buf why CLEANUP(buf_done) = {.max = WHY_MAX};

	*out_waits = false;
	for (size_t i = 0; i < d->num_items; i++) {
		const struct diagnostic *item = &d->items[i];
		if (strcmp(item->code, "W901") == 0)
			*out_waits = true;
		if (why.len > 0 || !is_wrong(item))
			continue;
		TRY(buf_append_str(&why, item->text));
		if (item->help != NULL)
			TRY(buf_append_format(&why, "; %s", item->help));
	}
	if (why.len == 0 && d->num_errors > 0)
		TRY(buf_append_str(&why, "it does not load"));
	return arena_copy(&draft->arena, out_why, buf_span(&why));
}

struct err
new_draft_judge(struct new_draft *draft, struct span *out_why, bool *out_waits)
{
	struct arena CLEANUP(arena_done) arena = {0};
	struct buf text CLEANUP(buf_done) = {.max = NEW_MAX_TEXT};
	struct diagnostics CLEANUP(diagnostic_done) d = {.num_items = 0};
	struct policy policy;

	arena_init(&arena, CHECK_ARENA);
	TRY(new_draft_write(&text, draft));
	struct source_file file = {
	    .name = span_str("policy.yaml"), .bytes = buf_span(&text)};
	diagnostic_init(&d, &file, 1);
	struct err err = check_policy(&policy, &arena, &d, &file, 1,
	    &(struct check_options){.today = draft->today});
	if (err.code != ERR_OK && err.code != ERR_DENIED)
		return err;
	return read_diagnostics(draft, &d, out_why, out_waits);
}
