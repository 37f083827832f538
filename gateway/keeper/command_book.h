#ifndef GATEHOUSE_COMMAND_BOOK_H
#define GATEHOUSE_COMMAND_BOOK_H

#include "gateway/keeper/command.h"

/* command_book: what somebody asks of the codebook: how much it holds, a
 * backup of it, and the end of all that it holds of a person. */

/*
 * command_book_whose: whom a `shred` is about, as the codebook knows them; that
 * alone is in its record. What is typed is brought into the form that a mill
 * gives it, by the kind of the policy in force.
 *
 * out_known  false: there can be nobody of that name, and the command has ended
 * Errors     MALFORMED, TRUNCATED, TOO_BIG: it is no question; NO_MEMORY
 */
MUST_USE struct err command_book_whose(
    struct admin *admin, struct span body, bool *out_known);

/* command_book: its record is on the disk: ask the codebook. */
void command_book(struct admin *admin);

/*
 * command_book_answer: what the codebook says to that.
 *
 * admin    NULL: whoever asked has left
 * Errors   MALFORMED, TRUNCATED: that is no answer
 */
MUST_USE struct err command_book_answer(
    struct admin *admin, const struct frame *frame);

/* command_book_failed: it cannot; `err` is its reason. */
void command_book_failed(struct admin *admin, struct err err);

#endif
