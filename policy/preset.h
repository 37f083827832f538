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
	PRESET_NEEDS_GROUPS, /* lawful with a least size of groups only */
	PRESET_TOO_FINE,     /* lawful in a coarser form only */
	PRESET_NOT_LISTED,   /* not in the annex of the expert's report */
};

struct preset_row;

/* May this column be delivered like this? */
struct preset_question {
	struct span dataset; /* its id */
	const struct column *column;
	const struct protection *how;
	const struct group_table *tables;  /* where how->table points */
	const struct evidence *report;	   /* of the purpose; may be empty */
	uint32_t smallest_group, distinct; /* of the agreement */
};

/*
 * preset_judge: the answer of one preset.
 *
 * preset   one of enum preset
 * out_row  the row that judged; NULL when none knows the column, which is
 *          then never lawful
 */
enum preset_verdict preset_judge(const struct preset_row **out_row,
    enum preset preset, const struct preset_question *question);

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

/* preset_name: "hipaa-safe-harbor@1". preset_law: what it stands on. */
const char *preset_name(enum preset preset);
const char *preset_law(enum preset preset);

/*
 * preset_find: 0 where there is none of that name.
 *
 * out_near  what was probably meant, or empty; written on 0 only
 */
uint32_t preset_find(struct span name, struct span *out_near);

#endif
