#ifndef GATEHOUSE_WORKERBOX_H
#define GATEHOUSE_WORKERBOX_H

#include <openssl/ssl.h>
#include <sys/types.h>

#include "crypto/tls_key.h"
#include "gateway/ipc/ask.h"
#include "tests/harness/inbox.h"

/*
 * workerbox: the real gatehouse-worker, in its jail, with this process as its
 * supervisor, its keeper and its clients. All waits are bounded and fail the
 * test; while one waits, signatures are made and bytes are moved.
 */
struct workerbox {
	pid_t pid;
	int control, ask, sign;
	uint16_t port;
	struct tls_key *key;
	int log;	      /* what it writes to stderr: a file */
	uint64_t num_refused; /* without asking, as it said */
	bool signs_nothing;   /* its questions lie there */
	/* The last question. */
	uint64_t id;
	uint8_t frame[FRAME_MAX];
	struct inbox inbox;	     /* of `ask` */
	struct ask_request question; /* points into `frame` */
};

struct workerbox_client {
	int fd;
	SSL_CTX *context;
	SSL *ssl;
	struct buf in;
	bool ended; /* close_notify came */
	bool cut;   /* the connection ended without it */
};

void workerbox_start(struct workerbox *box);
/* workerbox_start_in: the same, but the worker's process runs `program`, which
 * does not return, instead of the role that was built. */
void workerbox_start_in(struct workerbox *box, void (*program)(void));
/* workerbox_stop: close the control channel; the worker must exit with 0. */
void workerbox_stop(struct workerbox *box);

/* workerbox_drain: tell it to; workerbox_ended: wait until it has ended by
 * itself. */
void workerbox_drain(struct workerbox *box);
void workerbox_ended(struct workerbox *box);

/* workerbox_lose_keeper, workerbox_new_keeper: the two sockets. */
void workerbox_lose_keeper(struct workerbox *box);
void workerbox_new_keeper(struct workerbox *box);

/* A client; `connect` waits for the handshake, or for its end (`cut`). `begin`
 * and `shake` are the two halves of it: what it says first, and the rest. */
void workerbox_connect(struct workerbox *box, struct workerbox_client *client);
void workerbox_begin(struct workerbox *box, struct workerbox_client *client);
void workerbox_shake(struct workerbox *box, struct workerbox_client *client);
void workerbox_close(struct workerbox_client *client);
void workerbox_send(
    struct workerbox *box, struct workerbox_client *client, const char *text);

/* workerbox_ask: a new client sends this, and the keeper hears of it. */
void workerbox_ask(
    struct workerbox *box, struct workerbox_client *client, const char *text);

/* workerbox_read: until `len` bytes came, or the connection ended. */
void workerbox_read(
    struct workerbox *box, struct workerbox_client *client, size_t len);

/* workerbox_until: until this text came, or the connection ended. */
void workerbox_until(
    struct workerbox *box, struct workerbox_client *client, const char *text);

/* workerbox_response: until a head and its Content-Length or last chunk came,
 * or the connection ended. HEAD has no body. */
void workerbox_response(
    struct workerbox *box, struct workerbox_client *client, bool has_body);
/* workerbox_body: the body of the response, chunks joined. */
struct span workerbox_body(
    const struct workerbox_client *client, struct buf *out);
bool workerbox_has(const struct workerbox_client *client, const char *text);

/* workerbox_log: all that it has written by now, ending with NUL; free it.
 * workerbox_logged: until this text is in it; the same. */
char *workerbox_log(const struct workerbox *box);
char *workerbox_logged(struct workerbox *box, const char *text);

/* The keeper: wait for a question; answer it; wait for its end. */
void workerbox_question(struct workerbox *box, struct workerbox_client *client);
/* workerbox_hears: that message, as workerbox_question; false: instead the
 * client was answered or cut off, or the worker left its keeper. */
bool workerbox_hears(struct workerbox *box, struct workerbox_client *client,
    enum ask_type type, struct frame *out);
void workerbox_answer(
    struct workerbox *box, const struct ask_answer *answer, int fd);
void workerbox_say(struct workerbox *box, enum ask_type type, struct span body);
void workerbox_done(struct workerbox *box, struct workerbox_client *client,
    struct ask_done *out);
void workerbox_cancelled(struct workerbox *box);
/* workerbox_refused: until it has told of so many that it refused without
 * asking; not of more. */
void workerbox_refused(struct workerbox *box, uint64_t num);

#endif
