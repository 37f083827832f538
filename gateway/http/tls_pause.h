#ifndef GATEHOUSE_TLS_PAUSE_H
#define GATEHOUSE_TLS_PAUSE_H

#include <openssl/types.h>

#include "crypto/memory/span.h"

/*
 * tls_pause: handshakes that stop in the middle and are gone on with later, by
 * OpenSSL's jobs (ASYNC_start_job(3)): each runs on a stack of its own.
 *
 * There are as many stacks as were made at the start, and never more. Each was
 * run on once before the jail: the first time costs a system call
 * (rt_sigprocmask, in setcontext), later ones do not. OpenSSL's stacks have 32
 * KiB, which its malloc gives; ours have a page in front of them that nothing
 * may touch, so that one that is too short is the end of the process and no
 * hole in it. tests/unit/unit_tls_pause.c shows what the largest handshake
 * takes.
 */

enum {
	TLS_PAUSE_MAX = 256, /* stacks */
};

/*
 * tls_pause_guard: OpenSSL allocates by us from now on. Before it has allocated
 * anything; of a later call nothing comes.
 *
 * Errors   USAGE: it has
 */
MUST_USE struct err tls_pause_guard(void);

/*
 * tls_pause_prepare: for up to `num` handshakes that are stopped at once; after
 * tls_pause_guard. Of a later call nothing comes.
 *
 * Errors   UNSUPPORTED: not on this system, or its stacks have no guard;
 *          TOO_BIG: over TLS_PAUSE_MAX; NO_MEMORY
 */
MUST_USE struct err tls_pause_prepare(size_t num);

/* tls_pause_allow: this handshake may be stopped; tls_pause_forbid: it is over,
 * and what is read and written needs no stack. */
void tls_pause_allow(SSL *ssl);
void tls_pause_forbid(SSL *ssl);

/*
 * tls_pause_here: called out of a handshake: stop. Returns when it is gone on
 * with.
 *
 * Errors   UNAVAILABLE: it may not be stopped
 */
MUST_USE struct err tls_pause_here(void);

#endif
