#ifndef GATEHOUSE_PRESET_H
#define GATEHOUSE_PRESET_H

#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * preset: what is lawful where. A preset permits; it supplies no defaults.
 * One table holds every row with the paragraph that it stands on.
 */
enum preset_verdict {
	PRESET_LAWFUL,
	PRESET_NOT_LAWFUL,
	PRESET_NEEDS_REASON, /* lawful as `keep because …` only */
	PRESET_TOO_FINE,     /* lawful in a coarser form only */
};

struct preset_row;

/*
 * preset_judge: may this column be delivered like this?
 *
 * preset   one of enum preset
 * tables   where how->table points, for `group`
 * out_row  the row that judged; NULL when none knows the column, which is
 *          then never lawful
 */
enum preset_verdict preset_judge(const struct preset_row **out_row,
    enum preset preset, const struct column *column,
    const struct protection *how, const struct group_table *tables);

/* preset_is_identifier: direct by its class, or by its kind whatever the
 * class says. */
bool preset_is_identifier(const struct column *column);

/* preset_cite: the row's paragraph and what it says. */
const char *preset_cite(const struct preset_row *row);

/* preset_bound: what PRESET_TOO_FINE asks for. */
const char *preset_bound(const struct preset_row *row);

/* preset_alternatives: append "`a`, `b` or `drop`". Errors: as buf_append. */
MUST_USE struct err preset_alternatives(
    struct buf *out, const struct preset_row *row);

/* preset_name: "hipaa-safe-harbor@1". preset_find: 0 where there is none. */
const char *preset_name(enum preset preset);
uint32_t preset_find(struct span name);

/* preset_is_known: a preset of the language that is not served yet. */
bool preset_is_known(struct span name);

#endif
