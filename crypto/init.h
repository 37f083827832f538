#ifndef GATEHOUSE_INIT_H
#define GATEHOUSE_INIT_H

#include "crypto/memory/err.h"

/*
 * crypto_init: start OpenSSL and libsodium, fetch every algorithm that crypto/
 * uses, and prove SHA-256 on a known answer (age_stream proves its cipher).
 * Call it once, before the jail: later no function of crypto/ opens a file, and
 * the only system calls are those of the allocator, and getrandom(2). A second
 * call does nothing. OpenSSL's configuration files are not read.
 *
 * Functions that take a context are re-entrant by it, the others altogether.
 *
 * Errors   CRYPTO: an algorithm is missing, or answers wrongly
 *          NO_MEMORY
 */
MUST_USE struct err crypto_init(void);

#endif
