#include "gateway/keeper/ask_answer.h"

#include <assert.h>
#include <fcntl.h>

#include "crypto/age_header.h"
#include "crypto/derive.h"
#include "gateway/keeper/ask_record.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_view.h"
#include "gateway/metric/metric.h"

static void
init_answer(struct ask_answer *answer, const struct ask *ask)
{
	*answer = (struct ask_answer){.kind = ask->kind,
	    .record = ask->record,
	    .party = ask->decision.party};
	memcpy(answer->request, ask->request_id, sizeof(answer->request));
}

/* Refusals and progress need no memory: when there is none they are what is
 * left to say. One thread; nothing of it is secret. */
static struct buf
room(void)
{
	static uint8_t bytes[ASK_MAX_TEXT + 256];

	return (struct buf){
	    .data = bytes, .cap = sizeof(bytes), .max = sizeof(bytes)};
}

void
ask_answer_refused(struct ask *ask, enum ask_refusal refusal)
{
	struct buf body = room();
	struct ask_answer answer;

	metric_count(METRIC_REFUSALS + refusal);
	ask->kind = ASK_REFUSED;
	init_answer(&answer, ask);
	answer.refusal = refusal;
	answer.sentence = buf_span(&ask->sentence);
	answer.num_ready = ask->num_ready;
	answer.num_total = ask->num_total;
	if (refusal == ASK_SLOW_DOWN)
		answer.retry_after_s =
		    ask->retry_after_s > 0 ? ask->retry_after_s : 5;
	struct err err = ask_put_answer(&body, &answer);
	assert(err.code == ERR_OK); /* a sentence is under ASK_MAX_TEXT */
	seam_send(ask->seam, ASK_ANSWER, ask->id, buf_span(&body));
}

/* The header of this generation for the agreement's recipients: derived, so
 * that it is the same bytes each time. */
static struct err
put_header(struct buf *out, const struct slot *slot)
{
	struct age_wrap wraps[SLOT_MAX_RECIPIENTS];
	struct slot_recipients set;
	struct err err = OK;

	TRY(slot_view_recipients(slot, &set));
	const struct keyring_keys *keys = keyring_open(slot->keeper->ring);
	for (size_t i = 0; err.code == ERR_OK && i < set.num; i++) {
		memcpy(wraps[i].recipient, set.keys[i], 32);
		err = derive_ephemeral(wraps[i].ephemeral, keys->header,
		    slot->generation, set.keys[i]);
	}
	keyring_close(slot->keeper->ring);
	if (err.code == ERR_OK)
		err = age_header_write(out, slot->file_key, wraps, set.num);
	explicit_bzero(wraps, sizeof(wraps));
	return err;
}

static struct err
put_object(struct ask *ask, struct ask_answer *answer, struct buf *header)
{
	struct slot *slot = ask->slot;
	const struct agreement *a =
	    &slot->keeper->policy.agreements[slot->agreement];

	answer->age = a->encrypt == ENCRYPT_AGE;
	if (answer->age)
		TRY(put_header(header, slot));
	else
		memcpy(
		    answer->file_key, slot->file_key, sizeof(answer->file_key));
	answer->header = buf_span(header);
	answer->payload_at = slot->header_len;
	if (slot->state == SLOT_READY) {
		answer->payload_len = slot->slot_len - slot->header_len;
		/* Of what is delivered, which with age is not the plaintext. */
		if (!answer->age)
			answer->sha256 = span_of(slot->sha256, 32);
	}
	answer->bytes_most = ask->bytes_most;
	answer->modified = slot->source.modified;
	return slot_view_etag(slot, answer->etag);
}

