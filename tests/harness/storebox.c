#include "tests/harness/storebox.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "crypto/hash.h"
#include "tests/harness/ledgerbox.h"

void
storebox_at(struct storebox *box, const char *path)
{
	(void)snprintf(box->path, sizeof(box->path), "%s", path);
	box->store = NULL;
	box->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (box->dir < 0)
		err(1, "%s", path);
}

void
storebox_init(struct storebox *box)
{
	const char *tmp = getenv("GATEHOUSE_TEST_TMP");
	char path[200];

	(void)snprintf(
	    path, sizeof(path), "%s/store.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(path) == NULL)
		err(1, "%s", path);
	storebox_at(box, path);
}

void
storebox_done(struct storebox *box)
{
	storebox_close(box);
	close(box->dir);
	ledgerbox_remove(box->path);
}

struct err
storebox_open(struct storebox *box)
{
	TRY(store_open_sqlite(&box->store, box->dir));
	struct err err = store_start(box->store);
	if (err.code != ERR_OK)
		storebox_close(box);
	return err;
}

void
storebox_close(struct storebox *box)
{
	store_close(box->store);
	box->store = NULL;
}

void
storebox_hash(uint8_t out[16], char what, uint64_t number)
{
	uint8_t hash[HASH_SHA256_LEN], text[1 + sizeof(number)];

	text[0] = (uint8_t)what;
	memcpy(text + 1, &number, sizeof(number));
	if (hash_sha256(hash, span_of(text, sizeof(text))).code != ERR_OK)
		errx(1, "no SHA-256");
	memcpy(out, hash, 16);
}

void
storebox_value(uint8_t out[STOREBOX_VALUE], uint64_t number)
{
	memset(out, 'v', STOREBOX_VALUE);
	memcpy(out, &number, sizeof(number));
}

struct err
storebox_insert(struct storebox *box, uint64_t from, size_t num, uint64_t per,
    uint8_t (*out_codes)[STORE_CODE], uint64_t *out_seq)
{
	static uint8_t indexes[STORE_BATCH][STORE_INDEX];
	static uint8_t subjects[STORE_BATCH][STORE_SUBJECT];
	static uint8_t values[STORE_BATCH][STOREBOX_VALUE];
	static uint8_t codes[STORE_BATCH][STORE_CODE];
	static struct store_new entries[STORE_BATCH];
	uint64_t seq;

	for (size_t i = 0; i < num; i++) {
		storebox_hash(indexes[i], 'i', from + i);
		storebox_hash(subjects[i], 's', (from + i) / per);
		storebox_value(values[i], from + i);
		entries[i] = (struct store_new){indexes[i], subjects[i],
		    span_of(values[i], STOREBOX_VALUE)};
	}
	return store_insert(box->store, entries, num,
	    out_codes != NULL ? out_codes : codes,
	    out_seq != NULL ? out_seq : &seq);
}

size_t
storebox_lookup(struct storebox *box, uint64_t from, size_t num,
    uint8_t (*out_codes)[STORE_CODE])
{
	static uint8_t indexes[STORE_BATCH][STORE_INDEX];
	bool known[STORE_BATCH];
	size_t num_known = 0;
	uint64_t seq;

	for (size_t i = 0; i < num; i++)
		storebox_hash(indexes[i], 'i', from + i);
	struct err err =
	    store_lookup(box->store, indexes[0], num, out_codes, known, &seq);
	if (err.code != ERR_OK)
		errx(1, "%s", err.why);
	for (size_t i = 0; i < num; i++)
		num_known += known[i];
	return num_known;
}
