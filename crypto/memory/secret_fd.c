#include "crypto/memory/secret_fd.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum {
	SECRET_MAGIC = 0x5345434d, /* linux/magic.h: SECRETMEM_MAGIC */
	SEALS = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL,
};

static bool
is_hidden(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 &&
	    (unsigned long)fs.f_type == SECRET_MAGIC;
}

/* A file that somebody could cut would be the end of who maps it. The hidden
 * kind cannot be: its first size is its last. */
static bool
is_fixed(int fd)
{
	int seals = is_hidden(fd) ? SEALS : fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & F_SEAL_SHRINK) != 0;
}

/* Neither read(2) nor write(2) is for hidden memory. */
static uint8_t *
map(int fd, int how)
{
	void *at = mmap(NULL, SECRET_FD_LEN, how, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

struct err
secret_fd_put(int fd, const uint8_t key[SECRET_FD_LEN])
{
	uint8_t *at = map(fd, PROT_READ | PROT_WRITE);

	if (at == NULL)
		return ERR(IO, "secret: the descriptor takes no key");
	memcpy(at, key, SECRET_FD_LEN);
	munmap(at, SECRET_FD_LEN);
	if (!is_hidden(fd) && fcntl(fd, F_ADD_SEALS, SEALS | F_SEAL_WRITE) != 0)
		return ERR(IO, "secret: the descriptor cannot be sealed");
	return OK;
}

struct err
secret_fd_get(uint8_t out[SECRET_FD_LEN], int fd)
{
	struct stat st;

	if (fstat(fd, &st) != 0)
		return ERR(IO, "secret: not a descriptor");
	if (st.st_size != SECRET_FD_LEN || !is_fixed(fd))
		return ERR(MALFORMED, "secret: not a key behind a descriptor");
	uint8_t *at = map(fd, PROT_READ);
	if (at == NULL)
		return ERR(IO, "secret: the key behind it cannot be read");
	memcpy(out, at, SECRET_FD_LEN);
	munmap(at, SECRET_FD_LEN);
	return OK;
}
