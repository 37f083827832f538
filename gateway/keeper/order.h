#ifndef GATEHOUSE_ORDER_H
#define GATEHOUSE_ORDER_H

#include "gateway/base/scope_file.h"
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
 * order_key: the key of a column that delivers codes, as a mill gets it.
 *
 * entry   of the scope, and the epoch
 * root    of the keyring, while it is open
 * kind    of the column's values; of a date that moves, of its subject
 * Errors  those of seeds_column_key
 */
MUST_USE struct err order_key(uint8_t out[32], const struct seeds *seeds,
    const struct scope_entry *entry, const uint8_t root[32],
    enum protection_op op, enum column_kind kind);

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
