#include "gateway/ipc/policy_version.h"

struct err
policy_version_put(struct buf *out, const struct policy_version *v)
{
	TRY(buf_put_u64be(out, v->version));
	TRY(buf_append(out, span_of(v->files, sizeof(v->files))));
	TRY(buf_put_bool(out, v->is_first));
	TRY(buf_append(out, span_of(v->before, sizeof(v->before))));
	TRY(buf_put_u64be(out, v->wider));
	TRY(buf_put_u64be(out, v->narrower));
	TRY(buf_put_u32be(out, v->num_signers));
	for (uint32_t i = 0; i < v->num_signers; i++)
		TRY(buf_put_field(out, v->signers[i]));
	return OK;
}

struct err
policy_version_take(struct policy_version *out, struct span body)
{
	struct policy_version v = {.version = 0};
	struct span files, before;

	TRY(span_take_u64be(&body, &v.version));
	TRY(span_take(&body, &files, sizeof(v.files)));
	TRY(span_take_bool(&body, &v.is_first));
	TRY(span_take(&body, &before, sizeof(v.before)));
	TRY(span_take_u64be(&body, &v.wider));
	TRY(span_take_u64be(&body, &v.narrower));
	TRY(span_take_u32be(&body, &v.num_signers));
	if (v.version == 0 || v.num_signers > POLICY_VERSION_SIGNERS)
		return ERR(MALFORMED, "not a version of a policy");
	for (uint32_t i = 0; i < v.num_signers; i++)
		TRY(span_take_field(&body, &v.signers[i], POLICY_VERSION_MAX));
	TRY(span_end(body));
	memcpy(v.files, files.data, sizeof(v.files));
	memcpy(v.before, before.data, sizeof(v.before));
	*out = v;
	return OK;
}
