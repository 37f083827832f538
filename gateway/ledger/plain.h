#ifndef GATEHOUSE_PLAIN_H
#define GATEHOUSE_PLAIN_H

#include "crypto/memory/span.h"

/*
 * plain: characters that stand for themselves in a JSON string, in one byte:
 * printable ASCII but for the quote and the backslash. Nearly all bytes of a
 * record are such, and each is looked at by whoever writes and who checks.
 *
 * plain_count: how many of them come first. plain_count_bytes: the same, as
 * the reference.
 */
size_t plain_count(struct span in);
size_t plain_count_bytes(struct span in);

#endif
