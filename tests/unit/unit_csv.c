#include "tests/harness/expect.h"

#include <cjson/cJSON.h>

#include "gateway/record/csv.h"
#include "gateway/record/csv_encode.h"
#include "tests/harness/vectors.h"

static struct span given[2];
/* What the tests read and write with; a test that changes it puts it back. */
static struct file_format dialect = {.delimiter = ','};

/*
 * A whole file as text: fields in <>, records ended by |, or the error. The
 * bytes come in pieces of `piece`, the first one `first` bytes long.
 */
static void
run(struct buf *out, struct span in, size_t first, size_t piece)
{
	static struct batch batch;
	uint32_t column_of[64];
	const struct span *names;
	bool header = false;
	uint32_t num = 0;
	struct err err = OK;
	struct csv *csv;
	size_t take = first;

	buf_reset(out);
	expect_ok(csv_new(&csv, &dialect, 4096));
	for (;;) {
		uint8_t *room;
		size_t len;

		csv_room(csv, &room, &len);
		if (take > len)
			take = len;
		if (take > in.len)
			take = in.len;
		if (in.len == 0) {
			csv_finish(csv);
		} else {
			memcpy(room, in.data, take);
			csv_fill(csv, take);
			in = span_sub(in, take, in.len);
		}
		take = piece;
		if (!header) {
			err = csv_header(csv, &names, &num);
			if (err.code == ERR_AGAIN)
				continue;
			if (err.code != ERR_OK)
				break;
			header = true;
			assert_true(num <= 64);
			for (uint32_t i = 0; i < num; i++) {
				column_of[i] = i;
				expect_ok(buf_append_format(out, "<%.*s>",
				    (int)names[i].len,
				    (const char *)names[i].data));
			}
			expect_ok(buf_append_str(out, "|"));
			csv_select(csv, column_of);
			expect_ok(batch_init(&batch, num));
		}
		while ((err = csv_next(csv, &batch)).code == ERR_OK)
			for (uint32_t row = 0; row < batch.num_rows; row++) {
				for (uint32_t i = 0; i < num; i++) {
					struct span cell =
					    batch_column(&batch, i)[row];
					expect_ok(buf_append_str(out, "<"));
					expect_ok(buf_append(out, cell));
					expect_ok(buf_append_str(out, ">"));
				}
				expect_ok(buf_append_str(out, "|"));
			}
		if (err.code != ERR_AGAIN)
			break;
	}
	if (err.code != ERR_CLOSED)
		expect_ok(buf_append_format(
		    out, "%s at %d", err.why, (int)csv_record(csv)));
	batch_done(&batch);
	csv_free(csv);
}

/* The events of an input, however it is cut. */
static void
expect_events(const char *in, size_t len, const char *events)
{
	struct buf got;

	buf_init(&got, 65536);
	for (size_t first = 1; first <= len + 1; first++) {
		run(&got, span_of(in, len), first, first % 3 == 0 ? 1 : 4096);
		if (!span_equal_str(buf_span(&got), events))
			fail_msg("cut at %d: %.*s, not %s", (int)first,
			    (int)got.len, (const char *)got.data, events);
	}
	buf_done(&got);
}

#define expect_csv(in, events) expect_events(in, sizeof(in) - 1, events)

static void
csv_next__reads_records(void **state)
{
	(void)state;
	expect_csv("a,b\n1,2\n", "<a><b>|<1><2>|");
	expect_csv("a,b\n1,2", "<a><b>|<1><2>|");
	expect_csv("a,b\r\n1,2\r\n", "<a><b>|<1><2>|");
	expect_csv("a,b\r\n1,\n,2\r\n", "<a><b>|<1><>|<><2>|");
	expect_csv("a\n\nx\n", "<a>|<>|<x>|");
	expect_csv("a\n", "<a>|");
	expect_csv("a", "<a>|");
	expect_csv("\n", "<>|");
	expect_csv(",\n,", "<><>|<><>|");
	expect_csv(" a , b\n", "< a >< b>|");
}

