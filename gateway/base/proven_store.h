#ifndef GATEHOUSE_PROVEN_STORE_H
#define GATEHOUSE_PROVEN_STORE_H

#include "gateway/base/proven_file.h"

/*
 * proven_store: keys/recipients as it lies on the disk, for the loader and for
 * commands. Nothing in it is secret.
 */
struct proven_store {
	bool is_there;
	struct buf text; /* of it; without one, of a file of none */
	size_t line;	 /* of the text, where it is wrong; 0: nowhere in it */
	struct proven_file file;
};

/*
 * proven_store_open
 *
 * path     of a file that may be missing: nothing is proven then
 * out      also on failure: proven_store_done
 * Errors   those of proven_file_parse; DENIED: it is no file; IO: errno tells
 *          more
 */
MUST_USE struct err proven_store_open(
    struct proven_store *out, const char *path);
void proven_store_done(struct proven_store *store);

#endif
