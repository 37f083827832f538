#include "gateway/console/console_serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "gateway/base/sysio.h"
#include "gateway/http/http_response.h"
#include "gateway/metric/metric_text.h"

enum {
	READ_LEN = 4096,
	PAUSE_MS = 1000, /* when the system gives no descriptor */
	HEAR = 64,	 /* frames of the supervisor between two waits */
	NUM_POLLS = 2 + CONSOLE_SERVE_MAX,
};

/* --- Clients --- */

static void
leave(struct console_client *client)
{
	sysio_close(&client->fd);
	http_head_done(&client->head);
	buf_done(&client->out);
}

static void
enter(struct console_client *client, enum console_state state, uint64_t most_ms)
{
	client->state = state;
	client->deadline_ms = sysio_monotonic_ms() + most_ms;
}

/* A place, if need be that of the one who is there for longest. */
static struct console_client *
find_place(struct console_serve *serve)
{
	struct console_client *oldest = &serve->clients[0];

	for (size_t i = 0; i < CONSOLE_SERVE_MAX; i++) {
		struct console_client *client = &serve->clients[i];
		if (client->fd < 0)
			return client;
		if (client->since_ms < oldest->since_ms)
			oldest = client;
	}
	metric_count(METRIC_CONSOLE_OUSTED);
	leave(oldest);
	return oldest;
}

static void
read_address(uint8_t out[16], const struct sockaddr_storage *from)
{
	struct sockaddr_in four;
	struct sockaddr_in6 six;

	memset(out, 0, 16);
	if (from->ss_family == AF_INET) {
		memcpy(&four, from, sizeof(four));
		out[10] = out[11] = 0xff;
		memcpy(out + 12, &four.sin_addr, 4);
	} else {
		memcpy(&six, from, sizeof(six));
		memcpy(out, &six.sin6_addr, 16);
	}
}

static void
accept_one(struct console_serve *serve)
{
	struct sockaddr_storage from = {0};
	socklen_t len = sizeof(from);
	int fd = accept4(serve->listener, (struct sockaddr *)&from, &len,
	    SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			serve->paused_until_ms =
			    sysio_monotonic_ms() + PAUSE_MS;
		return;
	}
	struct console_client *client = find_place(serve);
	*client =
	    (struct console_client){.fd = fd, .since_ms = sysio_monotonic_ms()};
	read_address(client->address, &from);
	http_head_init(&client->head);
	buf_init(&client->out, METRIC_TEXT_MAX + HTTP_MAX_HEAD);
	enter(client, CONSOLE_HEAD, CONSOLE_SERVE_HEAD_MS);
}

/* --- Answers --- */

struct answer {
	unsigned status;
	const char *type;
	struct span body;
};

static unsigned
cell_of(unsigned status)
{
	switch (status) {
	case 200:
		return METRIC_SCRAPE_200;
	case 404:
		return METRIC_SCRAPE_404;
	case 405:
		return METRIC_SCRAPE_405;
	case 503:
		return METRIC_SCRAPE_503;
	default:
		return METRIC_SCRAPE_400;
	}
}

static struct err
compose(struct console_client *client, const struct answer *answer)
{
	const struct pair headers[] = {
	    {.name = span_str("Content-Type"), .value = span_str(answer->type)},
	    {.name = span_str("Allow"), .value = span_str("GET, HEAD")}};
	struct http_response response = {.status = answer->status,
	    .now_s = sysio_wall_ns() / 1000000000,
	    .headers = headers,
	    .num_headers = answer->status == 405 ? 2 : 1,
	    .content_length = answer->body.len,
	    .close = true};

	TRY(http_response_head(&client->out, &response));
	if (!span_equal_str(client->head.method, "HEAD"))
		TRY(buf_append(&client->out, answer->body));
	return OK;
}

static struct err
compose_text(struct console_client *client, unsigned status, const char *text)
{
	return compose(
	    client, &(struct answer){status, "text/plain", span_str(text)});
}

