#include "gateway/tool/line_diff.h"

#include "crypto/memory/arena.h"

enum {
	MAX_MEMORY = 512 * 1024 * 1024,
	AROUND = 3,	  /* lines of context */
	MAX_EDITS = 4000, /* looked for; beyond, all is another text */
};

struct lines {
	struct span *items;
	size_t num;
};

/* For each old line whether it goes, for each new one whether it comes. */
struct script {
	struct arena *arena; /* of all that is here */
	struct lines old, new;
	bool *goes, *comes;
};

static struct err
split(struct lines *out, struct arena *arena, struct span text)
{
	struct span rest = text, line;
	size_t num = 0;

	while (rest.len > 0 && span_take_until(&rest, &line, '\n'))
		num++;
	TRY(arena_alloc(arena, &out->items, num + 1, sizeof(*out->items)));
	rest = text;
	while (
	    rest.len > 0 && span_take_until(&rest, &out->items[out->num], '\n'))
		out->num++;
	return OK;
}

/* --- Myers, An O(ND) Difference Algorithm, 1986: the greedy one --- */

/* How far one gets on each diagonal with so many edits: [-d, d] of each d. */
struct trace {
	size_t *reach[MAX_EDITS + 1];
	size_t num_edits;
};

/* Is the step onto diagonal k of d edits one down, an insertion? */
static bool
goes_down(const size_t *before, long k, long d)
{
	return k == -d ||
	    (k != d && before[k - 1 + d - 1] < before[k + 1 + d - 1]);
}

static size_t
step_from(const size_t *before, long k, long d)
{
	if (d == 0)
		return 0;
	return goes_down(before, k, d) ? before[k + 1 + d - 1]
				       : before[k - 1 + d - 1] + 1;
}

/* One more edit; true when both texts are at their ends. */
static bool
extend(struct trace *t, const struct script *s, long d)
{
	const size_t *before = d > 0 ? t->reach[d - 1] : NULL;

	for (long k = -d; k <= d; k += 2) {
		size_t x = step_from(before, k, d);
		long y = (long)x - k;

		while (y >= 0 && x < s->old.num && (size_t)y < s->new.num &&
		    span_equal(s->old.items[x], s->new.items[y])) {
			x++;
			y++;
		}
		t->reach[d][k + d] = x;
		if (x >= s->old.num && y >= (long)s->new.num)
			return true;
	}
	return false;
}

/* From the end back to the start, noting each edit. */
static void
walk_back(const struct trace *t, struct script *s)
{
	long x = (long)s->old.num, y = (long)s->new.num;

	for (long d = (long)t->num_edits; d > 0; d--) {
		long k = x - y;
		const size_t *before = t->reach[d - 1];
		bool down = goes_down(before, k, d);
		long from = down ? k + 1 : k - 1;

		x = (long)before[from + d - 1];
		y = x - from;
		if (down && y < (long)s->new.num)
			s->comes[y] = true;
		else if (!down && x < (long)s->old.num)
			s->goes[x] = true;
	}
}

static struct err
find_edits(struct script *s)
{
	struct trace t = {.num_edits = 0};

	for (size_t d = 0; d <= MAX_EDITS; d++) {
		TRY(arena_alloc(
		    s->arena, &t.reach[d], 2 * d + 1, sizeof(size_t)));
		t.num_edits = d;
		if (extend(&t, s, (long)d)) {
			walk_back(&t, s);
			return OK;
		}
	}
	memset(s->goes, true, s->old.num);
	memset(s->comes, true, s->new.num);
	return OK;
}

/* --- Writing --- */

static struct err
put_line(struct buf *out, char sign, struct span line)
{
	TRY(buf_put_u8(out, (uint8_t)sign));
	TRY(buf_append(out, line));
	return buf_append_str(out, "\n");
}

/* Where a hunk ends: both texts go on alike for more than twice the context. */
static void
find_end(const struct script *s, size_t *x, size_t *y)
{
	size_t same = 0;

	while ((*x < s->old.num || *y < s->new.num) && same <= 2 * AROUND) {
		bool goes = *x < s->old.num && s->goes[*x];
		bool comes = *y < s->new.num && s->comes[*y];

		same = goes || comes ? 0 : same + 1;
		*x += goes || !comes;
		*y += comes || !goes;
	}
	if (same > AROUND) {
		*x -= same - AROUND;
		*y -= same - AROUND;
	}
}

/* Both texts from one place to another, where a part of them is alike. */
static struct err
put_hunk(struct buf *out, const struct script *s, size_t x, size_t y,
    size_t to_x, size_t to_y)
{
	TRY(buf_append_format(out, "@@ -%zu,%zu +%zu,%zu @@\n", x + (to_x > x),
	    to_x - x, y + (to_y > y), to_y - y));
	while (x < to_x || y < to_y) {
		if (x < to_x && s->goes[x])
			TRY(put_line(out, '-', s->old.items[x++]));
		else if (y < to_y && s->comes[y])
			TRY(put_line(out, '+', s->new.items[y++]));
		else {
			TRY(put_line(out, ' ', s->old.items[x++]));
			y++;
		}
	}
	return OK;
}

static struct err
put_hunks(struct buf *out, const struct script *s)
{
	size_t x = 0, y = 0;

	while (x < s->old.num || y < s->new.num) {
		bool goes = x < s->old.num && s->goes[x];
		bool comes = y < s->new.num && s->comes[y];
		size_t back = x < y ? x : y, to_x = x, to_y = y;

		if (!goes && !comes) {
			x++;
			y++;
			continue;
		}
		back = back < AROUND ? back : AROUND;
		find_end(s, &to_x, &to_y);
		TRY(put_hunk(out, s, x - back, y - back, to_x, to_y));
		x = to_x;
		y = to_y;
	}
	return OK;
}

static struct err
put_difference(struct buf *out, struct script *s, struct span name)
{
	TRY(find_edits(s));
	TRY(buf_append_str(out, "--- "));
	TRY(buf_append(out, name));
	TRY(buf_append_str(out, "\n+++ "));
	TRY(buf_append(out, name));
	TRY(buf_append_str(out, "\n"));
	return put_hunks(out, s);
}

struct err
line_diff_put(
    struct buf *out, struct span name, struct span old, struct span new)
{
	CLEANUP(arena_done) struct arena arena = {.max = MAX_MEMORY};
	struct script s = {.arena = &arena};

	if (span_equal(old, new))
		return OK;
	TRY(split(&s.old, &arena, old));
	TRY(split(&s.new, &arena, new));
	TRY(arena_alloc(&arena, &s.goes, s.old.num + 1, sizeof(*s.goes)));
	TRY(arena_alloc(&arena, &s.comes, s.new.num + 1, sizeof(*s.comes)));
	return put_difference(out, &s, name);
}
