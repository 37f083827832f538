#include "tests/harness/keeperbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "crypto/age_key.h"
#include "crypto/age_stream.h"
#include "crypto/init.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/life.h"
#include "gateway/keeper/peers.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/recheck.h"
#include "gateway/keeper/seam.h"
#include "gateway/keeper/seeds.h"
#include "gateway/keeper/slot_fill.h"
#include "gateway/keeper/slot_table.h"
#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"
#include "tests/harness/seedbox.h"

#define HEX32 "000102030405060708090a0b0c0d0e0f"
#define TEXT(text)                                                             \
	{                                                                      \
		(const uint8_t *)(text), sizeof(text) - 1                      \
	}

enum {
	TURNS = 4,     /* of the loop, for what one message sets off */
	MANY = 100000, /* messages: no test needs as many */
};

static const struct {
	const char *name;
	uint32_t index;
} peers[NUM_BOX_PEERS] = {
    [BOX_AUDITOR] = {"auditor", 0},
    [BOX_SPOOL] = {"spool", 0},
    [BOX_ORIGIN] = {"origin", FIXTURE_PATIENTS},
    [BOX_ORIGIN_2] = {"origin", FIXTURE_CARDS},
    [BOX_WORKER] = {"ask", 0},
    [BOX_WORKER_2] = {"ask", 1},
    [BOX_SIGN] = {"sign", 0},
    [BOX_MILL] = {"mill", 0},
    [BOX_MILL_2] = {"mill", 1},
};

const struct keeperbox_step keeperbox_steps[NUM_BOX_STEPS] = {
    {"source", BOX_ORIGIN, OPEN_LOOK, 1},
    {"look", BOX_SPOOL, OPEN_SLOT, 1},
    {"create", BOX_SPOOL, OPEN_CREATE, 1},
    {"fill source", BOX_ORIGIN, OPEN_SOURCE, 1},
    {"order", BOX_MILL, FILL_ORDER, 1},
    {"source again", BOX_ORIGIN, OPEN_SOURCE, 2},
    {"publish", BOX_SPOOL, OPEN_PUBLISH, 1},
    {"record", BOX_AUDITOR, AUDIT_APPEND, 1},
};

/* --- Starting and ending --- */

static size_t
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	size_t num = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		num++;
	closedir(dir);
	return num;
}

static void
make_policy(struct keeperbox *box)
{
	static struct proof fraud[] = {
	    {.certificate = TEXT("spiffe://a/fraud")}};
	static uint8_t recipients[][32] = {{9, 8, 7}, {9}};

	policy_fixture_init(&box->fixture);
	box->fixture.agreements[FIXTURE_CARD_FRAUD].recipients = recipients;
	box->fixture.groups[FIXTURE_FRAUD].proofs = fraud;
	for (size_t i = 0; i < NUM_FIXTURE_AGREEMENTS; i++) {
		box->fixture.agreements[i].from = INT64_MIN;
		box->fixture.agreements[i].until = INT64_MAX;
	}
	box->keeper.policy = box->fixture.policy;
	box->keeper.compiled = box->compiled;
}

static void
make_ring(struct keeperbox *box)
{
	const uint8_t identity[32] = {1, 2, 3};
	uint8_t root[32];
	struct buf spool CLEANUP(buf_done) = {.max = 256};

	expect_ok(age_identity_format(&spool, identity));
	expect_ok(buf_append_str(&spool, "\n"));
	for (uint8_t i = 0; i < 32; i++)
		root[i] = i % 16;
	expect_ok(keyring_new(&box->keeper.ring, root, buf_span(&spool)));
}

static void
start(struct keeperbox *box)
{
	memset(&box->keeper, 0, sizeof(box->keeper));
	memset(box->compiled, 0, sizeof(box->compiled));
	make_policy(box);
	make_ring(box);
	seedbox_make(&box->keeper);
	box->keeper.region = span_str("eu-central-1");
	box->keeper.wait_ms = 60000;
	peers_init(&box->keeper);
	expect_ok(
	    loop_new(&box->keeper.loop, KEEPER_MAX_FDS, KEEPER_MAX_TIMERS));
	seam_begin(&box->keeper);
	for (int i = 0; i < NUM_BOX_PEERS; i++) {
		box->ends[i] = -1;
		if (i != BOX_MILL_2)
			keeperbox_attach(box, (enum keeperbox_peer)i);
	}
}

