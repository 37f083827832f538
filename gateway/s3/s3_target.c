#include "gateway/s3/s3_target.h"

#include "gateway/base/limits.h"
#include "gateway/s3/s3_uri.h"

/* Every memory failure while writing ends as InternalError. */
static enum s3_error
as_s3(struct err err)
{
	return err.code == ERR_OK ? S3_ERR_NONE : S3_ERR_INTERNAL;
}

/*
 * One segment or name or value: decode what the client encoded, encode it
 * the canonical way. A '/' that came as %2F stays one.
 */
static enum s3_error
append_recoded(struct buf *out, struct span raw)
{
	struct buf plain CLEANUP(buf_done) = {.max = HTTP_MAX_TARGET};
	struct err err = s3_uri_decode(&plain, raw);

	if (err.code == ERR_MALFORMED || err.code == ERR_TOO_BIG)
		return S3_ERR_INVALID_URI;
	if (err.code != ERR_OK)
		return S3_ERR_INTERNAL;
	return as_s3(s3_uri_encode(out, buf_span(&plain), false));
}

/* S3's rule: each segment encoded once; "//" and "/./" stay. */
enum s3_error
s3_target_append_path(struct buf *out, struct span path)
{
	struct span segment;
	bool first = true;

	if (path.len == 0 || path.data[0] != '/')
		return S3_ERR_INVALID_URI;
	while (span_take_until(&path, &segment, '/')) {
		enum s3_error error = S3_ERR_NONE;

		if (!first)
			error = as_s3(buf_put_u8(out, '/'));
		if (error == S3_ERR_NONE)
			error = append_recoded(out, segment);
		if (error != S3_ERR_NONE)
			return error;
		first = false;
	}
	return S3_ERR_NONE;
}

/* Where a recoded parameter lies in the scratch buffer, which may move. */
struct param_at {
	size_t name, name_len, value, value_len;
};

static struct span
param_name(const struct buf *scratch, const struct param_at *at)
{
	return span_sub(buf_span(scratch), at->name, at->name_len);
}

static enum s3_error
recode_param(struct buf *scratch, struct span piece, struct param_at *out)
{
	size_t equals = span_find(piece, '=');
	struct param_at at = {.name = scratch->len};
	enum s3_error error;

	if (equals == 0)
		return S3_ERR_INVALID_URI; /* no name, or an empty piece */
	error = append_recoded(scratch, span_sub(piece, 0, equals));
	if (error != S3_ERR_NONE)
		return error;
	at.value = scratch->len;
	at.name_len = at.value - at.name;
	error = append_recoded(scratch, span_sub(piece, equals + 1, piece.len));
	if (error != S3_ERR_NONE)
		return error;
	at.value_len = scratch->len - at.value;
	*out = at;
	return S3_ERR_NONE;
}

/* Insert in order of encoded names; equal names are refused, so that the
 * order of values never matters. */
static enum s3_error
insert_param(const struct buf *scratch, struct param_at *params, size_t num,
    struct param_at added)
{
	struct span name = param_name(scratch, &added);
	size_t i = num;

	for (; i > 0; i--) {
		int order =
		    span_compare(param_name(scratch, &params[i - 1]), name);

		if (order == 0)
			return S3_ERR_INVALID_URI;
		if (order < 0)
			break;
		params[i] = params[i - 1];
	}
	params[i] = added;
	return S3_ERR_NONE;
}

static enum s3_error
collect_params(struct buf *scratch, struct span query,
    struct param_at params[S3_MAX_PARAMS], size_t *out_num)
{
	struct span piece;
	size_t num = 0;

	while (query.len > 0 && span_take_until(&query, &piece, '&')) {
		struct param_at at;
		enum s3_error error;

		/* A trailing '&' leaves one empty piece, which is refused. */
		if (num == S3_MAX_PARAMS ||
		    (query.data != NULL && query.len == 0))
			return S3_ERR_INVALID_URI;
		error = recode_param(scratch, piece, &at);
		if (error == S3_ERR_NONE)
			error = insert_param(scratch, params, num, at);
		if (error != S3_ERR_NONE)
			return error;
		num++;
	}
	*out_num = num;
	return S3_ERR_NONE;
}

static struct err
write_params(struct buf *out, const struct buf *scratch,
    const struct param_at *params, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		if (i > 0)
			TRY(buf_put_u8(out, '&'));
		TRY(buf_append(out, param_name(scratch, &params[i])));
		TRY(buf_put_u8(out, '='));
		TRY(buf_append(out,
		    span_sub(buf_span(scratch), params[i].value,
			params[i].value_len)));
	}
	return OK;
}

enum s3_error
s3_target_append_query(struct buf *out, struct span query)
{
	struct buf scratch CLEANUP(buf_done) = {.max = 3 * HTTP_MAX_TARGET};
	struct param_at params[S3_MAX_PARAMS];
	size_t num = 0;
	enum s3_error error = collect_params(&scratch, query, params, &num);

	if (error != S3_ERR_NONE)
		return error;
	return as_s3(write_params(out, &scratch, params, num));
}
