#include "gateway/s3/s3_presigned.h"

#include "gateway/s3/s3_uri.h"

/* Of all parameters with the prefix only one may stand in a query that is not
 * signed: signers that move every x-amz- header there move this one too. */
static bool
is_of_signature(struct span name)
{
	struct span prefix = span_str("X-Amz-");

	return span_starts_with(name, prefix) &&
	    !span_equal_str(name, "X-Amz-Checksum-Mode");
}

static enum s3_error
decode(struct arena *arena, struct span encoded, struct span *out)
{
	struct buf plain CLEANUP(buf_done) = {.max = HTTP_MAX_TARGET};
	struct err err = s3_uri_decode(&plain, encoded);

	if (err.code == ERR_MALFORMED || err.code == ERR_TOO_BIG)
		return S3_ERR_INVALID_URI;
	if (err.code == ERR_OK)
		err = arena_copy(arena, out, buf_span(&plain));
	return err.code == ERR_OK ? S3_ERR_NONE : S3_ERR_INTERNAL;
}

/* What has been read of a target. */
struct split {
	struct arena *arena;
	struct s3_presigned found;
	uint8_t *text; /* what is kept of the target */
	size_t len;
	bool any;	/* a parameter of a signature was there */
	bool had_piece; /* in `text`: the next has a '&' in front */
};

static void
keep(struct split *split, struct span bytes)
{
	if (bytes.len > 0)
		memcpy(split->text + split->len, bytes.data, bytes.len);
	split->len += bytes.len;
}

static void
keep_piece(struct split *split, struct span piece)
{
	keep(split, span_str(split->had_piece ? "&" : "?"));
	keep(split, piece);
	split->had_piece = true;
}

static enum s3_error
take_once(struct split *split, struct span value, struct span *out)
{
	struct span text = {0};

	if (out->data != NULL)
		return S3_ERR_AUTHORIZATION_QUERY_PARAMETERS;
	enum s3_error error = decode(split->arena, value, &text);
	/* Given, though empty: the data pointer must say so. */
	if (error == S3_ERR_NONE)
		*out = text.data != NULL ? text : span_of("", 0);
	return error;
}

/* Names are compared decoded, as they will be verified. */
static enum s3_error
take_piece(struct split *split, struct span piece)
{
	size_t equals = span_find(piece, '=');
	struct span value = span_sub(piece, equals + 1, piece.len);
	struct span name = {0};
	enum s3_error error =
	    decode(split->arena, span_sub(piece, 0, equals), &name);

	if (error != S3_ERR_NONE)
		return error;
	split->any |= is_of_signature(name);
	if (span_equal_str(name, "X-Amz-Signature"))
		return take_once(split, value, &split->found.signature);
	keep_piece(split, piece);
	if (span_equal_str(name, "X-Amz-SignedHeaders"))
		return take_once(split, value, &split->found.names);
	return S3_ERR_NONE;
}

enum s3_error
s3_presigned_split(
    struct arena *arena, struct span target, struct s3_presigned *out)
{
	size_t mark = span_find(target, '?');
	struct span query = span_sub(target, mark + 1, target.len), piece;
	struct split split = {.arena = arena};

	*out = (struct s3_presigned){0};
	if (query.len == 0)
		return S3_ERR_NONE;
	if (arena_alloc(arena, &split.text, target.len, 1).code != ERR_OK)
		return S3_ERR_INTERNAL;
	keep(&split, span_sub(target, 0, mark));
	while (span_take_until(&query, &piece, '&')) {
		enum s3_error error = take_piece(&split, piece);

		if (error != S3_ERR_NONE)
			return error;
	}
	if (!split.any)
		return S3_ERR_NONE;
	if (split.found.signature.len == 0 || split.found.names.len == 0)
		return S3_ERR_AUTHORIZATION_QUERY_PARAMETERS;
	*out = split.found;
	out->target = span_of(split.text, split.len);
	return S3_ERR_NONE;
}

bool
s3_presigned_is(const struct s3_canonical *canonical)
{
	/* The prefix needs no encoding, so encoded names tell. */
	for (size_t i = 0; i < canonical->num_params; i++)
		if (is_of_signature(canonical->params[i].name))
			return true;
	return false;
}
