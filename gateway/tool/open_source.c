#include "gateway/tool/open_source.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/tool/fetch_head.h"

struct err
open_source_init(struct open_source *out, const char *in,
    const struct open_source_options *options)
{
	struct stat st;

	*out = (struct open_source){.fd = -1};
	if (in == NULL) {
		out->fd = STDIN_FILENO;
		return OK;
	}
	if (open_place_names(in)) {
		out->anywhere = true;
		TRY(open_place_init(&out->place, in, options->endpoint));
		return fetch_new(&out->fetch, &options->fetch);
	}
	out->fd = open(in, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (out->fd < 0 || fstat(out->fd, &st) != 0)
		return ERR(IO, "the input cannot be read");
	out->anywhere = S_ISREG(st.st_mode);
	out->len_known = out->anywhere;
	out->len = out->anywhere ? (uint64_t)st.st_size : 0;
	return OK;
}

void
open_source_done(struct open_source *source)
{
	if (source->fd != STDIN_FILENO)
		sysio_close(&source->fd);
	fetch_free(source->fetch);
	open_place_done(&source->place);
	source->fetch = NULL;
}

/* --- A server ---------------------------------------------------------- */

static struct err
begin(struct open_source *source, const struct s3_get *part,
    struct fetch_head *head)
{
	struct buf lines CLEANUP(buf_wipe) = {.max = 2 * HTTP_MAX_HEAD};

	TRY(open_place_lines(&lines, &source->place, part));
	return fetch_begin(source->fetch, (const char *)source->place.url.data,
	    buf_span(&lines), head);
}

/* The first answer says which version this is; all others have to be of it. */
static struct err
check_version(struct open_source *source, const struct fetch_head *head)
{
	if (!source->len_known) {
		memcpy(source->etag, head->etag, sizeof(source->etag));
		source->len = head->total;
		source->len_known = true;
	}
	if (head->total != source->len || strcmp(head->etag, source->etag) != 0)
		return ERR(CHANGED, "the object changed while it was read");
	return OK;
}

static struct err
begin_part(struct open_source *source, uint64_t from, uint64_t len)
{
	const struct s3_get part = {.ranged = true,
	    .first = from,
	    .last = from + len - 1,
	    .etag = span_str(source->etag),
	    .now_s = time(NULL)};
	struct fetch_head head;

	TRY(begin(source, &part, &head));
	if (!head.partial)
		return ERR(UNSUPPORTED, "the server does not serve ranges");
	if (head.first != from)
		return ERR(MALFORMED, "the server sends another range");
	return check_version(source, &head);
}

/* --- Either ------------------------------------------------------------ */

struct err
open_source_whole(struct open_source *source)
{
	const struct s3_get all = {.now_s = time(NULL)};
	struct fetch_head head;

	source->left = UINT64_MAX;
	if (source->fetch == NULL)
		return OK;
	TRY(begin(source, &all, &head));
	return head.partial ? ERR(MALFORMED, "the server sends a part of it")
			    : OK;
}

struct err
open_source_part(struct open_source *source, uint64_t from, uint64_t len)
{
	if (!source->anywhere)
		return ERR(UNSUPPORTED, "it can be read from its front only");
	if (source->fetch != NULL)
		TRY(begin_part(source, from, len));
	source->at = from;
	source->left = len;
	return OK;
}

static struct err
read_some(
    struct open_source *source, uint8_t *out, size_t max_len, size_t *out_len)
{
	if (source->fetch != NULL)
		return fetch_read(source->fetch, out, max_len, out_len);
	if (source->anywhere)
		return sysio_pread(
		    source->fd, out, max_len, source->at, out_len);
	return sysio_read(source->fd, out, max_len, out_len);
}

struct err
open_source_read(
    struct open_source *source, uint8_t *out, size_t max_len, size_t *out_len)
{
	size_t len = 0;

	if (max_len > source->left)
		max_len = (size_t)source->left;
	if (max_len > 0)
		TRY(read_some(source, out, max_len, &len));
	source->at += len;
	source->left -= source->left == UINT64_MAX ? 0 : len;
	*out_len = len;
	return OK;
}

struct err
open_source_fill(
    struct open_source *source, uint8_t *out, size_t len, size_t *out_len)
{
	size_t have = 0, more = 1;

	while (have < len && more > 0) {
		TRY(open_source_read(source, out + have, len - have, &more));
		have += more;
	}
	*out_len = have;
	return OK;
}