void
keeperbox_start(struct keeperbox *box)
{
	expect_ok(crypto_init());
	(void)signal(SIGPIPE, SIG_IGN);
	*box = (struct keeperbox){.num_fds = count_fds(),
	    .file = {.version = {7}, .len = 500, .modified = 1767225600},
	    .num_listed = 3,
	    .plain_len = 400,
	    .index = 100,
	    .meta = {.max = OPEN_MAX_META},
	    .plan = {.max = FILL_MAX_PLAN}};
	start(box);
}

static void
lose_all(struct seam *seams, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		if (seams[i].channel.fd >= 0)
			seams[i].lost(&seams[i]);
	}
}

static void
end(struct keeperbox *box)
{
	struct keeper *keeper = &box->keeper;

	lose_all(keeper->asks, KEEPER_MAX_PEERS);
	lose_all(keeper->signs, KEEPER_MAX_PEERS);
	lose_all(keeper->origins, KEEPER_MAX_PEERS);
	lose_all(&keeper->spool, 1);
	lose_all(keeper->mills, KEEPER_MAX_PEERS);
	lose_all(&keeper->audit, 1);
	/* Orphans wait for the auditor alone. */
	pending_fail(&keeper->audit);
	assert_int_equal(keeper->num_asks, 0);
	for (size_t i = 0; i < KEEPER_PENDING_BUCKETS; i++)
		assert_null(LIST_FIRST(&keeper->pending[i]));
	life_flush_refusals(keeper);
	slot_table_forget_all(keeper);
	recheck_free(keeper->recheck);
	for (size_t i = 0; i < NUM_FIXTURE_AGREEMENTS; i++) {
		arena_done(&box->compiled[i].arena);
		buf_done(&box->compiled[i].bytes);
		buf_done(&box->compiled[i].columns);
	}
	seeds_free(keeper->seeds);
	keyring_free(keeper->ring);
	loop_free(keeper->loop);
	for (size_t i = 0; i < NUM_BOX_PEERS; i++) {
		sysio_close(&box->ends[i]);
		inbox_done(&box->inboxes[i]);
	}
	frame_close_fds(&box->got);
}

void
keeperbox_stop(struct keeperbox *box)
{
	end(box);
	buf_done(&box->meta);
	buf_done(&box->plan);
	assert_int_equal(count_fds(), box->num_fds);
}

void
keeperbox_again(struct keeperbox *box)
{
	end(box);
	start(box);
}

/* --- Time and channels --- */

static void
step(struct keeperbox *box)
{
	for (int i = 0; i < TURNS; i++)
		expect_ok(loop_step(box->keeper.loop, 0));
}

void
keeperbox_turn(struct keeperbox *box)
{
	failalloc_resume(); /* its memory alone is ours to take */
	step(box);
	failalloc_pause();
}

void
keeperbox_run(struct keeperbox *box)
{
	failalloc_resume();
	step(box);
	if (box->keeper.audit.channel.fd >= 0)
		seam_hurry(&box->keeper.audit);
	step(box);
	failalloc_pause();
}

void
keeperbox_wait(struct keeperbox *box, unsigned wait_ms)
{
	uint64_t until = sysio_monotonic_ms() + wait_ms;

	while (sysio_monotonic_ms() < until)
		expect_ok(loop_step(box->keeper.loop, 5));
}

void
keeperbox_attach(struct keeperbox *box, enum keeperbox_peer peer)
{
	struct control_item item = {.index = peers[peer].index};
	int pair[2];

	sysio_close(&box->ends[peer]);
	inbox_done(&box->inboxes[peer]);
	expect_ok(frame_pair(pair));
	box->ends[peer] = pair[0];
	item.fd = pair[1];
	memcpy(item.name, peers[peer].name, strlen(peers[peer].name));
	expect_ok(peers_attach(&box->keeper, &item));
	assert_int_equal(item.fd, -1);
}

void
keeperbox_lose(struct keeperbox *box, enum keeperbox_peer peer)
{
	sysio_close(&box->ends[peer]);
	keeperbox_run(box);
}

bool
keeperbox_ended(struct keeperbox *box, enum keeperbox_peer peer)
{
	struct frame frame;
	struct err err;

	keeperbox_run(box);
	while ((err = inbox_next(&box->inboxes[peer], box->ends[peer], &frame))
		   .code == ERR_OK)
		frame_close_fds(&frame);
	return err.code == ERR_CLOSED;
}

/* --- Saying --- */

