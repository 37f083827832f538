#include "tests/harness/sweep.h"

#include <openssl/err.h>

#include "tests/harness/expect.h"
#include "tests/harness/failalloc.h"

enum {
	MOST = 64 << 20, /* of bytes that a swept call writes or keeps */
	STEP = 16,	 /* an arena hands out multiples of it */
};

/* What the call gives when it lacks nothing. */
static void
run_whole(sweep_once *once, void *context, struct buf *out, struct arena *arena)
{
	buf_init(out, MOST);
	arena_init(arena, MOST);
	expect_ok(once(context, out, arena));
}

static void
expect_same(const struct buf *out, const struct buf *whole)
{
	assert_int_equal(out->len, whole->len);
	if (whole->len > 0)
		assert_memory_equal(out->data, whole->data, whole->len);
}

/* One try; returns whether an allocation failed, and how many blocks more are
 * allocated than before. */
static bool
try_without(sweep_once *once, void *context, size_t n, const struct buf *whole,
    size_t *out_num, size_t *out_left)
{
	size_t live = failalloc_live();
	struct arena arena;
	struct buf out;

	buf_init(&out, MOST);
	arena_init(&arena, MOST);
	failalloc_arm(n);
	struct err err = once(context, &out, &arena);
	bool failed = failalloc_disarm();
	if (err.code == ERR_OK)
		expect_same(&out, whole);
	else if (!failed || err.code != ERR_NO_MEMORY)
		fail_msg(
		    "allocation %zu: %s (%s)", n, err_name(err.code), err.why);
	*out_num += err.code != ERR_OK;
	buf_done(&out);
	arena_done(&arena);
	ERR_clear_error(); /* OpenSSL keeps some, with their texts */
	*out_left = failalloc_live() - live;
	return failed;
}

/* A library keeps what it makes once, on whatever way it first comes by: so a
 * way that leaves something is gone again. */
size_t
sweep_allocations(sweep_once *once, void *context)
{
	struct buf whole;
	struct arena arena;
	size_t num = 0, left;
	bool failed = true;

	run_whole(once, context, &whole, &arena);
	arena_done(&arena);
	for (size_t n = 0; failed; n++) {
		failed = try_without(once, context, n, &whole, &num, &left);
		if (left != 0)
			(void)try_without(
			    once, context, n, &whole, &num, &left);
		if (left != 0)
			fail_msg("allocation %zu: a leak", n);
	}
	buf_done(&whole);
	return num;
}

size_t
sweep_ceilings(sweep_once *once, void *context)
{
	struct buf whole, out;
	struct arena arena;

	run_whole(once, context, &whole, &arena);
	arena_done(&arena);
	for (size_t max = 0; max < whole.len; max++) {
		buf_init(&out, max);
		arena_init(&arena, MOST);
		struct err err = once(context, &out, &arena);
		if (err.code != ERR_TOO_BIG)
			fail_msg("ceiling %zu: %s (%s)", max,
			    err_name(err.code), err.why);
		assert_true(span_starts_with(buf_span(&whole), buf_span(&out)));
		buf_done(&out);
		arena_done(&arena);
	}
	size_t len = whole.len;
	buf_done(&whole);
	return len;
}

size_t
sweep_arenas(sweep_once *once, void *context)
{
	struct buf whole, out;
	struct arena arena;

	run_whole(once, context, &whole, &arena);
	size_t need = arena.used;
	arena_done(&arena);
	for (size_t max = 0; max < need; max += STEP) {
		buf_init(&out, MOST);
		arena_init(&arena, max);
		struct err err = once(context, &out, &arena);
		if (err.code != ERR_TOO_BIG)
			fail_msg("arena of %zu: %s (%s)", max,
			    err_name(err.code), err.why);
		buf_done(&out);
		arena_done(&arena);
	}
	buf_done(&whole);
	return need;
}
