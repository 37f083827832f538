#ifndef GATEHOUSE_CODES_H
#define GATEHOUSE_CODES_H

#include "gateway/ipc/draw.h"

/*
 * codes: where random codes come from: in a mill the codebook, over the seam of
 * its fill; in a trial without a gateway, nowhere but the run itself.
 *
 * ask      which of 1 to DRAW_BATCH indexes, each there once, have a code
 * make     codes for entries that had none
 * settle   nothing that was answered so far can be lost: before it, no code
 *          leaves
 * Errors   those of where they come from; a fill ends with any
 */
struct codes {
	struct err (*ask)(void *context, const uint8_t (*indexes)[TOKEN_INDEX],
	    size_t num, uint8_t (*out_codes)[TOKEN_CODE], bool *out_known);
	struct err (*make)(void *context, const struct draw_new *entries,
	    size_t num, uint8_t (*out_codes)[TOKEN_CODE]);
	struct err (*settle)(void *context);
	void *context;
};

#endif
