#include "gateway/metric/metric.h"

#include <sys/mman.h>

#include "gateway/base/sysio.h"

#define FITS(end) ((unsigned)(end) <= (unsigned)METRIC_PAGE_CELLS)
static_assert(FITS(METRIC_END_SUPERVISOR) && FITS(METRIC_END_KEEPER) &&
	FITS(METRIC_END_AUDITOR) && FITS(METRIC_END_OPENER) &&
	FITS(METRIC_END_WORKER) && FITS(METRIC_END_CONSOLE),
    "a role counts more than a page holds");

/* From a hot sync of a fast disk to the filling of a large file. */
static const uint64_t bounds_us[METRIC_BUCKETS] = {100, 250, 500, 1000, 2500,
    5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000,
    5000000, 10000000, 30000000, 60000000, 300000000, 3600000000};

static struct metric_page unread;
static struct metric_page *own = &unread;

void
metric_use(struct metric_page *page)
{
	own = page;
}

void
metric_add(unsigned cell, uint64_t number)
{
	assert(cell < METRIC_PAGE_CELLS);
	atomic_fetch_add_explicit(
	    &own->cells[cell], number, memory_order_relaxed);
}

void
metric_count(unsigned cell)
{
	metric_add(cell, 1);
}

void
metric_set(unsigned cell, uint64_t value)
{
	assert(cell < METRIC_PAGE_CELLS);
	atomic_store_explicit(&own->cells[cell], value, memory_order_relaxed);
}

void
metric_observe(unsigned cell, unsigned value, uint64_t us)
{
	unsigned bucket = 0;

	cell += value * METRIC_CELLS_HISTOGRAM;
	while (bucket < METRIC_BUCKETS && us > bounds_us[bucket])
		bucket++;
	metric_count(cell + bucket);
	metric_add(cell + METRIC_BUCKETS + 1, us);
}

uint64_t
metric_bound_us(unsigned bucket)
{
	assert(bucket < METRIC_BUCKETS);
	return bounds_us[bucket];
}

uint64_t
metric_read(const struct metric_page *page, unsigned cell)
{
	assert(cell < METRIC_PAGE_CELLS);
	uint64_t value =
	    atomic_load_explicit(&page->cells[cell], memory_order_relaxed);

	return value <= METRIC_MOST ? value : 0;
}

uint64_t
metric_own(unsigned cell)
{
	return metric_read(own, cell);
}

struct err
metric_map(struct metric_page **out, int fd, bool writes)
{
	void *page = mmap(NULL, sizeof(struct metric_page),
	    writes ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);

	if (page == MAP_FAILED)
		return ERR(IO, "metric: a page cannot be mapped");
	*out = page;
	return OK;
}

void
metric_unmap(struct metric_page *page)
{
	if (page != NULL)
		(void)munmap(page, sizeof(*page));
}

struct err
metric_take(const struct control_items *items)
{
	struct metric_page *page;
	int fd;

	if (control_fd(items, "metrics", 0, &fd).code != ERR_OK)
		return OK;
	struct err err = metric_map(&page, fd, true);
	sysio_close(&fd);
	TRY(err);
	metric_use(page);
	return OK;
}
