#ifndef GATEHOUSE_SIGNER_H
#define GATEHOUSE_SIGNER_H

#include <sys/queue.h>

#include "crypto/tls_key.h"
#include "gateway/ipc/ask.h"

/*
 * signer: the worker's end of the seam on which the keeper signs handshakes
 * (gateway/ipc/ask.h). Who needs a signature stands in a line and is woken when
 * it is there; the worker does other things meanwhile. Few of them are with the
 * keeper at once, so that a crowd of handshakes does not keep it from what else
 * it has to do; who leaves the line before costs it nothing.
 */
enum {
	SIGNER_AT_ONCE = 2,
};

enum signer_state {
	SIGNER_NONE,
	SIGNER_STANDS, /* in the line */
	SIGNER_ASKED,  /* the keeper */
	SIGNER_MADE,
	SIGNER_FAILED,
};

/* One handshake's; embedded. The zero state, but for `wake` and `context`, is
 * of one that needs none. */
struct signer_wait {
	TAILQ_ENTRY(signer_wait) next;
	enum signer_state state;
	uint64_t id;
	struct buf bytes; /* the question; then the signature */
	void (*wake)(void *context);
	void *context;
};

struct tls_signer {
	struct channel channel;
	uint64_t last_id;
	size_t num_asked;		/* answers that are to come */
	TAILQ_HEAD(, signer_wait) line; /* those with the keeper first */
};

/* signer_init: without a keeper. It ends with signer_lose. */
void signer_init(struct tls_signer *signer);

/* signer_attach: take over the socket to a keeper; who waits for another one's
 * signature gets none. */
void signer_attach(struct tls_signer *signer, int fd);

/*
 * signer_ready: read and write what there is. Wakes who has a signature now.
 *
 * Errors   the keeper is away, or says what it must not: signer_lose is next
 */
MUST_USE struct err signer_ready(struct tls_signer *signer);

/* signer_lose: close the socket; who waits gets no signature, and is woken. */
void signer_lose(struct tls_signer *signer);

/*
 * signer_sign: a tls_remote_sign; `context` is the signer, `waiter` a struct
 * signer_wait, which is one signature's until it is handed out.
 *
 * Errors   AGAIN: wait->wake is called when it is there, or when there will be
 *          none; UNAVAILABLE: no keeper; DENIED: it refuses; NO_MEMORY
 */
MUST_USE struct err signer_sign(void *context, void *waiter,
    enum tls_key_alg alg, struct span in, uint8_t out[TLS_KEY_MAX_SIGNATURE],
    size_t *out_len);

/* signer_leave: whatever it waits for, no more. */
void signer_leave(struct tls_signer *signer, struct signer_wait *wait);

#endif
