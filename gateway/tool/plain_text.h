#ifndef GATEHOUSE_PLAIN_TEXT_H
#define GATEHOUSE_PLAIN_TEXT_H

#include <stdio.h>

#include "crypto/memory/span.h"

/* plain_text_print: what a terminal might take for a command is shown as a
 * question mark. Returns the bytes that were printed. */
size_t plain_text_print(FILE *file, struct span text);

#endif
