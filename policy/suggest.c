#include "policy/suggest.h"

enum {
	MAX_WORD = 63
};

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* One cell of the table from the two rows above it. */
static size_t
cell(size_t rows[3][MAX_WORD + 1], struct span a, struct span b, size_t i,
    size_t j)
{
	const size_t *before = rows[(i + 2) % 3], *swap = rows[(i + 1) % 3];
	size_t same = a.data[i - 1] == b.data[j - 1] ? 0 : 1;
	size_t d = least(before[j] + 1, rows[i % 3][j - 1] + 1);

	d = least(d, before[j - 1] + same);
	if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] &&
	    a.data[i - 2] == b.data[j - 1])
		d = least(d, swap[j - 2] + 1);
	return d;
}

size_t
suggest_distance(struct span a, struct span b)
{
	size_t rows[3][MAX_WORD + 1];

	if (a.len > MAX_WORD || b.len > MAX_WORD)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		rows[i % 3][0] = i;
		for (size_t j = 1; j <= b.len; j++)
			rows[i % 3][j] = cell(rows, a, b, i, j);
	}
	return rows[a.len % 3][b.len];
}

void
suggest_init(struct suggest *s, struct span wanted)
{
	*s = (struct suggest){.wanted = wanted, .best_distance = SIZE_MAX};
}

void
suggest_offer(struct suggest *s, struct span candidate)
{
	const size_t most = least(s->best_distance, 2 + candidate.len / 3);
	const size_t a = s->wanted.len, b = candidate.len;
	size_t distance;

	/* It is as much as the lengths differ by, or more. */
	if ((a > b ? a - b : b - a) >= most)
		return;
	distance = suggest_distance(s->wanted, candidate);
	if (distance >= most)
		return;
	s->best = candidate;
	s->best_distance = distance;
}
