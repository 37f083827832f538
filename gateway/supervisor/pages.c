#include "gateway/supervisor/pages.h"

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"

#define OWN_ID UINT32_MAX /* more than an enumerator may be */

/* What is said to a console, before it is known how. */
struct said {
	const char *name;
	uint32_t index;
	struct span value;
	int fd;
};

static struct said
said_of_page(uint32_t id, const uint8_t *role, const struct page *page)
{
	return (struct said){.name = "page",
	    .index = id,
	    .value = span_of(role, 1),
	    .fd = page->fd};
}

/* --- To consoles that run: they are not waited for --- */

static struct err
send_now(int control, const struct said *said)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(control_put_item(&body, said->name, said->index, said->value));
	return frame_send(control,
	    &(struct frame){.type = CONTROL_ITEM,
		.body = buf_span(&body),
		.fds = {said->fd},
		.num_fds = said->fd >= 0});
}

/* One that has gone is told of soon, by its end. */
static void
tell_console(struct gate *gate, struct process *p, const struct said *said)
{
	if (p->role != SPAWN_CONSOLE || !p->runs || p->control < 0)
		return;
	struct err err = send_now(p->control, said);
	if (err.code != ERR_OK && err.code != ERR_CLOSED)
		processes_end(p, gate->starter);
}

static void
tell_consoles(struct gate *gate, const struct said *said)
{
	for (size_t i = 0; i < GENERATION_MAX; i++) {
		struct processes *all = &gate->generations[i].all;
		for (size_t j = 0; j < all->num; j++)
			tell_console(gate, &all->list[j], said);
	}
}

void
pages_ready(struct gate *gate, struct process *p)
{
	enum metric_role role;

	if (p->page.fd < 0 || p->page.sealed || !processes_count(p, &role))
		return;
	struct err err = page_seal(&p->page);
	if (err.code != ERR_OK) {
		log_error("page-refused", err);
		return;
	}
	const uint8_t number = (uint8_t)role;
	const struct said said =
	    said_of_page((uint32_t)p->id, &number, &p->page);
	tell_consoles(gate, &said);
}

void
pages_ended(struct gate *gate, struct process *p)
{
	const struct said said = {
	    .name = "ended", .index = (uint32_t)p->id, .fd = -1};
	enum metric_role role;

	/* What no console was shown is not counted at once, either. */
	if (p->page.sealed && processes_count(p, &role)) {
		metric_sum_fold(&gate->ended[role], role, p->page.cells);
		tell_consoles(gate, &said);
	}
	page_done(&p->page);
}

/* --- To one that starts --- */

static struct err
show_page(
    int control, uint32_t id, enum metric_role role, const struct page *page)
{
	const uint8_t number = (uint8_t)role;
	const struct said said = said_of_page(id, &number, page);

	return control_send_item(
	    control, said.name, said.index, said.value, said.fd);
}

static struct err
show_processes(int control, const struct processes *all)
{
	for (size_t i = 0; i < all->num; i++) {
		const struct process *p = &all->list[i];
		enum metric_role role;
		if (p->page.sealed && processes_count(p, &role))
			TRY(show_page(
			    control, (uint32_t)p->id, role, &p->page));
	}
	return OK;
}

static struct err
show_sum(int control, uint32_t role, const struct metric_sum *sum)
{
	struct buf value CLEANUP(buf_done) = {.max = CONTROL_MAX_VALUE};

	TRY(metric_sum_put(&value, sum));
	return control_send_item(control, "sums", role, buf_span(&value), -1);
}

struct err
pages_show(struct gate *gate, const struct process *console)
{
	int control = console->control;

	for (uint32_t i = 0; i < NUM_METRIC_ROLES; i++)
		TRY(show_sum(control, i, &gate->ended[i]));
	if (gate->page.sealed)
		TRY(show_page(control, OWN_ID, METRIC_SUPERVISOR, &gate->page));
	TRY(show_processes(control, &gate->shared));
	for (size_t i = 0; i < GENERATION_MAX; i++)
		TRY(show_processes(control, &gate->generations[i].all));
	return OK;
}

/* --- Our own --- */

struct err
pages_begin(struct gate *gate)
{
	struct metric_page *cells;

	gate->page.fd = -1;
	TRY(page_new(&gate->page));
	TRY(metric_map(&cells, gate->page.fd, true));
	metric_use(cells);
	TRY(page_seal(&gate->page));
	metric_set(METRIC_BUILD, 1);
	metric_set(METRIC_START_TIME, (uint64_t)(sysio_wall_ns() / 1000000000));
	metric_set(METRIC_RELOAD_GOOD, 1);
	return OK;
}
