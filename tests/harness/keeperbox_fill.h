#ifndef GATEHOUSE_KEEPERBOX_FILL_H
#define GATEHOUSE_KEEPERBOX_FILL_H

#include "gateway/ipc/fill.h"
#include "gateway/keeper/slot_fill.h"
#include "tests/harness/keeperbox.h"

/* keeperbox_restart: another keeper, of which nothing was asked. */
void keeperbox_restart(struct keeperbox *box);

/* keeperbox_ask_to: a worker's question, up to that step. */
void keeperbox_ask_to(struct keeperbox *box,
    const struct keeperbox_question *question, unsigned step);

/* keeperbox_say_number: a frame whose body is 8 bytes, big-endian. */
void keeperbox_say_number(struct keeperbox *box, enum keeperbox_peer peer,
    uint16_t type, uint64_t number);

/* keeperbox_say_filled: the mill's, of the slot that it had the order for. */
void keeperbox_say_filled(struct keeperbox *box, const struct fill_done *done);

/* keeperbox_say_unopened: the opener's that was asked last. */
void keeperbox_say_unopened(struct keeperbox *box, enum err_code code);

/* keeperbox_expect_ended: the slot is in this state, and nobody holds its mill,
 * its key or its descriptors. */
void keeperbox_expect_ended(struct keeperbox *box, enum slot_state state);

/* keeperbox_expect_grant: another question gets its object, so whoever was
 * asked, and lost, is there again. */
void keeperbox_expect_grant(struct keeperbox *box);

#endif
