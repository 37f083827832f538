#include "gateway/base/loop.h"

#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <sys/epoll.h>

/*
 * `turn` tells an event of this watch from one of an earlier watch of the
 * same number, removed by a handler of the same batch. 32 bits: a batch is
 * short, so a turn cannot come round within it.
 */
struct watch {
	struct loop_handler handler;
	unsigned events; /* that the kernel waits for */
	uint32_t turn;
	bool used;
};

struct loop {
	int epoll; /* of all but the patient, and of `crowd` */
	int crowd; /* epoll of the patient */
	bool stopped;
	struct watch *watches; /* by descriptor */
	size_t max_fds;
	struct loop_timer **timers; /* a heap: the first one is due first */
	size_t num_timers;
	size_t max_timers;
	void (*settle)(void *context); /* before each wait; NULL: nothing */
	void *settle_context;
};

/* The kernel calls `crowd` readable while one of its own is ready. No watch
 * has turn 0. */
static struct err
open_epolls(struct loop *loop)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 0};

	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	loop->crowd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll < 0 || loop->crowd < 0 ||
	    epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->crowd, &event) != 0)
		return ERR(IO, "loop: no epoll descriptor");
	return OK;
}

struct err
loop_new(struct loop **out, size_t max_fds, size_t max_timers)
{
	struct loop *loop = calloc(1, sizeof(*loop));

	if (loop == NULL)
		return ERR(NO_MEMORY, "loop: no memory");
	loop->epoll = loop->crowd = -1;
	loop->max_fds = max_fds;
	loop->max_timers = max_timers;
	loop->watches = calloc(max_fds + 1, sizeof(*loop->watches));
	loop->timers = calloc(max_timers + 1, sizeof(struct loop_timer *));
	if (loop->watches == NULL || loop->timers == NULL) {
		loop_free(loop);
		return ERR(NO_MEMORY, "loop: no memory");
	}
	struct err err = open_epolls(loop);
	if (err.code != ERR_OK) {
		loop_free(loop);
		return err;
	}
	*out = loop;
	return OK;
}

void
loop_free(struct loop *loop)
{
	if (loop == NULL)
		return;
	sysio_close(&loop->epoll);
	sysio_close(&loop->crowd);
	free(loop->watches);
	free(loop->timers);
	free(loop);
}

/* --- Descriptors --- */

static struct err
control(struct loop *loop, int operation, int fd, unsigned events)
{
	struct epoll_event event = {.events = 0};

	if ((events & LOOP_READ) != 0)
		event.events |= EPOLLIN | EPOLLRDHUP;
	if ((events & LOOP_WRITE) != 0)
		event.events |= EPOLLOUT;
	event.data.u64 = (uint64_t)loop->watches[fd].turn << 32 | (uint32_t)fd;
	int epoll = (events & LOOP_PATIENT) != 0 ? loop->crowd : loop->epoll;
	if (epoll_ctl(epoll, operation, fd, &event) == 0)
		return OK;
	if (errno == ENOSPC)
		return ERR(NO_SPACE, "loop: the system's watches are used up");
	return ERR(IO, "loop: the descriptor cannot be watched");
}

static bool
is_watched(const struct loop *loop, int fd)
{
	return fd >= 0 && (size_t)fd < loop->max_fds && loop->watches[fd].used;
}

struct err
loop_add(
    struct loop *loop, int fd, unsigned events, struct loop_handler handler)
{
	assert(handler.ready != NULL);
	if (fd < 0 || (size_t)fd >= loop->max_fds)
		return ERR(TOO_BIG, "loop: the descriptor is over the cap");
	if (loop->watches[fd].used)
		return ERR(EXISTS, "loop: the descriptor is watched already");
	if (++loop->watches[fd].turn == 0)
		loop->watches[fd].turn = 1;
	TRY(control(loop, EPOLL_CTL_ADD, fd, events));
	loop->watches[fd].handler = handler;
	loop->watches[fd].events = events;
	loop->watches[fd].used = true;
	return OK;
}

