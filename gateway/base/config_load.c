#include "gateway/base/config_load.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "gateway/base/config_path.h"

enum {
	EXIT_CONFIG = 2
};

/* The whole file into `out`. */
static struct err
read_file(struct buf *out, const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct err err = OK;

	if (fd < 0)
		return ERR(IO, "cannot be opened");
	while (err.code == ERR_OK) {
		err = buf_reserve(out, 4096);
		if (err.code != ERR_OK)
			break;
		ssize_t got = read(fd, out->data + out->len, 4096);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			err = ERR(IO, "cannot be read");
		if (got <= 0)
			break;
		out->len += (size_t)got;
	}
	close(fd);
	return err;
}

/* A line for each: a daemon's log is read by machines too. */
static void
print_problems(const struct diagnostics *d)
{
	for (size_t i = 0; i < d->num_items; i++) {
		const struct diagnostic *item = &d->items[i];
		struct span name = d->files[item->at.file].name;
		fprintf(stderr, "%.*s:%u:%u: error[%s]: %s\n",
		    DIAGNOSTIC_SPAN(name), item->at.line, item->at.column,
		    item->code, item->text);
	}
}

static int
check(struct config *out, struct arena *arena, const struct source_file *file)
{
	struct diagnostics *d = calloc(1, sizeof(*d));

	if (d == NULL) {
		fputs("gatehouse: no memory\n", stderr);
		return EXIT_CONFIG;
	}
	diagnostic_init(d, file, 1);
	struct err err = config_read(out, arena, d, file);
	if (d->num_items > 0)
		print_problems(d);
	else if (err.code != ERR_OK)
		fprintf(stderr, "gatehouse: %s\n", err.why);
	diagnostic_done(d);
	free(d);
	return err.code == ERR_OK ? 0 : EXIT_CONFIG;
}

int
config_load(struct config *out, struct arena *arena, const char *path)
{
	struct buf bytes CLEANUP(buf_done) = {.max = NODE_MAX_FILE + 4096};
	struct source_file file;

	path = config_path(path);
	struct err err = read_file(&bytes, path);
	if (err.code != ERR_OK) {
		fprintf(stderr, "gatehouse: %s: %s: %s\n", path, err.why,
		    err.code == ERR_IO ? strerror(errno) : "too big");
		return EXIT_CONFIG;
	}
	file.name = span_str(path);
	if (arena_copy(arena, &file.bytes, buf_span(&bytes)).code != ERR_OK) {
		fputs("gatehouse: no memory\n", stderr);
		return EXIT_CONFIG;
	}
	return check(out, arena, &file);
}
