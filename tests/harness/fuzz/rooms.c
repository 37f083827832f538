/*
 * Large allocations of a fuzz target, from rooms that stay where they are.
 *
 * AddressSanitizer maps each allocation of over 128 KiB anew, and its shadow
 * with it: a decoder's block of a megabyte costs more than all that is done in
 * it. A room keeps its address, and so its shadow. What the sanitizer finds in
 * an allocation of its own is found here too: behind the last byte a room is
 * poisoned, before the first one is a page without access, and a free room is
 * poisoned, a large one as far as an input comes; of those of one size the one
 * that was freed first is taken. A room that is freed twice aborts. There are
 * MAX_ROOMS; what comes then is the sanitizer's, which sees whether a target
 * leaks.
 *
 * It stands in front of the sanitizer's malloc, for the libraries too.
 */
#include <sanitizer/asan_interface.h>
#include <sanitizer/lsan_interface.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__interceptor_malloc(size_t len);
void *__interceptor_calloc(size_t num, size_t size);
void *__interceptor_realloc(void *old, size_t len);
void __interceptor_free(void *old);

#define LAND_BYTES (1ul << 36) /* of addresses; most are never used */

enum {
	PAGE = 4096,
	MIN_ROOM = 32 * 1024, /* inputs that are kept are smaller */
	MAX_ROOM = 64 * 1024 * 1024,
	MAX_ROOMS = 256,
	RED_BYTES = 64,	   /* at least so many behind the last byte */
	FILL_BYTES = 4096, /* as the sanitizer fills what is not zeroed */
	KEEP_BYTES =
	    64 * 1024, /* a larger room is not filled, but mapped anew */
	FREE_BYTES = 256 * 1024 /* of a free room are poisoned */
};

static struct room {
	uint8_t *at;
	size_t cap, len; /* behind `len` it is poisoned, free or not */
	uint64_t freed;	 /* when, counted */
	bool used, dirty;
} rooms[MAX_ROOMS];
static size_t num_rooms;
static uint8_t *land, *land_end;
static uint64_t now;
static atomic_flag lock = ATOMIC_FLAG_INIT;

static void
enter(void)
{
	while (atomic_flag_test_and_set_explicit(&lock, memory_order_acquire))
		;
}

static void
leave(void)
{
	atomic_flag_clear_explicit(&lock, memory_order_release);
}

/* Four sizes between a power of two and the next: few, so that they serve
 * again, and not a fourth too large. */
static size_t
cap_for(size_t len)
{
	size_t step = PAGE;

	len += RED_BYTES;
	while (step * 8 < len)
		step *= 2;
	return (len + step - 1) / step * step;
}

static struct room *
find_free(size_t cap)
{
	struct room *best = NULL;

	for (size_t i = 0; i < num_rooms; i++) {
		struct room *room = &rooms[i];

		if (!room->used && room->cap == cap &&
		    (best == NULL || room->freed < best->freed))
			best = room;
	}
	return best;
}

/* Between two pages that nobody may touch; poisoned, as a free one is. NULL:
 * there are no more. */
static struct room *
build(size_t cap)
{
	struct room *room;

	if (land == NULL) {
		land = mmap(NULL, LAND_BYTES, PROT_NONE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (land == MAP_FAILED)
			abort();
		land_end = land + PAGE;
	}
	if (num_rooms == MAX_ROOMS)
		return NULL;
	if (mprotect(land_end, cap, PROT_READ | PROT_WRITE) != 0)
		abort();
	room = &rooms[num_rooms++];
	*room = (struct room){.at = land_end, .cap = cap};
	land_end += cap + PAGE;
	__asan_poison_memory_region(room->at, cap);
	__lsan_register_root_region(room->at, cap);
	return room;
}

static size_t
min(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Of the shadow what is not as it should be: that of a megabyte takes longer to
 * write than what is done in it. */
static void
leave_open(struct room *room, size_t len)
{
	if (len < room->len)
		__asan_poison_memory_region(room->at + len, room->len - len);
	__asan_unpoison_memory_region(
	    room->at, len > room->len ? len : min(len, FREE_BYTES));
	room->len = len;
}

/* NULL: it is for the sanitizer. */
static struct room *
take(size_t len)
{
	const size_t cap = cap_for(len);
	struct room *room;

	if (len < MIN_ROOM || len > MAX_ROOM)
		return NULL;
	enter();
	room = find_free(cap);
	if (room == NULL)
		room = build(cap);
	if (room != NULL)
		room->used = true;
	leave();
	if (room != NULL)
		leave_open(room, len);
	return room;
}

/* Zero, as it was when it was built. */
static void
clean(struct room *room)
{
	if (room->cap <= KEEP_BYTES)
		memset(room->at, 0, room->len);
	else if (room->dirty &&
	    madvise(room->at, room->cap, MADV_DONTNEED) != 0)
		abort();
}

/* The room of what was handed out, and is not freed yet; NULL: it is none. */
static struct room *
room_of(const void *old)
{
	const uint8_t *at = old;

	if (land == NULL || at < land || at >= land + LAND_BYTES)
		return NULL;
	for (size_t i = 0; i < num_rooms; i++)
		if (rooms[i].at == at && rooms[i].used)
			return &rooms[i];
	abort();
}

static void
give_back(struct room *room)
{
	__asan_poison_memory_region(room->at, min(room->len, FREE_BYTES));
	enter();
	room->used = false;
	room->dirty = true;
	room->freed = ++now;
	leave();
}

void *
malloc(size_t len)
{
	struct room *room = take(len);

	if (room == NULL)
		return __interceptor_malloc(len);
	return memset(room->at, 0xbe, FILL_BYTES);
}

void *
calloc(size_t num, size_t size)
{
	struct room *room = NULL;
	size_t len;

	if (!__builtin_mul_overflow(num, size, &len))
		room = take(len);
	if (room == NULL)
		return __interceptor_calloc(num, size);
	clean(room);
	return room->at;
}

void
free(void *old)
{
	struct room *room = room_of(old);

	if (room == NULL)
		__interceptor_free(old);
	else
		give_back(room);
}

void *
realloc(void *old, size_t len)
{
	struct room *room = room_of(old);
	void *at;

	if (room == NULL)
		return __interceptor_realloc(old, len);
	at = len > 0 ? malloc(len) : NULL;
	if (at != NULL)
		memcpy(at, old, len < room->len ? len : room->len);
	if (at != NULL || len == 0)
		give_back(room);
	return at;
}
