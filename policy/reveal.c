#include "policy/reveal.h"

#include <inttypes.h>
#include <string.h>

#include "crypto/encode.h"
#include "crypto/sshsig.h"
#include "policy/decide.h"
#include "policy/literal.h"

#define TITLE "gatehouse reveal\n"
#define IN_CODES "in the codes" /* where their epoch is */

enum {
	DAY_S = 24 * 60 * 60,
	TIME_LEN = 20, /* 2026-11-28T10:00:00Z */
};

/* The lines between the title and the codes, in their order. */
static const struct {
	const char *name;
	size_t at; /* a span in struct reveal_request */
} fields[] = {
    {"policy: ", offsetof(struct reveal_request, policy)},
    {"emergency: ", offsetof(struct reveal_request, emergency)},
    {"agreement: ", offsetof(struct reveal_request, agreement)},
    {"column: ", offsetof(struct reveal_request, column)},
    {"place: ", offsetof(struct reveal_request, place)},
    {"asked-by: ", offsetof(struct reveal_request, asked_by)},
    {"reason: ", offsetof(struct reveal_request, reason)},
};

enum {
	NUM_FIELDS = sizeof(fields) / sizeof(fields[0])
};

static bool
is_line(struct span value)
{
	for (size_t i = 0; i < value.len; i++)
		if (value.data[i] < ' ' || value.data[i] == 0x7f)
			return false;
	return value.len > 0 && value.len <= REVEAL_MAX_CODE;
}

/* What a text holds can be asked for: the same for who writes and reads it. */
static struct err
check(const struct reveal_request *r)
{
	for (size_t i = 0; i < NUM_FIELDS; i++) {
		struct span value;

		memcpy(&value, (const char *)r + fields[i].at, sizeof(value));
		if (!is_line(value))
			return ERR(MALFORMED,
			    "a request has a value that is empty, longer than "
			    "256 bytes, or more than a line");
	}
	if (r->num_codes == 0 || r->num_codes > REVEAL_MAX_CODES)
		return ERR(MALFORMED, "a request is for 1 to 32 codes");
	for (uint32_t i = 0; i < r->num_codes; i++) {
		if (!is_line(r->codes[i]))
			return ERR(MALFORMED, "a request has a bad code");
		for (uint32_t j = 0; j < i; j++)
			if (span_equal(r->codes[i], r->codes[j]))
				return ERR(
				    MALFORMED, "a request has a code twice");
	}
	return OK;
}

/* --- Its time --- */

static struct err
put_time(struct buf *out, int64_t time_s)
{
	int year, month, mday;
	int64_t second = time_s % DAY_S;

	if (time_s < 0 || time_s / DAY_S > INT32_MAX)
		return ERR(MALFORMED, "a request of no time");
	literal_civil((int32_t)(time_s / DAY_S), &year, &month, &mday);
	return buf_append_format(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", year,
	    month, mday, (int)(second / 3600), (int)(second / 60 % 60),
	    (int)(second % 60));
}

/* Two digits of a time; what they may be at most, put_time knows. */
static bool
take_part(struct span text, size_t at, int64_t *out)
{
	uint64_t tens, ones;

	if (span_u64(span_sub(text, at, 1), &tens, 9).code != ERR_OK ||
	    span_u64(span_sub(text, at + 1, 1), &ones, 9).code != ERR_OK)
		return false;
	*out = (int64_t)(10 * tens + ones);
	return true;
}

/* The time whose text it is. */
static struct err
take_time(int64_t *out_s, struct span text)
{
	struct buf again CLEANUP(buf_done) = {.max = 64};
	int64_t hour, minute, second, time_s;
	int32_t day;

	if (text.len != TIME_LEN ||
	    literal_day(span_sub(text, 0, 10), &day).code != ERR_OK ||
	    !take_part(text, 11, &hour) || !take_part(text, 14, &minute) ||
	    !take_part(text, 17, &second))
		return ERR(MALFORMED, "a request has no time");
	time_s = (int64_t)day * DAY_S + hour * 3600 + minute * 60 + second;
	TRY(put_time(&again, time_s));
	if (!span_equal(buf_span(&again), text))
		return ERR(MALFORMED, "a request has no time");
	*out_s = time_s;
	return OK;
}

/* --- The text --- */

