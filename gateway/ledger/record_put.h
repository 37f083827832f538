#ifndef GATEHOUSE_RECORD_PUT_H
#define GATEHOUSE_RECORD_PUT_H

#include "gateway/ledger/record.h"

/*
 * record_put: the members of a record that are more than one value, as
 * record_encode writes them.
 *
 * Errors   TOO_BIG: a number over 53 bits, too many reasons; MALFORMED: a
 *          reason twice; as of the buf
 */
struct jcs;

MUST_USE struct err record_put_u64(struct jcs *jcs, uint64_t value);
MUST_USE struct err record_put_texts(
    struct jcs *jcs, const struct record_list *list);
MUST_USE struct err record_put_columns(
    struct jcs *jcs, const struct record_columns *columns);
MUST_USE struct err record_put_ranges(
    struct jcs *jcs, const struct record_ranges *ranges);
MUST_USE struct err record_put_rows(
    struct jcs *jcs, const struct record_rows *rows);
MUST_USE struct err record_put_jail(
    struct jcs *jcs, const struct record_jail *jail);
MUST_USE struct err record_put_charge(
    struct jcs *jcs, const struct record_charge *charge);

#endif
