#include "policy/schema_reference.h"

#include "policy/preset.h"
#include "policy/region.h"
#include "policy/schema_keys.h"
#include "policy/waits.h"
#include "policy/words.h"

/* A cell of a table: a bar would end it. */
static struct err
put_cell(struct buf *out, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '|')
			TRY(buf_put_u8(out, '\\'));
		TRY(buf_put_u8(out, (uint8_t)*text));
	}
	return OK;
}

static struct err
put_words(struct buf *out, enum words_set set)
{
	const char *text;

	for (unsigned i = 0; (text = words_at(set, i)) != NULL; i++)
		TRY(buf_append_format(out, "%s`%s`", i > 0 ? ", " : "", text));
	return OK;
}

static struct err
put_choices(struct buf *out, const char *choice, const char *before)
{
	struct span rest = span_str(choice), word;

	while (rest.len > 0) {
		(void)span_take_until(&rest, &word, ' ');
		if (span_equal_str(word, "\t"))
			continue; /* nothing to see */
		TRY(buf_append_str(out, before));
		TRY(buf_append_str(out, "`"));
		if (span_equal_str(word, "|"))
			TRY(buf_append_str(out, "\\"));
		TRY(buf_append(out, word));
		TRY(buf_append_str(out, "`"));
		before = ", ";
	}
	return OK;
}

/* Which words there are. Those of columns have a list of their own. */
static struct err
put_alternatives(struct buf *out, const struct schema_key *key)
{
	bool listed = key->value == VALUE_WORDS && key->of != WORDS_KIND &&
	    key->of != WORDS_CLASS;

	if (!listed && key->choice == NULL)
		return OK;
	TRY(buf_append_str(out, ": "));
	if (listed)
		TRY(put_words(out, (enum words_set)key->of));
	if (key->choice != NULL)
		TRY(put_choices(out, key->choice, listed ? ", " : ""));
	return OK;
}

static struct err
put_key(struct buf *out, const struct schema_key *key)
{
	bool needed = (key->flags & SCHEMA_NEEDED) != 0;

	if ((key->flags & SCHEMA_OTHERS) != 0)
		TRY(buf_append_str(out, "| any other | "));
	else
		TRY(buf_append_format(out, "| %s`%s`%s | ", needed ? "**" : "",
		    key->name, needed ? "**" : ""));
	TRY(put_cell(out, key->meaning));
	TRY(put_alternatives(out, key));
	TRY(buf_append_str(out, " | `"));
	TRY(put_cell(out, key->example));
	return buf_append_format(out, "` | %s |\n", key->since);
}

static struct err
put_section(struct buf *out, enum schema_section section)
{
	TRY(buf_append_format(out, "\n### %s\n\n", schema_keys_name(section)));
	TRY(buf_append_str(
	    out, "| key | says | example | since |\n|---|---|---|---|\n"));
	for (const struct schema_key *k = schema_keys_of(section);
	     k->name != NULL; k++)
		TRY(put_key(out, k));
	return OK;
}

static struct err
put_list(struct buf *out, const char *title, enum words_set set)
{
	TRY(buf_append_format(out, "\n%s: ", title));
	TRY(put_words(out, set));
	return buf_append_str(out, ".\n");
}

static struct err
put_presets(struct buf *out)
{
	TRY(buf_append_str(
	    out, "\n### presets\n\n| preset | stands on |\n|---|---|\n"));
	for (unsigned i = 0; i < NUM_PRESETS; i++) {
		enum preset preset = (enum preset)(1u << i);

		TRY(buf_append_format(out, "| `%s` | %s |\n",
		    preset_name(preset), preset_law(preset)));
	}
	return OK;
}

static struct err
put_adequacy(struct buf *out)
{
	const struct adequacy *a;

	TRY(buf_append_str(out,
	    "\n### adequacy\n\nDecisions of adequacy (GDPR Art. 45), as of "
	    "November 2026. Compared with the Commission's report of 15 "
	    "January 2024 on its first eleven, with the list of the "
	    "supervisory authority of Luxembourg, and with the decisions of "
	    "19 December 2025 (GB) and 26 January 2026 (BR); the numbers of "
	    "the eleven with Implementing Decision (EU) 2016/2295, which "
	    "amends them. Where one does not hold for all, the agreement says "
	    "with `certified:` that the recipient is of those. The European "
	    "Patent Organisation, which has one since 15 July 2025, is no "
	    "country, and no place can be in it. A decision that changes "
	    "needs a new release.\n\n| country | since | until | for | "
	    "decision |\n|---|---|---|---|---|\n"));
	for (unsigned i = 0; (a = region_adequacy_at(i)) != NULL; i++)
		TRY(buf_append_format(out, "| %s | %s | %s | %s | %s |\n",
		    a->country, a->since, a->until != NULL ? a->until : "",
		    a->certified != NULL ? a->certified : "all", a->source));
	return OK;
}

/* What no data path serves: the agreements that ask for it are denied. */
static struct err
put_waits(struct buf *out)
{
	TRY(buf_append_str(out, "\n### not served yet\n\n"));
	for (unsigned i = 0; i < NUM_WAITS; i++)
		TRY(buf_append_format(out, "%s`%s`", i > 0 ? ", " : "",
		    waits_word((enum wait)i)));
	return buf_append_str(out, ".\n");
}

struct err
schema_reference_print(struct buf *out)
{
	TRY(buf_append_str(out, "Keys in bold are needed.\n"));
	for (unsigned i = 0; i < NUM_SCHEMA_SECTIONS; i++)
		TRY(put_section(out, (enum schema_section)i));
	TRY(buf_append_str(out, "\n### words of columns\n"));
	TRY(put_list(out, "Class", WORDS_CLASS));
	TRY(put_list(out, "Kind", WORDS_KIND));
	TRY(put_list(out, "Form", WORDS_PROTECTION));
	TRY(put_presets(out));
	TRY(put_adequacy(out));
	return put_waits(out);
}
