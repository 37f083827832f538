#ifndef GATEHOUSE_SPOOL_DIR_H
#define GATEHOUSE_SPOOL_DIR_H

#include "crypto/memory/buf.h"
#include "gateway/origin/spool_stock.h"

/*
 * spool_dir: where delivered forms lie, encrypted.
 *
 *     tmp/<generation>     a filling; nobody reads it
 *     <slot>.meta          what the keeper needs to serve the slot, sealed
 *     <slot>               the payload; this name makes the slot exist
 *
 * Both names are lower-case hex. A mill gets the one descriptor that can
 * write. Publishing takes a read lease on another one, which the kernel grants
 * only while nothing, a mapping included, can write to the file; since nobody
 * but the opener reaches the directory, no writer comes back. So the bytes
 * that are hashed are the bytes that are served.
 *
 * A slot's payload never changes: it is removed, and filled again as a new
 * generation.
 *
 * One process at a time has the spool: a lock on tmp says so.
 *
 * The spool has a size. What needs room takes it from the slots whose last use
 * is longest ago; since a start, or by the time of their filling before it.
 */
enum {
	SPOOL_DIR_SLOT = SPOOL_STOCK_NAME,
	SPOOL_DIR_GENERATION = 16,
	SPOOL_DIR_HASH = 32,
};

struct spool_dir {
	int dir; /* borrowed */
	int tmp; /* owned */
	struct spool_stock stock;
	uint64_t expected; /* bytes that fillings are expected to need */
	uint64_t max;	   /* the ceiling of both */
	uint64_t swept;	   /* names removed at start */
	/* Told of each slot that had to go; NULL: nobody. */
	void (*evicted)(void *context, const uint8_t slot[SPOOL_DIR_SLOT]);
	void *context;
};

/* A filling that goes on; spool_dir_publish or spool_dir_abandon ends it. */
struct spool_fill {
	int fd; /* owned, O_RDONLY; a follower may read along */
	uint8_t generation[SPOOL_DIR_GENERATION];
	uint64_t expected; /* bytes; room was made for as many */
	bool sealed; /* then hash and size are those of its bytes, for good */
	uint8_t hash[SPOOL_DIR_HASH];
	uint64_t size;
};

/*
 * spool_dir_init: open a spool, after a crash too: unfinished fills go, and
 * metas without their payload, and payloads without their meta. SIGIO, by
 * which the kernel tells of a broken lease, is ignored from here on.
 *
 * dir      borrowed until spool_dir_done
 * Errors   EXISTS: another process has it; IO
 */
MUST_USE struct err spool_dir_init(
    struct spool_dir *out, int dir, uint64_t max_bytes);
void spool_dir_done(struct spool_dir *spool);

/*
 * spool_dir_follow: open a spool that another process has, who will tell of
 * its slots and fillings: the caller adds them to `stock` and `expected`.
 * spool_dir_take: it has given the spool up (spool_dir_give_up).
 *
 * Errors   as spool_dir_init
 */
MUST_USE struct err spool_dir_follow(
    struct spool_dir *out, int dir, uint64_t max_bytes);
MUST_USE struct err spool_dir_take(struct spool_dir *spool);
void spool_dir_give_up(struct spool_dir *spool);

/*
 * spool_dir_create: an empty file for a new generation.
 *
 * expected bytes that it may come to need; slots go to make room for them
 * out_fd   owned by the caller: O_WRONLY, for the mill; close it at once
 *          after it is passed on
 * Errors   EXISTS: the generation was used; NO_SPACE: even an empty spool has
 *          no room for this beside the other fillings; IO
 */
MUST_USE struct err spool_dir_create(struct spool_dir *spool,
    const uint8_t generation[SPOOL_DIR_GENERATION], uint64_t expected,
    int *out_fd, struct spool_fill *out);

/* spool_dir_abandon: the filling is gone. Nothing for a zero fd of -1. */
void spool_dir_abandon(struct spool_dir *spool, struct spool_fill *fill);

/*
 * spool_dir_seal: from here on nothing can write to the filling; its SHA-256
 * and size are in `fill`, so that a meta can speak of them.
 *
 * Errors   DENIED: somebody still can write; try again when the mill is
 *          gone, or abandon it; UNSUPPORTED: no leases on this file system;
 *          IO; CRYPTO; NO_MEMORY
 */
MUST_USE struct err spool_dir_seal(struct spool_fill *fill);

/*
 * spool_dir_publish: sync a sealed filling, and make the slot exist with its
 * meta, on the disk when this returns.
 *
 * fill     ended on success; on failure the caller abandons it
 * Errors   CHANGED: it is not sealed, or somebody opened it for writing since;
 *          EXISTS: the slot is there already; NO_SPACE; TOO_BIG: the meta is
 *          over SPOOL_MAX_META; IO
 */
MUST_USE struct err spool_dir_publish(struct spool_dir *spool,
    struct spool_fill *fill, const uint8_t slot[SPOOL_DIR_SLOT],
    struct span meta);

/*
 * spool_dir_open: the payload for reading, and the meta appended to `meta`.
 *
 * out_fd   owned by the caller, O_RDONLY; out_size: bytes of the payload
 * Errors   NOT_FOUND; IO; TOO_BIG, NO_MEMORY of the buf
 */
MUST_USE struct err spool_dir_open(struct spool_dir *spool,
    const uint8_t slot[SPOOL_DIR_SLOT], int *out_fd, uint64_t *out_size,
    struct buf *meta);

/*
 * spool_dir_replace_meta: another meta beside a slot, in one step: after a
 * crash it is the old one or the new one. On the disk when this returns.
 *
 * Errors   NOT_FOUND: there is no such slot; TOO_BIG: over SPOOL_MAX_META; IO
 */
MUST_USE struct err spool_dir_replace_meta(struct spool_dir *spool,
    const uint8_t slot[SPOOL_DIR_SLOT], struct span meta);

/*
 * spool_dir_remove: descriptors that are open stay readable, the space comes
 * back with the last of them.
 *
 * Errors   NOT_FOUND; IO
 */
MUST_USE struct err spool_dir_remove(
    struct spool_dir *spool, const uint8_t slot[SPOOL_DIR_SLOT]);

#endif