/* The supervisor sees to it that the ledger shows who reads. */
static struct err
compose_metrics(struct console_serve *serve, struct console_client *client)
{
	struct buf text CLEANUP(buf_done) = {.max = METRIC_TEXT_MAX};

	TRY(console_view_put(&text, serve->view));
	TRY(channel_send_body(&serve->control, CONTROL_SCRAPED, 0,
	    span_of(client->address, sizeof(client->address))));
	return compose(
	    client, &(struct answer){200, METRIC_TEXT_TYPE, buf_span(&text)});
}

static struct err
compose_answer(struct console_serve *serve, struct console_client *client,
    unsigned *out_status)
{
	const struct http_head *head = &client->head;
	struct span path =
	    span_sub(head->target, 0, span_find(head->target, '?'));
	bool ready = console_view_serves(serve->view);

	*out_status = 200;
	if (head->refused != 0) {
		*out_status = head->refused;
		return compose_text(client, head->refused, "refused\n");
	}
	if (!span_equal_str(head->method, "GET") &&
	    !span_equal_str(head->method, "HEAD")) {
		*out_status = 405;
		return compose_text(client, 405, "GET and HEAD only\n");
	}
	if (span_equal_str(path, "/metrics"))
		return compose_metrics(serve, client);
	if (span_equal_str(path, "/livez"))
		return compose_text(client, 200, "ok\n");
	if (span_equal_str(path, "/readyz")) {
		*out_status = ready ? 200 : 503;
		return compose_text(
		    client, *out_status, ready ? "ok\n" : "not ready\n");
	}
	*out_status = 404;
	return compose_text(client, 404, "/metrics, /livez, /readyz\n");
}

/* --- Steps; errors: this client is over --- */

static struct err
again(ssize_t done, const char *why)
{
	if (done < 0 && (errno == EAGAIN || errno == EINTR))
		return ERR(AGAIN, "console: the client is waited for");
	return (struct err){ERR_CLOSED, why};
}

static struct err
run_head(struct console_serve *serve, struct console_client *client)
{
	uint8_t bytes[READ_LEN];
	unsigned status = 0;
	ssize_t got = recv(client->fd, bytes, sizeof(bytes), 0);

	if (got <= 0)
		return again(got, "console: the client left");
	struct span in = span_of(bytes, (size_t)got);
	struct err err = http_head_feed(&client->head, &in);
	if (err.code == ERR_AGAIN || err.code == ERR_NO_MEMORY)
		return err;
	TRY(compose_answer(serve, client, &status));
	metric_count(METRIC_SCRAPES + cell_of(status));
	enter(client, CONSOLE_ANSWER, CONSOLE_SERVE_ANSWER_MS);
	return OK;
}

static struct err
run_answer(struct console_client *client)
{
	struct span left =
	    span_sub(buf_span(&client->out), client->sent, client->out.len);
	ssize_t sent = send(client->fd, left.data, left.len, MSG_NOSIGNAL);

	if (sent < 0)
		return again(sent, "console: the client takes no answer");
	client->sent += (size_t)sent;
	if (client->sent < client->out.len)
		return OK;
	buf_done(&client->out);
	(void)shutdown(client->fd, SHUT_WR);
	enter(client, CONSOLE_LINGER, CONSOLE_SERVE_LINGER_MS);
	return OK;
}

/* A socket that is closed with unread bytes is reset, and the client would
 * lose our answer. */
static struct err
run_linger(struct console_client *client)
{
	uint8_t bytes[READ_LEN];
	ssize_t got = recv(client->fd, bytes, sizeof(bytes), 0);

	return got > 0 ? OK : again(got, "console: the end");
}

static void
run_client(struct console_serve *serve, struct console_client *client)
{
	struct err err = OK;

	while (err.code == ERR_OK) {
		if (client->state == CONSOLE_HEAD)
			err = run_head(serve, client);
		else if (client->state == CONSOLE_ANSWER)
			err = run_answer(client);
		else
			err = run_linger(client);
		/* One that sends for ever is not read for ever. */
		if (sysio_monotonic_ms() > client->deadline_ms)
			err = ERR(CLOSED, "console: it took too long");
	}
	if (err.code != ERR_AGAIN)
		leave(client);
}

/* --- The supervisor --- */

