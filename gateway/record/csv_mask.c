#include "gateway/record/csv_mask.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

uint64_t
csv_mask_bytes(
    const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < CSV_MASK_BLOCK; i++) {
		uint8_t c = block[i];

		if (c == delimiter || c == quote || c == '\r' || c == '\n' ||
		    c == 0)
			mask |= UINT64_C(1) << i;
	}
	return mask;
}

#ifdef __SSE2__

/* Sixteen bytes: five comparisons instead of a branch for each. */
static uint64_t
mask_16(const uint8_t *bytes, __m128i delimiter, __m128i quote)
{
	__m128i in = _mm_loadu_si128((const __m128i_u *)bytes);
	__m128i any = _mm_cmpeq_epi8(in, delimiter);

	any = _mm_or_si128(any, _mm_cmpeq_epi8(in, quote));
	any = _mm_or_si128(any, _mm_cmpeq_epi8(in, _mm_set1_epi8('\r')));
	any = _mm_or_si128(any, _mm_cmpeq_epi8(in, _mm_set1_epi8('\n')));
	any = _mm_or_si128(any, _mm_cmpeq_epi8(in, _mm_setzero_si128()));
	return (uint16_t)_mm_movemask_epi8(any);
}

uint64_t
csv_mask(const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote)
{
	__m128i end = _mm_set1_epi8((char)delimiter);
	__m128i mark = _mm_set1_epi8((char)quote);

	return mask_16(block, end, mark) |
	    mask_16(block + 16, end, mark) << 16 |
	    mask_16(block + 32, end, mark) << 32 |
	    mask_16(block + 48, end, mark) << 48;
}

#else

uint64_t
csv_mask(const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote)
{
	return csv_mask_bytes(block, delimiter, quote);
}

#endif
