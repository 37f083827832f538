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

/* A row of it; the least of its cells. */
static size_t
row(size_t rows[3][MAX_WORD + 1], struct span a, struct span b, size_t i)
{
	size_t nearest = i;

	rows[i % 3][0] = i;
	for (size_t j = 1; j <= b.len; j++) {
		rows[i % 3][j] = cell(rows, a, b, i, j);
		nearest = least(nearest, rows[i % 3][j]);
	}
	return nearest;
}

size_t
suggest_distance(struct span a, struct span b, size_t most)
{
	size_t rows[3][MAX_WORD + 1];

	/* It is as much as the lengths differ by, or more. */
	if (a.len > MAX_WORD || b.len > MAX_WORD ||
	    (a.len > b.len ? a.len - b.len : b.len - a.len) >= most)
		return most;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	/* No cell is less than the least of the row above it: what comes from
	 * the one before costs one, as does the way from there to here. */
	for (size_t i = 1; i <= a.len; i++)
		if (row(rows, a, b, i) >= most)
			return most;
	return least(rows[a.len % 3][b.len], most);
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
	size_t distance = suggest_distance(s->wanted, candidate, most);

	if (distance >= most)
		return;
	s->best = candidate;
	s->best_distance = distance;
}
