#ifndef GATEHOUSE_OPEN_SERVE_H
#define GATEHOUSE_OPEN_SERVE_H

#include "gateway/ipc/keepers.h"
#include "gateway/origin/spool_dir.h"

/*
 * open_serve: the server half of ipc/open.h, over one folder: an origin's, of
 * which it lists a pattern and opens what fits it, or the spool. What fails is
 * answered by OPEN_FAILED; only a broken protocol ends the keeper.
 *
 * An origin's opener has one keeper. The spool is one for all generations:
 * its opener has their keepers. What one was filling when it left is abandoned.
 */
enum {
	OPEN_SERVE_MAX_FILLS = 64, /* fillings that go on at once, a count */
};

struct open_fill {
	struct spool_fill fill; /* fd -1: this place is free */
	const struct channel *keeper;
};

struct open_serve {
	struct keepers keepers;
	int dir;	     /* borrowed */
	struct span pattern; /* of an origin; borrowed */
	struct spool_dir spool;
	struct open_fill fills[OPEN_SERVE_MAX_FILLS];
};

/* open_serve_init_origin: serve files. */
void open_serve_init_origin(
    struct open_serve *out, int dir, struct span pattern);

/*
 * open_serve_init_spool: serve slots, after sweeping the spool.
 *
 * Errors   as spool_dir_init
 */
MUST_USE struct err open_serve_init_spool(
    struct open_serve *out, int dir, uint64_t max_bytes);

/* open_serve_init_heir: likewise, but of a spool that another opener has, who
 * hands it over (open_hand.h). Errors: as spool_dir_follow. */
MUST_USE struct err open_serve_init_heir(
    struct open_serve *out, int dir, uint64_t max_bytes);

/*
 * open_serve_run: answer until the last keeper is gone, or an heir has all.
 *
 * control  by which more keepers come, and an heir; taken over
 * Errors   CLOSED: none is left; MALFORMED, TRUNCATED, TOO_BIG: one broke the
 *          protocol; IO; NO_MEMORY
 */
MUST_USE struct err open_serve_run(struct open_serve *serve, int control);

#endif
