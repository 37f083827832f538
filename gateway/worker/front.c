#include "gateway/worker/front.h"

#include <errno.h>
#include <poll.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"
#include "gateway/worker/connection.h"

enum {
	TICK_MS = 1000,
	MAX_SLICES = 20, /* of a tick: connections are looked at in so many */
	SLICE = 64,	 /* connections that are looked at at once, at least */
	MAX_PAUSE = 8,	 /* ticks */
};

void
front_touch(struct front *front)
{
	front->service.now_ms = (int64_t)sysio_monotonic_ms();
	front->service.now_s = sysio_wall_ns() / 1000000000;
}

/* --- the keeper -------------------------------------------------------- */

/* It keeps count of them, for the ledger. Without a keeper they wait for the
 * next one. */
static void
tell_refused(struct front *front)
{
	if (!tally_is_empty(&front->refused) &&
	    asker_refusals(&front->asker, &front->refused).code == ERR_OK)
		front->refused = (struct tally){.num_places = 0};
}

/* The last one is gone, and the keeper has its report. */
static void
tell_drained(struct front *front)
{
	if (!front->service.draining || front->num_connections > 0 ||
	    front->drained == NULL)
		return;
	tell_refused(front);
	asker_flush(&front->asker);
	if (front->asker.channel.num_queued == 0)
		front->drained();
}

/* A busy client's next question comes soon, and takes the report of the one
 * before along: so the keeper wakes once for both. */
static bool
reports_wait(struct front *front)
{
	uint64_t until = (uint64_t)front->service.now_ms + CHANNEL_PATIENT_MS;

	if (front->service.draining || !asker_can_wait(&front->asker))
		return false;
	return front->patience.place != 0 ||
	    loop_set_timer(front->loop, &front->patience, until).code == ERR_OK;
}

static void
waited_enough(void *context)
{
	struct front *front = context;

	asker_hurry(&front->asker);
}

static void
watch(struct front *front, const struct channel *channel, unsigned *events)
{
	unsigned wanted = LOOP_READ;

	if (channel_events(channel) != POLLIN)
		wanted |= LOOP_WRITE;
	if (wanted == *events)
		return;
	struct err err = loop_modify(front->loop, channel->fd, wanted);
	if (err.code != ERR_OK)
		log_error("keeper-watch", err);
	*events = wanted;
}

static void
settle_seams(struct front *front)
{
	if (!asker_connected(&front->asker))
		return;
	watch(front, &front->signer.channel, &front->signer_events);
	if (reports_wait(front))
		return;
	loop_cancel_timer(front->loop, &front->patience);
	asker_flush(&front->asker);
	watch(front, &front->asker.channel, &front->asker_events);
}

/* Before the loop waits: the questions and reports of all its events go at
 * once, so that the keeper wakes once; and so do their lines of the log. */
static void
settle(void *context)
{
	struct front *front = context;

	connection_feed(front);
	tell_drained(front);
	settle_seams(front);
	log_flush();
}

/* Unwatched before it is closed, for its number may be used again. */
static void
lose_keeper(struct front *front)
{
	if (asker_connected(&front->asker)) {
		loop_remove(front->loop, front->asker.channel.fd);
		loop_remove(front->loop, front->signer.channel.fd);
	}
	asker_lose(&front->asker);
	signer_lose(&front->signer);
}

/* A keeper that lives tells the supervisor that it has lost us, who ends us:
 * without a keeper all that we say is 503. */
static void
judge_keeper(struct front *front, struct err err)
{
	if (err.code == ERR_OK)
		return;
	log_error("keeper-lost", err);
	metric_count(METRIC_ALONE);
	lose_keeper(front);
}

static void
on_asker(void *context, unsigned events)
{
	struct front *front = context;

	(void)events;
	front_touch(front);
	judge_keeper(front, asker_ready(&front->asker));
}

static void
on_signer(void *context, unsigned events)
{
	struct front *front = context;

	(void)events;
	front_touch(front);
	judge_keeper(front, signer_ready(&front->signer));
}

struct err
front_attach(struct front *front, int ask_fd, int sign_fd)
{
	struct loop_handler asker = {on_asker, front};
	struct loop_handler signer = {on_signer, front};

	front_touch(front);
	lose_keeper(front);
	asker_attach(&front->asker, ask_fd);
	signer_attach(&front->signer, sign_fd);
	front->asker_events = front->signer_events = LOOP_READ;
	struct err err = loop_add(front->loop, ask_fd, LOOP_READ, asker);
	if (err.code == ERR_OK)
		err = loop_add(front->loop, sign_fd, LOOP_READ, signer);
	if (err.code != ERR_OK)
		lose_keeper(front);
	return err;
}

