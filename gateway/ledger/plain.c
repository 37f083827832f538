#include "gateway/ledger/plain.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

size_t
plain_count_bytes(struct span in)
{
	size_t len = 0;

	while (len < in.len && in.data[len] >= 0x20 && in.data[len] < 0x7f &&
	    in.data[len] != '"' && in.data[len] != '\\')
		len++;
	return len;
}

#ifdef __SSE2__

/* Bit i: byte i is not plain. Bytes from 0x80 up are below 0 as they lie. */
static unsigned
mark_special(const uint8_t *bytes)
{
	__m128i in = _mm_loadu_si128((const __m128i_u *)bytes);
	__m128i any = _mm_cmplt_epi8(in, _mm_set1_epi8(0x20));

	any = _mm_or_si128(any, _mm_cmpeq_epi8(in, _mm_set1_epi8(0x7f)));
	any = _mm_or_si128(any, _mm_cmpeq_epi8(in, _mm_set1_epi8('"')));
	any = _mm_or_si128(any, _mm_cmpeq_epi8(in, _mm_set1_epi8('\\')));
	return (unsigned)_mm_movemask_epi8(any);
}

size_t
plain_count(struct span in)
{
	size_t len = 0;

	for (; len + sizeof(__m128i) <= in.len; len += sizeof(__m128i)) {
		unsigned marks = mark_special(in.data + len);
		if (marks != 0)
			return len + (size_t)__builtin_ctz(marks);
	}
	return len + plain_count_bytes(span_sub(in, len, in.len));
}

#else

size_t
plain_count(struct span in)
{
	return plain_count_bytes(in);
}

#endif