static void
csv_next__reads_quotes(void **state)
{
	(void)state;
	expect_csv("a,b\n\"1,\n\r2\",\"\"\n", "<a><b>|<1,\n\r2><>|");
	expect_csv("\"a\"\"b\"\r\n\"\"\"\"", "<a\"b>|<\">|");
	expect_csv(
	    "\"a\",b\n\"\"\"x\"\"y\"\"\",\"z\"\n", "<a><b>|<\"x\"y\"><z>|");
}

static void
csv_header__skips_the_byte_order_mark(void **state)
{
	(void)state;
	expect_csv("\xef\xbb\xbf"
		   "a,b\n1,2\n",
	    "<a><b>|<1><2>|");
	expect_csv("\xef\xbb\xbf\"a\"\n1\n", "<a>|<1>|");
	expect_csv("\xef\xbb"
		   "a\n",
	    "<\xef\xbb"
	    "a>|");
	expect_csv("a\n\xef\xbb\xbf\n", "<a>|<\xef\xbb\xbf>|");
}

static void
csv_next__refuses_what_others_guess(void **state)
{
	(void)state;
	expect_csv("", "csv: there is no header at 1");
	expect_csv("\xef\xbb\xbf", "csv: there is no header at 1");
	expect_csv("\xef\xbb\xbf\xef\xbb\xbf"
		   "a\n",
	    "csv: a name begins with a mark at 1");
	expect_csv("\"\xef\xbb\xbf"
		   "a\",b\n",
	    "csv: a name begins with a mark at 1");
	expect_csv("a\nx\"y\n", "<a>|csv: a quote in an unquoted field at 2");
	expect_csv("a\n \"y\"\n", "<a>|csv: a quote in an unquoted field at 2");
	expect_csv("a\n\"y\" \n", "<a>|csv: text after a closing quote at 2");
	expect_csv("a\n\"y\n", "<a>|csv: the file ends in a quoted field at 2");
	expect_csv("a\nx\ry\n", "<a>|csv: a CR without LF at 2");
	expect_csv("a\nx\r", "<a>|csv: a CR without LF at 2");
	expect_csv("a,b\n1\n", "<a><b>|csv: fewer fields than the header at 2");
	expect_csv("a,b\n\n", "<a><b>|csv: fewer fields than the header at 2");
	expect_csv("a\n1,2\n", "<a>|csv: more fields than the header at 2");
	expect_csv("a\n1,2,3\n", "<a>|csv: more fields than the header at 2");
	expect_csv("a\nx\0y\n", "<a>|csv: a NUL byte at 2");
	expect_csv("a\n\"x\0y\"\n", "<a>|csv: a NUL byte at 2");
}

static void
csv_next__keeps_its_caps(void **state)
{
	struct buf in, got;

	(void)state;
	buf_init(&in, 4 * CSV_MAX_RECORD);
	buf_init(&got, 4 * CSV_MAX_RECORD);
	/* One byte over the longest field; then one of exactly that length. */
	for (int over = 1; over >= 0; over--) {
		buf_reset(&in);
		expect_ok(buf_append_str(&in, "a\n"));
		for (int i = 0; i < CSV_MAX_FIELD + over; i++)
			expect_ok(buf_put_u8(&in, 'x'));
		for (size_t piece = 1000; piece <= 4096; piece += 1548) {
			run(&got, buf_span(&in), piece, piece);
			if (over)
				expect_span(buf_span(&got),
				    "<a>|csv: a field is too long at 2");
			else
				assert_int_equal(got.len, CSV_MAX_FIELD + 7);
		}
	}
	/* The same with a field behind it. */
	for (int over = 1; over >= 0; over--) {
		buf_reset(&in);
		expect_ok(buf_append_str(&in, "a,b\n"));
		for (int i = 0; i < CSV_MAX_FIELD + over; i++)
			expect_ok(buf_put_u8(&in, 'x'));
		expect_ok(buf_append_str(&in, ",y\n"));
		run(&got, buf_span(&in), 4096, 4096);
		if (over)
			expect_span(buf_span(&got),
			    "<a><b>|csv: a field is too long at 2");
		else
			assert_int_equal(got.len, CSV_MAX_FIELD + 13);
	}
	/* Five fields, each allowed, are too long together. */
	buf_reset(&in);
	expect_ok(buf_append_str(&in, "a,b,c,d,e\n"));
	for (int i = 0; i < 5 * CSV_MAX_FIELD; i++)
		expect_ok(buf_put_u8(
		    &in, i % CSV_MAX_FIELD == CSV_MAX_FIELD - 1 ? ',' : 'x'));
	run(&got, buf_span(&in), 4096, 4096);
	expect_span(
	    buf_span(&got), "<a><b><c><d><e>|csv: a record is too long at 2");
	buf_done(&in);
	buf_done(&got);
}

