#include "gateway/worker/connection.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/metric/metric.h"
#include "gateway/worker/request_count.h"

enum {
	READ_LEN = 16 * 1024,
};

static int64_t
now_ms(const struct connection *c)
{
	return c->front->service.now_ms;
}

/* What it waits for has a limit, after which it is given up; or before, if
 * there is no room for others. */
static void
enter(struct connection *c, enum connection_state state, enum crowd_line line)
{
	static const int64_t limits_ms[NUM_CROWD_LINES] = {
	    [CROWD_BEGINS] = WORKER_HEAD_MS,
	    [CROWD_IDLE] = WORKER_IDLE_MS,
	    [CROWD_LEAVES] = WORKER_LINGER_MS,
	};

	c->state = state;
	crowd_wait(
	    &c->front->crowd, &c->guest, line, now_ms(c) + limits_ms[line]);
}

/* --- the states -------------------------------------------------------- */

static struct err
run_handshake(struct connection *c)
{
	struct tls_conn_peer peer;

	TRY(tls_conn_accept(c->tls));
	TRY(tls_conn_peer(c->tls, &peer));
	if (peer.present) {
		c->peer = malloc(sizeof(peer));
		if (c->peer == NULL)
			return ERR(NO_MEMORY, "connection: no memory");
		*c->peer = peer;
	}
	metric_count(METRIC_HANDSHAKES + METRIC_HANDSHAKE_DONE);
	enter(c, CONNECTION_HEAD, CROWD_BEGINS);
	return OK;
}

static void run_woken(void *context);

static struct err
begin_request(struct connection *c)
{
	struct request_source source = {.head = &c->head,
	    .tls = c->tls,
	    .peer = c->peer,
	    .port = c->port,
	    .wake = run_woken,
	    .context = c};

	memcpy(source.address, c->address, sizeof(source.address));
	TRY(request_new(&c->request, &c->front->service, &source));
	c->state = CONNECTION_REQUEST;
	crowd_work(&c->front->crowd, &c->guest);
	c->hears_more = false;
	c->rate_since_ms = now_ms(c);
	c->rate_from = tls_conn_sent(c->tls);
	return OK;
}

/* Feed the head from `in`; what is behind it stays in c->rest. */
static struct err
feed(struct connection *c, struct span in, bool from_rest)
{
	bool had_begun = http_head_begun(&c->head);
	size_t before = in.len;
	struct err err = http_head_feed(&c->head, &in);

	if (c->head.refused != 0)
		return begin_request(c); /* which answers, and closes */
	if (err.code != ERR_OK && err.code != ERR_AGAIN)
		return err;
	if (!had_begun)
		enter(c, CONNECTION_HEAD, CROWD_BEGINS);
	if (from_rest)
		buf_consume(&c->rest, before - in.len);
	else
		TRY(buf_append(&c->rest, in));
	return err.code == ERR_OK ? begin_request(c) : OK;
}

static struct err
run_head(struct connection *c)
{
	static uint8_t bytes[READ_LEN]; /* one thread */
	size_t len;

	if (c->rest.len > 0)
		return feed(c, buf_span(&c->rest), true);
	/* Nothing is held for a connection that waits. */
	buf_done(&c->rest);
	buf_init(&c->rest, READ_LEN);
	TRY(tls_conn_read(c->tls, bytes, sizeof(bytes), &len));
	return feed(c, span_of(bytes, len), false);
}

static struct err
run_request(struct connection *c)
{
	TRY(request_run(c->request));
	if (request_was_granted(c->request))
		c->is_trusted = true;
	bool again =
	    request_keeps_alive(c->request) && !c->front->service.draining;
	request_free(c->request);
	c->request = NULL;
	c->has_served = true;
	http_head_reset(&c->head);
	if (again)
		enter(c, CONNECTION_HEAD, CROWD_IDLE);
	else
		enter(c, CONNECTION_CLOSING, CROWD_BEGINS);
	return OK;
}