static struct err
on_item(void *context, struct channel *channel, struct frame *frame)
{
	struct console_serve *serve = context;
	struct control_item item;

	(void)channel;
	TRY(control_take_item(&item, frame));
	struct err err = console_view_take(serve->view, &item);
	control_item_done(&item);
	return err;
}

/* Another one listens at the same socket, or will. */
static struct err
on_drain(void *context, struct channel *channel, struct frame *frame)
{
	struct console_serve *serve = context;

	(void)channel, (void)frame;
	sysio_close(&serve->listener);
	return OK;
}

static const struct channel_rule rules[] = {
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, 256, 0, on_item},
    {CONTROL_ITEM, CHANNEL_ANY_STATE, false, 256, 1, on_item},
    {CONTROL_DRAIN, CHANNEL_ANY_STATE, true, 0, 0, on_drain},
};

void
console_serve_init(struct console_serve *serve, struct console_view *view,
    int control, int listener)
{
	*serve = (struct console_serve){.view = view, .listener = listener};
	channel_init(&serve->control, control, rules,
	    sizeof(rules) / sizeof(rules[0]), serve);
	for (size_t i = 0; i < CONSOLE_SERVE_MAX; i++)
		serve->clients[i].fd = -1;
}

/* --- The loop --- */

static bool
is_drained(const struct console_serve *serve)
{
	for (size_t i = 0; i < CONSOLE_SERVE_MAX; i++) {
		if (serve->clients[i].fd >= 0)
			return false;
	}
	return serve->listener < 0;
}

/* Who is over the limit, and the time until the next is. */
static int
limit_clients(struct console_serve *serve)
{
	uint64_t now = sysio_monotonic_ms(), next = UINT64_MAX;

	for (size_t i = 0; i < CONSOLE_SERVE_MAX; i++) {
		struct console_client *client = &serve->clients[i];
		if (client->fd >= 0 && now > client->deadline_ms) {
			if (client->state != CONSOLE_LINGER)
				metric_count(METRIC_CONSOLE_OUSTED);
			leave(client);
		}
		if (client->fd >= 0 && client->deadline_ms < next)
			next = client->deadline_ms;
	}
	if (serve->paused_until_ms > now && serve->paused_until_ms < next)
		next = serve->paused_until_ms;
	return next == UINT64_MAX ? -1 : (int)(next - now) + 1;
}

static struct err
wait_for_some(struct console_serve *serve, struct pollfd polls[NUM_POLLS])
{
	int wait_ms = limit_clients(serve);
	bool paused = serve->paused_until_ms > sysio_monotonic_ms();
	struct timespec wait = {.tv_sec = wait_ms / 1000,
	    .tv_nsec = (long)(wait_ms % 1000) * 1000000};

	polls[0] = (struct pollfd){
	    .fd = serve->control.fd, .events = channel_events(&serve->control)};
	polls[1] = (struct pollfd){
	    .fd = paused ? -1 : serve->listener, .events = POLLIN};
	for (size_t i = 0; i < CONSOLE_SERVE_MAX; i++) {
		const struct console_client *client = &serve->clients[i];
		polls[2 + i] = (struct pollfd){.fd = client->fd,
		    .events =
			client->state == CONSOLE_ANSWER ? POLLOUT : POLLIN};
	}
	if (ppoll(polls, NUM_POLLS, wait_ms < 0 ? NULL : &wait, NULL) >= 0)
		return OK;
	for (size_t i = 0; i < NUM_POLLS; i++)
		polls[i].revents = 0;
	return errno == EINTR ? OK : ERR(IO, "console: it cannot wait");
}

struct err
console_serve_run(struct console_serve *serve)
{
	struct pollfd polls[NUM_POLLS];

	while (!is_drained(serve)) {
		TRY(wait_for_some(serve, polls));
		TRY(channel_flush(&serve->control));
		if (polls[0].revents != 0)
			TRY(channel_drain(&serve->control, HEAR));
		for (size_t i = 0; i < CONSOLE_SERVE_MAX; i++) {
			if (polls[2 + i].revents != 0)
				run_client(serve, &serve->clients[i]);
		}
		if (polls[1].revents != 0 && serve->listener >= 0)
			accept_one(serve);
	}
	return ERR(CLOSED, "console: it is drained");
}