/* Nothing is in it; open as an opener opens it. */
static int
file_of(int mode)
{
	char path[32];
	int file = memfd_create("nothing", MFD_CLOEXEC);

	assert_true(file >= 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	int fd = open(path, mode | O_CLOEXEC);
	close(file);
	return fd;
}

static void
send_with_fds(struct keeperbox *box, int socket, struct frame *frame)
{
	for (size_t i = 0; i < frame->num_fds; i++) {
		bool writes = frame->type == OPEN_CREATED && i == 0;
		frame->fds[i] = box->handed != NULL
		    ? fcntl(box->handed[i], F_DUPFD_CLOEXEC, 0)
		    : file_of(writes ? O_WRONLY : O_RDONLY);
		assert_true(frame->fds[i] >= 0);
	}
	expect_ok(frame_send(socket, frame));
	frame_close_fds(frame);
	keeperbox_run(box);
}

void
keeperbox_say(
    struct keeperbox *box, enum keeperbox_peer peer, const struct frame *frame)
{
	struct frame copy = *frame;

	send_with_fds(box, box->ends[peer], &copy);
}

void
keeperbox_reply(
    struct keeperbox *box, uint16_t type, struct span body, size_t num_fds)
{
	struct frame frame = {
	    .type = type, .id = box->got.id, .body = body, .num_fds = num_fds};

	send_with_fds(box, box->ends[box->at], &frame);
}

static void
put_canonical(struct buf *out, const char *method, const char *target)
{
	static const char rest[] =
	    "\nhost:gate.example\n\nhost\nUNSIGNED-PAYLOAD";
	const char *query = strchr(target, '?');
	size_t path_len =
	    query == NULL ? strlen(target) : (size_t)(query - target);

	expect_ok(buf_append_str(out, method));
	expect_ok(buf_append_str(out, "\n"));
	expect_ok(buf_append(out, span_of(target, path_len)));
	expect_ok(buf_append_str(out, "\n"));
	expect_ok(buf_append_str(out, query == NULL ? "" : query + 1));
	expect_ok(buf_append_str(out, rest));
}

void
keeperbox_ask(struct keeperbox *box, enum keeperbox_peer worker,
    const struct keeperbox_question *q)
{
	static const uint8_t digest[32] = {5};
	struct buf canonical CLEANUP(buf_done) = {.max = 65536};
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct ask_request request = {.port = 4711,
	    .whole = !q->parts,
	    .address = {[10] = 0xff, 0xff, 192, 0, 2, 9}};
	const char *certificate = q->fraud ? "spiffe://a/fraud"
	    : q->certificate == NULL	   ? "spiffe://a/alt"
					   : q->certificate;

	if (q->fraud)
		memcpy(request.address + 12,
		    (const uint8_t[4]){198, 51, 100, 7}, 4);
	put_canonical(&canonical, q->method == NULL ? "GET" : q->method,
	    q->target == NULL ? "/readmission/a.csv" : q->target);
	request.canonical = buf_span(&canonical);
	if (q->authorization != NULL)
		request.authorization = span_str(q->authorization);
	if (q->trace != NULL)
		request.trace = span_str(q->trace);
	for (size_t i = 0; i < NUM_ASK_HEADERS; i++)
		if (q->headers[i] != NULL)
			request.headers[i] = span_str(q->headers[i]);
	request.certificate = span_str(certificate);
	if (request.certificate.len > 0)
		request.certificate_digest = span_of(digest, 32);
	expect_ok(ask_put_request(&body, &request));
	keeperbox_say(box, worker,
	    &(struct frame){
		.type = ASK_READ, .id = q->id, .body = buf_span(&body)});
}

/* --- Hearing --- */

static void
note_record(struct keeperbox *box)
{
	box->num_intents += keeperbox_has(box, "\"kind\":\"intent\"");
	box->num_interrupted += keeperbox_has(box, "\"kind\":\"interrupted\"");
	box->num_denied += keeperbox_has(box, "\"kind\":\"denied\"");
}

/* No question: it is kept. In order, the first piece after a last one begins
 * another mill's. */
static void
keep_plan(struct keeperbox *box, const struct frame *frame)
{
	static bool whole = true;
	struct fill_piece piece;

	expect_ok(fill_take_piece(&piece, frame->body));
	if (whole)
		buf_reset(&box->plan);
	expect_ok(buf_append(&box->plan, piece.bytes));
	whole = piece.last;
	box->num_pieces++;
}

static bool
receive(struct keeperbox *box, enum keeperbox_peer peer, struct frame *out)
{
	while (box->ends[peer] >= 0 &&
	    inbox_next(&box->inboxes[peer], box->ends[peer], out).code ==
		ERR_OK) {
		if ((peer != BOX_MILL && peer != BOX_MILL_2) ||
		    out->type != FILL_PLAN)
			return true;
		keep_plan(box, out);
	}
	return false;
}

bool
keeperbox_next(struct keeperbox *box, enum keeperbox_peer peer)
{
	struct frame frame;

	keeperbox_run(box);
	if (!receive(box, peer, &frame))
		return false;
	frame_close_fds(&box->got);
	box->got = frame;
	box->at = peer;
	if (peer == BOX_AUDITOR)
		note_record(box);
	box->num_discarded += peer == BOX_SPOOL && frame.type == OPEN_DISCARD;
	return true;
}

bool
keeperbox_has(const struct keeperbox *box, const char *text)
{
	struct span body = box->got.body;

	return body.len > 0 &&
	    memmem(body.data, body.len, text, strlen(text)) != NULL;
}

/* --- Honest peers --- */

static void
put_listed(struct keeperbox *box, struct buf *out)
{
	char key[32];

	expect_ok(buf_put_bool(out, true));
	expect_ok(buf_put_u32be(out, (uint32_t)box->num_listed));
	for (size_t i = 0; i < box->num_listed; i++) {
		snprintf(key, sizeof(key), "f%zu.csv", i);
		expect_ok(buf_put_field(out, span_str(key)));
		expect_ok(open_put_file(out, &box->file));
	}
}

/* What is in the spool: the last slot that was published, or none. */
static bool
put_slot(struct keeperbox *box, struct buf *out)
{
	struct open_slot slot = {
	    .len = box->header_len + age_payload_len(box->plain_len)};
	struct span body = box->got.body, generation, name, meta;

	if (box->got.type == OPEN_PUBLISH) {
		expect_ok(span_take_field(&body, &generation, OPEN_MAX_NAME));
		expect_ok(span_take_field(&body, &name, OPEN_MAX_NAME));
		expect_ok(span_take_field(&body, &meta, OPEN_MAX_META));
		expect_ok(span_end(body));
		assert_int_equal(name.len, 64);
		memcpy(box->published, name.data, 64);
		buf_reset(&box->meta);
		expect_ok(buf_append(&box->meta, meta));
	} else {
		expect_ok(span_take_field(&body, &name, OPEN_MAX_NAME));
		if (!span_equal_str(name, box->published))
			return false;
		if (box->got.type == OPEN_REPLACE_META) {
			expect_ok(span_take_field(&body, &meta, OPEN_MAX_META));
			buf_reset(&box->meta);
			expect_ok(buf_append(&box->meta, meta));
		}
		expect_ok(span_end(body));
	}
	slot.meta = buf_span(&box->meta);
	expect_ok(open_put_slot(out, &slot));
	return true;
}

static void
put_done(struct keeperbox *box, struct buf *out)
{
	struct fill_order order;

	expect_ok(fill_take_order(&order, box->got.body));
	memcpy(box->file_key, order.file_key, sizeof(box->file_key));
	box->header_len = order.header.len;
	struct fill_done done = {.plain_len = box->plain_len,
	    .slot_len = order.header.len + age_payload_len(box->plain_len),
	    .sha256 = {9},
	    .rows_read = 5,
	    .rows_released = 3,
	    .withheld = {{span_str("consent research"), 2}},
	    .num_withheld = 1};
	expect_ok(fill_put_done(out, &done));
	fill_wipe_order(&order);
}

static bool
spool_body(struct keeperbox *box, struct buf *out, uint16_t *type, size_t *fds)
{
	if (box->got.type == OPEN_USED)
		return false;
	if (box->got.type == OPEN_CREATE) {
		*type = OPEN_CREATED;
		*fds = 2;
	} else if (box->got.type == OPEN_DISCARD) {
		*type = OPEN_DISCARDED;
	} else if (box->got.type == OPEN_REMOVE) {
		*type = OPEN_REMOVED;
		box->published[0] = '\0';
	} else if (put_slot(box, out)) {
		*type = OPEN_SLOT_IS;
		*fds = 1;
	} else {
		*type = OPEN_FAILED;
		expect_ok(buf_put_u8(out, ERR_NOT_FOUND));
	}
	return true;
}

static bool
origin_body(struct keeperbox *box, struct buf *out, uint16_t *type, size_t *fds)
{
	if (box->got.type == OPEN_LIST) {
		*type = OPEN_LISTED;
		put_listed(box, out);
	} else {
		*fds = box->got.type == OPEN_SOURCE;
		*type = *fds == 1 ? OPEN_SOURCE_IS : OPEN_LOOKED;
		expect_ok(open_put_file(out, &box->file));
	}
	return true;
}

bool
keeperbox_body(
    struct keeperbox *box, struct buf *out, uint16_t *type, size_t *num_fds)
{
	*num_fds = 0;
	switch (box->at) {
	case BOX_AUDITOR:
		*type = AUDIT_RECEIPT;
		expect_ok(buf_put_u64be(out, box->index++));
		return true;
	case BOX_SPOOL:
		return spool_body(box, out, type, num_fds);
	case BOX_ORIGIN:
	case BOX_ORIGIN_2:
		return origin_body(box, out, type, num_fds);
	case BOX_MILL:
	case BOX_MILL_2:
		*type = FILL_DONE;
		put_done(box, out);
		return true;
	case BOX_WORKER:
	case BOX_WORKER_2:
	case BOX_SIGN:
	case NUM_BOX_PEERS:
		break;
	}
	return false;
}

bool
keeperbox_honest(struct keeperbox *box)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	uint16_t type;
	size_t num_fds;

	if (!keeperbox_body(box, &body, &type, &num_fds))
		return false;
	keeperbox_reply(box, type, buf_span(&body), num_fds);
	return true;
}

