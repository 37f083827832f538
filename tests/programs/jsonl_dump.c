#include <stdio.h>
#include <string.h>

#include "gateway/record/format.h"

/*
 * jsonl_dump BLOCK PATH...: what is delivered of JSON Lines when the paths are
 * all that is declared and all of them are kept, for comparison with another
 * reader.
 *
 * Standard input and output are any number of files, each with its length in
 * front (4 bytes, big-endian). A file that is refused comes out as `error`.
 */
enum {
	MAX_FILE = 1 << 20,
	MAX_PATHS = 64
};

/* CLOSED is the good end. */
static struct err
dump(const struct plan *plan, size_t block_len, struct span in, struct buf *out)
{
	static const uint8_t none[BATCH_MAX_ROWS];
	const struct format *format = format_of(plan);
	struct batch raw = {0};
	struct bind bind;
	struct err err;
	void *file;

	TRY(format->open(&file, plan, block_len));
	err = format->bind(file, &bind, &raw);
	while (err.code == ERR_OK || err.code == ERR_AGAIN) {
		uint8_t *room;
		size_t len;

		format->room(file, &room, &len);
		if (len > in.len)
			len = in.len;
		if (len > 0) {
			memcpy(room, in.data, len);
			format->fill(file, len);
			in = span_sub(in, len, in.len);
		} else {
			format->finish(file);
		}
		/* With no condition, raw columns are those of the plan. */
		while ((err = format->next(file, &raw)).code == ERR_OK)
			TRY(format->write(file, out, &raw, none));
	}
	batch_done(&raw);
	format->close(file);
	return err;
}

static bool
write_file(struct span bytes)
{
	const uint8_t head[4] = {(uint8_t)(bytes.len >> 24),
	    (uint8_t)(bytes.len >> 16), (uint8_t)(bytes.len >> 8),
	    (uint8_t)bytes.len};

	return fwrite(head, 1, sizeof(head), stdout) == sizeof(head) &&
	    fwrite(bytes.data, 1, bytes.len, stdout) == bytes.len;
}

int
main(int argc, char **argv)
{
	static struct plan_column columns[MAX_PATHS];
	static struct span paths[MAX_PATHS];
	static uint8_t file[MAX_FILE], head[4];
	struct plan plan = {.version = PLAN_VERSION,
	    .format = {.kind = FILE_JSONL},
	    .declared = paths,
	    .columns = columns};
	uint64_t block_len;
	struct buf out;

	if (argc < 3 || argc - 2 > MAX_PATHS ||
	    span_u64(span_str(argv[1]), &block_len, CSV_MAX_BLOCK).code !=
		ERR_OK ||
	    block_len == 0)
		return 2;
	for (int i = 2; i < argc; i++) {
		paths[i - 2] = columns[i - 2].name = span_str(argv[i]);
		columns[i - 2].how.op = PROTECT_KEEP;
		plan.num_declared = plan.num_columns = (uint32_t)i - 1;
	}
	buf_init(&out, 8 * MAX_FILE);
	while (fread(head, 1, sizeof(head), stdin) == sizeof(head)) {
		size_t len = (size_t)head[0] << 24 | (size_t)head[1] << 16 |
		    (size_t)head[2] << 8 | head[3];
		struct span in = span_of(file, len), written;

		if (len > sizeof(file) || fread(file, 1, len, stdin) != len)
			return 1;
		buf_reset(&out);
		written = dump(&plan, block_len, in, &out).code == ERR_CLOSED
		    ? buf_span(&out)
		    : span_str("error");
		if (!write_file(written))
			return 1;
	}
	buf_done(&out);
	return fflush(stdout) == 0 ? 0 : 1;
}
