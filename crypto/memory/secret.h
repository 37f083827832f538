#ifndef GATEHOUSE_SECRET_H
#define GATEHOUSE_SECRET_H

#include "crypto/memory/span.h"

/*
 * secret: a key that lives for longer than one call. Its bytes lie between
 * guard pages, in memfd_secret(2) where the kernel has it (then root's
 * process_vm_readv and /proc/PID/mem do not reach them), else in
 * sodium_malloc pages (locked, not dumped). They are unreadable but between
 * secret_open and secret_close.
 */
struct secret;

/*
 * secret_new: a secret of `len` bytes, zeroed, closed.
 *
 * out_secret  owned by the caller; free with secret_free, which wipes
 * Errors      NO_MEMORY: also when the pages cannot be locked
 */
MUST_USE struct err secret_new(struct secret **out_secret, size_t len);
void secret_free(struct secret *secret); /* accepts NULL */

enum {
	SECRET_MAX_RESERVE = 256
};

/*
 * secret_reserve: make `num` secrets of `len` bytes now, for a process whose
 * jail will not let it make any. secret_new hands them out, for what is as
 * long or shorter, secret_free takes them back, wiped. They stay until the
 * process ends.
 *
 * Errors   NO_MEMORY; TOO_BIG: over SECRET_MAX_RESERVE in all. What was made
 *          before the error stays in reserve
 */
MUST_USE struct err secret_reserve(size_t num, size_t len);

/*
 * secret_open: make the bytes readable and writable until secret_close. The
 * pointer is valid until then. Opens nest (a count). Aborts if the page
 * protection cannot be changed.
 */
uint8_t *secret_open(struct secret *secret);
void secret_close(struct secret *secret);

/* secret_len: bytes. */
size_t secret_len(const struct secret *secret);

/* secret_kernel_hidden: it lies in memfd_secret. */
bool secret_kernel_hidden(const struct secret *secret);

/*
 * secret_wipe16, secret_wipe32, secret_wipe64: CLEANUP for stack copies:
 *     uint8_t key[32] CLEANUP(secret_wipe32);
 */
void secret_wipe16(uint8_t (*bytes)[16]);
void secret_wipe32(uint8_t (*bytes)[32]);
void secret_wipe64(uint8_t (*bytes)[64]);

/* secret_equal: same bytes, in constant time. */
bool secret_equal(const void *a, const void *b, size_t len);

#endif
