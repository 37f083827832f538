/*
 * bench_load PORT CA REQUEST CONNECTIONS SECONDS COUNT: one client for the
 * benchmark, over TLS 1.3 to 127.0.0.1.
 *
 * REQUEST is a file with one whole request head. Every connection sends it,
 * reads the answer and sends it again, until SECONDS are over or COUNT answers
 * have come (0: no such end). All connections are made before the clock runs.
 * It prints
 *
 *	answers bytes-of-body seconds first-byte-p50-us first-byte-p99-us
 *
 * and then, with "hold" as a seventh argument, keeps its connections open until
 * its standard input ends. Exit 1: an answer was not 200, or broke off.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <inttypes.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <arpa/inet.h>
#include <time.h>
#include <unistd.h>

enum {
	MAX_CLIENTS = 1024,
	MAX_REQUEST = 8192,
	MAX_ANSWER_HEAD = 8192,
	MAX_TIMES = 1 << 20, /* first bytes that are remembered */
	READ_LEN = 256 * 1024,
};

/* What the next byte of an answer is. */
enum part {
	PART_HEAD,
	PART_BODY,	 /* one of `left` bytes */
	PART_CHUNK_LINE, /* of the line that gives a chunk's length */
	PART_CHUNK,	 /* one of `left` bytes, line end included */
	PART_LAST,	 /* of the empty line behind the last chunk */
};

struct client {
	SSL *ssl;
	int fd;
	enum part part;
	bool waits; /* for the first byte */
	uint64_t sent_ns, left;
	size_t head_len;
	char head[MAX_ANSWER_HEAD + 1];
};

static struct client *clients;
static int num_clients;
static char request[MAX_REQUEST];
static int request_len;
static uint32_t *times_us;
static size_t num_times;
static uint64_t num_answers, num_bytes, last_ns;

static uint64_t
now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void
send_request(struct client *client)
{
	client->part = PART_HEAD;
	client->head_len = 0;
	client->waits = true;
	client->sent_ns = now_ns();
	/* A few hundred bytes: a socket that has none pending takes them. */
	if (SSL_write(client->ssl, request, request_len) != request_len)
		errx(1, "the request is not taken");
}

static void
end_answer(struct client *client)
{
	num_answers++;
	last_ns = now_ns();
	client->part = PART_HEAD;
	client->head_len = 0;
}

/* The head is whole: what follows it. */
static void
read_head(struct client *client)
{
	const char *length = strcasestr(client->head, "\r\ncontent-length:");

	if (strncmp(client->head, "HTTP/1.1 200 ", 13) != 0)
		errx(1, "the answer is %.12s", client->head);
	if (length != NULL) {
		client->left = strtoull(length + 17, NULL, 10);
		client->part = PART_BODY;
		if (client->left == 0)
			end_answer(client);
	} else if (strcasestr(client->head, "\r\ntransfer-encoding: chunked")) {
		client->part = PART_CHUNK_LINE;
		client->left = 0;
	} else {
		errx(1, "an answer of unknown length");
	}
}

static void
take_head_byte(struct client *client, char byte)
{
	if (client->head_len == MAX_ANSWER_HEAD)
		errx(1, "the answer's head is too long");
	client->head[client->head_len++] = byte;
	client->head[client->head_len] = '\0';
	if (client->head_len >= 4 &&
	    memcmp(client->head + client->head_len - 4, "\r\n\r\n", 4) == 0)
		read_head(client);
}

/* The length of a chunk in hexadecimal digits; its line end is in `left`. */
static void
take_line_byte(struct client *client, char byte)
{
	static const char digits[] = "0123456789abcdef";
	const char *digit = strchr(digits, byte | 0x20);

	if (byte == '\n') {
		client->part = client->left == 0 ? PART_LAST : PART_CHUNK;
		client->left += 2;
	} else if (byte != '\r') {
		if (byte == '\0' || digit == NULL)
			errx(1, "a chunk of no length");
		client->left = client->left * 16 + (uint64_t)(digit - digits);
	}
}

static size_t
take_body(struct client *client, size_t len)
{
	size_t taken = len < client->left ? len : (size_t)client->left;

	client->left -= taken;
	num_bytes += taken;
	if (client->left > 0)
		return taken;
	if (client->part == PART_BODY) {
		end_answer(client);
	} else {
		num_bytes -= 2;
		client->part = PART_CHUNK_LINE;
	}
	return taken;
}

static void
take(struct client *client, const char *data, size_t len)
{
	for (size_t at = 0; at < len;) {
		switch (client->part) {
		case PART_HEAD:
			take_head_byte(client, data[at++]);
			break;
		case PART_CHUNK_LINE:
			take_line_byte(client, data[at++]);
			break;
		case PART_BODY:
		case PART_CHUNK:
			at += take_body(client, len - at);
			break;
		case PART_LAST:
			if (data[at++] == '\n')
				end_answer(client);
			break;
		}
	}
}

