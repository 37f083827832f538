#ifndef GATEHOUSE_DIFF_RULE_H
#define GATEHOUSE_DIFF_RULE_H

#include "policy/model.h"

/* diff_rule: do the rows that one rule lets through all pass another? */

/* diff_rule_implies: every row that passes `a` passes `b`. False is "not
 * sure": the two may still be the same in effect. */
bool diff_rule_implies(const struct row_rule *a, const struct dataset *of_a,
    const struct row_rule *b, const struct dataset *of_b);

/* diff_answer_implies: the same of columns of consent and objection. */
bool diff_answer_implies(const struct column *a, const struct column *b);

/* diff_texts_within: every text of `a` is one of `b`. */
bool diff_texts_within(
    const struct span *a, size_t num_a, const struct span *b, size_t num_b);

#endif
