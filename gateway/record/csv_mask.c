#include "gateway/record/csv_mask.h"

#ifdef __x86_64__
#include <immintrin.h>
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

static void
one_by_one(const uint8_t *blocks, size_t num, uint8_t delimiter, uint8_t quote,
    uint64_t *out)
{
	for (size_t i = 0; i < num; i++)
		out[i] =
		    csv_mask(blocks + i * CSV_MASK_BLOCK, delimiter, quote);
}

#ifdef __x86_64__

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

/* A whole block by each comparison. */
__attribute__((target("avx512f,avx512bw"))) static void
wide(const uint8_t *blocks, size_t num, uint8_t delimiter, uint8_t quote,
    uint64_t *out)
{
	const __m512i end = _mm512_set1_epi8((char)delimiter);
	const __m512i mark = _mm512_set1_epi8((char)quote);
	const __m512i cr = _mm512_set1_epi8('\r'), lf = _mm512_set1_epi8('\n');

	for (size_t i = 0; i < num; i++) {
		__m512i in = _mm512_loadu_si512(blocks + i * CSV_MASK_BLOCK);

		out[i] = _mm512_cmpeq_epi8_mask(in, end) |
		    _mm512_cmpeq_epi8_mask(in, mark) |
		    _mm512_cmpeq_epi8_mask(in, cr) |
		    _mm512_cmpeq_epi8_mask(in, lf) |
		    _mm512_testn_epi8_mask(in, in);
	}
}

void
csv_masks(const uint8_t *blocks, size_t num, uint8_t delimiter, uint8_t quote,
    uint64_t *out)
{
	if (__builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw"))
		wide(blocks, num, delimiter, quote, out);
	else
		one_by_one(blocks, num, delimiter, quote, out);
}

#else

uint64_t
csv_mask(const uint8_t block[CSV_MASK_BLOCK], uint8_t delimiter, uint8_t quote)
{
	return csv_mask_bytes(block, delimiter, quote);
}

void
csv_masks(const uint8_t *blocks, size_t num, uint8_t delimiter, uint8_t quote,
    uint64_t *out)
{
	one_by_one(blocks, num, delimiter, quote, out);
}

#endif
