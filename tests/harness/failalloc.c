#include "tests/harness/failalloc.h"

#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Volatile: a compiler knows that malloc changes nothing that we can see. */
static volatile bool armed, paused, lasting, failed;
static volatile size_t left, count;
/* Others may have threads. */
static _Atomic size_t live;
static const void *watched;
static size_t watched_len;
static _Atomic size_t seen;

void
failalloc_arm(size_t n)
{
	left = n;
	count = 0;
	failed = paused = lasting = false;
	armed = true;
}

void
failalloc_arm_lasting(size_t n)
{
	failalloc_arm(n);
	lasting = true;
}

void
failalloc_pause(void)
{
	paused = true;
}

void
failalloc_resume(void)
{
	paused = false;
}

size_t
failalloc_live(void)
{
	return live;
}

void
failalloc_watch(const void *secret, size_t len)
{
	watched = secret;
	watched_len = len;
	seen = 0;
}

size_t
failalloc_seen(void)
{
	return seen;
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

void __libc_free(void *pointer);

static bool
fails(void)
{
	if (!armed || paused)
		return false;
	count++;
	if (failed && lasting) {
		errno = ENOMEM;
		return true;
	}
	if (failed || left-- > 0)
		return false;
	failed = true;
	errno = ENOMEM;
	return true;
}

static void *
counted(void *pointer)
{
	live += pointer != NULL;
	return pointer;
}

static void
look_at(const void *pointer, size_t len)
{
	if (watched != NULL && memmem(pointer, len, watched, watched_len))
		seen++;
}

void *
malloc(size_t len)
{
	return fails() ? NULL : counted(__libc_malloc(len));
}

void *
calloc(size_t num, size_t size)
{
	return fails() ? NULL : counted(__libc_calloc(num, size));
}

/* Always to another place, so that what is left behind is looked at. */
void *
realloc(void *pointer, size_t len)
{
	if (fails())
		return NULL;
	if (pointer == NULL || watched == NULL) {
		void *grown = __libc_realloc(pointer, len);
		return pointer == NULL ? counted(grown) : grown;
	}
	void *copy = counted(__libc_malloc(len));
	if (copy == NULL)
		return NULL;
	size_t had = malloc_usable_size(pointer);
	memcpy(copy, pointer, had < len ? had : len);
	free(pointer);
	return copy;
}

void *
aligned_alloc(size_t align, size_t len)
{
	return fails() ? NULL : counted(__libc_memalign(align, len));
}

int
posix_memalign(void **out, size_t align, size_t len)
{
	void *pointer = fails() ? NULL : counted(__libc_memalign(align, len));

	if (pointer == NULL)
		return ENOMEM;
	*out = pointer;
	return 0;
}

void
free(void *pointer)
{
	if (pointer == NULL)
		return;
	live--;
	look_at(pointer, malloc_usable_size(pointer));
	__libc_free(pointer);
}

#endif
