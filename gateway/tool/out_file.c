#include "gateway/tool/out_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/memory/buf.h"

/* A new file beside `path`, for its owner only. */
static struct err
open_beside(struct out_file *out, const char *path)
{
	struct buf name = {.max = 4096};
	struct err err = buf_append_format(&name, "%s.XXXXXX", path);

	if (err.code == ERR_OK)
		err = buf_put_u8(&name, '\0');
	if (err.code != ERR_OK) {
		buf_done(&name);
		return err;
	}
	int fd = mkostemp((char *)name.data, O_CLOEXEC);
	if (fd < 0) {
		buf_done(&name);
		return ERR(IO, "the output cannot be made");
	}
	out->temporary = (char *)name.data;
	out->file = fdopen(fd, "w");
	if (out->file != NULL)
		return OK;
	(void)close(fd);
	return ERR(NO_MEMORY, "no memory for the output");
}

struct err
out_file_open(struct out_file *out, const char *path)
{
	struct stat st;

	*out = (struct out_file){.path = path};
	if (path == NULL) {
		out->file = stdout;
		return OK;
	}
	if (stat(path, &st) != 0 || S_ISREG(st.st_mode))
		return open_beside(out, path);
	out->file = fopen(path, "we");
	return out->file != NULL ? OK : ERR(IO, "the output cannot be opened");
}

struct err
out_file_write(struct out_file *out, struct span bytes)
{
	if (bytes.len > 0 &&
	    fwrite(bytes.data, 1, bytes.len, out->file) != bytes.len)
		return ERR(IO, "the output cannot be written");
	return OK;
}

struct err
out_file_finish(struct out_file *out)
{
	if (fflush(out->file) != 0)
		return ERR(IO, "the output cannot be written");
	if (out->temporary == NULL)
		return OK;
	if (fsync(fileno(out->file)) != 0 ||
	    rename(out->temporary, out->path) != 0)
		return ERR(IO, "the output cannot be finished");
	free(out->temporary);
	out->temporary = NULL;
	return OK;
}

void
out_file_done(struct out_file *out)
{
	if (out->temporary != NULL)
		(void)unlink(out->temporary);
	free(out->temporary);
	if (out->file != NULL && out->file != stdout)
		(void)fclose(out->file);
	*out = (struct out_file){.file = NULL};
}
