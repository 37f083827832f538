#ifndef GATEHOUSE_STORE_COPY_H
#define GATEHOUSE_STORE_COPY_H

#include "gateway/store/store_db.h"

/*
 * store_copy: what one database holds, page by page, in an empty one of another
 * vfs (SQLite's online backup).
 */

/* store_copy_whole: all of it, at once. Errors: of either database. */
MUST_USE struct err store_copy_whole(
    struct store_db *to, struct store_db *from);

#endif