struct err
reveal_put(struct buf *out, const struct reveal_request *r)
{
	TRY(check(r));
	TRY(buf_append_str(out, TITLE));
	for (size_t i = 0; i < NUM_FIELDS; i++) {
		struct span value;

		memcpy(&value, (const char *)r + fields[i].at, sizeof(value));
		TRY(buf_append_str(out, fields[i].name));
		TRY(buf_append(out, value));
		TRY(buf_append_str(out, "\n"));
	}
	TRY(buf_append_str(out, "epoch: "));
	TRY(r->epoch == 0 ? buf_append_str(out, IN_CODES)
			  : buf_append_format(out, "%" PRIu32, r->epoch));
	TRY(buf_append_str(out, "\nmade: "));
	TRY(put_time(out, r->made_s));
	TRY(buf_append_str(out, "\nnonce: "));
	TRY(encode_hex(out, span_of(r->nonce, sizeof(r->nonce))));
	TRY(buf_append_format(out, "\ncodes: %u\n", (unsigned)r->num_codes));
	for (uint32_t i = 0; i < r->num_codes; i++) {
		TRY(buf_append(out, r->codes[i]));
		TRY(buf_append_str(out, "\n"));
	}
	return OK;
}

/* The rest of the next line, which begins so. */
static struct err
take_line(struct span *text, const char *name, struct span *out)
{
	struct span line, given;
	size_t end = span_find(*text, '\n');

	if (end == text->len)
		return ERR(MALFORMED, "a request ends within a line");
	TRY(span_take(text, &line, end));
	TRY(span_take(text, &given, 1));
	if (line.len < strlen(name) ||
	    !span_equal_str(span_sub(line, 0, strlen(name)), name))
		return ERR(MALFORMED, "not a request to reveal");
	*out = span_sub(line, strlen(name), line.len);
	return OK;
}

static struct err
take_epoch(struct reveal_request *r, struct span text)
{
	uint64_t epoch = 0;

	if (!span_equal_str(text, IN_CODES) &&
	    span_u64(text, &epoch, UINT32_MAX).code != ERR_OK)
		return ERR(MALFORMED, "a request has no epoch");
	r->epoch = (uint32_t)epoch;
	return OK;
}

static struct err
take_nonce(struct reveal_request *r, struct span text)
{
	struct buf bytes CLEANUP(buf_done) = {.max = REVEAL_NONCE};

	if (text.len != 2 * REVEAL_NONCE ||
	    decode_hex(&bytes, text).code != ERR_OK)
		return ERR(MALFORMED, "a request has no nonce");
	memcpy(r->nonce, bytes.data, REVEAL_NONCE);
	return OK;
}

static struct err
take_codes(struct reveal_request *r, struct span *text)
{
	struct span value;
	uint64_t num;

	TRY(take_line(text, "codes: ", &value));
	if (span_u64(value, &num, REVEAL_MAX_CODES).code != ERR_OK)
		return ERR(MALFORMED, "a request is for 1 to 32 codes");
	for (r->num_codes = 0; r->num_codes < num; r->num_codes++)
		TRY(take_line(text, "", &r->codes[r->num_codes]));
	return span_end(*text);
}

/* One text for each request: what parses is what reveal_put writes. */
struct err
reveal_parse(struct reveal_request *out, struct span text)
{
	struct buf again CLEANUP(buf_done) = {.max = REVEAL_MAX};
	struct reveal_request r = {.num_codes = 0};
	struct span rest = text, value;

	if (text.len > REVEAL_MAX)
		return ERR(TOO_BIG, "a request is over 16 KiB");
	TRY(take_line(&rest, "gatehouse reveal", &value));
	for (size_t i = 0; i < NUM_FIELDS; i++) {
		TRY(take_line(&rest, fields[i].name, &value));
		memcpy((char *)&r + fields[i].at, &value, sizeof(value));
	}
	TRY(take_line(&rest, "epoch: ", &value));
	TRY(take_epoch(&r, value));
	TRY(take_line(&rest, "made: ", &value));
	TRY(take_time(&r.made_s, value));
	TRY(take_line(&rest, "nonce: ", &value));
	TRY(take_nonce(&r, value));
	TRY(take_codes(&r, &rest));
	TRY(reveal_put(&again, &r));
	if (!span_equal(buf_span(&again), text))
		return ERR(MALFORMED, "a request is written in another way");
	*out = r;
	return OK;
}

