#ifndef GATEHOUSE_SYSIO_H
#define GATEHOUSE_SYSIO_H

#include "crypto/memory/span.h"

/*
 * sysio: read and write as one would like them to be. A signal never shows,
 * a short transfer is gone on with, and the length is always checked.
 *
 * Errors   AGAIN      the descriptor does not block and is not ready
 *          CLOSED     a write to a pipe or socket that nobody reads
 *          NO_SPACE   the disk or the quota is full
 *          IO         anything else; errno tells more
 */

/* sysio_read: up to `len` bytes; *out_len is 0 at the end of the file. */
MUST_USE struct err sysio_read(int fd, void *out, size_t len, size_t *out_len);

/*
 * sysio_read_full: exactly `len` bytes. What came before an error is lost, so
 * it is for descriptors that block.
 *
 * Errors   as above; TRUNCATED: the file ended before
 */
MUST_USE struct err sysio_read_full(int fd, void *out, size_t len);

/* sysio_pread: up to `len` bytes from offset `at`; fewer only at the end. */
MUST_USE struct err sysio_pread(
    int fd, void *out, size_t len, uint64_t at, size_t *out_len);

/* sysio_write: some of the bytes; *out_len says how many, never 0. */
MUST_USE struct err sysio_write(int fd, struct span bytes, size_t *out_len);

/* sysio_write_full: all of the bytes; for descriptors that block. */
MUST_USE struct err sysio_write_full(int fd, struct span bytes);

/* sysio_pwrite_full: all of the bytes, at offset `at`. */
MUST_USE struct err sysio_pwrite_full(int fd, struct span bytes, uint64_t at);

/* sysio_close: close *fd unless it is negative, and set it to -1. */
void sysio_close(int *fd);

/*
 * sysio_monotonic_ms: for deadlines; it never jumps, and stands for nothing
 * outside of this run of the machine.
 */
uint64_t sysio_monotonic_ms(void);

/* sysio_monotonic_us: the same clock, to measure with. */
uint64_t sysio_monotonic_us(void);

/* sysio_wall_ns: nanoseconds since 1970, UTC; only for dates that people set */
int64_t sysio_wall_ns(void);

#endif
