#include "gateway/supervisor/scraped.h"

#include "gateway/base/sysio.h"
#include "gateway/supervisor/generation.h"

enum {
	HOUR_S = 3600
};

static bool
is_there(const struct scraped *scraped, const uint8_t address[16])
{
	for (size_t i = 0; i < scraped->num; i++) {
		if (span_equal(span_of(scraped->addresses[i], 16),
			span_of(address, 16)))
			return true;
	}
	return false;
}

bool
scraped_is_new(struct scraped *scraped, uint8_t out[16],
    const uint8_t address[16], int64_t now_s)
{
	if (scraped->hour != now_s / HOUR_S)
		*scraped = (struct scraped){.hour = now_s / HOUR_S};
	if (is_there(scraped, address))
		return false;
	if (scraped->num < SCRAPED_ADDRESSES) {
		memcpy(out, address, 16);
		return true;
	}
	memset(out, 0, 16);
	return !scraped->others;
}

void
scraped_note(struct scraped *scraped, const uint8_t address[16])
{
	if (scraped->num == SCRAPED_ADDRESSES)
		scraped->others = true;
	else
		memcpy(scraped->addresses[scraped->num++], address, 16);
}

void
scraped_tell(struct gate *gate, struct span address)
{
	const struct process *keeper;
	uint8_t whom[16];

	if (gate->serving == NULL || address.len != sizeof(whom) ||
	    !scraped_is_new(&gate->scraped, whom, address.data,
		sysio_wall_ns() / 1000000000))
		return;
	keeper = processes_find(&gate->serving->all, SPAWN_KEEPER, 0);
	if (!keeper->runs)
		return;
	/* One that is busy hears of the next time. */
	struct err err = frame_send(keeper->control,
	    &(struct frame){
		.type = CONTROL_SCRAPED, .body = span_of(whom, sizeof(whom))});
	if (err.code == ERR_OK)
		scraped_note(&gate->scraped, whom);
}
