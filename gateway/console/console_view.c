#include "gateway/console/console_view.h"

#include "gateway/metric/metric_text.h"

static struct console_view_page *
find(struct console_view *view, uint32_t id)
{
	for (size_t i = 0; i < view->num_pages; i++) {
		if (view->pages[i].id == id)
			return &view->pages[i];
	}
	return NULL;
}

static struct err
take_sums(struct console_view *view, const struct control_item *item)
{
	if (item->index >= NUM_METRIC_ROLES)
		return ERR(MALFORMED, "console: sums of no role");
	return metric_sum_take(
	    &view->past[item->index], buf_span(&item->value));
}

static struct err
take_page(struct console_view *view, struct control_item *item)
{
	struct span value = buf_span(&item->value);
	struct metric_page *cells;
	uint8_t role;

	TRY(span_take_u8(&value, &role));
	TRY(span_end(value));
	if (role >= NUM_METRIC_ROLES || item->fd < 0 ||
	    find(view, item->index) != NULL)
		return ERR(MALFORMED, "console: not a page");
	if (view->num_pages == CONSOLE_VIEW_PAGES)
		return ERR(TOO_BIG, "console: too many pages");
	TRY(metric_map(&cells, item->fd, false));
	view->pages[view->num_pages++] = (struct console_view_page){
	    .id = item->index, .role = (enum metric_role)role, .cells = cells};
	return OK;
}

/* What it counted stays. */
static struct err
take_end(struct console_view *view, const struct control_item *item)
{
	struct console_view_page *page = find(view, item->index);

	if (page == NULL)
		return ERR(MALFORMED, "console: the end of no page");
	metric_sum_fold(&view->past[page->role], page->role, page->cells);
	metric_unmap(page->cells);
	*page = view->pages[--view->num_pages];
	return OK;
}

struct err
console_view_take(struct console_view *view, struct control_item *item)
{
	struct span name = span_str(item->name);

	if (span_equal_str(name, "sums"))
		return take_sums(view, item);
	if (span_equal_str(name, "page"))
		return take_page(view, item);
	if (span_equal_str(name, "ended"))
		return take_end(view, item);
	return OK;
}

void
console_view_done(struct console_view *view)
{
	while (view->num_pages > 0)
		metric_unmap(view->pages[--view->num_pages].cells);
}

struct err
console_view_put(struct buf *out, const struct console_view *view)
{
	static struct metric_sum sums[NUM_METRIC_ROLES]; /* one thread */

	memcpy(sums, view->past, sizeof(sums));
	for (size_t i = 0; i < view->num_pages; i++)
		metric_sum_add(
		    &sums[view->pages[i].role], view->pages[i].cells);
	return metric_text_put(out, sums);
}

bool
console_view_serves(const struct console_view *view)
{
	bool serves = false;

	for (size_t i = 0; i < view->num_pages; i++) {
		const struct console_view_page *page = &view->pages[i];
		if (page->role == METRIC_SUPERVISOR)
			serves = serves ||
			    metric_read(page->cells, METRIC_SERVING) != 0;
	}
	return serves;
}