/* One message of somebody who answers, but for the peer `not`. */
static bool
turn(struct keeperbox *box, enum keeperbox_peer not )
{
	for (int i = 0; i < NUM_BOX_PEERS; i++) {
		enum keeperbox_peer peer = (enum keeperbox_peer)i;
		if (peer == not || peer == BOX_WORKER || peer == BOX_WORKER_2 ||
		    peer == BOX_SIGN)
			continue;
		if (keeperbox_next(box, peer) && keeperbox_honest(box))
			return true;
	}
	return false;
}

void
keeperbox_settle(struct keeperbox *box)
{
	for (int i = 0; turn(box, NUM_BOX_PEERS); i++)
		assert_true(i < MANY);
}

bool
keeperbox_until(struct keeperbox *box, enum keeperbox_peer peer, uint16_t type)
{
	for (int i = 0; i < MANY; i++) {
		if (keeperbox_next(box, peer)) {
			if (box->got.type == type)
				return true;
			(void)keeperbox_honest(box);
		} else if (!turn(box, peer)) {
			return false;
		}
	}
	fail_msg("the keeper never comes to an end");
	return false;
}

void
keeperbox_to(struct keeperbox *box, unsigned step)
{
	const struct keeperbox_step *to = &keeperbox_steps[step];

	for (unsigned i = 1;; i++) {
		if (!keeperbox_until(box, to->peer, to->type))
			fail_msg("the question never came: %s", to->name);
		if (i == to->nth)
			return;
		assert_true(keeperbox_honest(box));
	}
}