/* Records over many blocks and batches, and fields longer than what is looked
 * at at once: each arrives once, in order. */
static void
csv_next__carries_records_over_blocks(void **state)
{
	struct buf in, want, got;

	(void)state;
	buf_init(&in, 1 << 20);
	buf_init(&want, 1 << 20);
	buf_init(&got, 1 << 20);
	expect_ok(buf_append_str(&in, "n,p,e,q\n"));
	expect_ok(buf_append_str(&want, "<n><p><e><q>|"));
	for (int i = 0; i < 1500; i++) {
		expect_ok(buf_append_format(
		    &in, "%d,%0*d,,\"a\"\"%d,\"\n", i, 1 + i % 170, i, i));
		expect_ok(buf_append_format(
		    &want, "<%d><%0*d><><a\"%d,>|", i, 1 + i % 170, i, i));
	}
	for (size_t piece = 1; piece < 5000; piece = piece * 3 + 1) {
		run(&got, buf_span(&in), piece, piece);
		assert_true(span_equal(buf_span(&got), buf_span(&want)));
	}
	buf_done(&in);
	buf_done(&want);
	buf_done(&got);
}

/* The events that a JSON array of objects stands for. */
static void
events_of_json(struct buf *out, const char *text)
{
	cJSON *rows = cJSON_Parse(text);
	const cJSON *row, *cell;

	assert_true(cJSON_IsArray(rows));
	cJSON_ArrayForEach(cell, rows->child)
	    expect_ok(buf_append_format(out, "<%s>", cell->string));
	expect_ok(buf_append_str(out, "|"));
	cJSON_ArrayForEach(row, rows)
	{
		cJSON_ArrayForEach(cell, row) expect_ok(
		    buf_append_format(out, "<%s>", cell->valuestring));
		expect_ok(buf_append_str(out, "|"));
	}
	cJSON_Delete(rows);
}

/*
 * Source: csv-spectrum (github.com/maxogden/csv-spectrum). One of its files has
 * quotes in unquoted fields, which RFC 4180 forbids: it is refused.
 */
static void
csv_next__agrees_with_csv_spectrum(void **state)
{
	static const char *const names[] = {"comma_in_quotes", "empty",
	    "empty_crlf", "escaped_quotes", "json", "newlines", "newlines_crlf",
	    "quotes_and_newlines", "simple", "simple_crlf", "utf8"};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct buf csv = {0}, json = {0}, want;
		char path[128];

		snprintf(path, sizeof(path),
		    "tests/vectors/csv-spectrum/%s.csv", names[i]);
		vectors_read_file(&csv, path);
		snprintf(path, sizeof(path),
		    "tests/vectors/csv-spectrum/%s.json", names[i]);
		vectors_read_file(&json, path);
		json.max++;
		expect_ok(buf_put_u8(&json, 0));
		buf_init(&want, 65536);
		events_of_json(&want, (const char *)json.data);
		expect_ok(buf_put_u8(&want, 0));
		expect_events(
		    (const char *)csv.data, csv.len, (const char *)want.data);
		buf_done(&csv);
		buf_done(&json);
		buf_done(&want);
	}
	struct buf csv = {0}, got;

	vectors_read_file(
	    &csv, "tests/vectors/csv-spectrum/location_coordinates.csv");
	buf_init(&got, 1000);
	run(&got, buf_span(&csv), 4096, 4096);
	assert_non_null(
	    memmem(got.data, got.len, "a quote in an unquoted field at 2", 33));
	buf_done(&csv);
	buf_done(&got);
}

