#include "policy/statement.h"

#include "crypto/encode.h"
#include "crypto/hash.h"

enum {
	MAX_LISTING = 1024 * 1024 /* bytes: names are far from that */
};

static bool
has_control(struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.data[i] < 0x20 || text.data[i] == 0x7f)
			return true;
	return false;
}

/* Others find, xargs and sha256sum leave out, or write in another way. */
static bool
is_plain(struct span name)
{
	static const char quoted[] = " \\'\"";

	for (size_t i = 0; i < sizeof(quoted) - 1; i++)
		if (span_find(name, (uint8_t)quoted[i]) < name.len)
			return false;
	return name.len > 0 && name.data[0] != '-' && name.data[0] != '.' &&
	    !has_control(name);
}

/* By insertion: they are few. */
static struct err
sort(const struct source_file *sorted[STATEMENT_MAX_FILES],
    const struct source_file *files, size_t num)
{
	for (size_t i = 0; i < num; i++) {
		size_t at = i;

		if (!is_plain(files[i].name))
			return ERR(MALFORMED,
			    "a file of a policy is named without spaces, "
			    "quotes, backslashes and control characters, and "
			    "does not begin with - or .");
		for (; at > 0 &&
		     span_compare(files[i].name, sorted[at - 1]->name) < 0;
		     at--)
			sorted[at] = sorted[at - 1];
		if (at > 0 && span_equal(sorted[at - 1]->name, files[i].name))
			return ERR(MALFORMED, "a file of the policy twice");
		sorted[at] = &files[i];
	}
	return OK;
}

struct err
statement_digest(uint8_t out[32], const struct source_file *files, size_t num)
{
	const struct source_file *sorted[STATEMENT_MAX_FILES];
	struct buf text CLEANUP(buf_done) = {.max = MAX_LISTING};
	uint8_t digest[HASH_SHA256_LEN];

	if (num == 0 || num > STATEMENT_MAX_FILES)
		return ERR(TOO_BIG, "a policy is 1 to 128 files");
	TRY(sort(sorted, files, num));
	for (size_t i = 0; i < num; i++) {
		TRY(hash_sha256(digest, sorted[i]->bytes));
		TRY(encode_hex(&text, span_of(digest, sizeof(digest))));
		TRY(buf_append_str(&text, "  "));
		TRY(buf_append(&text, sorted[i]->name));
		TRY(buf_append_str(&text, "\n"));
	}
	return hash_sha256(out, buf_span(&text));
}

struct err
statement_put(struct buf *out, const struct statement *s)
{
	if (has_control(s->policy))
		return ERR(MALFORMED,
		    "the name of the policy has a control character");
	TRY(buf_append_str(out, "gatehouse policy change\npolicy: "));
	TRY(buf_append(out, s->policy));
	TRY(buf_append_str(out, "\nversion: "));
	TRY(buf_append_u64(out, s->version));
	TRY(buf_append_str(out, "\nbefore: "));
	TRY(encode_hex(out, span_of(s->before, sizeof(s->before))));
	TRY(buf_append_str(out, "\nafter: "));
	TRY(encode_hex(out, span_of(s->after, sizeof(s->after))));
	return buf_append_str(out, "\n");
}
