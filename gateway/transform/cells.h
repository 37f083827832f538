#ifndef GATEHOUSE_CELLS_H
#define GATEHOUSE_CELLS_H

#include "crypto/memory/span.h"
#include "gateway/base/limits.h"

/*
 * cells: one column on its way through one protection. Every file
 * transform_<protection>.c offers one function that reads `in` from 0 to num,
 * where no cell is missing, and for each says how it fits and what comes out.
 */

/* Why a value did not fit its protection. Counted, and never shown. */
enum fit {
	FIT_VALUE,	    /* it did */
	FIT_NOT_A_DATE,	    /* ISO 8601, and in the calendar */
	FIT_NOT_A_NUMBER,   /* decimal, within 18 digits and 18 places */
	FIT_NOT_AN_AGE,	    /* a number below 0 */
	FIT_NOT_A_ZIP,	    /* 12345, 12345-6789 */
	FIT_NOT_A_FLAG,	    /* yes, no, 1, 0, ... */
	FIT_NOT_IDENTIFIER, /* its canonical form is empty or foreign */
	FIT_NOT_TEXT,	    /* not UTF-8 */
	FIT_NOT_LISTED,	    /* not in `values:` */
	FIT_NOT_MAPPED,	    /* not in the group table */
	FIT_NO_SHAPE,	    /* under a million values are of its shape, or
			       too many */
	FIT_CHECK_DIGIT,    /* check digits that do not hold */
	FIT_NO_SUBJECT,	    /* whose date it is, is missing or foreign */
	FIT_NESTED, /* an object or array for a value, or in its stead */
	NUM_FITS,
};

struct cells {
	const struct span *in;
	struct span *out; /* out[i] is read where fit[i] is FIT_VALUE */
	uint8_t *fit;	  /* enum fit, FIT_VALUE at the start */
	size_t num;
	uint8_t *scratch; /* new texts go here; they live as long as a batch */
	size_t scratch_len, scratch_used;
};

/*
 * What a protection may take of the scratch memory: for one cell this much and
 * the bytes of the cell; CELLS_SEALED times its bytes more if it seals, and
 * CELLS_TOKEN times if its codes are the codebook's. The owner of the scratch
 * memory reckons with it.
 */
enum {
	CELLS_TEXT = 56,
	CELLS_SEALED = 4,
	CELLS_TOKEN = 1,
};

/* cells_take: `len` bytes of the scratch memory. */
uint8_t *cells_take(struct cells *cells, size_t len);

/* cells_put: a copy of the bytes in the scratch memory. */
struct span cells_put(struct cells *cells, const void *data, size_t len);

/* cells_fit_name: a word for reports, e.g. "not a date". Static. */
const char *cells_fit_name(enum fit fit);

#endif
