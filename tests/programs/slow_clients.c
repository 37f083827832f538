/*
 * slow_clients PORT KIND COUNT ADDRESSES RATE REQUEST: clients that hold what
 * they get, against our own server on 127.0.0.1.
 *
 * COUNT connections are opened, RATE of them a second (0: as fast as they are
 * taken), from ADDRESSES source addresses in turn, 127.0.1.1 and on. KIND:
 *
 *	tcp     connects and says nothing
 *	hello   sends half of a ClientHello
 *	head    ends the handshake, begins a head, goes on by a byte a second
 *	reader  ends the handshake, sends the file REQUEST, reads nothing
 *
 * REQUEST is "-" where none is sent. Once a second it prints
 *
 *	opened held cut first-held seconds
 *
 * where first-held is the number of the first one that is still held (COUNT:
 * none). What is cut is not opened again. It ends with its standard input.
 *
 * They stand for as many machines: each has a moment of its own in the second,
 * and after each step of one whoever else waits has the core. The kernel lets
 * even SCHED_IDLE compute until the next tick while others wait, when it is
 * eligible and they have had more than their share (EEVDF).
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

enum {
	MAX_CLIENTS = 20000,
	MAX_ADDRESSES = 250,
	MAX_REQUEST = 8192,
	MAX_OPENING = 64, /* at once, so that the queue is not full */
	WINDOW = 4096,	  /* the receive buffer of a reader */
	TICK_MS = 1000,
};

enum kind {
	KIND_TCP,
	KIND_HELLO,
	KIND_HEAD,
	KIND_READER,
	NUM_KINDS
};
static const char *const kind_names[NUM_KINDS] = {
    "tcp", "hello", "head", "reader"};

enum state {
	STATE_NEW,
	STATE_CONNECT,
	STATE_HANDSHAKE,
	STATE_HELD,
	STATE_CUT,
};

struct client {
	SSL *ssl;
	int fd;
	enum state state;
};

static struct client clients[MAX_CLIENTS];
static int num_clients, num_addresses, rate, epoll;
static int num_opened, num_held, num_cut, num_opening;
static enum kind kind;
static uint16_t port;
static SSL_CTX *tls;
static char request[MAX_REQUEST];
static int request_len;
static uint64_t begin_ms, next_tick_ms, dripped_ms;

static uint64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Who it is does not matter: it is ours, on the loopback. And attackers compute
 * elsewhere. */
static int
believe(X509_STORE_CTX *chain, void *context)
{
	(void)chain, (void)context;
	return 1;
}

/* --- one client -------------------------------------------------------- */

static void
cut(struct client *client)
{
	num_held -= client->state == STATE_HELD;
	num_opening -= client->state != STATE_HELD;
	num_cut++;
	SSL_free(client->ssl);
	client->ssl = NULL;
	close(client->fd);
	client->state = STATE_CUT;
}

static void
hold(struct client *client)
{
	client->state = STATE_HELD;
	num_opening--;
	num_held++;
}

static void
watch(struct client *client, int op, uint32_t events)
{
	struct epoll_event event = {
	    .events = events | EPOLLRDHUP, .data.ptr = client};

	if (epoll_ctl(epoll, op, client->fd, &event) != 0)
		err(1, "epoll_ctl");
}

static void
open_client(struct client *client, int number)
{
	struct sockaddr_in from = {.sin_family = AF_INET}, to = from;
	int window = WINDOW;
	uint32_t host = 0x7f000101 + (uint32_t)(number % num_addresses);

	from.sin_addr.s_addr = htonl(host);
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	to.sin_port = htons(port);
	client->fd =
	    socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (client->fd < 0 ||
	    (kind == KIND_READER &&
		setsockopt(client->fd, SOL_SOCKET, SO_RCVBUF, &window,
		    sizeof(window)) != 0) ||
	    bind(client->fd, (struct sockaddr *)&from, sizeof(from)) != 0)
		err(1, "no socket");
	if (connect(client->fd, (struct sockaddr *)&to, sizeof(to)) != 0 &&
	    errno != EINPROGRESS)
		err(1, "connect");
	client->state = STATE_CONNECT;
	num_opened++;
	num_opening++;
	watch(client, EPOLL_CTL_ADD, EPOLLOUT);
}

static void
start_tls(struct client *client)
{
	client->ssl = SSL_new(tls);
	if (client->ssl == NULL || SSL_set_fd(client->ssl, client->fd) != 1)
		errx(1, "no TLS session");
	SSL_set_connect_state(client->ssl);
	client->state = STATE_HANDSHAKE;
}

/* Made by a session that goes into memory, and of that the first half. */
static void
send_half_hello(struct client *client)
{
	SSL *ssl = SSL_new(tls);
	BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
	char bytes[2048];

	if (ssl == NULL || in == NULL || out == NULL)
		errx(1, "no TLS session");
	SSL_set_bio(ssl, in, out);
	SSL_set_connect_state(ssl);
	(void)SSL_do_handshake(ssl);
	int len = BIO_read(out, bytes, sizeof(bytes));
	if (len < 100)
		errx(1, "no ClientHello");
	if (send(client->fd, bytes, (size_t)len / 2, MSG_NOSIGNAL) < 0)
		warn("send");
	SSL_free(ssl);
}

