#include "policy/diff_term.h"

#include "policy/day.h"
#include "policy/diff_rule.h"
#include "policy/explain.h"
#include "policy/preset.h"

/*
 * diff_terms: what an agreement says beside its columns, and what the dataset,
 * the purpose and the recipient behind it say. What is not known to be
 * narrower is wider.
 */

static const struct diff_field agreement_fields[] = {
    {"contract", offsetof(struct agreement, contract)},
    {"undertakes", offsetof(struct agreement, undertakes)},
    {"review-by", offsetof(struct agreement, review_by)},
    {"recipient-deletes-after", offsetof(struct agreement, deletes_after)},
};
static const struct diff_field purpose_fields[] = {
    {"purpose", offsetof(struct purpose, id)},
    {"purpose: say", offsetof(struct purpose, say)},
    {"purpose: assessment", offsetof(struct purpose, assessment)},
    {"purpose: dpia", offsetof(struct purpose, dpia)},
    {"purpose: collected-for", offsetof(struct purpose, collected_for)},
    {"purpose: compatible-because",
	offsetof(struct purpose, compatible_because)},
    {"purpose: art9", offsetof(struct purpose, art9)},
    {"purpose: art10", offsetof(struct purpose, art10)},
};
static const struct diff_field party_fields[] = {
    {"recipient", offsetof(struct party, id)},
    {"recipient: name", offsetof(struct party, name)},
};
static const struct diff_field dataset_fields[] = {
    {"dataset", offsetof(struct dataset, id)},
    {"dataset: about", offsetof(struct dataset, about)},
    {"dataset: category", offsetof(struct dataset, category)},
    {"dataset: folder", offsetof(struct dataset, root)},
    {"dataset: files", offsetof(struct dataset, pattern)},
};

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

/* --- Days, keys, files --- */

static struct err
day_text(struct terms *t, struct span *out, int32_t day)
{
	if (day == INT32_MIN || day == INT32_MAX)
		TRY(buf_append_str(&t->d->words, "no day"));
	else
		TRY(day_append(&t->d->words, day));
	return differ_text(t->d, out);
}

/* Seconds decide, as zones may differ; days are what people read. */
static struct err
compare_start(
    struct terms *t, const struct agreement *a, const struct agreement *b)
{
	struct span before, after;

	if (a->from == b->from)
		return OK;
	TRY(day_text(t, &before, a->first_day));
	TRY(day_text(t, &after, b->first_day));
	return diff_term(t, "from", b->from > a->from ? DIFF_LESS : DIFF_MORE,
	    before, after);
}

static struct err
compare_end(
    struct terms *t, const struct agreement *a, const struct agreement *b)
{
	struct span before, after;

	if (a->until == b->until)
		return OK;
	TRY(day_text(t, &before, a->last_day));
	TRY(day_text(t, &after, b->last_day));
	return diff_term(t, "until",
	    b->until < a->until ? DIFF_LESS : DIFF_MORE, before, after);
}

static bool
has_key(const struct agreement *a, const uint8_t key[32])
{
	for (uint32_t i = 0; i < a->num_recipients; i++)
		if (span_equal(span_of(a->recipients[i], 32), span_of(key, 32)))
			return true;
	return false;
}

static uint32_t
count_lacking(const struct agreement *of, const struct agreement *in)
{
	uint32_t num = 0;

	for (uint32_t i = 0; i < of->num_recipients; i++)
		num += !has_key(in, of->recipients[i]);
	return num;
}

/* Without age whoever holds the connection reads: wider than any key. */
static struct err
compare_encryption(struct terms *t)
{
	const struct agreement *a = t->pair->old, *b = t->pair->new;
	uint32_t gone = count_lacking(a, b), come = count_lacking(b, a);
	struct span before, after;

	if (a->encrypt != b->encrypt)
		return diff_term(t, "encrypt",
		    b->encrypt == ENCRYPT_AGE ? DIFF_LESS : DIFF_MORE,
		    span_str(model_encrypt_name(a->encrypt)),
		    span_str(model_encrypt_name(b->encrypt)));
	if (gone == 0 && come == 0)
		return OK;
	TRY(buf_append_format(
	    &t->d->words, "%u keys", (unsigned)a->num_recipients));
	TRY(differ_text(t->d, &before));
	TRY(buf_append_format(&t->d->words, "%u keys, %u of them new",
	    (unsigned)b->num_recipients, (unsigned)come));
	TRY(differ_text(t->d, &after));
	return diff_term(
	    t, "recipients", come > 0 ? DIFF_MORE : DIFF_LESS, before, after);
}

