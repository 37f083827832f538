#ifndef GATEHOUSE_ROOT_SEAL_H
#define GATEHOUSE_ROOT_SEAL_H

#include "crypto/root_file.h"

/*
 * root_seal: the root in and out of a root.sealed, as far as that is a matter
 * of bytes (FORMATS.md, section 1a). What a token or a server does of it is
 * theirs.
 */

enum {
	ROOT_MIN_PASSPHRASE = 12, /* bytes, when one is chosen */
	ROOT_MAX_PASSPHRASE = 1024,
	ROOT_MIN_CREDENTIAL = 32, /* bytes, which nobody could guess */
	ROOT_MAX_CREDENTIAL = 4096,
};

/*
 * root_key: the key that a file is sealed under, of what a person types, of a
 * credential, or of what a server unwraps. It reads salt and cost of the file.
 *
 * Errors   USAGE: the credential is too short to be one; NO_MEMORY: there is
 *          not what the file's cost asks for
 */
MUST_USE struct err root_key(
    uint8_t out[32], const struct root_file *file, struct span secret);

/*
 * root_begin: a file of that provider and this root, not sealed yet: its check,
 * a new salt, the usual cost; of none, all of it.
 *
 * Errors   CRYPTO
 */
MUST_USE struct err root_begin(struct root_file *out,
    enum root_provider provider, const uint8_t root[ROOT_LEN]);

/* root_close: seal it under the key. Errors: NO_MEMORY. */
MUST_USE struct err root_close(struct root_file *file, const uint8_t key[32],
    const uint8_t root[ROOT_LEN]);

/*
 * root_open: what was sealed under this key; of none, what lies there.
 *
 * Errors   DENIED: the key is another one, or the file is not what was sealed
 */
MUST_USE struct err root_open(
    uint8_t out[ROOT_LEN], const struct root_file *file, const uint8_t key[32]);

#endif
