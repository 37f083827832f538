#ifndef GATEHOUSE_LOG_UNBLOCK_H
#define GATEHOUSE_LOG_UNBLOCK_H

#include "crypto/memory/span.h"

/*
 * log_unblock: from here on, and in every process that comes from this one, a
 * log that nobody reads lets nobody wait: stderr becomes an open file of our
 * own that does not block. What others hold of the same pipe or terminal stays
 * as it is. A file needs none of it, and a socket is told with each line.
 *
 * Before roles get uids of their own, which may not open what we were given.
 *
 * Errors   IO: it cannot be opened once more, and stays as it is
 */
MUST_USE struct err log_unblock(void);

#endif
