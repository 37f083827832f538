#ifndef GATEHOUSE_SECRET_FD_H
#define GATEHOUSE_SECRET_FD_H

#include "crypto/memory/span.h"

/*
 * secret_fd: a key of 32 bytes behind a descriptor, to be passed from one
 * process to another by those who do not read it. It lies in memfd_secret(2)
 * where the kernel has it: never in swap, and hidden from root; else in a memfd
 * that is sealed once the key is in it.
 */
enum {
	SECRET_FD_LEN = 32
};

/*
 * secret_fd_make: one without a key yet.
 *
 * out_fd   the caller's
 * Errors   IO: errno tells more
 */
MUST_USE struct err secret_fd_make(int *out_fd);

/*
 * secret_fd_put: the key, once. Errors: IO.
 */
MUST_USE struct err secret_fd_put(int fd, const uint8_t key[SECRET_FD_LEN]);

/*
 * secret_fd_get: read it, as often as somebody likes.
 *
 * out      the caller's to wipe; written on success only
 * Errors   MALFORMED: the descriptor is of something else: of a file that could
 *          shrink under the reader, or of another length; IO
 */
MUST_USE struct err secret_fd_get(uint8_t out[SECRET_FD_LEN], int fd);

#endif