/* The worker reads by pread, so that sharing one open file is fine. */
static struct err
send_object(struct ask *ask)
{
	struct buf header CLEANUP(buf_wipe) = {.max = ASK_MAX_HEADER};
	struct buf body CLEANUP(buf_wipe) = {.max = FRAME_MAX_BODY};
	struct ask_answer answer;

	init_answer(&answer, ask);
	struct err err = put_object(ask, &answer, &header);
	if (err.code == ERR_OK)
		err = ask_put_answer(&body, &answer);
	explicit_bzero(&answer, sizeof(answer));
	TRY(err);
	int fd = fcntl(ask->slot->read_fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return ERR(IO, "keeper: no descriptor to give");
	struct frame frame = {.type = ASK_ANSWER,
	    .id = ask->id,
	    .body = buf_span(&body),
	    .fds = {fd},
	    .num_fds = 1};
	seam_send_frame(ask->seam, &frame);
	return OK;
}

static struct err
send_plain(struct ask *ask)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct ask_answer answer;

	init_answer(&answer, ask);
	TRY(ask_put_answer(&body, &answer));
	seam_send(ask->seam, ASK_ANSWER, ask->id, buf_span(&body));
	return OK;
}

/* --- Parts of a listing --- */

/* Items, gathered whole before the first is sent: once the worker has heard
 * that it is granted, no part may be missing. */
struct part_end {
	size_t at; /* bytes of items */
	uint32_t num_items;
};

struct parts {
	struct ask *ask;
	struct buf items;
	struct part_end *ends; /* in the ask's arena */
	size_t num;	       /* the last of them is open */
};

static struct err
parts_init(struct parts *parts, struct ask *ask, size_t max_items)
{
	*parts =
	    (struct parts){.ask = ask, .items = {.max = S3_MAX_XML}, .num = 1};
	return arena_alloc(
	    &ask->arena, &parts->ends, max_items + 1, sizeof(*parts->ends));
}

static struct err
add(struct parts *parts, const struct ask_item *item)
{
	struct part_end *end = &parts->ends[parts->num - 1];
	size_t from = parts->num == 1 ? 0 : end[-1].at;

	TRY(ask_put_item(&parts->items, item));
	if (end->num_items > 0 && parts->items.len - from > ASK_PART_MAX)
		end = &parts->ends[parts->num++];
	end->num_items++;
	end->at = parts->items.len;
	return OK;
}

/* The answer and its parts; after the first message nothing can fail but the
 * seam. */
static struct err
send_parts(const struct parts *parts, struct ask_part last)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct ask *ask = parts->ask;
	struct err err = buf_reserve(&body, FRAME_MAX_BODY);
	size_t at = 0;

	if (err.code == ERR_OK)
		err = send_plain(ask);
	for (size_t i = 0; err.code == ERR_OK && i < parts->num; i++) {
		const struct part_end *end = &parts->ends[i];
		struct ask_part part = {.last = false};
		if (i + 1 == parts->num)
			part = last;
		part.num_items = end->num_items;
		part.items =
		    span_sub(buf_span(&parts->items), at, end->at - at);
		at = end->at;
		buf_reset(&body);
		err = ask_put_part(&body, &part);
		if (err.code == ERR_OK)
			seam_send(
			    ask->seam, ASK_PART, ask->id, buf_span(&body));
	}
	return err;
}

/* The page that was asked for, of sorted entries. Errors: USAGE: the token
 * is none of ours, or another listing's. */
static struct err
cut_page(struct ask *ask, const struct s3_entry *entries, size_t num_entries,
    struct s3_page *out)
{
	struct buf after CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	struct span from = ask->route.list.after;

	if (ask->route.list.token.data != NULL) {
		const struct keyring_keys *keys =
		    keyring_open(ask->keeper->ring);
		enum s3_error error =
		    s3_list_open_token(&after, keys->token, &ask->route);
		keyring_close(ask->keeper->ring);
		if (error == S3_ERR_INTERNAL)
			return ERR(NO_MEMORY, "keeper: no memory for a token");
		if (error != S3_ERR_NONE)
			return ERR(USAGE, "keeper: not a token of ours");
	}
	if (after.len > 0)
		from = buf_span(&after);
	return s3_list_page(
	    &ask->arena, entries, num_entries, &ask->route.list, from, out);
}

static struct err
make_page(struct ask *ask, struct s3_page *out)
{
	struct s3_entry *entries;
	char *etags;

	TRY(arena_alloc(
	    &ask->arena, &entries, ask->listed.num, sizeof(*entries)));
	TRY(arena_alloc(&ask->arena, &etags, ask->listed.num, 37));
	for (size_t i = 0; i < ask->listed.num; i++) {
		struct slot *slot = ask->listed.files[i].slot;
		TRY(slot_view_etag(slot, etags + 37 * i));
		entries[i] = (struct s3_entry){.key = ask->listed.files[i].key,
		    .etag = span_str(etags + 37 * i),
		    .size = slot_view_len(slot),
		    .time_s = slot->source.modified};
	}
	return cut_page(ask, entries, ask->listed.num, out);
}