/* --- What the policy says --- */

/* A form that its key undoes, or the codebook with it. */
static bool
can_be_undone(const struct protection *how)
{
	return how->op == PROTECT_SEALED || how->op == PROTECT_TOKEN ||
	    how->op == PROTECT_FORMAT;
}

static const char *
find_emergency(struct reveal_grant *g, const struct policy *p,
    const struct reveal_request *r)
{
	if (!span_equal(r->policy, p->name))
		return "the request is to a policy of another name";
	for (uint32_t i = 0; i < p->num_emergencies; i++)
		if (span_equal(p->emergencies[i].id, r->emergency)) {
			g->emergency = i;
			return NULL;
		}
	return "the policy in force has no such emergency";
}

/* Whose date it is tells by how much it was moved; NO_INDEX: nobody can. */
static uint32_t
find_subject(const struct policy *p, const struct agreement *a)
{
	uint32_t subject = p->datasets[a->dataset].subject_column;

	for (uint32_t i = 0; i < a->num_columns; i++)
		if (a->columns[i].column == subject &&
		    can_be_undone(&a->columns[i].how))
			return i;
	return NO_INDEX;
}

static const char *
find_form(struct reveal_grant *g, const struct policy *p,
    const struct agreement *a, struct span column)
{
	const struct dataset *ds = &p->datasets[a->dataset];

	for (uint32_t i = 0; i < a->num_columns; i++) {
		const struct delivered *d = &a->columns[i];
		bool moves = d->how.op == PROTECT_SHIFT;

		if (!span_equal(ds->columns[d->column].name, column) ||
		    !(moves || can_be_undone(&d->how)))
			continue;
		g->delivered = i;
		g->subject = moves ? find_subject(p, a) : NO_INDEX;
		return moves && g->subject == NO_INDEX
		    ? "the agreement moves these dates, and does not deliver "
		      "whose they are in a form that can be undone"
		    : NULL;
	}
	return "the agreement does not deliver this column in a form that can "
	       "be undone (`sealed`, `token`, `format`, `shift`)";
}

/* The agreement's column, if the emergency lists it. */
static const char *
find_column(struct reveal_grant *g, const struct policy *p,
    const struct reveal_request *r)
{
	const struct emergency *e = &p->emergencies[g->emergency];
	const struct dataset *ds = &p->datasets[e->dataset];
	const struct agreement *a = NULL;
	bool listed = false;

	for (uint32_t i = 0; i < p->num_agreements && a == NULL; i++)
		if (span_equal(p->agreements[i].id, r->agreement)) {
			a = &p->agreements[i];
			g->agreement = i;
		}
	if (a == NULL)
		return "the policy in force has no such agreement";
	if (a->dataset != e->dataset)
		return "the agreement is of another dataset than the emergency";
	for (uint32_t i = 0; i < e->num_columns; i++)
		listed = listed ||
		    span_equal(ds->columns[e->columns[i]].name, r->column);
	if (!listed)
		return "the emergency does not list this column";
	return find_form(g, p, a, r->column);
}

/* A shape is as good under any key: the wrong one shows somebody else. */
static const char *
check_epoch(const struct reveal_grant *g, const struct policy *p,
    const struct reveal_request *r)
{
	const struct agreement *a = &p->agreements[g->agreement];
	enum protection_op op = a->columns[g->delivered].how.op;
	bool says = op == PROTECT_SEALED || op == PROTECT_TOKEN;

	if (says && r->epoch != 0)
		return "these codes say their epoch: ask without one";
	if (!says && r->epoch == 0)
		return "these codes do not say their epoch: ask for one "
		       "(`--epoch`; `gatehouse key list` has them)";
	return NULL;
}

static const char *
check_when_and_where(struct reveal_grant *g, const struct policy *p,
    const struct reveal_request *r, int64_t now_s)
{
	const struct emergency *e = &p->emergencies[g->emergency];
	bool listed = false;

	g->place = model_find_place(p, r->place);
	for (uint32_t i = 0; i < e->num_places; i++)
		listed = listed || e->places[i] == g->place;
	if (g->place == NO_INDEX || !listed || !p->places[g->place].on_premises)
		return "the emergency does not list this place";
	if (r->made_s > now_s + REVEAL_CLOCK_S)
		return "the request was made in the future: look at the clocks";
	if (now_s - r->made_s >= (int64_t)e->hours * 3600)
		return "the request has expired: make another one, and have it "
		       "approved";
	return NULL;
}