/* From those that matter to the crowd, or back. */
static struct err
move(struct loop *loop, int fd, unsigned events)
{
	struct loop_handler handler = loop->watches[fd].handler;

	loop_remove(loop, fd);
	return loop_add(loop, fd, events, handler);
}

struct err
loop_modify(struct loop *loop, int fd, unsigned events)
{
	if (!is_watched(loop, fd))
		return ERR(NOT_FOUND, "loop: the descriptor is not watched");
	/* Owners say after each message what they wait for: mostly the same. */
	if (loop->watches[fd].events == events)
		return OK;
	if (((loop->watches[fd].events ^ events) & LOOP_PATIENT) != 0)
		return move(loop, fd, events);
	TRY(control(loop, EPOLL_CTL_MOD, fd, events));
	loop->watches[fd].events = events;
	return OK;
}

void
loop_remove(struct loop *loop, int fd)
{
	if (!is_watched(loop, fd))
		return;
	/* It fails only when the descriptor is closed, which removes it too. */
	struct err ignored =
	    control(loop, EPOLL_CTL_DEL, fd, loop->watches[fd].events);
	(void)ignored;
	loop->watches[fd].used = false;
	loop->watches[fd].handler = (struct loop_handler){.ready = NULL};
}

static unsigned
translate(uint32_t found)
{
	unsigned events = 0;

	/* A peer that only stops sending is an end of file: read tells. */
	if ((found & (EPOLLIN | EPOLLRDHUP)) != 0)
		events |= LOOP_READ;
	if ((found & EPOLLOUT) != 0)
		events |= LOOP_WRITE;
	if ((found & (EPOLLHUP | EPOLLERR)) != 0)
		events |= LOOP_HANGUP;
	return events;
}

static void
dispatch(struct loop *loop, const struct epoll_event *event)
{
	size_t fd = (uint32_t)event->data.u64;

	assert(fd < loop->max_fds);
	const struct watch *watch = &loop->watches[fd];
	if (!watch->used || watch->turn != event->data.u64 >> 32)
		return;
	/* By value: the handler may remove the watch that it hangs on. */
	struct loop_handler handler = watch->handler;
	handler.ready(handler.context, translate(event->events));
}

static void
settle_now(struct loop *loop)
{
	if (loop->settle != NULL)
		loop->settle(loop->settle_context);
}

/* One at a time: the kernel tells them in turn, and who was told, and not
 * called for want of time, would have lost his. Between one and the next, other
 * processes have theirs: where cores are few, somebody's answer waits for one,
 * and the kernel sees to that by itself at its next tick, some ms later. */
static void
dispatch_patient(struct loop *loop, uint64_t time_us)
{
	uint64_t until = sysio_monotonic_us() + time_us;
	struct epoll_event event;

	while (epoll_pwait(loop->crowd, &event, 1, 0, NULL) == 1) {
		dispatch(loop, &event);
		if (sysio_monotonic_us() >= until)
			break;
	}
	sched_yield();
}

/* Out: whether the crowd is among them. */
static bool
dispatch_all(struct loop *loop, const struct epoll_event *events, int num)
{
	bool patient = false;

	for (int i = 0; i < num; i++) {
		if (events[i].data.u64 == 0)
			patient = true;
		else
			dispatch(loop, &events[i]);
	}
	return patient;
}

static void
dispatch_events(struct loop *loop, const struct epoll_event *events, int num)
{
	uint64_t began = sysio_monotonic_us(), took = 0;

	if (!dispatch_all(loop, events, num))
		return;
	/* What the others put off waits for no crowd. */
	if (num > 1) {
		settle_now(loop);
		took = sysio_monotonic_us() - began;
	}
	dispatch_patient(loop, took < LOOP_PATIENT_US ? took : LOOP_PATIENT_US);
}

/* --- Timers --- */

