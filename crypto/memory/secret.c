#include "crypto/memory/secret.h"

#include <assert.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Newer than the C library's headers of Debian 12; the same on every CPU. */
#ifndef SYS_memfd_secret
#define SYS_memfd_secret 447
#endif

/*
 * A hidden secret is one reservation: a page that nothing may touch, the pages
 * of the secret, another page that nothing may touch. The bytes end where the
 * last page ends, so that the first byte read too many is a fault.
 */
struct secret {
	uint8_t *data;	   /* the caller's bytes */
	size_t len;	   /* of them */
	uint8_t *room;	   /* what there is of memory: it ends where they do */
	size_t room_len;   /* bytes */
	uint8_t *pages;	   /* hidden only: what the protection is set on */
	size_t pages_len;  /* bytes, whole pages */
	size_t page;	   /* bytes of one page */
	unsigned num_open; /* calls of secret_open not yet closed */
	bool reserved;	   /* goes back to the reserve when it is freed */
};

/* Made by secret_reserve and not in use: zeroed, closed. */
static struct secret *reserve[SECRET_MAX_RESERVE];
static size_t num_reserve;

/*
 * Map the pages of a new memfd_secret over the middle of a reservation. The
 * kernel locks them, leaves them out of its own address space and of dumps.
 */
static uint8_t *
map_hidden(uint8_t *reserved, size_t pages_len)
{
	void *pages = MAP_FAILED;
	int fd = (int)syscall(SYS_memfd_secret, O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (ftruncate(fd, (off_t)pages_len) == 0)
		pages = mmap(reserved, pages_len, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_FIXED, fd, 0);
	close(fd);
	return pages == MAP_FAILED ? NULL : pages;
}

/* False when this kernel, or this process's limit, has no hidden memory. */
static bool
alloc_hidden(struct secret *secret, size_t pages_len)
{
	size_t whole = pages_len + 2 * secret->page;
	uint8_t *base =
	    mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return false;
	uint8_t *pages = map_hidden(base + secret->page, pages_len);
	/* A shared mapping would be the child's too: it is not to have it. */
	if (pages == NULL || madvise(pages, pages_len, MADV_DONTFORK) != 0) {
		munmap(base, whole);
		return false;
	}
	secret->pages = pages;
	secret->pages_len = pages_len;
	secret->room = pages + pages_len - secret->len;
	return true;
}

/* libsodium goes on when it cannot lock the pages; we do not. */
static struct err
alloc_guarded(struct secret *secret, size_t pages_len)
{
	uint8_t *data = sodium_malloc(secret->len);

	if (data == NULL)
		return ERR(NO_MEMORY, "secret: no guarded memory");
	uint8_t *page = data - (uintptr_t)data % secret->page;
	if (sodium_mlock(data, secret->len) != 0 ||
	    madvise(page, pages_len, MADV_DONTDUMP) != 0 ||
	    madvise(page, pages_len, MADV_WIPEONFORK) != 0) {
		sodium_free(data);
		return ERR(NO_MEMORY, "secret: the pages cannot be locked");
	}
	sodium_memzero(data, secret->len);
	secret->room = data;
	return OK;
}

/* A key whose protection is unknown must not be used: stop. */
static void
protect(struct secret *secret, bool readable)
{
	int failed;

	if (secret->pages != NULL)
		failed = mprotect(secret->pages, secret->pages_len,
		    readable ? PROT_READ | PROT_WRITE : PROT_NONE);
	else if (readable)
		failed = sodium_mprotect_readwrite(secret->room);
	else
		failed = sodium_mprotect_noaccess(secret->room);
	if (failed != 0)
		abort();
}

static struct err
make(struct secret **out_secret, size_t len)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t pages_len;

	assert(len > 0);
	TRY(size_add(len, page - 1, &pages_len));
	pages_len -= pages_len % page;
	struct secret *secret = calloc(1, sizeof(*secret));
	if (secret == NULL)
		return ERR(NO_MEMORY, "secret: no memory");
	secret->len = secret->room_len = len;
	secret->page = page;
	if (!alloc_hidden(secret, pages_len)) {
		struct err err = alloc_guarded(secret, pages_len);
		if (err.code != ERR_OK) {
			free(secret);
			return err;
		}
	}
	secret->data = secret->room;
	protect(secret, false);
	*out_secret = secret;
	return OK;
}

struct err
secret_reserve(size_t num, size_t len)
{
	for (size_t i = 0; i < num; i++) {
		if (num_reserve == SECRET_MAX_RESERVE)
			return ERR(TOO_BIG, "secret: too many in reserve");
		TRY(make(&reserve[num_reserve], len));
		reserve[num_reserve++]->reserved = true;
	}
	return OK;
}

/* One of the reserve, if there is one with the room. It ends at the end. */
static struct secret *
take_reserved(size_t len)
{
	for (size_t i = 0; i < num_reserve; i++) {
		struct secret *secret = reserve[i];
		if (secret->room_len < len)
			continue;
		reserve[i] = reserve[--num_reserve];
		secret->len = len;
		secret->data = secret->room + secret->room_len - len;
		return secret;
	}
	return NULL;
}

struct err
secret_new(struct secret **out_secret, size_t len)
{
	struct secret *secret = take_reserved(len);

	if (secret == NULL)
		return make(out_secret, len);
	*out_secret = secret;
	return OK;
}

void
secret_free(struct secret *secret)
{
	if (secret == NULL)
		return;
	protect(secret, true);
	sodium_memzero(secret->room, secret->room_len);
	if (secret->reserved) {
		assert(num_reserve < SECRET_MAX_RESERVE);
		secret->num_open = 0;
		protect(secret, false);
		reserve[num_reserve++] = secret;
		return;
	}
	if (secret->pages != NULL)
		munmap(secret->pages - secret->page,
		    secret->pages_len + 2 * secret->page);
	else
		sodium_free(secret->room);
	free(secret);
}

uint8_t *
secret_open(struct secret *secret)
{
	if (secret->num_open == 0)
		protect(secret, true);
	secret->num_open++;
	return secret->data;
}

void
secret_close(struct secret *secret)
{
	assert(secret->num_open > 0);
	secret->num_open--;
	if (secret->num_open == 0)
		protect(secret, false);
}

size_t
secret_len(const struct secret *secret)
{
	return secret->len;
}

bool
secret_kernel_hidden(const struct secret *secret)
{
	return secret->pages != NULL;
}

void
secret_wipe16(uint8_t (*bytes)[16])
{
	sodium_memzero(*bytes, sizeof(*bytes));
}

void
secret_wipe32(uint8_t (*bytes)[32])
{
	sodium_memzero(*bytes, sizeof(*bytes));
}

void
secret_wipe64(uint8_t (*bytes)[64])
{
	sodium_memzero(*bytes, sizeof(*bytes));
}

bool
secret_equal(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}