/* --- accepting --------------------------------------------------------- */

/* IPv4 as ::ffff:a.b.c.d. */
static bool
read_address(
    const struct sockaddr_storage *from, uint8_t out[16], uint16_t *out_port)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	memset(out, 0, 16);
	if (from->ss_family == AF_INET) {
		memcpy(&v4, from, sizeof(v4));
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &v4.sin_addr, 4);
		*out_port = ntohs(v4.sin_port);
		return true;
	}
	if (from->ss_family == AF_INET6) {
		memcpy(&v6, from, sizeof(v6));
		memcpy(out, &v6.sin6_addr, 16);
		*out_port = ntohs(v6.sin6_port);
		return true;
	}
	return false;
}

/* Room for one more; false: there is none. */
static bool
make_room(struct front *front, const uint8_t *address)
{
	struct connection *oldest;
	unsigned why = METRIC_CROWD_ALL;

	if (crowd_count(&front->crowd, address) >= WORKER_MAX_PER_ADDRESS) {
		oldest = crowd_first(&front->crowd, address);
		why = METRIC_CROWD_ADDRESS;
	} else if (front->num_connections >= front->max_connections) {
		oldest = crowd_first(&front->crowd, NULL);
	} else {
		return true;
	}
	if (oldest != NULL)
		connection_oust(oldest, why);
	else
		metric_count(METRIC_TURNED_AWAY + why);
	return oldest != NULL;
}

/* An answer goes as it is sealed; and of one that its client does not read the
 * kernel takes little, for left alone it takes megabytes: memory of this
 * machine that no limit of ours counts, milliseconds of a core at once, and
 * bytes that the log calls sent and nobody has. */
static bool
set_options(int fd)
{
	int on = 1, unsent = WORKER_MAX_UNSENT;

	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent,
		sizeof(unsent)) == 0;
}

static void
welcome(struct front *front, int fd, const struct sockaddr_storage *from)
{
	struct connection_source source = {.fd = fd};

	metric_count(METRIC_CONNECTIONS);
	if (!read_address(from, source.address, &source.port) ||
	    !set_options(fd)) {
		metric_count(METRIC_TURNED_AWAY + METRIC_CROWD_SYSTEM);
		close(fd);
		return;
	}
	if (!make_room(front, source.address)) {
		close(fd);
		return;
	}
	struct err err = connection_new(front, &source);
	if (err.code == ERR_OK)
		return;
	metric_count(METRIC_TURNED_AWAY + METRIC_CROWD_SYSTEM);
	log_error("connection", err);
}

/*
 * No descriptor is left. Nobody is given up for it: who is connected has a
 * deadline to wait, and who knocks stays in the kernel's queue, where another
 * worker takes him, or we do later: at once when somebody leaves, else after a
 * pause that is longer each time, so that we do not spin.
 */
static void
pause_accepting(struct front *front, int error)
{
	const struct log_field fields[] = {log_number("errno", (uint64_t)error),
	    log_number("pause-s", front->pause_next)};

	log_event(error == EMFILE || error == ENFILE ? "descriptors-exhausted"
						     : "accept-failed",
	    fields, 2);
	metric_count(METRIC_PAUSES);
	front->paused = true;
	front->pause_left = front->pause_next;
	if (front->pause_next < MAX_PAUSE)
		front->pause_next *= 2;
}

void
front_gave_back(struct front *front)
{
	front->pause_left = front->pause_next = 1;
}

static void
watch_listeners(struct front *front, unsigned events)
{
	for (size_t i = 0; i < front->num_listeners; i++) {
		struct err err = loop_modify(
		    front->loop, front->listeners[i], events | LOOP_PATIENT);
		if (err.code != ERR_OK)
			log_error("listener-watch", err);
	}
}

/* One: who waits in the kernel's queue is of the crowd as well. */
static void
accept_one(struct front *front, int listener)
{
	struct sockaddr_storage from = {0};
	socklen_t len = sizeof(from);
	int fd = accept4(listener, (struct sockaddr *)&from, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd >= 0) {
		front->pause_next = 1;
		welcome(front, fd, &from);
	} else if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR &&
	    errno != ECONNABORTED) {
		pause_accepting(front, errno);
		watch_listeners(front, 0);
	}
}

static void
on_listeners(void *context, unsigned events)
{
	struct front *front = context;

	(void)events;
	front_touch(front);
	for (size_t i = 0; i < front->num_listeners && !front->paused; i++)
		accept_one(front, front->listeners[i]);
}