static void
note_first_byte(struct client *client)
{
	if (client->waits && num_times < MAX_TIMES)
		times_us[num_times++] =
		    (uint32_t)((now_ns() - client->sent_ns) / 1000);
	client->waits = false;
}

/* All that is there. When an answer ends, and more are wanted, ask again. */
static void
run_client(struct client *client, bool again)
{
	static char bytes[READ_LEN];
	int len;

	while ((len = SSL_read(client->ssl, bytes, sizeof(bytes))) > 0) {
		uint64_t before = num_answers;

		note_first_byte(client);
		take(client, bytes, (size_t)len);
		if (num_answers != before && again)
			send_request(client);
	}
	if (SSL_get_error(client->ssl, len) != SSL_ERROR_WANT_READ)
		errx(1, "an answer breaks off");
}

static void
open_client(struct client *client, SSL_CTX *ctx, uint16_t port)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons(port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int on = 1;

	/* Or the first request waits for the server's ACK of the handshake. */
	client->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (client->fd < 0 ||
	    setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) !=
		0 ||
	    connect(client->fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		err(1, "no connection");
	client->ssl = SSL_new(ctx);
	if (client->ssl == NULL || SSL_set_fd(client->ssl, client->fd) != 1 ||
	    SSL_connect(client->ssl) != 1)
		errx(1, "no TLS connection");
	if (fcntl(client->fd, F_SETFL, O_NONBLOCK) != 0)
		err(1, "fcntl");
}

static int
open_clients(const char *ca, uint16_t port)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (ctx == NULL || epoll < 0 ||
	    SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1 ||
	    SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1)
		errx(1, "no TLS client with %s", ca);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	for (int i = 0; i < num_clients; i++) {
		struct epoll_event event = {
		    .events = EPOLLIN, .data.ptr = &clients[i]};

		open_client(&clients[i], ctx, port);
		if (epoll_ctl(epoll, EPOLL_CTL_ADD, clients[i].fd, &event) != 0)
			err(1, "epoll");
	}
	SSL_CTX_free(ctx);
	return epoll;
}

/* Ends when nothing is asked for any more, so that nothing is cut. */
static void
run(int epoll, uint64_t end_ns, uint64_t count)
{
	struct epoll_event events[64];
	uint64_t asked = (uint64_t)num_clients;

	for (int i = 0; i < num_clients; i++)
		send_request(&clients[i]);
	while (num_answers < asked) {
		int num = epoll_wait(epoll, events, 64, 120 * 1000);

		if (num <= 0)
			errx(1, "no answer for two minutes");
		for (int i = 0; i < num; i++) {
			bool again =
			    now_ns() < end_ns && (count == 0 || asked < count);
			uint64_t before = num_answers;

			run_client(events[i].data.ptr, again);
			if (again)
				asked += num_answers - before;
		}
	}
}

static int
compare_times(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void
read_request(const char *path)
{
	FILE *file = fopen(path, "re");

	if (file == NULL)
		err(1, "%s", path);
	size_t len = fread(request, 1, sizeof(request), file);
	if (len == 0 || len == sizeof(request))
		errx(1, "%s: not a request", path);
	request_len = (int)len;
	(void)fclose(file);
}

int
main(int argc, char **argv)
{
	uint64_t begin_ns, seconds, count;
	char byte;

	if (argc != 7 && (argc != 8 || strcmp(argv[7], "hold") != 0))
		errx(2,
		    "usage: bench_load PORT CA REQUEST CONNECTIONS "
		    "SECONDS COUNT [hold]");
	num_clients = (int)strtol(argv[4], NULL, 10);
	seconds = strtoull(argv[5], NULL, 10);
	count = strtoull(argv[6], NULL, 10);
	if (num_clients < 1 || num_clients > MAX_CLIENTS)
		errx(2, "1 to %d connections", MAX_CLIENTS);
	read_request(argv[3]);
	clients = calloc((size_t)num_clients, sizeof(*clients));
	times_us = calloc(MAX_TIMES, sizeof(*times_us));
	if (clients == NULL || times_us == NULL)
		errx(1, "no memory");
	int epoll = open_clients(argv[2], (uint16_t)strtol(argv[1], NULL, 10));
	begin_ns = now_ns();
	run(epoll, begin_ns + seconds * 1000000000, count);
	qsort(times_us, num_times, sizeof(*times_us), compare_times);
	printf("%" PRIu64 " %" PRIu64 " %.6f %" PRIu32 " %" PRIu32 "\n",
	    num_answers, num_bytes, (double)(last_ns - begin_ns) / 1e9,
	    times_us[num_times / 2], times_us[num_times * 99 / 100]);
	(void)fflush(stdout);
	while (argc == 8 && read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
