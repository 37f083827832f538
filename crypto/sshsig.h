#ifndef GATEHOUSE_SSHSIG_H
#define GATEHOUSE_SSHSIG_H

#include "crypto/memory/span.h"

/*
 * sshsig: signatures as `ssh-keygen -Y sign` makes them, with keys in files,
 * in an agent or on a security key. Only their verification: nothing here ever
 * signs.
 *
 * Source   OpenSSH PROTOCOL.sshsig, PROTOCOL.u2f; RFC 8709, RFC 5656
 */
enum {
	SSHSIG_MAX = 8192 /* bytes of one, in its armour */
};

/*
 * sshsig_init: OpenSSL makes much at first use, with calls that a jail
 * forbids: make it now.
 *
 * Errors   CRYPTO, NO_MEMORY
 */
MUST_USE struct err sshsig_init(void);

/*
 * sshsig_is_key: a line of a .pub file, "TYPE BASE64 [COMMENT]", whose
 * signatures are verified here: ssh-ed25519, ecdsa-sha2-nistp256, and both on
 * a security key (sk-…@openssh.com).
 */
bool sshsig_is_key(struct span key);

/*
 * sshsig_verify: `key` signed `message` in that namespace. A security key has
 * to have been touched.
 *
 * armored  the bytes of a .sig file; nothing but one signature
 * Errors   MALFORMED, TRUNCATED, TOO_BIG: not a signature, or the key is none
 *          UNSUPPORTED: of another version, algorithm or namespace
 *          DENIED: of another key, or over another message
 *          NO_MEMORY, CRYPTO
 */
MUST_USE struct err sshsig_verify(struct span armored, struct span key,
    struct span name_space, struct span message);

#endif