static struct err
run_closing(struct connection *c)
{
	TRY(tls_conn_shutdown(c->tls));
	shutdown(c->fd, SHUT_WR);
	enter(c, CONNECTION_LINGER, CROWD_LEAVES);
	return OK;
}

/* A socket that is closed with unread bytes is reset, and the client would
 * lose our answer: read and forget, for a while. Errors: CLOSED at the end. */
static struct err
run_linger(struct connection *c)
{
	uint8_t bytes[4096];

	while (c->lingered < WORKER_LINGER_BYTES) {
		ssize_t n = recv(c->fd, bytes, sizeof(bytes), 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			return ERR(AGAIN, "connection: the client reads");
		if (n <= 0)
			break;
		c->lingered += (size_t)n;
	}
	return ERR(CLOSED, "connection: the end");
}

static struct err
run_state(struct connection *c)
{
	switch (c->state) {
	case CONNECTION_HANDSHAKE:
		return run_handshake(c);
	case CONNECTION_HEAD:
		return run_head(c);
	case CONNECTION_REQUEST:
		return run_request(c);
	case CONNECTION_CLOSING:
		return run_closing(c);
	case CONNECTION_LINGER:
		return run_linger(c);
	}
	return ERR(USAGE, "connection: no such state");
}

/* --- running ----------------------------------------------------------- */

static bool
waits_for_us(const struct connection *c)
{
	return tls_conn_waits(c->tls) != TLS_CONN_PEER;
}

/* Whether it stands in the line of those that a stack is missing for. */
static void
note_starved(struct connection *c, bool starved)
{
	struct front *front = c->front;

	if (c->starved == starved)
		return;
	c->starved = starved;
	if (starved) {
		TAILQ_INSERT_TAIL(&front->starved, c, next_starved);
		front->num_starved++;
	} else {
		TAILQ_REMOVE(&front->starved, c, next_starved);
		front->num_starved--;
	}
}

/*
 * What to wait for now; patiently, until it is trusted, so that ten thousand
 * who have proved nothing keep nobody waiting who has. While a handshake waits
 * for us, nothing of the socket. While a request is served nothing is read; but
 * most clients send nothing then, and that we would read is left as it is until
 * one does.
 */
static unsigned
wanted_events(const struct connection *c)
{
	unsigned events = c->is_trusted ? 0 : LOOP_PATIENT;

	if (tls_conn_wants_write(c->tls))
		events |= LOOP_WRITE;
	if (waits_for_us(c))
		return events;
	if (c->state != CONNECTION_REQUEST)
		return events | LOOP_READ;
	if (request_wants_turn(c->request))
		events |= LOOP_WRITE;
	return c->hears_more ? events : events | (c->events & LOOP_READ);
}

static void
run(struct connection *c)
{
	struct err err = OK;

	if (c->running)
		return; /* woken out of its own request_run */
	c->running = true;
	while (err.code == ERR_OK)
		err = run_state(c);
	c->running = false;
	note_starved(c,
	    err.code == ERR_AGAIN && tls_conn_waits(c->tls) == TLS_CONN_STACK);
	if (err.code == ERR_AGAIN && wanted_events(c) != c->events) {
		c->events = wanted_events(c);
		err = loop_modify(c->front->loop, c->fd, c->events);
		if (err.code == ERR_OK)
			return;
	}
	if (err.code == ERR_AGAIN)
		return;
	if (c->state == CONNECTION_HANDSHAKE)
		request_count_handshake(err);
	connection_free(c);
}

/* The keeper said something. */
static void
run_woken(void *context)
{
	run(context);
}

void
connection_feed(struct front *front)
{
	size_t before = front->num_starved + 1;

	while (front->num_starved > 0 && front->num_starved < before) {
		before = front->num_starved;
		run(TAILQ_FIRST(&front->starved));
	}
}

static void
on_socket(void *context, unsigned events)
{
	struct connection *c = context;
	struct front *front = c->front;

	front_touch(front);
	if ((events & LOOP_READ) != 0)
		c->hears_more = c->state == CONNECTION_REQUEST;
	/* While a request is served, or signed for, nothing is read, so a
	 * client that leaves shows only here. */
	if ((events & LOOP_HANGUP) != 0 &&
	    (c->state == CONNECTION_REQUEST || waits_for_us(c)))
		connection_free(c);
	else
		run(c);
}

/* A client has to take WORKER_RATE_BYTES in each window in which it kept us
 * waiting. */
static bool
is_too_slow(struct connection *c)
{
	uint64_t sent = tls_conn_sent(c->tls) - c->rate_from;

	if (!tls_conn_wants_write(c->tls) || sent >= WORKER_RATE_BYTES) {
		c->rate_since_ms = now_ms(c);
		c->rate_from = tls_conn_sent(c->tls);
	}
	return now_ms(c) - c->rate_since_ms > WORKER_RATE_MS;
}

void
connection_tick(struct connection *c)
{
	if (c->state != CONNECTION_REQUEST) {
		if (now_ms(c) <= c->guest.deadline_ms)
			return;
		if (c->state == CONNECTION_HANDSHAKE)
			metric_count(METRIC_HANDSHAKES + METRIC_HANDSHAKE_LATE);
		connection_free(c);
		return;
	}
	if (is_too_slow(c)) {
		request_cut(c->request);
		connection_free(c);
		return;
	}
	run(c); /* for the deadlines of its steps */
}

void
connection_drain(struct connection *c)
{
	if (c->state != CONNECTION_HEAD || !c->has_served ||
	    http_head_begun(&c->head) || c->rest.len > 0)
		return;
	enter(c, CONNECTION_CLOSING, CROWD_BEGINS);
	run(c);
}

/* --- life -------------------------------------------------------------- */

struct err
connection_new(struct front *front, const struct connection_source *source)
{
	struct connection *c = calloc(1, sizeof(*c));
	struct loop_handler handler = {on_socket, c};
	struct err err;

	if (c == NULL) {
		close(source->fd);
		return ERR(NO_MEMORY, "connection: no memory");
	}
	c->front = front;
	c->fd = source->fd;
	c->port = source->port;
	memcpy(c->address, source->address, sizeof(c->address));
	c->events = LOOP_READ | LOOP_PATIENT;
	http_head_init(&c->head);
	buf_init(&c->rest, READ_LEN);
	c->guest.owner = c;
	c->signature.wake = run_woken;
	c->signature.context = c;
	TAILQ_INSERT_TAIL(&front->connections, c, next);
	metric_set(METRIC_CONNECTED, ++front->num_connections);
	err = crowd_enter(&front->crowd, &c->guest, c->address);
	enter(c, CONNECTION_HANDSHAKE, CROWD_BEGINS);
	if (err.code == ERR_OK)
		err = tls_conn_new(&c->tls, front->tls, c->fd);
	if (err.code == ERR_OK)
		tls_conn_wait_by(c->tls, &c->signature);
	if (err.code == ERR_OK)
		err = loop_add(front->loop, c->fd, c->events, handler);
	if (err.code != ERR_OK)
		connection_free(c);
	return err;
}

void
connection_oust(struct connection *c, unsigned why)
{
	metric_count(METRIC_OUSTED + why);
	if (c->state == CONNECTION_HANDSHAKE)
		metric_count(METRIC_HANDSHAKES + METRIC_HANDSHAKE_OUSTED);
	connection_free(c);
}

void
connection_free(struct connection *c)
{
	loop_remove(c->front->loop, c->fd);
	TAILQ_REMOVE(&c->front->connections, c, next);
	metric_set(METRIC_CONNECTED, --c->front->num_connections);
	crowd_leave(&c->front->crowd, &c->guest);
	request_free(c->request);
	/* No question of this client will take the report along. */
	asker_hurry(&c->front->asker);
	note_starved(c, false);
	tls_conn_free(c->tls);
	signer_leave(&c->front->signer, &c->signature);
	http_head_done(&c->head);
	buf_done(&c->rest);
	free(c->peer);
	close(c->fd);
	front_gave_back(c->front);
	free(c);
}
