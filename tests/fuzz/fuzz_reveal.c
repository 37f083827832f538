/*
 * Targets: reveal_parse, reveal_put. What is a request is written in one way,
 * and names what can be asked for.
 */
#include <stdlib.h>

#include "policy/reveal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf again = {.max = REVEAL_MAX};
	struct reveal_request request;
	const struct span text = span_of(data, size);

	if (reveal_parse(&request, text).code != ERR_OK)
		return 0;
	if (request.num_codes == 0 || request.num_codes > REVEAL_MAX_CODES ||
	    reveal_put(&again, &request).code != ERR_OK ||
	    !span_equal(buf_span(&again), text))
		abort();
	buf_done(&again);
	return 0;
}
