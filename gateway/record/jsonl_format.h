#ifndef GATEHOUSE_JSONL_FORMAT_H
#define GATEHOUSE_JSONL_FORMAT_H

#include "gateway/record/format.h"

/* jsonl_format: JSON Lines, as jsonl.h and jsonl_encode.h say. */
extern const struct format jsonl_format;

#endif