/* --- What the worker hears --- */

static void
take_answer(
    struct keeperbox *box, enum keeperbox_peer worker, struct ask_answer *out)
{
	if (!keeperbox_next(box, worker))
		fail_msg("the worker hears nothing");
	assert_int_equal(box->got.type, ASK_ANSWER);
	expect_ok(ask_take_answer(out, box->got.body));
}

void
keeperbox_refused(
    struct keeperbox *box, enum keeperbox_peer worker, enum ask_refusal refusal)
{
	struct ask_answer answer;

	take_answer(box, worker, &answer);
	assert_int_equal(answer.kind, ASK_REFUSED);
	assert_int_equal(answer.refusal, refusal);
	assert_int_equal(box->got.num_fds, 0);
}

void
keeperbox_granted(struct keeperbox *box, enum keeperbox_peer worker,
    enum ask_kind kind, struct ask_answer *out)
{
	take_answer(box, worker, out);
	assert_int_equal(out->kind, kind);
	assert_int_equal(box->got.num_fds,
	    kind == ASK_OBJECT || kind == ASK_GROWING ? 1 : 0);
	/* Never before the receipt, and of that record. */
	assert_true(box->num_intents > 0);
	assert_true(out->record < box->index);
}

struct slot *
keeperbox_slot(const struct keeperbox *box)
{
	struct slot *found = NULL;

	for (size_t i = 0; i < KEEPER_SLOT_BUCKETS; i++) {
		struct slot *slot;
		LIST_FOREACH(slot, &box->keeper.slots[i], next)
		{
			assert_null(found);
			found = slot;
		}
	}
	return found;
}
