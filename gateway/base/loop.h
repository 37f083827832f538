#ifndef GATEHOUSE_LOOP_H
#define GATEHOUSE_LOOP_H

#include "crypto/memory/span.h"

/*
 * loop: what a role waits for: descriptors (epoll, level-triggered) and
 * timers (a heap, monotonic milliseconds). Its size is fixed at birth. It
 * calls one handler at a time; a handler may add, modify and remove any
 * descriptor or timer, its own included.
 *
 * A patient descriptor is one of a crowd: however many of them are ready, a
 * step calls them in turn for as long as it called all others, at most for
 * LOOP_PATIENT_US, and at least one. So what matters waits for one of them, or
 * as long as it kept them waiting, and never for the crowd. After a crowd's
 * turn the core goes to other processes that wait for one.
 *
 * After the jail it needs epoll_ctl, epoll_pwait and the vDSO's clock, and with
 * a patient descriptor sched_yield.
 */
struct loop;

/* What a descriptor is watched for, and what it is found to be. */
enum {
	LOOP_READ = 1,
	LOOP_WRITE = 2,
	LOOP_HANGUP = 4,  /* closed or failed: told without being asked for */
	LOOP_PATIENT = 8, /* asked for, and never told */
};

struct loop_handler {
	void (*ready)(void *context, unsigned events);
	void *context;
};

/*
 * loop_timer: embedded by its owner, who must cancel it before freeing it.
 * Zero but for `fired` and `context`, it is not set.
 */
struct loop_timer {
	void (*fired)(void *context);
	void *context;
	uint64_t at_ms;
	size_t place; /* the loop's: 1 + index in the heap, 0 when not set */
};

/*
 * loop_new: descriptors below max_fds and up to max_timers timers at once.
 *
 * out      owned by the caller; loop_free
 * Errors   NO_MEMORY; IO: no epoll descriptor to be had
 */
MUST_USE struct err loop_new(
    struct loop **out, size_t max_fds, size_t max_timers);
void loop_free(struct loop *loop); /* accepts NULL; closes no watched fd */

/*
 * loop_add: call handler.ready when the descriptor has one of `events`. The
 * descriptor stays the caller's, who removes it before closing it.
 *
 * Errors   TOO_BIG: fd is not below max_fds; EXISTS: it is watched already;
 *          NO_SPACE: the kernel's quota of watches; IO
 */
MUST_USE struct err loop_add(
    struct loop *loop, int fd, unsigned events, struct loop_handler handler);

/* loop_modify: watch for other events, as patiently as they say. Errors:
 * NOT_FOUND; NO_SPACE, IO: it is not watched any more, if it should become
 * patient or cease to be. */
MUST_USE struct err loop_modify(struct loop *loop, int fd, unsigned events);

/* loop_remove: watch it no more; nothing, if it is not watched. */
void loop_remove(struct loop *loop, int fd);

/*
 * loop_set_timer: call timer->fired once, at or soon after at_ms on the clock
 * of sysio_monotonic_ms. A timer that is set already moves.
 *
 * Errors   TOO_BIG: max_timers are set
 */
MUST_USE struct err loop_set_timer(
    struct loop *loop, struct loop_timer *timer, uint64_t at_ms);

/* loop_cancel_timer: nothing, if it is not set. */
void loop_cancel_timer(struct loop *loop, struct loop_timer *timer);

/*
 * loop_settle: before each wait, and before a crowd has its turn, call
 * settle(context): what handlers put off is done once for all that was called.
 * One settler; a later one takes its place.
 */
void loop_settle(
    struct loop *loop, void (*settle)(void *context), void *context);

/*
 * loop_step: wait once, at most max_wait_ms, and call what is ready or due.
 * A signal ends the wait without an error.
 *
 * Errors   IO: epoll failed
 */
MUST_USE struct err loop_step(struct loop *loop, unsigned max_wait_ms);

/* loop_run: step until loop_stop, which may also be called while it settles.
 * Errors: as loop_step. */
MUST_USE struct err loop_run(struct loop *loop);
void loop_stop(struct loop *loop);
bool loop_is_stopped(const struct loop *loop);

#endif
