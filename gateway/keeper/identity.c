#include "gateway/keeper/identity.h"

#include "gateway/s3/s3_presigned.h"
#include "gateway/s3/sigv4.h"

/* Where the signature stands is read from what it covers. */
static enum s3_error
parse(struct arena *arena, const struct ask_request *request,
    const struct s3_canonical *canonical, struct sigv4_auth *out)
{
	/* No session tokens are issued: one that is sent is none of ours. */
	if (s3_canonical_header(canonical, "x-amz-security-token").data != NULL)
		return S3_ERR_INVALID_TOKEN;
	if (s3_presigned_is(canonical))
		return sigv4_parse_query(
		    arena, canonical, request->authorization, out);
	return sigv4_parse(request->authorization, out);
}

static enum s3_error
verify(struct identity *identity, struct keyring *ring,
    const struct ask_request *request, const struct s3_canonical *canonical)
{
	struct sigv4_auth auth;
	bool known;
	enum s3_error error = parse(identity->arena, request, canonical, &auth);

	if (error != S3_ERR_NONE)
		return error;
	keyring_open_s3(ring);
	struct keyring_s3 key = keyring_find_s3(ring, auth.key_id, &known);
	struct sigv4_check check = {.text = request->canonical,
	    .canonical = canonical,
	    .auth = &auth,
	    .secret = key.secret,
	    .day = key.day,
	    .region = identity->region,
	    .now_s = identity->now_s};
	error = sigv4_verify(&check);
	keyring_close(ring);
	/* A form that is wrong says so; else an unknown id is what is wrong. */
	if (!known &&
	    (error == S3_ERR_NONE || error == S3_ERR_SIGNATURE_DOES_NOT_MATCH))
		return S3_ERR_INVALID_ACCESS_KEY_ID;
	if (error != S3_ERR_NONE)
		return error;
	identity->caller.access_key = auth.key_id;
	identity->how = auth.expires_s > 0 ? "presigned" : "sigv4";
	return S3_ERR_NONE;
}

static const char *
with_certificate(const char *how)
{
	return strcmp(how, "presigned") == 0 ? "presigned+certificate"
					     : "sigv4+certificate";
}

enum s3_error
identity_prove(struct identity *out, struct keyring *ring,
    const struct ask_request *request, const struct s3_canonical *canonical)
{
	struct identity proved = {.arena = out->arena,
	    .region = out->region,
	    .now_s = out->now_s,
	    .caller.certificate = request->certificate};
	bool has_certificate = request->certificate.len > 0;

	/* Half a presigned query is refused, whatever else proves the caller.
	 */
	if (request->authorization.len > 0 || s3_presigned_is(canonical)) {
		enum s3_error error = verify(&proved, ring, request, canonical);
		if (error != S3_ERR_NONE)
			return error;
		if (has_certificate)
			proved.how = with_certificate(proved.how);
	} else if (has_certificate) {
		proved.how = "certificate";
	} else {
		return S3_ERR_ACCESS_DENIED;
	}
	memcpy(proved.caller.address, request->address,
	    sizeof(proved.caller.address));
	*out = proved;
	return S3_ERR_NONE;
}
