#ifndef GATEHOUSE_ROWS_H
#define GATEHOUSE_ROWS_H

#include "gateway/pipe/batch.h"
#include "policy/plan.h"

/*
 * rows: which rows leave. Conditions are judged on raw values; the first one
 * that does not hold gives the reason.
 */
enum verdict {
	VERDICT_RELEASED,
	VERDICT_MISSING,   /* a rule's value is missing */
	VERDICT_NOT_TYPED, /* a rule's value is no date or number */
	VERDICT_RULE,	   /* a rule does not hold */
	VERDICT_CONSENT,   /* no consent to this purpose */
	VERDICT_OBJECTION, /* no listed sign that there is no objection */
	VERDICT_UNFIT,	   /* a cell did not fit its protection */
	NUM_VERDICTS,
};

/* rows_is_word: the cell is one of the plan's words for a missing value. */
bool rows_is_word(const struct plan *plan, struct span cell);

/* rows_missing: the cell is empty, or one of those words. */
static inline bool
rows_missing(const struct plan *plan, struct span cell)
{
	return cell.len == 0 ||
	    (plan->num_missing > 0 && rows_is_word(plan, cell));
}

/*
 * rows_check: the conditions make sense, so that rows_judge can judge.
 *
 * Errors   MALFORMED: values that their kind cannot have, an operator that
 *          the kind does not know, age() in parts of years
 */
MUST_USE struct err rows_check(const struct plan *plan);

/*
 * rows_judge: a verdict for every row of a raw batch.
 *
 * A rule compares numbers by value (age, interval, amount, number), dates by
 * day (date, datetime), everything else byte for byte. `age(c) at least N`
 * holds for those who had reached N on 1 January of the as-of year, `age(c)
 * under N` for those who have not reached it by 31 December: in doubt the row
 * stays. Consent and objection are trimmed and case-blind; an empty cell
 * counts only if it is listed, and a member that is not there never.
 *
 * columns   per condition of the plan, its column of the batch
 * verdicts  one per row, enum verdict
 */
void rows_judge(const struct plan *plan, const struct batch *batch,
    const uint32_t *columns, uint8_t *verdicts);

/* rows_verdict_name: a word for reports, e.g. "no consent". Static. */
const char *rows_verdict_name(enum verdict verdict);

#endif
