#ifndef GATEHOUSE_AUDIT_PRINT_H
#define GATEHOUSE_AUDIT_PRINT_H

#include "crypto/memory/span.h"

/*
 * audit_print: records on stdout. What a client sent is shown so that it can
 * neither begin a line, nor move the cursor, nor turn the text around:
 * whatever is not plainly visible becomes \u{…}.
 */

/* audit_print_line: what one wants to see of a record in a list. */
void audit_print_line(uint64_t index, struct span record);

/*
 * audit_print_record: all of it, a member to a line, in the order in which
 * one asks: who, what for, what, how much, by what.
 */
void audit_print_record(uint64_t index, struct span record);

/* audit_print_json: {"index":N,"record":{…}} on one line, as it was signed. */
void audit_print_json(uint64_t index, struct span record);

#endif
