#include "tests/harness/expect.h"

#include <stdalign.h>

#include "crypto/memory/arena.h"
#include "tests/harness/failalloc.h"

static void
arena_alloc__gives_zeroed_aligned_memory(void **state)
{
	struct arena arena;

	(void)state;
	arena_init(&arena, 1 << 20);
	for (size_t len = 0; len < 300; len++) {
		uint8_t *bytes;
		expect_ok(arena_alloc(&arena, &bytes, len, 1));
		assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
		for (size_t i = 0; i < len; i++)
			assert_int_equal(bytes[i], 0);
		memset(bytes, 0xff, len);
	}
	assert_true(arena.used <= arena.max);
	arena_done(&arena);
	arena_done(&arena);
	arena_done(NULL);
}

static void
arena_alloc__refuses_more_than_its_ceiling(void **state)
{
	struct arena arena;
	void *untouched = &arena, *pointer = untouched;

	(void)state;
	arena_init(&arena, 1000);
	expect_err(TOO_BIG, arena_alloc(&arena, &pointer, 1001, 1));
	expect_err(TOO_BIG, arena_alloc(&arena, &pointer, SIZE_MAX, 2));
	expect_err(TOO_BIG, arena_alloc(&arena, &pointer, SIZE_MAX, 1));
	assert_ptr_equal(pointer, untouched);
	expect_ok(arena_alloc(&arena, &pointer, 900, 1));
	expect_err(TOO_BIG, arena_alloc(&arena, &pointer, 200, 1));
	expect_ok(arena_alloc(&arena, &pointer, 10, 1));
	arena_done(&arena);
}

static void
arena_copy__survives_blocks_of_any_size(void **state)
{
	struct arena arena;
	struct span copies[100];
	uint8_t bytes[2000];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	arena_init(&arena, 1 << 20);
	for (size_t i = 0; i < 100; i++)
		expect_ok(
		    arena_copy(&arena, &copies[i], span_of(bytes, i * 20)));
	for (size_t i = 0; i < 100; i++)
		assert_true(span_equal(copies[i], span_of(bytes, i * 20)));
	const char *text;
	expect_ok(arena_str(&arena, &text, span_str("text")));
	assert_string_equal(text, "text");
	arena_done(&arena);
}

static void
arena_alloc__survives_each_failed_allocation(void **state)
{
	struct arena arena;
	struct span copy;
	uint8_t bytes[20000] = {0};
	bool failed = true;

	(void)state;
	for (size_t n = 0; failed; n++) {
		arena_init(&arena, 1 << 20);
		failalloc_arm(n);
		struct err err = arena_copy(&arena, &copy, span_of(bytes, 10));
		if (err.code == ERR_OK)
			err = arena_copy(
			    &arena, &copy, span_of(bytes, sizeof(bytes)));
		failed = failalloc_disarm();
		assert_int_equal(err.code, failed ? ERR_NO_MEMORY : ERR_OK);
		arena_done(&arena);
		assert_true(!failalloc_works() || failed || n == 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(arena_alloc__gives_zeroed_aligned_memory),
	    cmocka_unit_test(arena_alloc__refuses_more_than_its_ceiling),
	    cmocka_unit_test(arena_copy__survives_blocks_of_any_size),
	    cmocka_unit_test(arena_alloc__survives_each_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
