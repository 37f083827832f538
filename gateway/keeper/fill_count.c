#include "gateway/keeper/fill_count.h"

#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"

void
fill_count_begun(struct slot *slot)
{
	slot->begun_ms = sysio_monotonic_ms();
	metric_count(METRIC_FILLS_BEGUN);
}

void
fill_count_over(struct slot *slot, unsigned how)
{
	if (slot->begun_ms == 0)
		return;
	metric_count(METRIC_FILLS + how);
	if (how == METRIC_FILL_DONE)
		metric_observe(METRIC_FILL_TIME, 0,
		    (sysio_monotonic_ms() - slot->begun_ms) * 1000);
	slot->begun_ms = 0;
}
