#include "gateway/base/sysio.h"

#include <assert.h>
#include <errno.h>
#include <unistd.h>

static struct err
transfer_error(void)
{
	if (errno == EAGAIN)
		return ERR(AGAIN, "sysio: the descriptor is not ready");
	if (errno == EPIPE || errno == ECONNRESET)
		return ERR(CLOSED, "sysio: nobody is at the other end");
	if (errno == ENOSPC || errno == EDQUOT)
		return ERR(NO_SPACE, "sysio: the disk is full");
	return ERR(IO, "sysio: the system refused a transfer");
}

struct err
sysio_read(int fd, void *out, size_t len, size_t *out_len)
{
	ssize_t done;

	do
		done = read(fd, out, len);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return transfer_error();
	*out_len = (size_t)done;
	return OK;
}

struct err
sysio_read_full(int fd, void *out, size_t len)
{
	uint8_t *to = out;

	while (len > 0) {
		size_t done;
		TRY(sysio_read(fd, to, len, &done));
		if (done == 0)
			return ERR(TRUNCATED, "sysio: the file ends too early");
		to += done;
		len -= done;
	}
	return OK;
}

struct err
sysio_pread(int fd, void *out, size_t len, uint64_t at, size_t *out_len)
{
	uint8_t *to = out;
	size_t total = 0;

	while (total < len) {
		ssize_t done =
		    pread(fd, to + total, len - total, (off_t)(at + total));
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return transfer_error();
		if (done == 0)
			break;
		total += (size_t)done;
	}
	*out_len = total;
	return OK;
}

struct err
sysio_write(int fd, struct span bytes, size_t *out_len)
{
	ssize_t done;

	do
		done = write(fd, bytes.data, bytes.len);
	while (done < 0 && errno == EINTR);
	if (done < 0)
		return transfer_error();
	/* A loop over this would never end: no file of ours does it. */
	if (done == 0 && bytes.len > 0)
		return ERR(IO, "sysio: a write wrote nothing");
	*out_len = (size_t)done;
	return OK;
}

struct err
sysio_write_full(int fd, struct span bytes)
{
	while (bytes.len > 0) {
		size_t done;
		TRY(sysio_write(fd, bytes, &done));
		bytes = span_sub(bytes, done, bytes.len);
	}
	return OK;
}

struct err
sysio_pwrite_full(int fd, struct span bytes, uint64_t at)
{
	while (bytes.len > 0) {
		ssize_t done = pwrite(fd, bytes.data, bytes.len, (off_t)at);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return transfer_error();
		if (done == 0)
			return ERR(IO, "sysio: a write wrote nothing");
		bytes = span_sub(bytes, (size_t)done, bytes.len);
		at += (uint64_t)done;
	}
	return OK;
}

void
sysio_close(int *fd)
{
	/* After EINTR the descriptor is gone on Linux: never close twice. */
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

uint64_t
sysio_monotonic_us(void)
{
	struct timespec now;
	int failed = clock_gettime(CLOCK_MONOTONIC, &now);

	assert(failed == 0);
	(void)failed;
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

uint64_t
sysio_monotonic_ms(void)
{
	return sysio_monotonic_us() / 1000;
}

int64_t
sysio_wall_ns(void)
{
	struct timespec now;
	int failed = clock_gettime(CLOCK_REALTIME, &now);

	assert(failed == 0);
	(void)failed;
	return (int64_t)now.tv_sec * 1000000000 + (int64_t)now.tv_nsec;
}