static struct err
year_text(struct terms *t, struct span *out, uint16_t year)
{
	if (year == 0)
		TRY(buf_append_str(&t->d->words, "the current year"));
	else
		TRY(buf_append_u64(&t->d->words, year));
	return differ_text(t->d, out);
}

static struct err
compare_agreement(struct terms *t)
{
	const struct agreement *a = t->pair->old, *b = t->pair->new;
	struct span before, after;

	TRY(diff_term_fields(t, agreement_fields, NUM(agreement_fields), a, b));
	TRY(compare_start(t, a, b));
	TRY(compare_end(t, a, b));
	TRY(compare_encryption(t));
	if (a->compress != b->compress)
		TRY(diff_term_at(t, "compress", DIFF_OTHER,
		    span_str(model_compression_name(a->compress)),
		    span_str(model_compression_name(b->compress)), b->line));
	if (a->as_of == b->as_of)
		return OK;
	TRY(year_text(t, &before, a->as_of));
	TRY(year_text(t, &after, b->as_of));
	return diff_term(t, "as-of", DIFF_APART, before, after);
}

/* --- Rows --- */

static struct err
rule_text(struct terms *t, struct span *out, const struct row_rule *rule,
    const struct dataset *ds)
{
	TRY(explain_rule(&t->d->words, rule, &ds->columns[rule->column]));
	return differ_text(t->d, out);
}

/* What the new agreement says about the column of a rule that is gone. */
static struct err
rules_on_text(struct terms *t, struct span *out, struct span column)
{
	const struct agreement *a = t->pair->new;

	for (uint32_t i = 0; i < a->num_rows; i++) {
		const struct column *c = &t->new_ds->columns[a->rows[i].column];

		if (!span_equal(c->name, column))
			continue;
		if (t->d->words.len > 0)
			TRY(buf_append_str(&t->d->words, " and "));
		TRY(explain_rule(&t->d->words, &a->rows[i], c));
	}
	return differ_text(t->d, out);
}

static bool
is_implied(const struct row_rule *rule, const struct dataset *ds,
    const struct agreement *by, const struct dataset *by_ds)
{
	for (uint32_t i = 0; i < by->num_rows; i++)
		if (diff_rule_implies(&by->rows[i], by_ds, rule, ds))
			return true;
	return false;
}

/* Rules are ANDed: one that is gone lets more rows through. */
static struct err
compare_rules(struct terms *t)
{
	const struct agreement *a = t->pair->old, *b = t->pair->new;
	const struct span none = span_str("no such rule");
	struct span text, after;

	for (uint32_t i = 0; i < a->num_rows; i++) {
		if (is_implied(&a->rows[i], t->old_ds, b, t->new_ds))
			continue;
		TRY(rule_text(t, &text, &a->rows[i], t->old_ds));
		TRY(rules_on_text(
		    t, &after, t->old_ds->columns[a->rows[i].column].name));
		TRY(diff_term(
		    t, "rows", DIFF_MORE, text, after.len > 0 ? after : none));
	}
	for (uint32_t i = 0; i < b->num_rows; i++) {
		if (is_implied(&b->rows[i], t->new_ds, a, t->old_ds))
			continue;
		TRY(rule_text(t, &text, &b->rows[i], t->new_ds));
		TRY(diff_term_at(
		    t, "rows", DIFF_NARROWER, none, text, b->rows[i].line));
	}
	return OK;
}

static bool
is_asked(
    const struct column *column, const struct dataset *by, uint32_t purpose)
{
	for (uint32_t i = 0; i < by->num_columns; i++)
		if (explain_asks(&by->columns[i], purpose) &&
		    diff_answer_implies(&by->columns[i], column))
			return true;
	return false;
}

