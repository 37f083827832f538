#include "gateway/s3/s3_list.h"

#include "crypto/aead.h"
#include "crypto/encode.h"

/* --- a page ------------------------------------------------------------ */

/* The common prefix that a key falls under; false if it stands for itself. */
static bool
common_prefix(
    struct span key, const struct s3_list_query *query, struct span *out)
{
	struct span rest = span_sub(key, query->prefix.len, key.len);

	if (query->delimiter.len == 0 || !span_starts_with(key, query->prefix))
		return false;
	for (size_t i = 0; i + query->delimiter.len <= rest.len; i++) {
		if (!span_starts_with(
			span_sub(rest, i, rest.len), query->delimiter))
			continue;
		*out = span_sub(
		    key, 0, query->prefix.len + i + query->delimiter.len);
		return true;
	}
	return false;
}

/* A key is behind `mark` when it sorts before it or, when the mark stands for
 * all that begins with it, begins with it. */
static bool
is_behind(struct span key, struct span mark, bool mark_is_prefix)
{
	if (mark_is_prefix && span_starts_with(key, mark))
		return true;
	return span_compare(key, mark) < 0;
}

/* The first entry at or after `from` that is not behind the mark. */
static size_t
skip_behind(const struct s3_entry *entries, size_t num, size_t from,
    struct span mark, bool mark_is_prefix)
{
	size_t low = from, high = num;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (is_behind(entries[middle].key, mark, mark_is_prefix))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first entry that the page may show. */
static size_t
first_entry(const struct s3_entry *entries, size_t num,
    const struct s3_list_query *query, struct span after)
{
	size_t at = skip_behind(entries, num, 0, query->prefix, false);
	struct span group;

	if (after.len == 0)
		return at;
	bool is_prefix =
	    common_prefix(after, query, &group) && group.len == after.len;
	at = skip_behind(entries, num, at, after, is_prefix);
	if (at < num && span_equal(entries[at].key, after))
		at++; /* "after" excludes itself */
	return at;
}

struct err
s3_list_page(struct arena *arena, const struct s3_entry *entries,
    size_t num_entries, const struct s3_list_query *query, struct span after,
    struct s3_page *out)
{
	struct s3_page page = {0};
	size_t at = first_entry(entries, num_entries, query, after);

	TRY(arena_alloc(
	    arena, &page.items, query->max_keys, sizeof(page.items[0])));
	while (at < num_entries &&
	    span_starts_with(entries[at].key, query->prefix)) {
		struct s3_list_item *item;

		if (page.num_items == query->max_keys) {
			/* A page of nothing leads nowhere: it is the end. */
			page.truncated = page.num_items > 0;
			break;
		}
		item = &page.items[page.num_items];
		if (common_prefix(entries[at].key, query, &item->name)) {
			at = skip_behind(
			    entries, num_entries, at, item->name, true);
		} else {
			item->name = entries[at].key;
			item->entry = &entries[at];
			at++;
		}
		page.last = item->name;
		page.num_items++;
	}
	*out = page;
	return OK;
}

/* --- the token --------------------------------------------------------- */

/* What a token is bound to. Fields carry their lengths, so that no two
 * listings have the same bytes. */
static struct err
append_binding(struct buf *out, const struct s3_route *route)
{
	TRY(buf_put_field(out, span_str("gatehouse list token 1")));
	TRY(buf_put_field(out, route->bucket));
	TRY(buf_put_field(out, route->list.prefix));
	return buf_put_field(out, route->list.delimiter);
}

/* base64 differs from base64url in two characters (RFC 4648 s.5). */
static void
swap_alphabet(struct buf *text, size_t from, const char *old, const char *new)
{
	for (size_t i = from; i < text->len; i++)
		for (size_t k = 0; k < 2; k++)
			if (text->data[i] == (uint8_t)old[k])
				text->data[i] = (uint8_t) new[k];
}

struct err
s3_list_seal_token(struct buf *out, const uint8_t key[32],
    const struct s3_route *route, struct span last)
{
	struct buf binding CLEANUP(buf_done) = {.max = 4 * S3_MAX_TOKEN};
	struct buf sealed CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	size_t before = out->len;

	TRY(append_binding(&binding, route));
	TRY(aead_seal(&sealed, key, buf_span(&binding), last));
	TRY(encode_base64_raw(out, buf_span(&sealed)));
	swap_alphabet(out, before, "+/", "-_");
	return OK;
}

static struct err
open_token(struct buf *out, const uint8_t key[32], const struct s3_route *route)
{
	struct buf binding CLEANUP(buf_done) = {.max = 4 * S3_MAX_TOKEN};
	struct buf text CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	struct buf sealed CLEANUP(buf_done) = {.max = S3_MAX_TOKEN};
	struct span token = route->list.token;

	if (span_find(token, '+') != token.len ||
	    span_find(token, '/') != token.len)
		return ERR(MALFORMED, "list: not base64url");
	TRY(buf_append(&text, token));
	swap_alphabet(&text, 0, "-_", "+/");
	TRY(decode_base64_raw(&sealed, buf_span(&text)));
	TRY(append_binding(&binding, route));
	return aead_open(out, key, buf_span(&binding), buf_span(&sealed));
}

enum s3_error
s3_list_open_token(
    struct buf *out, const uint8_t key[32], const struct s3_route *route)
{
	struct err err = open_token(out, key, route);

	if (err.code == ERR_NO_MEMORY)
		return S3_ERR_INTERNAL;
	return err.code == ERR_OK ? S3_ERR_NONE : S3_ERR_INVALID_ARGUMENT;
}
