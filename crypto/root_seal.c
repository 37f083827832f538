#include "crypto/root_seal.h"

#include <sodium.h>

#include "crypto/aead.h"
#include "crypto/kdf.h"
#include "crypto/random.h"
#include "crypto/root_check.h"

/* Argon2id of RFC 9106, one lane. It takes the memory that it needs by mmap,
 * and gives it back wiped. */
static struct err
stretch(uint8_t out[32], const struct root_file *file, struct span passphrase)
{
	if (crypto_pwhash(out, 32, (const char *)passphrase.data,
		passphrase.len, file->salt, file->passes,
		(size_t)file->memory_kib * 1024,
		crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR(NO_MEMORY,
		    "there is not the memory that the passphrase's cost "
		    "asks for");
	return OK;
}

struct err
root_key(uint8_t out[32], const struct root_file *file, struct span secret)
{
	_Static_assert(ROOT_SALT == crypto_pwhash_SALTBYTES, "Argon2's salt");
	if (file->provider == ROOT_PASSPHRASE)
		return stretch(out, file, secret);
	if (secret.len < ROOT_MIN_CREDENTIAL)
		return ERR(USAGE,
		    "a credential has at least 32 bytes, drawn by chance");
	return kdf_hkdf_sha256(out, 32, secret,
	    span_of(file->salt, sizeof(file->salt)),
	    span_str(file->provider == ROOT_VAULT
		    ? "gatehouse/root-vault/v1"
		    : "gatehouse/root-credential/v1"));
}

struct err
root_begin(struct root_file *out, enum root_provider provider,
    const uint8_t root[ROOT_LEN])
{
	struct root_file file = {.provider = provider,
	    .has_check = true,
	    .memory_kib = ROOT_USUAL_KIB,
	    .passes = ROOT_USUAL_PASSES};

	TRY(root_check(file.check, root));
	random_bytes(file.salt, sizeof(file.salt));
	*out = file;
	if (provider == ROOT_NONE)
		memcpy(out->root, root, ROOT_LEN);
	return OK;
}

struct err
root_close(
    struct root_file *file, const uint8_t key[32], const uint8_t root[ROOT_LEN])
{
	struct buf bound CLEANUP(buf_done) = {.max = ROOT_FILE_MAX};
	struct buf sealed CLEANUP(buf_done) = {.max = ROOT_AEAD};

	TRY(root_file_bound(&bound, file));
	TRY(aead_seal(&sealed, key, buf_span(&bound), span_of(root, ROOT_LEN)));
	memcpy(file->sealed, sealed.data, ROOT_AEAD);
	return OK;
}

struct err
root_open(
    uint8_t out[ROOT_LEN], const struct root_file *file, const uint8_t key[32])
{
	struct buf bound CLEANUP(buf_done) = {.max = ROOT_FILE_MAX};
	struct buf root CLEANUP(buf_wipe) = {.max = ROOT_LEN};

	if (file->provider == ROOT_NONE) {
		memcpy(out, file->root, ROOT_LEN);
		return OK;
	}
	TRY(root_file_bound(&bound, file));
	struct err err = aead_open(&root, key, buf_span(&bound),
	    span_of(file->sealed, sizeof(file->sealed)));
	if (err.code == ERR_CRYPTO)
		return ERR(DENIED,
		    "it does not open under this key, or the file is not "
		    "what was sealed");
	TRY(err);
	memcpy(out, root.data, ROOT_LEN);
	return OK;
}
