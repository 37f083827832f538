#include "gateway/auditor/shown_once.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/memory/buf.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/record.h"

struct err
shown_once_init(struct shown_once *shown)
{
	return keyset_init(&shown->seen, SHOWN_ONCE_MAX);
}

void
shown_once_done(struct shown_once *shown)
{
	keyset_done(&shown->seen);
}

/* A quote inside a text has a backslash in front: no text looks like this. */
static bool
is_reveal(struct span entry)
{
	static const char kind[] = "\"kind\":\"reveal\"";

	return memmem(entry.data, entry.len, kind, sizeof(kind) - 1) != NULL;
}

/* The request has 64 digits, so what follows it is the code. */
static struct err
read(uint8_t out[KEYSET_LEN], struct span entry)
{
	struct buf both CLEANUP(buf_done) = {.max = RECORD_MAX};
	struct span members, name, value, request = {0}, code = {0};
	uint8_t digest[HASH_SHA256_LEN];

	TRY(jcs_read_object(entry, &members));
	while (members.len > 0) {
		TRY(jcs_read_member(&members, &name, &value));
		if (span_equal_str(name, "reveal-request"))
			TRY(jcs_read_string(value, &request));
		if (span_equal_str(name, "code"))
			TRY(jcs_read_string(value, &code));
	}
	if (request.len != 2 * HASH_SHA256_LEN || code.len == 0)
		return ERR(MALFORMED, "a value that is shown for nothing");
	TRY(buf_append(&both, request));
	TRY(buf_append(&both, code));
	TRY(hash_sha256(digest, buf_span(&both)));
	memcpy(out, digest, KEYSET_LEN);
	return OK;
}

struct err
shown_once_check(const struct shown_once *shown, struct span entry)
{
	uint8_t key[KEYSET_LEN];

	if (!is_reveal(entry))
		return OK;
	if (read(key, entry).code != ERR_OK)
		return ERR(DENIED, "a value that is shown for nothing");
	if (keyset_find(&shown->seen, key) != KEYSET_NONE)
		return ERR(DENIED, "it was shown under this approval before");
	return shown->seen.num < shown->seen.max
	    ? OK
	    : ERR(DENIED, "no more values can be counted");
}

void
shown_once_see(struct shown_once *shown, struct span entry)
{
	uint8_t key[KEYSET_LEN];

	if (is_reveal(entry) && read(key, entry).code == ERR_OK)
		(void)keyset_add(&shown->seen, key);
}

struct err
shown_once_put(const struct shown_once *shown, struct buf *out)
{
	TRY(buf_put_u32be(out, shown->seen.num));
	for (uint32_t i = 0; i < shown->seen.num; i++)
		TRY(keyset_put_key(&shown->seen, i, out));
	return OK;
}

struct err
shown_once_take(struct shown_once *shown, struct span *in)
{
	uint32_t num;

	TRY(span_take_u32be(in, &num));
	for (; num > 0; num--)
		TRY(keyset_take_key(&shown->seen, in));
	return OK;
}
