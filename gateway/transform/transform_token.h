#ifndef GATEHOUSE_TRANSFORM_TOKEN_H
#define GATEHOUSE_TRANSFORM_TOKEN_H

#include "gateway/transform/cells.h"
#include "gateway/transform/codes.h"
#include "policy/model.h"

/* What a column of random codes needs beside its cells. All borrowed. */
struct transform_token {
	enum column_kind kind;
	uint32_t epoch;
	struct token_key *key;
	const struct hmac_key *subject_key; /* token_subjects */
	const struct codes *codes;
	/* Per row whose it is, in canonical form; of length 0: of nobody. NULL:
	   the dataset knows no subjects, and each value is its own. */
	const struct span *subjects;
	const uint16_t *rows; /* of each cell; NULL: the cell's own number */
};

/*
 * transform_token: the random code of the canonical form. Each value of the
 * column is asked for once, and only those that are new are sealed and sent.
 *
 * A cell does not fit when it has no canonical form, when that is over
 * TOKEN_MAX_VALUE, or when its row has no subject: then nobody could have its
 * code removed.
 *
 * Errors   those of codes.h
 */
MUST_USE struct err transform_token(
    struct cells *cells, const struct transform_token *with);

#endif