/* Consent and objection that are asked on one side, and on the other not. */
static struct err
compare_answers_of(struct terms *t, bool of_old)
{
	const struct dataset *ds = of_old ? t->old_ds : t->new_ds;
	const struct dataset *other = of_old ? t->new_ds : t->old_ds;
	const struct agreement *a = of_old ? t->pair->old : t->pair->new;
	const struct agreement *b = of_old ? t->pair->new : t->pair->old;
	const struct span none = span_str("not asked so");
	struct span text;

	for (uint32_t i = 0; i < ds->num_columns; i++) {
		if (!explain_asks(&ds->columns[i], a->purpose) ||
		    is_asked(&ds->columns[i], other, b->purpose))
			continue;
		TRY(explain_answer(&t->d->words, &ds->columns[i]));
		TRY(differ_text(t->d, &text));
		TRY(diff_term(t, "rows", of_old ? DIFF_MORE : DIFF_LESS,
		    of_old ? text : none, of_old ? none : text));
	}
	return OK;
}

/* --- The dataset --- */

static struct err
preset_text(struct terms *t, struct span *out, uint32_t presets)
{
	for (uint32_t bit = 0; bit < 32; bit++)
		if ((presets >> bit & 1) != 0)
			TRY(differ_name(t->d,
			    span_str(preset_name((enum preset)(1u << bit)))));
	return differ_text(t->d, out);
}

/* A preset more is a floor more. */
static struct err
compare_presets(struct terms *t)
{
	uint32_t a = t->old_ds->presets, b = t->new_ds->presets;
	struct span before, after;

	if (a == b)
		return OK;
	TRY(preset_text(t, &before, a));
	TRY(preset_text(t, &after, b));
	return diff_term(t, "dataset: protect",
	    (a & b) == a ? DIFF_LESS : DIFF_APART, before, after);
}

static bool
same_texts(
    const struct span *a, size_t num_a, const struct span *b, size_t num_b)
{
	return diff_texts_within(a, num_a, b, num_b) &&
	    diff_texts_within(b, num_b, a, num_a);
}

static bool
same_format(const struct file_format *a, const struct file_format *b)
{
	if (a->kind != b->kind || a->delimiter != b->delimiter ||
	    a->unquoted != b->unquoted || a->num_header != b->num_header)
		return false;
	for (uint32_t i = 0; i < a->num_header; i++)
		if (!span_equal(a->header[i], b->header[i]))
			return false;
	return true;
}

/* Two names of columns, or what stands for none. */
static struct span
subject_of(const struct dataset *ds)
{
	return ds->subject_column == NO_INDEX
	    ? span_str("each row")
	    : ds->columns[ds->subject_column].name;
}

static struct err
compare_reading(struct terms *t)
{
	const struct dataset *a = t->old_ds, *b = t->new_ds;
	const struct span as_was = span_str("as it was");
	const struct span other = span_str("another");

	TRY(diff_term_text(
	    t, "dataset: subject", subject_of(a), subject_of(b)));
	if (!same_format(&a->format, &b->format) ||
	    a->compression != b->compression)
		TRY(diff_term(t, "dataset: format", DIFF_APART, as_was, other));
	if (!same_texts(a->missing, a->num_missing, b->missing, b->num_missing))
		TRY(diff_term(
		    t, "dataset: missing", DIFF_APART, as_was, other));
	if (a->refuse_new_column != b->refuse_new_column)
		TRY(diff_term(t, "dataset: new-column",
		    b->refuse_new_column ? DIFF_LESS : DIFF_MORE,
		    span_str(a->refuse_new_column ? "refuse" : "drop"),
		    span_str(b->refuse_new_column ? "refuse" : "drop")));
	if (a->empty_missing_column == b->empty_missing_column)
		return OK;
	return diff_term(t, "dataset: missing-column",
	    b->empty_missing_column ? DIFF_MORE : DIFF_LESS,
	    span_str(a->empty_missing_column ? "empty" : "refuse"),
	    span_str(b->empty_missing_column ? "empty" : "refuse"));
}

/* A closed list may shrink; all else of a declaration is what it is. */
static enum diff_order
compare_declared(const struct column *a, const struct column *b)
{
	enum diff_order values = DIFF_SAME;

	if (a->class != b->class || a->kind != b->kind ||
	    !span_equal(a->category, b->category))
		return DIFF_APART;
	if (same_texts(a->values, a->num_values, b->values, b->num_values))
		return values;
	if (a->num_values == 0)
		return DIFF_LESS;
	return b->num_values > 0 &&
		diff_texts_within(
		    b->values, b->num_values, a->values, a->num_values)
	    ? DIFF_LESS
	    : DIFF_MORE;
}

