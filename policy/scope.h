#ifndef GATEHOUSE_SCOPE_H
#define GATEHOUSE_SCOPE_H

#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * scope: within one, the same identifier has the same code: a purpose, a
 * dataset and a recipient (POLICY.md, 9). Its text is
 * "purpose:dataset:recipient"; no id has a colon. The spans are borrowed.
 */
struct scope {
	struct span purpose, dataset, recipient;
};

enum {
	SCOPE_MAX_TEXT = 1024 /* bytes */
};

/*
 * scope_of: of an agreement; if it is linked, that of the one whose codes it
 * shares (linked.h).
 *
 * Returns  whether it has one: one that delivers no code has none, and no key
 *          that could be destroyed
 */
bool scope_of(
    struct scope *out, const struct policy *policy, uint32_t agreement);

/* scope_compare: by purpose, dataset, recipient, bytewise; 0: the same. */
int scope_compare(const struct scope *a, const struct scope *b);

/* scope_put: append the text. Errors: TOO_BIG, NO_MEMORY of the buf. */
MUST_USE struct err scope_put(struct buf *out, const struct scope *scope);

/* scope_parse: the text. Errors: MALFORMED; TOO_BIG: over SCOPE_MAX_TEXT. */
MUST_USE struct err scope_parse(struct scope *out, struct span text);

#endif