struct err
front_listen(struct front *front, int fd)
{
	struct loop_handler handler = {on_listeners, front};
	struct err err;

	if (front->num_listeners == WORKER_MAX_LISTENERS)
		err = ERR(TOO_BIG, "front: too many listeners");
	else
		err = loop_add(
		    front->loop, fd, LOOP_READ | LOOP_PATIENT, handler);
	if (err.code != ERR_OK) {
		close(fd);
		return err;
	}
	front->listeners[front->num_listeners++] = fd;
	return OK;
}

/* --- life -------------------------------------------------------------- */

static struct err
set_tick(struct front *front, uint64_t after_ms)
{
	return loop_set_timer(front->loop, &front->tick,
	    (uint64_t)front->service.now_ms + after_ms);
}

/* A share of the connections, those first that were looked at longest ago, for
 * as long as a crowd has in a step: to end one costs some hundred times what
 * a look does. */
static void
look_at_some(struct front *front)
{
	uint64_t until = sysio_monotonic_us() + LOOP_PATIENT_US;
	struct connection *c;

	/* One may end itself here, but none of the others. */
	while (front->share_left > 0 && sysio_monotonic_us() < until) {
		front->share_left--;
		c = TAILQ_FIRST(&front->connections);
		if (c == NULL)
			return;
		TAILQ_REMOVE(&front->connections, c, next);
		TAILQ_INSERT_TAIL(&front->connections, c, next);
		connection_tick(c);
	}
}

static unsigned
num_slices(const struct front *front)
{
	size_t num = front->num_connections / SLICE + 1;

	return num > MAX_SLICES ? MAX_SLICES : (unsigned)num;
}

static void
each_second(struct front *front)
{
	if (front->paused && --front->pause_left == 0) {
		front->paused = false;
		watch_listeners(front, LOOP_READ);
	}
	tell_refused(front);
	request_log_tick(&front->log);
}

static void
begin_slice(struct front *front)
{
	if (front->slices_left == 0) {
		each_second(front);
		front->slices_left = front->num_slices = num_slices(front);
	}
	front->slices_left--;
	front->share_left = (front->num_connections + front->num_slices - 1) /
	    front->num_slices;
}

/* Ten thousand connections at once would be some milliseconds, in which nobody
 * is answered. What is left of a slice waits for one turn of the others. */
static void
on_tick(void *context)
{
	struct front *front = context;

	front_touch(front);
	if (front->share_left == 0)
		begin_slice(front);
	look_at_some(front);
	struct err err = set_tick(
	    front, front->share_left > 0 ? 0 : TICK_MS / front->num_slices);
	if (err.code != ERR_OK)
		log_error("tick", err);
}

static void
close_listeners(struct front *front)
{
	for (size_t i = 0; i < front->num_listeners; i++) {
		loop_remove(front->loop, front->listeners[i]);
		close(front->listeners[i]);
	}
	front->num_listeners = 0;
}

void
front_drain(struct front *front)
{
	struct connection *c, *after;

	front_touch(front);
	front->service.draining = true;
	close_listeners(front);
	for (c = TAILQ_FIRST(&front->connections); c != NULL; c = after) {
		after = TAILQ_NEXT(c, next);
		connection_drain(c);
	}
}

struct err
front_init(struct front *front, const struct front_options *options)
{
	*front = (struct front){.loop = options->loop,
	    .pause_next = 1,
	    .num_slices = 1,
	    .max_connections = options->max_connections};
	if (front->max_connections > WORKER_MAX_CONNECTIONS)
		front->max_connections = WORKER_MAX_CONNECTIONS;
	TAILQ_INIT(&front->connections);
	crowd_init(&front->crowd);
	TAILQ_INIT(&front->starved);
	asker_init(&front->asker);
	signer_init(&front->signer);
	front->drained = options->drained;
	front->log.on = options->log_requests;
	front->service = (struct request_service){.asker = &front->asker,
	    .log = &front->log,
	    .refused = &front->refused,
	    .region = options->region,
	    .hosts = options->hosts,
	    .sealed = options->sealed,
	    .scratch = front->scratch};
	front->tick.fired = on_tick;
	front->tick.context = front;
	front->patience.fired = waited_enough;
	front->patience.context = front;
	front_touch(front);
	loop_settle(options->loop, settle, front);
	return set_tick(front, TICK_MS);
}

void
front_done(struct front *front)
{
	struct connection *c;

	while ((c = TAILQ_FIRST(&front->connections)) != NULL)
		connection_free(c);
	loop_settle(front->loop, NULL, NULL);
	tell_refused(front);
	request_log_tick(&front->log);
	asker_hurry(&front->asker);
	settle(front);
	close_listeners(front);
	lose_keeper(front);
	log_flush();
	loop_cancel_timer(front->loop, &front->tick);
}
