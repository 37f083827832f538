#include "gateway/pipe/pack_name.h"

#include <zlib.h>
#include <zstd.h>

#define TEXT_OF(number) #number
#define LEVEL(number) " level " TEXT_OF(number)

static const char *const names[NUM_COMPRESSIONS] = {
    [COMPRESSION_NONE] = "",
    [COMPRESSION_GZIP] = "zlib " ZLIB_VERSION LEVEL(PACK_GZIP_LEVEL),
    [COMPRESSION_ZSTD] = "zstd " ZSTD_VERSION_STRING LEVEL(PACK_ZSTD_LEVEL),
};

struct span
pack_name(enum compression compression)
{
	return span_str(names[compression]);
}