static void
put_timer(struct loop *loop, size_t place, struct loop_timer *timer)
{
	loop->timers[place - 1] = timer;
	timer->place = place;
}

/* Places count from 1: the children of n are 2n and 2n + 1. */
static void
sift_up(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && loop->timers[place / 2 - 1]->at_ms > timer->at_ms) {
		put_timer(loop, place, loop->timers[place / 2 - 1]);
		place /= 2;
	}
	put_timer(loop, place, timer);
}

static void
sift_down(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place;

	for (;;) {
		size_t child = 2 * place;
		if (child > loop->num_timers)
			break;
		if (child < loop->num_timers &&
		    loop->timers[child]->at_ms < loop->timers[child - 1]->at_ms)
			child++;
		if (loop->timers[child - 1]->at_ms >= timer->at_ms)
			break;
		put_timer(loop, place, loop->timers[child - 1]);
		place = child;
	}
	put_timer(loop, place, timer);
}

struct err
loop_set_timer(struct loop *loop, struct loop_timer *timer, uint64_t at_ms)
{
	assert(timer->fired != NULL);
	if (timer->place == 0) {
		if (loop->num_timers == loop->max_timers)
			return ERR(TOO_BIG, "loop: too many timers");
		put_timer(loop, ++loop->num_timers, timer);
	}
	timer->at_ms = at_ms;
	sift_up(loop, timer);
	sift_down(loop, timer);
	return OK;
}

void
loop_cancel_timer(struct loop *loop, struct loop_timer *timer)
{
	size_t place = timer->place;

	if (place == 0)
		return;
	struct loop_timer *last = loop->timers[--loop->num_timers];
	timer->place = 0;
	if (last == timer)
		return;
	put_timer(loop, place, last);
	sift_up(loop, last);
	sift_down(loop, last);
}

/*
 * As many as are due now, and no more: a timer that a handler sets for now or
 * earlier waits for the next step, so that descriptors get their turn. The
 * timer may be freed by its handler.
 */
static void
fire_timers(struct loop *loop, uint64_t now)
{
	for (size_t left = loop->num_timers; left > 0; left--) {
		if (loop->num_timers == 0 || loop->timers[0]->at_ms > now)
			break;
		struct loop_timer *timer = loop->timers[0];
		loop_cancel_timer(loop, timer);
		timer->fired(timer->context);
	}
}

/* How long the first timer leaves us; rounded to what epoll takes. */
static int
wait_ms(const struct loop *loop, unsigned max_wait_ms)
{
	uint64_t wait = max_wait_ms < 60000 ? max_wait_ms : 60000;

	if (loop->num_timers > 0) {
		uint64_t now = sysio_monotonic_ms();
		uint64_t due = loop->timers[0]->at_ms;
		uint64_t left = due > now ? due - now : 0;
		if (left < wait)
			wait = left;
	}
	return (int)wait;
}

/* --- The loop --- */

void
loop_settle(struct loop *loop, void (*settle)(void *context), void *context)
{
	loop->settle = settle;
	loop->settle_context = context;
}

struct err
loop_step(struct loop *loop, unsigned max_wait_ms)
{
	struct epoll_event events[LOOP_MAX_EVENTS];

	settle_now(loop);
	int num = epoll_pwait(loop->epoll, events, LOOP_MAX_EVENTS,
	    wait_ms(loop, loop->stopped ? 0 : max_wait_ms), NULL);

	if (num < 0 && errno != EINTR)
		return ERR(IO, "loop: the wait failed");
	dispatch_events(loop, events, num);
	fire_timers(loop, sysio_monotonic_ms());
	return OK;
}

struct err
loop_run(struct loop *loop)
{
	loop->stopped = false;
	while (!loop->stopped)
		TRY(loop_step(loop, 60000));
	return OK;
}

void
loop_stop(struct loop *loop)
{
	loop->stopped = true;
}

bool
loop_is_stopped(const struct loop *loop)
{
	return loop->stopped;
}