/* --- Who signed --- */

static uint32_t
signer_of(const struct policy *p, struct span signature, struct span text)
{
	for (uint32_t i = 0; i < p->num_signers; i++)
		if (sshsig_verify(signature, p->signers[i].key,
			span_str(REVEAL_NAMESPACE), text)
			.code == ERR_OK)
			return i;
	return NO_INDEX;
}

static bool
is_among(const uint32_t *items, size_t num, uint32_t item)
{
	for (size_t i = 0; i < num; i++)
		if (items[i] == item)
			return true;
	return false;
}

static const char *
check_people(struct reveal_grant *g, const struct policy *p,
    const struct reveal_request *r, const uint32_t *signed_by, size_t num)
{
	const struct emergency *e = &p->emergencies[g->emergency];
	uint32_t approved = 0;

	for (uint32_t i = 0; i < p->num_signers; i++)
		if (span_equal(p->signers[i].id, r->asked_by))
			g->asked_by = i;
	if (g->asked_by == NO_INDEX ||
	    !model_signer_in(&p->signers[g->asked_by], e->who, e->num_who))
		return "who asks is no signer of a group that may ask";
	if (!is_among(signed_by, num, g->asked_by))
		return "who asks has not signed the request";
	for (size_t i = 0; i < num && approved < 2; i++)
		if (signed_by[i] != g->asked_by &&
		    !is_among(g->approvers, approved, signed_by[i]) &&
		    model_signer_in(&p->signers[signed_by[i]], e->approvers,
			e->num_approvers))
			g->approvers[approved++] = signed_by[i];
	if (approved < 2)
		return "two of its approvers have to sign the request, and "
		       "neither is who asks";
	return NULL;
}

/* --- `never` --- */

/* As an agreement that delivers the column as it is, to who asks. */
static const char *
check_never(struct reveal_grant *g, const struct policy *p)
{
	const struct emergency *e = &p->emergencies[g->emergency];
	const struct agreement *of = &p->agreements[g->agreement];
	struct delivered shown = {.column = of->columns[g->delivered].column,
	    .how = {.op = PROTECT_KEEP}};
	const struct agreement a = {.id = e->id,
	    .dataset = e->dataset,
	    .purpose = e->purpose,
	    .recipient = of->recipient,
	    .columns = &shown,
	    .num_columns = 1};

	g->guardrail =
	    decide_never_signer(p, &p->signers[g->asked_by], &a, g->place);
	return g->guardrail == NO_INDEX
	    ? NULL
	    : "a guardrail of the policy (`never`) forbids it";
}

void
reveal_judge(struct reveal_grant *out, const struct policy *p,
    const struct reveal_question *q)
{
	const struct reveal_request *r = q->request;
	size_t num = q->num_signatures;
	uint32_t signed_by[REVEAL_MAX_SIGNATURES];

	*out = (struct reveal_grant){.emergency = NO_INDEX,
	    .agreement = NO_INDEX,
	    .place = NO_INDEX,
	    .subject = NO_INDEX,
	    .guardrail = NO_INDEX,
	    .asked_by = NO_INDEX,
	    .approvers = {NO_INDEX, NO_INDEX}};
	out->denied = find_emergency(out, p, r);
	if (out->denied == NULL)
		out->denied = find_column(out, p, r);
	if (out->denied == NULL)
		out->denied = check_epoch(out, p, r);
	if (out->denied == NULL)
		out->denied = check_when_and_where(out, p, r, q->now_s);
	if (out->denied == NULL && num > REVEAL_MAX_SIGNATURES)
		out->denied = "more signatures than four";
	for (size_t i = 0; out->denied == NULL && i < num; i++) {
		signed_by[i] = signer_of(p, q->signatures[i], q->text);
		if (signed_by[i] == NO_INDEX)
			out->denied = "a signature is by no signer of the "
				      "policy, or of another text";
	}
	if (out->denied == NULL)
		out->denied = check_people(out, p, r, signed_by, num);
	if (out->denied == NULL)
		out->denied = check_never(out, p);
}
