#include "gateway/worker/asker.h"

#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/limits.h"

/* --- open calls -------------------------------------------------------- */

static struct asker_call *
find(struct asker *asker, uint64_t id)
{
	struct asker_call *call;

	LIST_FOREACH(call, &asker->open[id % ASKER_BUCKETS], next)
	if (call->id == id)
		return call;
	return NULL;
}

static void
unlink_call(struct asker_call *call)
{
	if (call->id != 0)
		LIST_REMOVE(call, next);
	call->id = 0;
}

/* --- what the keeper says ---------------------------------------------- */

/* Own the texts: the frame's buffer is used again. */
static struct err
keep_texts(struct asker_call *call)
{
	struct ask_answer *answer = &call->answer;

	buf_init(&call->text, ASK_MAX_TEXT + ASK_MAX_HEADER);
	TRY(buf_reserve(
	    &call->text, answer->sentence.len + answer->header.len));
	TRY(buf_append(&call->text, answer->sentence));
	TRY(buf_append(&call->text, answer->header));
	struct span text = buf_span(&call->text);
	answer->header =
	    span_sub(text, answer->sentence.len, answer->header.len);
	answer->sentence = span_sub(text, 0, answer->sentence.len);
	return OK;
}

static bool
wants_fd(const struct ask_answer *answer)
{
	return answer->kind == ASK_OBJECT || answer->kind == ASK_GROWING;
}

static struct err
on_answer(void *context, struct channel *channel, struct frame *frame)
{
	struct asker_call *call = find(context, frame->id);
	struct ask_answer answer;

	(void)channel;
	TRY(ask_take_answer(&answer, frame->body));
	if (wants_fd(&answer) != (frame->num_fds == 1))
		return ERR(MALFORMED, "asker: an object without its slot");
	if (call == NULL)
		return OK; /* cancelled, while this was on its way */
	if (call->answered)
		return ERR(MALFORMED, "asker: answered twice");
	call->answer = answer;
	explicit_bzero(&answer, sizeof(answer));
	TRY(keep_texts(call));
	if (frame->num_fds == 1)
		call->fd = frame_take_fd(frame, 0);
	call->answered = true;
	call->wake(call->context);
	return OK;
}

static struct err
on_part(void *context, struct channel *channel, struct frame *frame)
{
	struct asker_call *call = find(context, frame->id);
	struct ask_part part;

	(void)channel;
	TRY(ask_take_part(&part, frame->body));
	if (call == NULL)
		return OK;
	if (!call->answered || call->complete ||
	    (call->answer.kind != ASK_LISTING &&
		call->answer.kind != ASK_BUCKETS) ||
	    part.num_items > S3_MAX_LIST - call->num_items)
		return ERR(MALFORMED, "asker: a part of no listing");
	TRY(buf_append(&call->items, part.items));
	call->num_items += part.num_items;
	if (!part.last)
		return OK;
	TRY(buf_append(&call->token, part.token));
	call->truncated = part.truncated;
	call->complete = true;
	call->wake(call->context);
	return OK;
}

static struct err
on_progress(void *context, struct channel *channel, struct frame *frame)
{
	struct asker_call *call = find(context, frame->id);
	struct ask_progress progress;

	(void)channel;
	TRY(ask_take_progress(&progress, frame->body));
	if (call == NULL)
		return OK;
	if (!call->answered || call->answer.kind != ASK_GROWING ||
	    call->progress.growth != ASK_GROWS ||
	    (progress.growth != ASK_SPOILT &&
		progress.payload_len < call->progress.payload_len))
		return ERR(MALFORMED, "asker: progress of no growing slot");
	call->progress = progress;
	call->wake(call->context);
	return OK;
}

/* For this call it is as if the keeper were lost, but that it hears of it. */
static struct err
on_withdraw(void *context, struct channel *channel, struct frame *frame)
{
	struct asker_call *call = find(context, frame->id);

	(void)channel;
	if (call == NULL)
		return OK; /* it is done, which was on its way */
	if (!call->answered)
		return ERR(MALFORMED, "asker: a grant that never was");
	call->lost = true;
	call->wake(call->context);
	return OK;
}

/* Whatever else a keeper says ends it: it is not the keeper that we know. */
static const struct channel_rule rules[] = {
    {ASK_ANSWER, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_answer},
    {ASK_ANSWER, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 1, on_answer},
    {ASK_PART, CHANNEL_ANY_STATE, false, FRAME_MAX_BODY, 0, on_part},
    {ASK_PROGRESS, CHANNEL_ANY_STATE, false, 9, 0, on_progress},
    {ASK_WITHDRAW, CHANNEL_ANY_STATE, false, 0, 0, on_withdraw},
};

