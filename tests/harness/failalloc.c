#include "tests/harness/failalloc.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

static bool armed, failed;
static size_t left, count;

void
failalloc_arm(size_t n)
{
	left = n;
	count = 0;
	failed = false;
	armed = true;
}

bool
failalloc_disarm(void)
{
	armed = false;
	return failed;
}

size_t
failalloc_count(void)
{
	return count;
}

/* Tried, once: a sanitizer or valgrind may stand in our place. */
bool
failalloc_works(void)
{
	static bool tried, works;

	if (!tried) {
		failalloc_arm(0);
		void *volatile pointer = malloc(1);
		works = failalloc_disarm();
		free(pointer);
		tried = true;
	}
	return works;
}

#ifndef GATEHOUSE_SANITIZED

/* The C library's own, behind the names that are taken here. */
void *__libc_malloc(size_t len);
void *__libc_calloc(size_t num, size_t size);
void *__libc_realloc(void *pointer, size_t len);
void *__libc_memalign(size_t align, size_t len);

static bool
fails(void)
{
	if (!armed)
		return false;
	count++;
	if (failed || left-- > 0)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

void *
malloc(size_t len)
{
	return fails() ? NULL : __libc_malloc(len);
}

void *
calloc(size_t num, size_t size)
{
	return fails() ? NULL : __libc_calloc(num, size);
}

void *
realloc(void *pointer, size_t len)
{
	return fails() ? NULL : __libc_realloc(pointer, len);
}

void *
aligned_alloc(size_t align, size_t len)
{
	return fails() ? NULL : __libc_memalign(align, len);
}

int
posix_memalign(void **out, size_t align, size_t len)
{
	void *pointer = fails() ? NULL : __libc_memalign(align, len);

	if (pointer == NULL)
		return ENOMEM;
	*out = pointer;
	return 0;
}

#endif
