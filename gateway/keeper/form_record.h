#ifndef GATEHOUSE_FORM_RECORD_H
#define GATEHOUSE_FORM_RECORD_H

#include "gateway/keeper/form.h"

/*
 * form_record: what the ledger is told of a form. The agreement's recipient is
 * left out: it gets nothing.
 *
 * Errors   UNAVAILABLE: the auditor is away; TOO_BIG: over a frame; NO_MEMORY,
 *          MALFORMED: an agreement's name that is no text
 */
MUST_USE struct err form_record_intent(struct form *form);
MUST_USE struct err form_record_denied(struct form *form);
MUST_USE struct err form_record_complete(
    const struct form *form, const char *outcome, uint64_t bytes);

/* The command left without a word: how much it passed on is not known. */
MUST_USE struct err form_record_interrupted(const struct form *form);

#endif
