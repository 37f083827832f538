#ifndef GATEHOUSE_SCRAPED_H
#define GATEHOUSE_SCRAPED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/memory/span.h"

/*
 * scraped: that somebody reads what is counted is in the ledger too, once an
 * hour for each address that a console is asked from. A loopback has sixteen
 * million: those that come after SCRAPED_ADDRESSES of them share one record.
 *
 * Nobody waits for that record, and it is no condition: numbers of no person
 * are not withheld from whoever has to see that the ledger is full.
 */
enum {
	SCRAPED_ADDRESSES = 16
};

struct scraped {
	int64_t hour; /* since 1970 */
	uint8_t addresses[SCRAPED_ADDRESSES][16];
	size_t num;
	bool others;
};

/*
 * scraped_is_new: whether a record of it is due, under which address; all zero
 * is for the others. scraped_note: it was made.
 */
bool scraped_is_new(struct scraped *scraped, uint8_t out[16],
    const uint8_t address[16], int64_t now_s);
void scraped_note(struct scraped *scraped, const uint8_t address[16]);

struct gate;

/* scraped_tell: a console was asked: tell the keeper that serves, if it is new
 * to it. What is no address is passed over. */
void scraped_tell(struct gate *gate, struct span address);

#endif
