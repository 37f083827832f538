/*
 * hostile_worker: a worker that somebody has taken over
 * (tests/harness/hostile.h). It has its two sockets to the keeper, and the
 * listeners, which it leaves alone.
 */
#include <err.h>
#include <unistd.h>

#include "crypto/tls_key.h"
#include "gateway/base/jail_tables.h"
#include "gateway/ipc/ask.h"
#include "gateway/ipc/control.h"
#include "gateway/s3/s3_canonical.h"
#include "tests/harness/hostile.h"

static int ask = -1, sign = -1;
static struct control_items items;

/* --- Of what it may say --- */

static void
put_request(struct buf *out, const char *certificate, struct span trace)
{
	static const uint8_t digest[32];
	struct buf canonical CLEANUP(buf_done) = {.max = ASK_MAX_CANONICAL};
	const struct pair headers[] = {
	    {span_str("Host"), span_str("localhost")}};
	const struct s3_request head = {.method = span_str("GET"),
	    .target = span_str("/train/a.csv"),
	    .headers = headers,
	    .num_headers = 1};
	struct ask_request request = {
	    .address = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1},
	    .certificate = span_str(certificate),
	    .trace = trace};

	if (s3_canonical_unsigned(&canonical, &head) != S3_ERR_NONE)
		errx(1, "hostile: no canonical request");
	if (request.certificate.len > 0)
		request.certificate_digest = span_of(digest, sizeof(digest));
	request.canonical = buf_span(&canonical);
	if (ask_put_request(out, &request).code != ERR_OK)
		errx(1, "hostile: no request");
}

/* --- What it tries --- */

static void
say_cut(const char *name, int seam)
{
	hostile_say(name, hostile_is_cut(seam));
}

static void
send_one(int seam, uint16_t type, uint64_t id, size_t len)
{
	static const uint8_t bytes[FRAME_MAX_BODY];

	(void)hostile_send(seam, type, id, span_of(bytes, len));
}

static void
try_done(void)
{
	const struct ask_done done = {.outcome = ASK_DELIVERED, .bytes = 1};
	struct buf body CLEANUP(buf_done) = {.max = 512};

	if (ask_put_done(&body, &done).code == ERR_OK)
		(void)hostile_send(ask, ASK_DONE, 1, buf_span(&body));
	say_cut("done with what another worker was granted", ask);
}

/* To cancel what is not there is nothing; what the others ask goes on. */
static void
try_cancel(void)
{
	size_t num = hostile_flood();

	for (uint64_t id = 0; id < num; id++)
		send_one(ask, ASK_CANCEL, id, 0);
	send_one(ask, ASK_CANCEL, 0, 1);
	say_cut("all requests of the others cancelled", ask);
}

static void
try_garbage(void)
{
	send_one(ask, ASK_READ, 7, 5000);
	say_cut("a request of zeros", ask);
}

static void
try_answer(void)
{
	send_one(ask, ASK_ANSWER, 7, 50);
	say_cut("an answer of the keeper's", ask);
}

static void
try_forged(void)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct ask_answer answer;
	struct frame frame;

	put_request(&body, "spiffe://st-anna/ml/trainer", (struct span){0});
	(void)hostile_send(ask, ASK_READ, 9, buf_span(&body));
	hostile_say("a certificate that nobody showed, and no signature",
	    hostile_hear(ask, &frame) && frame.type == ASK_ANSWER &&
		frame.num_fds == 0 &&
		ask_take_answer(&answer, frame.body).code == ERR_OK &&
		answer.kind == ASK_REFUSED);
}

static void
try_trace(void)
{
	static const uint8_t zeros[ASK_TRACE];
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	put_request(&body, "", span_of(zeros, sizeof(zeros)));
	(void)hostile_send(ask, ASK_READ, 9, buf_span(&body));
	say_cut("a trace that no client can have claimed", ask);
}

static void
try_refusals(void)
{
	static const uint8_t bytes[ASK_MAX_REFUSALS] = {[3] = TALLY_PLACES};

	(void)hostile_send(ask, ASK_REFUSALS, 0, span_of(bytes, sizeof(bytes)));
	say_cut("refusals of nobody, none of each", ask);
}

static void
try_algorithm(void)
{
	send_one(sign, SIGN_DIGEST, 7, 33);
	say_cut("an algorithm that is none", sign);
}

static void
try_long_digest(void)
{
	send_one(sign, SIGN_DIGEST, 7, FRAME_MAX_BODY);
	say_cut("a digest that is too long", sign);
}

static void
try_other_seam(void)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	put_request(&body, "", (struct span){0});
	(void)hostile_send(sign, ASK_READ, 9, buf_span(&body));
	say_cut("a request where signatures are asked for", sign);
}

/* Nothing is read of what is answered. */
static void
flood(const char *name, int seam, uint16_t type, struct span body)
{
	size_t num = hostile_flood();

	for (uint64_t id = 1; id <= num; id++) {
		if (!hostile_send(seam, type, id, body))
			break;
	}
	say_cut(name, seam);
}

static void
try_flood(void)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	put_request(&body, "", (struct span){0});
	flood("requests without an end", ask, ASK_READ, buf_span(&body));
}

static void
try_sign_flood(void)
{
	static const uint8_t digest[33] = {TLS_KEY_ECDSA, 1, 2, 3};

	flood("signatures without an end", sign, SIGN_DIGEST,
	    span_of(digest, sizeof(digest)));
}

static void (*const tries[])(void) = {try_done, try_cancel, try_garbage,
    try_answer, try_forged, try_trace, try_refusals, try_algorithm,
    try_long_digest, try_other_seam, try_flood, try_sign_flood};

enum {
	NUM_TRIES = sizeof(tries) / sizeof(tries[0]),
	SWEEP = HOSTILE_BREAKS + NUM_TRIES, /* the last turn */
};

static void
take_turn(size_t turn)
{
	if (turn < HOSTILE_BREAKS) {
		say_cut(hostile_break(ask, turn), ask);
		say_cut(hostile_break(sign, turn), sign);
	} else if (turn < SWEEP) {
		tries[turn - HOSTILE_BREAKS]();
	}
}

int
main(void)
{
	const struct jail_table *table = jail_tables_find("worker");
	struct jail_spec spec = {.role = "worker",
	    .syscalls = table->syscalls,
	    .num_syscalls = table->num_syscalls};
	struct jail_report report;
	size_t turn = hostile_begin("worker", SWEEP + 1);

	if (control_receive(&items, CONTROL_FD).code != ERR_OK ||
	    control_fd(&items, "ask", 0, &ask).code != ERR_OK ||
	    control_fd(&items, "sign", 0, &sign).code != ERR_OK)
		return 1;
	hostile_patience(ask);
	hostile_patience(sign);
	hostile_patience(CONTROL_FD);
	if (control_send_ready(CONTROL_FD, "hostile").code != ERR_OK)
		return 1;
	if (turn == SWEEP)
		hostile_sweep(&spec);
	else if (jail_enter(&report, &spec).code != ERR_OK)
		return 1;
	take_turn(turn);
	hostile_stay();
}