/* The row of a file of three fields, in a batch of num_columns. */
static void
expect_selected(
    const uint32_t column_of[3], uint32_t num_columns, const char *row)
{
	static const char text[] = "a,b,c\n1,2,3\n";
	struct buf got CLEANUP(buf_done) = {.max = 64};
	const struct span *names;
	struct batch batch;
	uint8_t *room;
	struct csv *csv;
	uint32_t num;
	size_t len;

	expect_ok(csv_new(&csv, &dialect, 4096));
	csv_room(csv, &room, &len);
	memcpy(room, text, sizeof(text) - 1);
	csv_fill(csv, sizeof(text) - 1);
	expect_ok(csv_header(csv, &names, &num));
	csv_select(csv, column_of);
	expect_ok(batch_init(&batch, num_columns));
	expect_ok(csv_next(csv, &batch));
	for (uint32_t i = 0; i < num_columns; i++)
		expect_ok(buf_append(&got, batch_column(&batch, i)[0]));
	assert_true(span_equal_str(buf_span(&got), row));
	batch_done(&batch);
	csv_free(csv);
}

static void
csv_select__places_and_drops(void **state)
{
	static const uint32_t SAME[] = {0, 1, 2}, BACK[] = {2, 1, 0},
			      LAST[] = {CSV_NO_COLUMN, CSV_NO_COLUMN, 0};

	(void)state;
	expect_selected(BACK, 3, "321");
	expect_selected(LAST, 1, "3");
	expect_selected(SAME, 3, "123");
}

static void
csv_next__reads_dialects(void **state)
{
	(void)state;
	dialect.delimiter = ';';
	expect_csv("a;b\n1,5;\"x;\"\"y\"\n", "<a><b>|<1,5><x;\"y>|");
	dialect.delimiter = '\t';
	expect_csv("a\tb\r\n1;,\t\n", "<a><b>|<1;,><>|");
	expect_csv(
	    "a\tb\n\"1\"x\t\n", "<a><b>|csv: text after a closing quote at 2");
	dialect.unquoted = true;
	expect_csv("a\tb\n\"1\"x\t\"\n", "<a><b>|<\"1\"x><\">|");
	expect_csv("a\tb\n\"1\n2\"\t\n",
	    "<a><b>|csv: fewer fields than the header at 2");
	expect_csv("a\tb\n1\r\t\n", "<a><b>|csv: a CR without LF at 2");
	given[0] = span_str("x");
	given[1] = span_str("y");
	dialect = (struct file_format){
	    .delimiter = '|', .header = given, .num_header = 2};
	expect_csv("1|2\n3|4", "<x><y>|<1><2>|<3><4>|");
	expect_csv("\xef\xbb\xbf"
		   "1|2\n",
	    "<x><y>|<1><2>|");
	expect_csv("", "<x><y>|");
	expect_csv("1|2|3\n", "<x><y>|csv: more fields than the header at 1");
	dialect = (struct file_format){.delimiter = ','};
}

static void
csv_encode_record__keeps_the_dialect(void **state)
{
	const struct span cells[] = {
	    span_str("a;b"), span_str("c,d"), span_str("\"e\"")};
	const struct span empty = span_str(""), line = span_str("a\nb");
	struct buf out;

	(void)state;
	buf_init(&out, 200);
	dialect.delimiter = ';';
	expect_ok(csv_encode_record(&out, &dialect, cells, 3));
	expect_span(buf_span(&out), "\"a;b\";c,d;\"\"\"e\"\"\"\n");
	buf_reset(&out);
	dialect.delimiter = '\t';
	dialect.unquoted = true;
	expect_ok(csv_encode_record(&out, &dialect, cells, 3));
	expect_ok(csv_encode_record(&out, &dialect, &empty, 1));
	expect_span(buf_span(&out), "a;b\tc,d\t\"e\"\n\n");
	expect_err(MALFORMED, csv_encode_record(&out, &dialect, &line, 1));
	dialect.delimiter = ';';
	expect_err(MALFORMED, csv_encode_record(&out, &dialect, cells, 3));
	dialect = (struct file_format){.delimiter = ','};
	buf_done(&out);
}

