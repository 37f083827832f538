#include "gateway/keeper/identity.h"

#include "gateway/s3/sigv4.h"

static enum s3_error
verify(const struct identity *identity, struct keyring *ring,
    const struct ask_request *request, const struct s3_canonical *canonical,
    struct span *out_key_id)
{
	struct sigv4_auth auth;
	bool known;
	enum s3_error error = sigv4_parse(request->authorization, &auth);

	if (error != S3_ERR_NONE)
		return error;
	keyring_open(ring);
	struct sigv4_check check = {.text = request->canonical,
	    .canonical = canonical,
	    .auth = &auth,
	    .secret = keyring_find_s3(ring, auth.key_id, &known),
	    .region = identity->region,
	    .now_s = identity->now_s};
	error = sigv4_verify(&check);
	keyring_close(ring);
	/* A form that is wrong says so; else an unknown id is what is wrong. */
	if (!known &&
	    (error == S3_ERR_NONE || error == S3_ERR_SIGNATURE_DOES_NOT_MATCH))
		return S3_ERR_INVALID_ACCESS_KEY_ID;
	*out_key_id = auth.key_id;
	return error;
}

enum s3_error
identity_prove(struct identity *out, struct keyring *ring,
    const struct ask_request *request, const struct s3_canonical *canonical)
{
	bool has_certificate = request->certificate.len > 0;
	struct span key_id = span_of(NULL, 0);

	if (request->authorization.len > 0) {
		enum s3_error error =
		    verify(out, ring, request, canonical, &key_id);
		if (error != S3_ERR_NONE)
			return error;
		out->how = has_certificate ? "sigv4+certificate" : "sigv4";
	} else if (has_certificate) {
		out->how = "certificate";
	} else {
		return S3_ERR_ACCESS_DENIED;
	}
	out->caller.access_key = key_id;
	out->caller.certificate = request->certificate;
	memcpy(
	    out->caller.address, request->address, sizeof(out->caller.address));
	return S3_ERR_NONE;
}
