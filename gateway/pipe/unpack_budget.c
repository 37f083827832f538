#include "gateway/pipe/unpack_budget.h"

#include "gateway/base/limits.h"

uint64_t
unpack_budget(enum compression compression, uint64_t len)
{
	if (compression == COMPRESSION_NONE)
		return len;
	if (len > (UNPACK_MAX - UNPACK_FREE) / UNPACK_RATIO)
		return UNPACK_MAX;
	return UNPACK_FREE + len * UNPACK_RATIO;
}
