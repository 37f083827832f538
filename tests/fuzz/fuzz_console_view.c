/*
 * Target: console_view_take, for the items that the input is read as, and
 * console_view_put of what they come to: all of it lines of the text format,
 * whatever stands in pages that somebody has filled.
 *
 * An item is u8 what, u32 index, u8 role, u8 length and so many bytes, which
 * fill sums and pages again and again.
 */
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/console/console_view.h"
#include "gateway/metric/metric_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static struct console_view view; /* as in the console */

struct given {
	uint8_t what, role;
	uint32_t index;
	struct span bytes;
};

static struct err
take_given(struct span *in, struct given *out)
{
	uint8_t len;

	TRY(span_take_u8(in, &out->what));
	TRY(span_take_u32be(in, &out->index));
	TRY(span_take_u8(in, &out->role));
	TRY(span_take_u8(in, &len));
	return span_take(in, &out->bytes, len);
}

static void
fill(uint8_t *out, size_t len, struct span bytes)
{
	size_t done = bytes.len < len ? bytes.len : len;

	memset(out, 0, len);
	if (done > 0)
		memcpy(out, bytes.data, done);
	for (size_t more; done > 0 && done < len; done += more) {
		more = done < len - done ? done : len - done;
		memcpy(out + done, out, more);
	}
}

/* As the supervisor gives them: of the right size, always. */
static int
make_page(struct span bytes)
{
	static uint8_t cells[sizeof(struct metric_page)];
	int fd = memfd_create("page", MFD_CLOEXEC);

	fill(cells, sizeof(cells), bytes);
	if (fd < 0 || write(fd, cells, sizeof(cells)) != (ssize_t)sizeof(cells))
		abort();
	return fd;
}

static struct err
take(const struct given *given)
{
	static uint8_t sums[sizeof(struct metric_sum)];
	struct control_item item = {
	    .index = given->index, .value.max = sizeof(sums), .fd = -1};
	const char *name = "other";
	struct err err = OK;

	switch (given->what % 6) {
	case 0:
		name = "sums";
		fill(sums, sizeof(sums), given->bytes);
		err = buf_append(&item.value, span_of(sums, sizeof(sums)));
		break;
	case 1:
		name = "page";
		item.fd = make_page(given->bytes);
		err = buf_put_u8(&item.value, given->role);
		break;
	case 2:
		name = "ended";
		break;
	case 3: /* of no right length */
	case 4:
		name = given->what % 6 == 3 ? "sums" : "page";
		err = buf_append(&item.value, given->bytes);
		break;
	case 5:
		break;
	}
	if (err.code != ERR_OK)
		abort();
	memcpy(item.name, name, strlen(name));
	err = console_view_take(&view, &item);
	control_item_done(&item);
	return err;
}

static void
check_line(struct span line)
{
	struct span rest = line, word, number = {0};

	assert(line.len > 0);
	for (size_t i = 0; i < line.len; i++)
		assert(line.data[i] >= ' ' && line.data[i] <= '~');
	if (line.data[0] == '#')
		return;
	assert(span_starts_with(line, span_str("gatehouse_")));
	while (span_take_until(&rest, &word, ' ') && word.len > 0)
		number = word;
	assert(number.len > 0);
	for (size_t i = 0; i < number.len; i++)
		assert((number.data[i] >= '0' && number.data[i] <= '9') ||
		    number.data[i] == '.');
}

static void
check_text(void)
{
	struct buf text CLEANUP(buf_done) = {.max = METRIC_TEXT_MAX};
	struct span rest, line;

	if (console_view_put(&text, &view).code != ERR_OK)
		abort();
	rest = buf_span(&text);
	while (rest.len > 0) {
		assert(span_take_line(&rest, &line).code == ERR_OK);
		check_line(line);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span in = span_of(data, len);
	struct err err = OK;
	struct given given;

	/* At the first error the console ends. */
	while (err.code == ERR_OK && take_given(&in, &given).code == ERR_OK)
		err = take(&given);
	(void)console_view_serves(&view);
	/* All of the text takes far longer than what it is made of. */
	if (err.code == ERR_OK && len % 32 == 0)
		check_text();
	console_view_done(&view);
	memset(view.past, 0, sizeof(view.past));
	return 0;
}
