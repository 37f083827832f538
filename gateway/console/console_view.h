#ifndef GATEHOUSE_CONSOLE_VIEW_H
#define GATEHOUSE_CONSOLE_VIEW_H

#include "gateway/metric/metric_sum.h"

/*
 * console_view: what is to be seen: the pages of all that run, and the sums of
 * those that have ended, as the supervisor gives both (supervisor/pages.h).
 */
enum {
	CONSOLE_VIEW_PAGES = 512, /* as many items as a role is given */
};

struct console_view_page {
	uint32_t id; /* the supervisor's */
	enum metric_role role;
	struct metric_page *cells; /* read only */
};

/* The zero state shows nothing. */
struct console_view {
	struct metric_sum past[NUM_METRIC_ROLES];
	struct console_view_page pages[CONSOLE_VIEW_PAGES];
	size_t num_pages;
};

/*
 * console_view_take: an item; one that is not of the view is passed over.
 *
 * Errors   MALFORMED, TRUNCATED: it says what cannot be; TOO_BIG; IO
 */
MUST_USE struct err console_view_take(
    struct console_view *view, struct control_item *item);
void console_view_done(struct console_view *view);

/* console_view_put: append all of it, as metric_text has it. Errors: of that.
 */
MUST_USE struct err console_view_put(
    struct buf *out, const struct console_view *view);

/* console_view_serves: whether the gateway does, by the supervisor's page. */
bool console_view_serves(const struct console_view *view);

#endif
