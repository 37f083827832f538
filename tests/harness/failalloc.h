#ifndef GATEHOUSE_FAILALLOC_H
#define GATEHOUSE_FAILALLOC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * failalloc: fail the nth allocation, to see that it is survived.
 *
 *     for (size_t n = 0;; n++) {
 *             failalloc_arm(n);
 *             struct err err = thing_new(&thing);
 *             bool failed = failalloc_disarm();
 *             if (!failed) break;          // it needs n allocations
 *             assert_int_equal(err.code, ERR_NO_MEMORY);
 *     }
 *     thing_free(thing);
 *
 * It stands in the place of malloc, calloc, realloc, aligned_alloc,
 * posix_memalign and free, of the libraries too, in front of the C library or
 * of AddressSanitizer. Under valgrind, which stands there itself, nothing
 * fails: the loop above then runs once.
 */

/* failalloc_arm: after `n` more allocations, the next one (alone) fails.
 * failalloc_arm_lasting: that one and all after it. */
void failalloc_arm(size_t n);
void failalloc_arm_lasting(size_t n);

/* failalloc_pause, failalloc_resume: what a harness needs for itself is
 * neither counted nor failed. Nothing, when it is not armed. */
void failalloc_pause(void);
void failalloc_resume(void);

/* failalloc_disarm: stop. True when an allocation was made to fail. */
bool failalloc_disarm(void);

/* failalloc_count: allocations since failalloc_arm, the failed one too. */
size_t failalloc_count(void);

/* failalloc_live: blocks that were allocated and are not freed; always 0 under
 * AddressSanitizer, which looks for leaks itself. */
size_t failalloc_live(void);

/*
 * failalloc_watch: look for these bytes in every block that is freed, paused
 * or not; failalloc_seen: how many held them. NULL: look no more.
 */
void failalloc_watch(const void *secret, size_t len);
size_t failalloc_seen(void);

/* failalloc_works: false under valgrind. Not while armed. */
bool failalloc_works(void);

#endif