static struct err
declared_text(struct terms *t, struct span *out, const struct column *c)
{
	TRY(buf_append_format(
	    &t->d->words, "declared %s", model_class_name(c->class)));
	if (c->kind != KIND_NONE)
		TRY(buf_append_format(
		    &t->d->words, " %s", model_kind_name(c->kind)));
	if (c->category.len > 0)
		TRY(buf_append_str(&t->d->words, ", of a category"));
	if (c->num_values > 0)
		TRY(buf_append_format(
		    &t->d->words, ", %u values", (unsigned)c->num_values));
	return differ_text(t->d, out);
}

/* Every column that both know: also what is not delivered can steer rows. */
static struct err
compare_declarations(struct terms *t)
{
	for (uint32_t i = 0; i < t->new_ds->num_columns; i++) {
		const struct column *b = &t->new_ds->columns[i], *a = NULL;
		struct diff_row row = {.what = b->name,
		    .is_column = true,
		    .file = t->pair->new->file,
		    .line = b->line};
		enum diff_order order;

		for (uint32_t j = 0; j < t->old_ds->num_columns; j++)
			if (span_equal(t->old_ds->columns[j].name, b->name))
				a = &t->old_ds->columns[j];
		if (a == NULL)
			continue;
		order = compare_declared(a, b);
		if (order == DIFF_SAME)
			continue;
		row.verdict = differ_verdict(order);
		TRY(declared_text(t, &row.before, a));
		TRY(declared_text(t, &row.after, b));
		TRY(differ_note(t->d, t->pair, &row));
	}
	return OK;
}

static struct err
compare_dataset(struct terms *t)
{
	const struct policy *old = t->d->old, *new = t->d->new;

	TRY(diff_term_fields(
	    t, dataset_fields, NUM(dataset_fields), t->old_ds, t->new_ds));
	TRY(diff_term_text(t, "dataset: controller",
	    old->parties[t->old_ds->controller].id,
	    new->parties[t->new_ds->controller].id));
	TRY(compare_presets(t));
	TRY(compare_reading(t));
	return compare_declarations(t);
}

/* --- The purpose and the recipient --- */

static struct err
compare_purpose(struct terms *t)
{
	const struct purpose *a = &t->d->old->purposes[t->pair->old->purpose];
	const struct purpose *b = &t->d->new->purposes[t->pair->new->purpose];

	TRY(diff_term_fields(t, purpose_fields, NUM(purpose_fields), a, b));
	TRY(diff_term_text(t, "purpose: hipaa",
	    span_str(model_basis_name(a->hipaa)),
	    span_str(model_basis_name(b->hipaa))));
	return diff_term_text(t, "purpose: gdpr",
	    span_str(model_basis_name(a->gdpr)),
	    span_str(model_basis_name(b->gdpr)));
}

static struct err
compare_recipient(struct terms *t)
{
	const struct party *a = &t->d->old->parties[t->pair->old->recipient];
	const struct party *b = &t->d->new->parties[t->pair->new->recipient];

	TRY(diff_term_fields(t, party_fields, NUM(party_fields), a, b));
	TRY(diff_term_text(t, "recipient: country", span_of(a->country, 2),
	    span_of(b->country, 2)));
	TRY(diff_term_text(t, "recipient: role",
	    span_str(model_role_name(a->role)),
	    span_str(model_role_name(b->role))));
	if (span_equal(a->contact, b->contact))
		return OK;
	return diff_term_at(t, "recipient: contact", DIFF_OTHER, a->contact,
	    b->contact, t->pair->new->line);
}

struct err
diff_terms_compare(struct differ *d, struct differ_pair *pair)
{
	struct terms t = {.d = d,
	    .pair = pair,
	    .old_ds = &d->old->datasets[pair->old->dataset],
	    .new_ds = &d->new->datasets[pair->new->dataset]};

	TRY(compare_agreement(&t));
	TRY(compare_rules(&t));
	TRY(compare_answers_of(&t, true));
	TRY(compare_answers_of(&t, false));
	TRY(compare_dataset(&t));
	TRY(compare_purpose(&t));
	TRY(compare_recipient(&t));
	return diff_bounds_compare(&t);
}
