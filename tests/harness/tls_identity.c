#include "tests/harness/tls_identity.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/harness/expect.h"

static void
take_bio(BIO *bio, struct buf *out)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	buf_init(out, 65536);
	assert_int_equal(
	    buf_append(out, span_of(data, (size_t)len)).code, ERR_OK);
	BIO_free(bio);
}

static void
add_extension(X509 *certificate, int nid, const char *value)
{
	X509V3_CTX context = {0};
	X509_EXTENSION *extension;

	X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
	assert_non_null(extension);
	assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
	X509_EXTENSION_free(extension);
}

void
tls_identity_init(struct tls_identity *id, bool rsa, const char *names, bool ca,
    const struct tls_identity *issuer)
{
	static long serial = 1;
	X509_NAME *name;
	BIO *bio = BIO_new(BIO_s_mem());

	id->key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
	assert_non_null(id->key);
	id->certificate = X509_new();
	X509_set_version(id->certificate, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(id->certificate), serial++);
	X509_gmtime_adj(X509_getm_notBefore(id->certificate), -60);
	X509_gmtime_adj(X509_getm_notAfter(id->certificate), 3600);
	X509_set_pubkey(id->certificate, id->key);
	name = X509_get_subject_name(id->certificate);
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)(issuer == NULL ? "ca" : "leaf"), -1, -1, 0);
	X509_set_issuer_name(id->certificate,
	    X509_get_subject_name(
		issuer == NULL ? id->certificate : issuer->certificate));
	add_extension(id->certificate, NID_basic_constraints,
	    ca ? "critical,CA:TRUE" : "critical,CA:FALSE");
	if (names != NULL)
		add_extension(id->certificate, NID_subject_alt_name, names);
	assert_true(
	    X509_sign(id->certificate, issuer == NULL ? id->key : issuer->key,
		EVP_sha256()) > 0);
	PEM_write_bio_PrivateKey(bio, id->key, NULL, NULL, 0, NULL, NULL);
	take_bio(bio, &id->key_pem);
	bio = BIO_new(BIO_s_mem());
	PEM_write_bio_X509(bio, id->certificate);
	take_bio(bio, &id->certificate_pem);
}

void
tls_identity_done(struct tls_identity *id)
{
	EVP_PKEY_free(id->key);
	X509_free(id->certificate);
	buf_done(&id->key_pem);
	buf_done(&id->certificate_pem);
}
