#ifndef GATEHOUSE_ORDER_H
#define GATEHOUSE_ORDER_H

#include "gateway/keeper/keeper.h"

/*
 * order: what a mill that is bound to the plan is told of a fill: the keys of
 * its codes for this purpose and recipient, a file key, and the age header that
 * holds it.
 */
struct order {
	uint32_t agreement;
	const struct compiled *plan;
	const uint8_t *file_key;  /* 16 bytes */
	const uint8_t *recipient; /* of the header; NULL: the spool */
};

/* Where it reads, and writes, and gets random codes; -1: it makes none. */
struct order_fds {
	int source, out, codes;
};

/*
 * order_send
 *
 * fds             taken over in every case
 * out_header_len  bytes of the header
 * Errors          TOO_BIG, NO_MEMORY; CRYPTO: no such recipient
 */
MUST_USE struct err order_send(struct seam *mill, const struct order *order,
    const struct order_fds *fds, uint64_t *out_header_len);

#endif
