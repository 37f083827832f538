#ifndef GATEHOUSE_PAIR_H
#define GATEHOUSE_PAIR_H

#include "crypto/memory/span.h"

/*
 * pair: a name and its value, both borrowed: a header line, a parameter of a
 * query. It lies in base because s3 and http, which never meet, both hold it.
 */
struct pair {
	struct span name;
	struct span value;
};

#endif