/* --- life -------------------------------------------------------------- */

void
asker_init(struct asker *asker)
{
	*asker = (struct asker){.last_id = 0};
	channel_init(&asker->channel, -1, rules, 0, asker);
}

void
asker_lose(struct asker *asker)
{
	channel_done(&asker->channel);
	/* Waking may end other calls too: begin anew after each. */
	for (size_t i = 0; i < ASKER_BUCKETS; i++) {
		struct asker_call *call;

		while ((call = LIST_FIRST(&asker->open[i])) != NULL) {
			unlink_call(call);
			call->lost = true;
			call->wake(call->context);
		}
	}
}

void
asker_attach(struct asker *asker, int fd)
{
	asker_lose(asker);
	channel_init(&asker->channel, fd, rules,
	    sizeof(rules) / sizeof(rules[0]), asker);
	channel_pack(&asker->channel);
}

bool
asker_connected(const struct asker *asker)
{
	return asker->channel.fd >= 0;
}

struct err
asker_ready(struct asker *asker)
{
	TRY(channel_flush(&asker->channel));
	return channel_drain(&asker->channel, 64);
}

/* --- what we say ------------------------------------------------------- */

struct err
asker_ask(struct asker *asker, struct asker_call *call,
    const struct ask_request *question)
{
	struct buf body CLEANUP(buf_wipe) = {.max = FRAME_MAX_BODY};
	struct err err;

	buf_init(&call->items, S3_MAX_XML);
	buf_init(&call->token, S3_MAX_TOKEN);
	if (!asker_connected(asker))
		return ERR(UNAVAILABLE, "asker: the keeper is away");
	TRY(ask_put_request(&body, question));
	err = channel_send_body(
	    &asker->channel, ASK_READ, asker->last_id + 1, buf_span(&body));
	if (err.code != ERR_OK)
		return ERR(UNAVAILABLE, "asker: the keeper does not read");
	call->id = ++asker->last_id;
	LIST_INSERT_HEAD(&asker->open[call->id % ASKER_BUCKETS], call, next);
	return OK;
}

/* A channel that takes no report is broken. Its other calls must not be woken
 * out of one's end: the loop will find it closed. */
static void
break_off(struct asker *asker)
{
	if (asker->channel.fd >= 0)
		shutdown(asker->channel.fd, SHUT_RDWR);
}

void
asker_flush(struct asker *asker)
{
	struct err err = channel_flush(&asker->channel);

	if (err.code != ERR_OK && err.code != ERR_CLOSED)
		break_off(asker);
}

bool
asker_can_wait(const struct asker *asker)
{
	return asker->channel.num_queued > 0 &&
	    !channel_is_due(&asker->channel);
}

void
asker_hurry(struct asker *asker)
{
	channel_hurry(&asker->channel);
}

/* The keeper that does not hear it closes the intent itself. */
static void
report(struct asker *asker, const struct asker_call *call,
    const struct ask_done *done)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct err err = OK;

	if (call->id == 0)
		return;
	if (!call->answered) {
		err = channel_send_body(
		    &asker->channel, ASK_CANCEL, call->id, (struct span){0});
	} else if (call->answer.kind != ASK_REFUSED) {
		err = ask_put_done(&body, done);
		if (err.code == ERR_OK)
			err = channel_send_patient(&asker->channel, ASK_DONE,
			    call->id, buf_span(&body));
	}
	if (err.code != ERR_OK)
		break_off(asker);
}

struct err
asker_refusals(struct asker *asker, const struct tally *refusals)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct err err;

	if (!asker_connected(asker))
		return ERR(UNAVAILABLE, "asker: the keeper is away");
	TRY(ask_put_refusals(&body, refusals));
	err = channel_send_patient(
	    &asker->channel, ASK_REFUSALS, 0, buf_span(&body));
	if (err.code != ERR_OK)
		return ERR(UNAVAILABLE, "asker: the keeper does not read");
	return OK;
}

void
asker_call_init(
    struct asker_call *call, void (*wake)(void *context), void *context)
{
	*call = (struct asker_call){.fd = -1, .wake = wake, .context = context};
}

void
asker_finish(
    struct asker *asker, struct asker_call *call, const struct ask_done *done)
{
	report(asker, call, done);
	unlink_call(call);
	if (call->fd >= 0)
		close(call->fd);
	buf_done(&call->text);
	buf_done(&call->items);
	buf_done(&call->token);
	explicit_bzero(&call->answer, sizeof(call->answer));
	asker_call_init(call, call->wake, call->context);
}
