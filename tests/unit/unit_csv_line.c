#include "tests/harness/expect.h"

#include <sys/mman.h>
#include <unistd.h>

#include "gateway/record/csv_line.h"

enum {
	MAX_FIELDS = 12,
	MAX_FIELD = 150,
	ROOM = MAX_FIELDS * (MAX_FIELD + 1) + CSV_LINE_SLACK
};

static uint32_t draw_state = 1;

static uint32_t
draw(uint32_t below)
{
	draw_state = draw_state * 1664525u + 1013904223u;
	return (draw_state >> 8) % below;
}

static void
expect_same(const struct csv_fields *fields, struct csv_special special)
{
	uint8_t one[ROOM], other[ROOM];
	bool plain, other_plain;
	size_t len, other_len;

	memset(one, 0xee, sizeof(one));
	memset(other, 0xee, sizeof(other));
	len = (size_t)(csv_line(one, fields, special, &plain) - one);
	other_len =
	    (size_t)(csv_line_blocks(other, fields, special, &other_plain) -
		other);
	assert_int_equal(len, other_len);
	assert_memory_equal(one, other, len);
	assert_int_equal(plain, other_plain);
	assert_int_equal(one[len - 1], '\n');
	for (size_t i = len + CSV_LINE_SLACK; i < sizeof(one); i++)
		assert_int_equal(one[i], 0xee);
}

/* Fields of all lengths, now and then with a byte that means something. */
static void
csv_line__is_csv_line_blocks(void **state)
{
	static const uint8_t stops[] = {0, '\n', '\r', '"', ',', ';', 0x80};
	static uint8_t text[MAX_FIELDS][MAX_FIELD];
	struct span items[MAX_FIELDS];
	unsigned num_plain = 0, num_rounds = 20000;

	(void)state;
	for (unsigned round = 0; round < num_rounds; round++) {
		struct csv_fields fields = {items, 1 + draw(MAX_FIELDS), 1};
		uint8_t to[ROOM];
		bool plain;

		for (uint32_t i = 0; i < fields.num; i++) {
			size_t len =
			    draw(3) == 0 ? draw(MAX_FIELD + 1) : draw(36);

			memset(text[i], 'a' + (int)draw(26), sizeof(text[i]));
			if (len > 0 && draw(20) == 0)
				text[i][draw((uint32_t)len)] =
				    stops[draw(sizeof(stops))];
			items[i] = span_of(len == 0 ? NULL : text[i], len);
		}
		expect_same(&fields, (struct csv_special){',', '"'});
		expect_same(&fields, (struct csv_special){';', ';'});
		csv_line(to, &fields, (struct csv_special){',', '"'}, &plain);
		num_plain += plain;
	}
	assert_in_range(num_plain, num_rounds / 4, num_rounds * 9 / 10);
}

/* Each byte that means something, at each place of a short and a long field. */
static void
csv_line__sees_each_byte_at_each_place(void **state)
{
	static const uint8_t stops[] = {0, '\n', '\r', '\'', '\t'};
	uint8_t text[MAX_FIELD], to[ROOM];
	bool plain;

	(void)state;
	memset(text, 'x', sizeof(text));
	for (size_t len = 1; len <= sizeof(text); len++)
		for (size_t i = 0; i < len; i++)
			for (size_t k = 0; k < sizeof(stops); k++) {
				struct span cut = span_of(text, len);
				struct csv_fields fields = {&cut, 1, 1};

				text[i] = stops[k];
				csv_line(to, &fields,
				    (struct csv_special){'\t', '\''}, &plain);
				assert_false(plain);
				text[i] = 'x';
				csv_line(to, &fields,
				    (struct csv_special){'\t', '\''}, &plain);
				assert_true(plain);
			}
}

/* Nothing is read behind a field: there may be no memory. */
static void
csv_line__reads_nothing_behind_a_field(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *map = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint8_t to[ROOM];
	bool plain;

	(void)state;
	assert_ptr_not_equal(map, MAP_FAILED);
	memset(map, 'x', page);
	assert_int_equal(mprotect(map + page, page, PROT_NONE), 0);
	for (size_t len = 0; len <= MAX_FIELD; len++) {
		struct span item = span_of(map + page - len, len);
		struct csv_fields fields = {&item, 1, 1};

		assert_int_equal(csv_line(to, &fields,
				     (struct csv_special){',', '"'}, &plain) -
			to,
		    len + 1);
		assert_true(plain);
	}
	munmap(map, 2 * page);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(csv_line__is_csv_line_blocks),
	    cmocka_unit_test(csv_line__sees_each_byte_at_each_place),
	    cmocka_unit_test(csv_line__reads_nothing_behind_a_field),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
