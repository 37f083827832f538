#include "gateway/ipc/admin.h"

#include "crypto/sshsig.h"

struct err
admin_put_question(struct buf *out, const struct admin_question *question)
{
	TRY(buf_put_field(out, question->agreement));
	TRY(buf_put_field(out, question->object));
	return buf_put_u32be(out, question->number);
}

struct err
admin_take_question(struct admin_question *out, struct span body)
{
	struct admin_question question;

	TRY(span_take_field(&body, &question.agreement, ADMIN_MAX_AGREEMENT));
	TRY(span_take_field(&body, &question.object, ADMIN_MAX_KEY));
	TRY(span_take_u32be(&body, &question.number));
	TRY(span_end(body));
	*out = question;
	return OK;
}

struct err
admin_put_form(struct buf *out, const struct admin_form *form)
{
	TRY(buf_put_field(out, form->agreement));
	TRY(buf_put_field(out, form->place));
	return buf_append(
	    out, span_of(form->recipient, sizeof(form->recipient)));
}

struct err
admin_take_form(struct admin_form *out, struct span body)
{
	struct admin_form form;
	struct span recipient;

	TRY(span_take_field(&body, &form.agreement, ADMIN_MAX_AGREEMENT));
	TRY(span_take_field(&body, &form.place, ADMIN_MAX_PLACE));
	TRY(span_take(&body, &recipient, sizeof(form.recipient)));
	TRY(span_end(body));
	memcpy(form.recipient, recipient.data, sizeof(form.recipient));
	*out = form;
	return OK;
}

struct err
admin_put_reveal(struct buf *out, const struct admin_reveal *reveal)
{
	TRY(buf_put_field(out, reveal->text));
	TRY(buf_put_u32be(out, reveal->num_signatures));
	for (uint32_t i = 0; i < reveal->num_signatures; i++)
		TRY(buf_put_field(out, reveal->signatures[i]));
	return OK;
}

struct err
admin_take_reveal(struct admin_reveal *out, struct span body)
{
	struct admin_reveal reveal;

	TRY(span_take_field(&body, &reveal.text, REVEAL_MAX));
	TRY(span_take_u32be(&body, &reveal.num_signatures));
	if (reveal.num_signatures > REVEAL_MAX_SIGNATURES)
		return ERR(TOO_BIG, "admin: too many signatures");
	for (uint32_t i = 0; i < reveal.num_signatures; i++)
		TRY(span_take_field(&body, &reveal.signatures[i], SSHSIG_MAX));
	TRY(span_end(body));
	*out = reveal;
	return OK;
}

struct err
admin_put_taken(struct buf *out, const struct admin_taken *taken)
{
	TRY(buf_put_u64be(out, taken->bytes));
	return buf_put_bool(out, taken->whole);
}

struct err
admin_take_taken(struct admin_taken *out, struct span body)
{
	struct admin_taken taken;

	TRY(span_take_u64be(&body, &taken.bytes));
	TRY(span_take_bool(&body, &taken.whole));
	TRY(span_end(body));
	*out = taken;
	return OK;
}

struct err
admin_put_shred(struct buf *out, const struct admin_shred *shred)
{
	TRY(buf_put_field(out, shred->dataset));
	TRY(buf_put_field(out, shred->column));
	return buf_put_field(out, shred->subject);
}

struct err
admin_take_shred(struct admin_shred *out, struct span body)
{
	struct admin_shred shred;

	TRY(span_take_field(&body, &shred.dataset, ADMIN_MAX_DATASET));
	TRY(span_take_field(&body, &shred.column, ADMIN_MAX_COLUMN));
	TRY(span_take_field(&body, &shred.subject, ADMIN_MAX_SUBJECT));
	TRY(span_end(body));
	*out = shred;
	return OK;
}

struct err
admin_put_recipient(struct buf *out, const struct admin_recipient *recipient)
{
	TRY(buf_put_field(out, recipient->party));
	TRY(buf_append(out, span_of(recipient->key, sizeof(recipient->key))));
	return buf_put_field(out, recipient->proof);
}

struct err
admin_take_recipient(struct admin_recipient *out, struct span body)
{
	struct admin_recipient recipient;
	struct span key;

	TRY(span_take_field(&body, &recipient.party, ADMIN_MAX_PARTY));
	TRY(span_take(&body, &key, sizeof(recipient.key)));
	TRY(span_take_field(&body, &recipient.proof, ADMIN_MAX_PROOF));
	TRY(span_end(body));
	memcpy(recipient.key, key.data, sizeof(recipient.key));
	*out = recipient;
	return OK;
}

struct err
admin_put_line(struct buf *out, const struct admin_line *line)
{
	TRY(buf_put_u32be(out, line->num_fields));
	for (uint32_t i = 0; i < line->num_fields; i++)
		TRY(buf_put_field(out, line->fields[i]));
	return OK;
}

struct err
admin_take_line(struct admin_line *out, struct span body)
{
	struct admin_line line;

	TRY(span_take_u32be(&body, &line.num_fields));
	if (line.num_fields > ADMIN_MAX_FIELDS)
		return ERR(TOO_BIG, "admin: too many fields");
	for (uint32_t i = 0; i < line.num_fields; i++)
		TRY(span_take_field(&body, &line.fields[i], ADMIN_MAX_TEXT));
	TRY(span_end(body));
	*out = line;
	return OK;
}

struct err
admin_put_end(struct buf *out, const struct admin_end *end)
{
	TRY(buf_put_u8(out, end->status));
	return buf_put_field(out, end->why);
}

struct err
admin_take_end(struct admin_end *out, struct span body)
{
	struct admin_end end;

	TRY(span_take_u8(&body, &end.status));
	TRY(span_take_field(&body, &end.why, ADMIN_MAX_TEXT));
	TRY(span_end(body));
	*out = end;
	return OK;
}
