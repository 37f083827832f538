#ifndef GATEHOUSE_OPEN_SERVE_H
#define GATEHOUSE_OPEN_SERVE_H

#include "gateway/ipc/channel.h"
#include "gateway/origin/spool_dir.h"

/*
 * open_serve: the server half of ipc/open.h, over one folder: an origin's, of
 * which it lists a pattern and opens what fits it, or the spool. What fails is
 * answered by OPEN_FAILED; only a broken protocol ends the keeper.
 */
enum {
	OPEN_SERVE_MAX_FILLS = 64 /* fillings that go on at once, a count */
};

struct open_serve {
	struct channel keeper;
	int dir;	     /* borrowed */
	struct span pattern; /* of an origin; borrowed */
	struct spool_dir spool;
	struct spool_fill fills[OPEN_SERVE_MAX_FILLS]; /* fd -1: free */
};

/* open_serve_init_origin: serve files. Takes over the socket `keeper`. */
void open_serve_init_origin(
    struct open_serve *out, int keeper, int dir, struct span pattern);

/*
 * open_serve_init_spool: serve slots, after sweeping the spool.
 *
 * keeper   taken over on success
 * Errors   as spool_dir_init
 */
MUST_USE struct err open_serve_init_spool(
    struct open_serve *out, int keeper, int dir, uint64_t max_bytes);

/*
 * open_serve_run: answer until the keeper is gone.
 *
 * Errors   CLOSED: it is gone; MALFORMED, TRUNCATED, TOO_BIG: it broke the
 *          protocol; IO; NO_MEMORY
 */
MUST_USE struct err open_serve_run(struct open_serve *serve);

#endif
