#ifndef GATEHOUSE_DRAW_CLIENT_H
#define GATEHOUSE_DRAW_CLIENT_H

#include "gateway/ipc/draw.h"

/*
 * draw_client: the mill's half of the draw seam. It waits for each answer, in
 * recvmsg: nothing of a fill can go on without it.
 */
struct draw_client {
	int fd;	     /* blocks; borrowed. -1: there is no codebook */
	uint64_t id; /* of the last question */
	uint64_t needed, settled; /* sequence numbers */
};

/*
 * draw_client_ask: out_known[i], and then out_codes[i], of indexes[i].
 *
 * num      1 to DRAW_BATCH
 * Errors   UNAVAILABLE: the codebook went away, or does not take more;
 *          MALFORMED: what it answers is none; NO_MEMORY
 */
MUST_USE struct err draw_client_ask(struct draw_client *client,
    const uint8_t (*indexes)[TOKEN_INDEX], size_t num,
    uint8_t (*out_codes)[TOKEN_CODE], bool *out_known);

/* draw_client_make: as many entries as there are, in as many questions as that
 * takes. Errors: as above. */
MUST_USE struct err draw_client_make(struct draw_client *client,
    const struct draw_new *entries, size_t num,
    uint8_t (*out_codes)[TOKEN_CODE]);

/* draw_client_settle: no code that was answered so far can be lost any more.
 * Errors: as above. */
MUST_USE struct err draw_client_settle(struct draw_client *client);

#endif