static void
shake_hands(struct client *client)
{
	static const char begun[] = "GET /livez HTTP/1.1\r\nX: ";
	int n = SSL_do_handshake(client->ssl), why;

	if (n != 1) {
		why = SSL_get_error(client->ssl, n);
		if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
			cut(client);
		return;
	}
	n = kind == KIND_HEAD ? SSL_write(client->ssl, begun, sizeof(begun) - 1)
			      : SSL_write(client->ssl, request, request_len);
	if (n <= 0)
		cut(client);
	else
		hold(client);
}

static void
connected(struct client *client)
{
	watch(client, EPOLL_CTL_MOD, EPOLLIN);
	if (kind == KIND_TCP || kind == KIND_HELLO) {
		if (kind == KIND_HELLO)
			send_half_hello(client);
		hold(client);
		return;
	}
	start_tls(client);
	shake_hands(client);
}

/* Something comes to one that is held: the end, or what it does not want. A
 * reader leaves it all in the kernel, and hears of the end alone. */
static void
heard(struct client *client, uint32_t events)
{
	char bytes[4096];
	ssize_t n;

	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) {
		cut(client);
		return;
	}
	if (kind == KIND_READER) {
		watch(client, EPOLL_CTL_MOD, 0);
		return;
	}
	n = recv(client->fd, bytes, sizeof(bytes), 0);
	if (n == 0 || (n < 0 && errno != EAGAIN))
		cut(client);
}

static void
on_event(struct client *client, uint32_t events)
{
	switch (client->state) {
	case STATE_CONNECT:
		if ((events & (EPOLLHUP | EPOLLERR)) != 0)
			cut(client);
		else
			connected(client);
		break;
	case STATE_HANDSHAKE:
		shake_hands(client);
		break;
	case STATE_HELD:
		heard(client, events);
		break;
	case STATE_NEW:
	case STATE_CUT:
		break;
	}
}

/* --- all of them ------------------------------------------------------- */

static void
open_some(void)
{
	uint64_t due = rate == 0
	    ? UINT64_MAX
	    : (uint64_t)rate * (now_ms() - begin_ms) / 1000;

	while (num_opened < num_clients && num_opening < MAX_OPENING &&
	    (uint64_t)num_opened < due) {
		open_client(&clients[num_opened], num_opened);
		sched_yield();
	}
}

/* The byte of each one whose moment has come since the last call. */
static void
drip(void)
{
	uint64_t now = now_ms(), from = dripped_ms;

	dripped_ms = now;
	for (int i = 0; kind == KIND_HEAD && i < num_opened; i++) {
		uint64_t moment = (uint64_t)i * TICK_MS / (uint64_t)num_clients;
		bool due = (now + TICK_MS - moment) / TICK_MS !=
		    (from + TICK_MS - moment) / TICK_MS;

		if (!due || clients[i].state != STATE_HELD)
			continue;
		if (SSL_write(clients[i].ssl, "x", 1) <= 0)
			cut(&clients[i]);
		sched_yield();
	}
}

static void
tick(void)
{
	int first = num_clients;

	for (int i = num_opened; i-- > 0;)
		if (clients[i].state == STATE_HELD)
			first = i;
	printf("%d %d %d %d %llu\n", num_opened, num_held, num_cut, first,
	    (unsigned long long)(now_ms() - begin_ms) / 1000);
	(void)fflush(stdout);
	next_tick_ms = now_ms() + TICK_MS;
}

static bool
input_ended(void)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	char byte;

	return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

static void
run(void)
{
	struct epoll_event events[256];

	begin_ms = dripped_ms = now_ms();
	while (!input_ended()) {
		open_some();
		drip();
		int num = epoll_wait(epoll, events, 256, 5);

		if (num < 0 && errno != EINTR)
			err(1, "epoll_wait");
		for (int i = 0; i < num; i++) {
			on_event(events[i].data.ptr, events[i].events);
			sched_yield();
		}
		if (now_ms() >= next_tick_ms)
			tick();
	}
}

/* --- the start --------------------------------------------------------- */

static enum kind
read_kind(const char *name)
{
	for (int i = 0; i < NUM_KINDS; i++)
		if (strcmp(name, kind_names[i]) == 0)
			return (enum kind)i;
	errx(2, "%s: not a kind", name);
}

static void
read_request(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t len = 0;

	if (fd < 0)
		err(1, "%s", path);
	if (sysio_read(fd, request, sizeof(request), &len).code != ERR_OK ||
	    len == sizeof(request))
		errx(1, "%s: not a request", path);
	request_len = (int)len;
	close(fd);
}

int
main(int argc, char **argv)
{
	struct rlimit files;

	if (argc != 7)
		errx(2,
		    "usage: slow_clients PORT KIND COUNT ADDRESSES RATE "
		    "REQUEST");
	port = (uint16_t)strtol(argv[1], NULL, 10);
	kind = read_kind(argv[2]);
	num_clients = (int)strtol(argv[3], NULL, 10);
	num_addresses = (int)strtol(argv[4], NULL, 10);
	rate = (int)strtol(argv[5], NULL, 10);
	if (num_clients < 1 || num_clients > MAX_CLIENTS || num_addresses < 1 ||
	    num_addresses > MAX_ADDRESSES || rate < 0)
		errx(2, "a number is out of range");
	if (kind == KIND_READER)
		read_request(argv[6]);
	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		err(1, "getrlimit");
	files.rlim_cur = files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) != 0)
		err(1, "setrlimit");
	tls = SSL_CTX_new(TLS_client_method());
	epoll = epoll_create1(EPOLL_CLOEXEC);
	if (tls == NULL || epoll < 0)
		errx(1, "no TLS client");
	SSL_CTX_set_cert_verify_callback(tls, believe, NULL);
	run();
	return 0;
}