static struct ask_item
item_of(const struct s3_list_item *item)
{
	struct ask_item out = {
	    .name = item->name, .prefix = item->entry == NULL};

	if (item->entry != NULL) {
		out.etag = item->entry->etag;
		out.size = item->entry->size;
		out.modified = item->entry->time_s;
	}
	return out;
}

static struct err
send_page(struct ask *ask, const struct s3_page *page)
{
	struct buf token CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	struct parts parts;
	struct err err = parts_init(&parts, ask, page->num_items);

	if (err.code == ERR_OK && page->truncated) {
		const struct keyring_keys *keys =
		    keyring_open(ask->keeper->ring);
		err = s3_list_seal_token(
		    &token, keys->token, &ask->route, page->last);
		keyring_close(ask->keeper->ring);
	}
	for (size_t i = 0; err.code == ERR_OK && i < page->num_items; i++) {
		struct ask_item item = item_of(&page->items[i]);
		err = add(&parts, &item);
	}
	if (err.code == ERR_OK)
		err = send_parts(&parts,
		    (struct ask_part){.last = true,
			.truncated = page->truncated,
			.token = buf_span(&token)});
	buf_done(&parts.items);
	return err;
}

static struct err
send_listing(struct ask *ask)
{
	struct s3_page page;

	TRY(make_page(ask, &page));
	return send_page(ask, &page);
}

/* The agreements that this caller may read now, in the order of their names.
 */
static struct err
list_buckets(struct ask *ask, struct s3_entry **out, size_t *out_num)
{
	const struct policy *policy = &ask->keeper->policy;
	struct s3_entry *entries;
	size_t num = 0;

	TRY(arena_alloc(
	    &ask->arena, &entries, policy->num_agreements, sizeof(*entries)));
	for (uint32_t i = 0; i < policy->num_agreements; i++) {
		struct span id = policy->agreements[i].id;
		struct decision decision;
		size_t at = num;

		decide_read(&decision, policy, &ask->caller, id, ask->now_s);
		if (!decision.allowed)
			continue;
		for (; at > 0 && span_compare(entries[at - 1].key, id) > 0;
		     at--)
			entries[at] = entries[at - 1];
		entries[at] = (struct s3_entry){.key = id};
		num++;
	}
	*out = entries;
	*out_num = num;
	return OK;
}

static struct err
send_buckets(struct ask *ask)
{
	struct s3_entry *entries;
	struct s3_page page;
	size_t num;

	TRY(list_buckets(ask, &entries, &num));
	TRY(cut_page(ask, entries, num, &page));
	return send_page(ask, &page);
}

struct err
ask_answer_granted(struct ask *ask)
{
	switch (ask->kind) {
	case ASK_OBJECT:
	case ASK_GROWING:
		return send_object(ask);
	case ASK_BUCKETS:
		return send_buckets(ask);
	case ASK_LISTING:
		return send_listing(ask);
	case ASK_BUCKET:
		return send_plain(ask);
	case ASK_REFUSED:
	case NUM_ASK_KINDS:
		break;
	}
	return ERR(DENIED, "keeper: granted what was refused");
}

bool
ask_answer_progress(struct ask *ask)
{
	struct buf body = room();
	const struct slot *slot = ask->slot;
	struct ask_progress progress = {.growth = ASK_GROWS};

	if (!ask_record_is_of(ask, slot) || slot->state == SLOT_BAD ||
	    slot->state == SLOT_AWAY)
		progress.growth = ASK_SPOILT;
	else if (slot->state == SLOT_READY)
		progress.growth = ASK_FULL;
	if (slot->slot_len > slot->header_len)
		progress.payload_len = slot->slot_len - slot->header_len;
	struct err err = ask_put_progress(&body, &progress);
	assert(err.code == ERR_OK);
	seam_send(ask->seam, ASK_PROGRESS, ask->id, buf_span(&body));
	return progress.growth != ASK_GROWS;
}
