#include "gateway/base/proven_store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "gateway/base/sysio.h"

static struct err
read_text(struct buf *out, int fd)
{
	struct stat st;
	size_t len;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return ERR(DENIED, "is not a regular file");
	if (st.st_size > PROVEN_FILE_TEXT)
		return ERR(TOO_BIG, "it is over its cap");
	TRY(buf_reserve(out, (size_t)st.st_size + 1));
	TRY(sysio_pread(fd, out->data, (size_t)st.st_size, 0, &len));
	out->len = len;
	return OK;
}

struct err
proven_store_open(struct proven_store *out, const char *path)
{
	*out = (struct proven_store){.line = 0};
	buf_init(&out->text, PROVEN_FILE_TEXT + 1);
	int CLEANUP(sysio_close) fd =
	    open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY);

	if (fd < 0 && errno == ENOENT)
		return proven_file_write(&out->text, &out->file);
	if (fd < 0)
		return ERR(IO, "it cannot be opened");
	out->is_there = true;
	TRY(read_text(&out->text, fd));
	struct err err =
	    proven_file_parse(&out->file, &out->line, buf_span(&out->text));
	if (err.code == ERR_OK)
		out->line = 0;
	return err;
}

void
proven_store_done(struct proven_store *store)
{
	proven_file_done(&store->file);
	buf_done(&store->text);
}
