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
#ifdef GATEHOUSE_SANITIZED
	return 0; /* strdup is not seen here; what leaks is told at the end */
#else
	return live;
#endif
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

/* Tried, once: valgrind may stand in our place. */
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

/*
 * What stands behind the names that are taken here: the C library's own, or
 * AddressSanitizer's, so that a sweep finds there what is read or left too.
 * This file alone is not sanitized: it runs before the sanitizer does.
 */
#ifdef GATEHOUSE_SANITIZED
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif

void *REAL(malloc)(size_t len);
void *REAL(calloc)(size_t num, size_t size);
void *REAL(realloc)(void *pointer, size_t len);
void *REAL(memalign)(size_t align, size_t len);
void REAL(free)(void *pointer);

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
look_at(void *pointer)
{
	if (watched != NULL &&
	    memmem(pointer, malloc_usable_size(pointer), watched, watched_len))
		seen++;
}

void *
malloc(size_t len)
{
	return fails() ? NULL : counted(REAL(malloc)(len));
}

void *
calloc(size_t num, size_t size)
{
	return fails() ? NULL : counted(REAL(calloc)(num, size));
}

/* Always to another place, so that what is left behind is looked at. */
void *
realloc(void *pointer, size_t len)
{
	if (fails())
		return NULL;
	if (pointer == NULL || watched == NULL) {
		void *grown = REAL(realloc)(pointer, len);
		return pointer == NULL ? counted(grown) : grown;
	}
	void *copy = counted(REAL(malloc)(len));
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
	return fails() ? NULL : counted(REAL(memalign)(align, len));
}

int
posix_memalign(void **out, size_t align, size_t len)
{
	void *pointer = fails() ? NULL : counted(REAL(memalign)(align, len));

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
	look_at(pointer);
	REAL(free)(pointer);
}