static void
csv_encode_record__quotes_only_where_needed(void **state)
{
	const struct span cells[] = {span_str("plain"), span_str(" blank "),
	    span_str("a,b"), span_str("a\"b"), span_str("a\nb"),
	    span_str("a\rb"), span_str("'"), span_of(NULL, 0)};
	struct buf out;

	(void)state;
	buf_init(&out, 1000);
	expect_ok(csv_encode_record(&out, &dialect, cells, 8));
	expect_span(buf_span(&out),
	    "plain, blank ,\"a,b\",\"a\"\"b\",\"a\nb\",\"a\rb\",',\n");
	buf_reset(&out);
	expect_ok(csv_encode_record(&out, &dialect, cells + 7, 1));
	expect_span(buf_span(&out), "\"\"\n");
	buf_done(&out);
}

/* Fields of every short length, with each byte at each of their places. */
static void
csv_encode_record__sees_each_byte_at_each_place(void **state)
{
	struct buf out = {.max = 4096}, want = {.max = 4096};

	(void)state;
	for (size_t len = 1; len <= 40; len++)
		for (size_t at = 0; at < len; at++)
			for (unsigned c = 0; c < 256; c++) {
				uint8_t text[40];
				struct span cells[2] = {
				    span_of(text, len), span_str("")};
				bool special = c == ',' || c == '"' ||
				    c == '\r' || c == '\n';

				memset(text, 'x', sizeof(text));
				text[at] = (uint8_t)c;
				buf_reset(&out);
				buf_reset(&want);
				expect_ok(csv_encode_record(
				    &out, &dialect, cells, 2));
				expect_ok(
				    buf_append_str(&want, special ? "\"" : ""));
				expect_ok(buf_append(
				    &want, span_of(text, at + (c == '"'))));
				expect_ok(buf_append(
				    &want, span_sub(cells[0], at, len)));
				expect_ok(buf_append_str(
				    &want, special ? "\",\n" : ",\n"));
				assert_true(span_equal(
				    buf_span(&out), buf_span(&want)));
			}
	buf_done(&out);
	buf_done(&want);
}

static void
csv_encode_rows__leaves_rows_out(void **state)
{
	const uint8_t left_out[] = {0, 3, 0};
	struct batch batch;
	struct buf out;

	(void)state;
	expect_ok(batch_init(&batch, 2));
	batch.num_rows = 3;
	for (uint32_t row = 0; row < 3; row++) {
		batch_column(&batch, 0)[row] =
		    span_sub(span_str("abc"), row, 1);
		batch_column(&batch, 1)[row] = span_str("x,");
	}
	buf_init(&out, csv_encode_max(2, 9));
	expect_ok(csv_encode_rows(&out, &dialect, &batch, left_out));
	expect_span(buf_span(&out), "a,\"x,\"\nc,\"x,\"\n");
	buf_done(&out);
	batch_done(&batch);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(csv_next__reads_records),
	    cmocka_unit_test(csv_next__reads_quotes),
	    cmocka_unit_test(csv_header__skips_the_byte_order_mark),
	    cmocka_unit_test(csv_next__refuses_what_others_guess),
	    cmocka_unit_test(csv_next__keeps_its_caps),
	    cmocka_unit_test(csv_next__carries_records_over_blocks),
	    cmocka_unit_test(csv_next__agrees_with_csv_spectrum),
	    cmocka_unit_test(csv_select__places_and_drops),
	    cmocka_unit_test(csv_next__reads_dialects),
	    cmocka_unit_test(csv_encode_record__keeps_the_dialect),
	    cmocka_unit_test(csv_encode_record__quotes_only_where_needed),
	    cmocka_unit_test(csv_encode_record__sees_each_byte_at_each_place),
	    cmocka_unit_test(csv_encode_rows__leaves_rows_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
