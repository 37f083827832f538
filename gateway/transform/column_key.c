#include "gateway/transform/column_key.h"

#include "policy/plan_key.h"
#include "policy/protect.h"

struct err
column_key_new(struct column_key *out, const struct plan *plan,
    const struct plan_column *column, const uint8_t *key)
{
	struct span kind =
	    span_str(model_kind_name(plan_key_kind(plan, column)));

	if (!protect_is_keyed(column->how.op))
		return OK;
	if (key == NULL)
		return ERR(MALFORMED, "a column of codes without a key");
	if (column->how.op == PROTECT_SEALED)
		return sealed_key_new(&out->sealed, key, kind);
	if (column->how.op == PROTECT_FORMAT)
		return shape_key_new(&out->shape, key,
		    protect_check_digit(&column->how, column->kind));
	if (column->how.op == PROTECT_TOKEN)
		return token_key_new(&out->token, key, kind);
	return hmac_key_new(&out->hmac, key, kind);
}

struct err
column_key_subject(struct column_key *out, const struct plan *plan,
    const struct plan_column *column, const uint8_t key[32])
{
	hmac_key_free(out->subject);
	out->subject = NULL;
	return hmac_key_new(&out->subject, key,
	    span_str(model_kind_name(plan_subject_kind(plan, column))));
}

void
column_key_done(struct column_key *key)
{
	hmac_key_free(key->hmac);
	sealed_key_free(key->sealed);
	shape_key_free(key->shape);
	token_key_free(key->token);
	hmac_key_free(key->subject);
}
