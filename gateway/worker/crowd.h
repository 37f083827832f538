#ifndef GATEHOUSE_CROWD_H
#define GATEHOUSE_CROWD_H

#include <sys/queue.h>

#include "crypto/memory/span.h"

/*
 * crowd: who is connected, counted by address, and who of them would be given
 * up next. Each step takes as long however many there are: those who come and
 * go for ever must not cost more than those who stay.
 *
 * Who waits has a limit, of one of three lengths; those of one length stand in
 * a line in the order in which they began, and so in that of their deadlines.
 */
enum crowd_line {
	CROWD_BEGINS, /* a handshake, a head */
	CROWD_IDLE,   /* between two requests */
	CROWD_LEAVES,
	NUM_CROWD_LINES,
};

enum {
	CROWD_BUCKETS = 4096
};

struct crowd_place; /* an address with somebody at it */

/* Embedded by its owner. The zero state is of nobody. */
struct crowd_guest {
	void *owner;
	struct crowd_place *place; /* NULL: it has not entered */
	TAILQ_ENTRY(crowd_guest) of_all, of_place;
	bool waits;
	enum crowd_line line;
	int64_t deadline_ms; /* monotonic */
};

TAILQ_HEAD(crowd_guests, crowd_guest);

struct crowd {
	LIST_HEAD(, crowd_place) places[CROWD_BUCKETS];
	uint64_t seed; /* of their order in there */
	struct crowd_guests lines[NUM_CROWD_LINES];
};

void crowd_init(struct crowd *crowd);

/* crowd_enter: it is connected from there. Errors: NO_MEMORY. */
MUST_USE struct err crowd_enter(
    struct crowd *crowd, struct crowd_guest *guest, const uint8_t address[16]);

/* crowd_leave: nothing, if it has not entered. */
void crowd_leave(struct crowd *crowd, struct crowd_guest *guest);

/* crowd_wait: it waits from now on, with a limit of that line. crowd_work: it
 * waits no more. */
void crowd_wait(struct crowd *crowd, struct crowd_guest *guest,
    enum crowd_line line, int64_t deadline_ms);
void crowd_work(struct crowd *crowd, struct crowd_guest *guest);

/* crowd_count: how many are connected from there. */
size_t crowd_count(const struct crowd *crowd, const uint8_t address[16]);

/* crowd_first: the owner of whoever waits with the next deadline, from that
 * address or (NULL) from anywhere; NULL: nobody waits. */
void *crowd_first(const struct crowd *crowd, const uint8_t *address);

#endif
