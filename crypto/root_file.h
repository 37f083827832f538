#ifndef GATEHOUSE_ROOT_FILE_H
#define GATEHOUSE_ROOT_FILE_H

#include "crypto/memory/buf.h"

/*
 * root_file: the text of root.sealed (FORMATS.md, section 1a). It says who can
 * open it, and has the root in the form that this one opens.
 *
 *     gatehouse-root-v2 passphrase
 *     check 0123456789abcdef0123456789abcdef
 *     argon2id 262144 3
 *     salt 0123456789abcdef0123456789abcdef
 *     sealed 00112233...
 *
 * Version 1 has one line, "gatehouse-root-v1 none " and 64 hex digits, and is
 * read, not written.
 */
enum root_provider {
	ROOT_NONE,	 /* nothing but the file's mode protects it */
	ROOT_PASSPHRASE, /* Argon2id of what a person types */
	ROOT_SYSTEMD,	 /* a key that systemd hands over as a credential */
	ROOT_PKCS11,	 /* a key that never leaves a token */
	ROOT_VAULT,	 /* a key of a server's: Transit of Vault or OpenBao */
	NUM_ROOT_PROVIDERS
};

enum {
	ROOT_LEN = 32,
	ROOT_CHECK = 16,
	ROOT_SALT = 16,
	ROOT_AEAD = 24 + ROOT_LEN + 16,	 /* the others; see aead.h */
	ROOT_TOKEN = 12 + ROOT_LEN + 16, /* pkcs11: nonce, AES-GCM */
	ROOT_MAX_WRAPPED = 1024,	 /* characters that a server may need */
	ROOT_FILE_MAX = 4096,		 /* bytes of a file */
	/* What a file may ask of who opens it: a hostile one has its bounds. */
	ROOT_MIN_KIB = 8 * 1024,
	ROOT_MAX_KIB = 1024 * 1024,
	ROOT_MAX_PASSES = 64,
	ROOT_MAX_WORK = 4 * 1024 * 1024, /* KiB times passes */
	ROOT_USUAL_KIB = 256 * 1024,
	ROOT_USUAL_PASSES = 3,
};

struct root_file {
	enum root_provider provider;
	bool has_check; /* all but version 1 */
	uint8_t check[ROOT_CHECK];
	uint8_t root[ROOT_LEN];		    /* none: it lies open */
	uint32_t memory_kib, passes;	    /* passphrase: Argon2id's */
	char wrapped[ROOT_MAX_WRAPPED + 1]; /* vault: the server's text */
	uint8_t salt[ROOT_SALT];	    /* passphrase, systemd, vault */
	uint8_t sealed[ROOT_AEAD];	    /* all but none */
};

/* root_provider_name: e.g. "pkcs11". Static. root_provider_parse: errors:
 * NOT_FOUND. */
const char *root_provider_name(enum root_provider provider);
MUST_USE struct err root_provider_parse(
    enum root_provider *out, struct span name);

/*
 * root_file_set_wrapped: what the server made of the key that the root is
 * sealed under: "vault:v", a number from 1 on, ":", and base64.
 *
 * Errors   MALFORMED: another form; TOO_BIG
 */
MUST_USE struct err root_file_set_wrapped(
    struct root_file *file, struct span wrapped);

/*
 * root_file_parse: all of a file. Each file has one text: what is read, written
 * again, is the same bytes.
 *
 * out      holds the root itself where the provider is none: wipe it
 * Errors   TRUNCATED: its end is missing; MALFORMED; UNSUPPORTED: of another
 *          version, or of a provider that is not known; TOO_BIG: it asks for
 *          more memory or time than is given
 */
MUST_USE struct err root_file_parse(struct root_file *out, struct span text);

/* root_file_write: append the text. Errors: of the buf. */
MUST_USE struct err root_file_write(
    struct buf *out, const struct root_file *file);

/* root_file_bound: append all that goes before what is sealed: that is bound to
 * it, so that nothing of it can be changed. Errors: of the buf. */
MUST_USE struct err root_file_bound(
    struct buf *out, const struct root_file *file);

/* root_file_wipe: CLEANUP of one. */
void root_file_wipe(struct root_file *file);

/*
 * root_file_head: provider and check of a file, of its first lines alone: for
 * who may not see more. Reads byte by byte, and none of a root that lies open.
 *
 * out      the rest of it is zero
 * Errors   as root_file_parse; IO
 */
MUST_USE struct err root_file_head(struct root_file *out, int fd);

#endif
