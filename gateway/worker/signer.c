#include "gateway/worker/signer.h"

#include <sys/socket.h>
#include <unistd.h>

/* A keeper that takes nothing is none: the loop will find the socket closed. */
static void
break_off(struct tls_signer *signer)
{
	if (signer->channel.fd >= 0)
		shutdown(signer->channel.fd, SHUT_RDWR);
}

/* The next of the line, as many as may be with the keeper. */
static void
ask_next(struct tls_signer *signer)
{
	struct signer_wait *wait;

	TAILQ_FOREACH(wait, &signer->line, next)
	{
		if (signer->num_asked == SIGNER_AT_ONCE)
			return;
		if (wait->state != SIGNER_STANDS)
			continue;
		wait->id = ++signer->last_id;
		if (channel_send_body(&signer->channel, SIGN_DIGEST, wait->id,
			buf_span(&wait->bytes))
			.code != ERR_OK) {
			break_off(signer);
			return;
		}
		wait->state = SIGNER_ASKED;
		signer->num_asked++;
	}
}

static struct signer_wait *
find(struct tls_signer *signer, uint64_t id)
{
	struct signer_wait *wait;

	TAILQ_FOREACH(wait, &signer->line, next)
	{
		if (wait->state != SIGNER_ASKED)
			return NULL;
		if (wait->id == id)
			return wait;
	}
	return NULL;
}

/* It is over, in one way or the other. */
static void
end(struct tls_signer *signer, struct signer_wait *wait, enum signer_state how)
{
	TAILQ_REMOVE(&signer->line, wait, next);
	wait->state = how;
}

static struct err
on_signature(void *context, struct channel *channel, struct frame *frame)
{
	struct tls_signer *signer = context;

	(void)channel;
	if (signer->num_asked == 0 || frame->id > signer->last_id)
		return ERR(MALFORMED, "signer: nobody asked for it");
	signer->num_asked--;
	struct signer_wait *wait = find(signer, frame->id);
	if (wait != NULL) {
		/* The question had more room than that. */
		buf_reset(&wait->bytes);
		bool made = frame->body.len > 0 &&
		    buf_append(&wait->bytes, frame->body).code == ERR_OK;
		end(signer, wait, made ? SIGNER_MADE : SIGNER_FAILED);
	}
	ask_next(signer);
	if (wait != NULL)
		wait->wake(wait->context);
	return OK;
}

static const struct channel_rule rules[] = {
    {SIGN_RESULT, CHANNEL_ANY_STATE, false, TLS_KEY_MAX_SIGNATURE, 0,
	on_signature},
};

/* --- life -------------------------------------------------------------- */

void
signer_init(struct tls_signer *signer)
{
	*signer = (struct tls_signer){.last_id = 0};
	channel_init(&signer->channel, -1, rules, 0, signer);
	TAILQ_INIT(&signer->line);
}

void
signer_lose(struct tls_signer *signer)
{
	struct signer_wait *wait;

	channel_done(&signer->channel);
	signer->num_asked = 0;
	/* Waking may end others too: begin anew after each. */
	while ((wait = TAILQ_FIRST(&signer->line)) != NULL) {
		end(signer, wait, SIGNER_FAILED);
		wait->wake(wait->context);
	}
}

void
signer_attach(struct tls_signer *signer, int fd)
{
	signer_lose(signer);
	channel_init(&signer->channel, fd, rules,
	    sizeof(rules) / sizeof(rules[0]), signer);
}

struct err
signer_ready(struct tls_signer *signer)
{
	TRY(channel_flush(&signer->channel));
	return channel_drain(&signer->channel, 64);
}

/* --- who waits --------------------------------------------------------- */

static struct err
stand(struct tls_signer *signer, struct signer_wait *wait, enum tls_key_alg alg,
    struct span in)
{
	if (signer->channel.fd < 0)
		return ERR(UNAVAILABLE, "signer: the keeper is away");
	buf_init(&wait->bytes, 1 + TLS_KEY_MAX_INPUT);
	TRY(buf_put_u8(&wait->bytes, (uint8_t)alg));
	TRY(buf_append(&wait->bytes, in));
	wait->state = SIGNER_STANDS;
	TAILQ_INSERT_TAIL(&signer->line, wait, next);
	ask_next(signer);
	return ERR(AGAIN, "signer: the keeper signs");
}

void
signer_leave(struct tls_signer *signer, struct signer_wait *wait)
{
	if (wait->state == SIGNER_STANDS || wait->state == SIGNER_ASKED)
		TAILQ_REMOVE(&signer->line, wait, next);
	wait->state = SIGNER_NONE;
	buf_done(&wait->bytes);
}

struct err
signer_sign(void *context, void *waiter, enum tls_key_alg alg, struct span in,
    uint8_t out[TLS_KEY_MAX_SIGNATURE], size_t *out_len)
{
	struct tls_signer *signer = context;
	struct signer_wait *wait = waiter;
	struct err err = OK;

	switch (wait->state) {
	case SIGNER_NONE:
		err = stand(signer, wait, alg, in);
		break;
	case SIGNER_STANDS:
	case SIGNER_ASKED:
		return ERR(AGAIN, "signer: the keeper signs");
	case SIGNER_MADE:
		memcpy(out, wait->bytes.data, wait->bytes.len);
		*out_len = wait->bytes.len;
		break;
	case SIGNER_FAILED:
		err = ERR(DENIED, "signer: the keeper does not sign");
		break;
	}
	if (err.code != ERR_AGAIN)
		signer_leave(signer, wait);
	return err;
}
