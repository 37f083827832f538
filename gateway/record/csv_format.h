#ifndef GATEHOUSE_CSV_FORMAT_H
#define GATEHOUSE_CSV_FORMAT_H

#include "gateway/record/format.h"

/* csv_format: CSV in all its dialects, as csv.h and csv_encode.h say. */
extern const struct format csv_format;

#endif
