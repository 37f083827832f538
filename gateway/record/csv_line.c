#include "gateway/record/csv_line.h"

#include <string.h>

#include "gateway/record/csv_mask.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* memcpy, without the call where fields are as short as most are. */
static inline uint8_t *
copy(uint8_t *to, struct span field)
{
	if (field.len > 16) {
		memcpy(to, field.data, field.len);
	} else if (field.len >= 8) {
		memcpy(to, field.data, 8);
		memcpy(to + field.len - 8, field.data + field.len - 8, 8);
	} else if (field.len >= 4) {
		memcpy(to, field.data, 4);
		memcpy(to + field.len - 4, field.data + field.len - 4, 4);
	} else {
		for (size_t i = 0; i < field.len; i++)
			to[i] = field.data[i];
	}
	return to + field.len;
}

/* How many bytes of a text stop a field; NULs count too. */
static size_t
count_stops(const uint8_t *text, size_t len, struct csv_special special)
{
	uint8_t rest[CSV_MASK_BLOCK];
	size_t num = 0;

	for (; len >= CSV_MASK_BLOCK; len -= CSV_MASK_BLOCK) {
		num += (size_t)__builtin_popcountll(
		    csv_mask(text, special.delimiter, special.quote));
		text += CSV_MASK_BLOCK;
	}
	memset(rest, 'x', sizeof(rest));
	memcpy(rest, text, len);
	return num +
	    (size_t)__builtin_popcountll(
		csv_mask(rest, special.delimiter, special.quote));
}

/* To count what stands in the whole line takes less than to look into each
 * field. */
uint8_t *
csv_line_blocks(uint8_t *to, const struct csv_fields *fields,
    struct csv_special special, bool *out_plain)
{
	const uint8_t *from = to;

	for (uint32_t i = 0; i < fields->num; i++) {
		to = copy(to, fields->items[i * fields->stride]);
		*to++ = special.delimiter;
	}
	to[-1] = '\n';
	*out_plain =
	    count_stops(from, (size_t)(to - from), special) == fields->num;
	return to;
}

#ifdef __x86_64__

#define WIDE __attribute__((target("avx512f,avx512bw,avx512vl")))

/* The bytes that mean something, one in each of a register's. */
struct stops {
	__m512i delimiter, quote, cr, lf;
};

/* A field, or 64 bytes of it; whether one of them means something. */
WIDE static inline uint64_t
put_64(uint8_t *to, const uint8_t *from, size_t len, const struct stops *stops)
{
	__mmask64 there = len < 64 ? (UINT64_C(1) << len) - 1 : UINT64_MAX;
	__m512i in = _mm512_maskz_loadu_epi8(there, from);

	_mm512_storeu_si512(to, in);
	return _mm512_cmpeq_epi8_mask(in, stops->delimiter) |
	    _mm512_cmpeq_epi8_mask(in, stops->quote) |
	    _mm512_cmpeq_epi8_mask(in, stops->cr) |
	    _mm512_cmpeq_epi8_mask(in, stops->lf) |
	    _mm512_mask_testn_epi8_mask(there, in, in);
}

/* Half of it, which crosses the lines of the cache half as often. */
WIDE static inline uint64_t
put_32(uint8_t *to, const uint8_t *from, size_t len, const struct stops *stops)
{
	__mmask32 there = (__mmask32)((UINT64_C(1) << len) - 1);
	__m256i in = _mm256_maskz_loadu_epi8(there, from);

	_mm256_storeu_si256((__m256i_u *)to, in);
	return _mm256_cmpeq_epi8_mask(
		   in, _mm512_castsi512_si256(stops->delimiter)) |
	    _mm256_cmpeq_epi8_mask(in, _mm512_castsi512_si256(stops->quote)) |
	    _mm256_cmpeq_epi8_mask(in, _mm512_castsi512_si256(stops->cr)) |
	    _mm256_cmpeq_epi8_mask(in, _mm512_castsi512_si256(stops->lf)) |
	    _mm256_mask_testn_epi8_mask(there, in, in);
}

/* An empty field has no address that may be asked for. */
WIDE static inline uint64_t
put_field(uint8_t *to, struct span field, const struct stops *stops)
{
	uint64_t found = 0;

	if (field.len > 0 && field.len <= 32)
		return put_32(to, field.data, field.len, stops);
	for (size_t at = 0; at < field.len; at += 64)
		found |=
		    put_64(to + at, field.data + at, field.len - at, stops);
	return found;
}

WIDE static uint8_t *
wide(uint8_t *to, const struct csv_fields *fields, struct csv_special special,
    bool *out_plain)
{
	const struct stops stops = {_mm512_set1_epi8((char)special.delimiter),
	    _mm512_set1_epi8((char)special.quote), _mm512_set1_epi8('\r'),
	    _mm512_set1_epi8('\n')};
	uint64_t found = 0;

	for (uint32_t i = 0; i < fields->num; i++) {
		struct span field = fields->items[i * fields->stride];

		found |= put_field(to, field, &stops);
		to += field.len;
		*to++ = special.delimiter;
	}
	to[-1] = '\n';
	*out_plain = found == 0;
	return to;
}

uint8_t *
csv_line(uint8_t *to, const struct csv_fields *fields,
    struct csv_special special, bool *out_plain)
{
	if (__builtin_cpu_supports("avx512f") &&
	    __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512vl"))
		return wide(to, fields, special, out_plain);
	return csv_line_blocks(to, fields, special, out_plain);
}

#else

uint8_t *
csv_line(uint8_t *to, const struct csv_fields *fields,
    struct csv_special special, bool *out_plain)
{
	return csv_line_blocks(to, fields, special, out_plain);
}

#endif
