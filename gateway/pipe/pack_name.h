#ifndef GATEHOUSE_PACK_NAME_H
#define GATEHOUSE_PACK_NAME_H

#include "policy/model.h"

/*
 * pack_name: who compresses: library, version, level, as "zstd 1.5.4 level 3".
 * Empty for NONE. It goes into the digest of a plan, since another version may
 * make other bytes; pack_new refuses to compress under another's name. Apart
 * from pack.h, so that who only asks links no compressor.
 */
struct span pack_name(enum compression compression);

/* The levels that the names tell; macros, as they are told in text. */
#define PACK_GZIP_LEVEL 6
#define PACK_ZSTD_LEVEL 3

#endif
