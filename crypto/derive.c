#include "crypto/derive.h"

#include <sodium.h>
#include <string.h>
#include <stdlib.h>

#include "crypto/hash.h"
#include "crypto/hmac.h"
#include "crypto/kdf.h"
#include "crypto/memory/buf.h"

enum {
	KEY = 32,
	GENERATION = 16,
	NUM_IDS = 4,
	LABEL_MAX = 32, /* of the labels below, with their NUL */
	INFO_MAX = LABEL_MAX + NUM_IDS * (DERIVE_ID_MAX + 1) + 4
};

static const char SUBKEY[] = "gatehouse/subkey/v1";
static const char SCOPE_TAG[] = "gatehouse/scope-tag/v1";
static const char EPHEMERAL[] = "gatehouse/age-ephemeral/v1";
static const char SLOT_NAME[] = "gatehouse/slot-name/v2";
static const char *const COLUMN[NUM_DERIVE_USES] = {
    [DERIVE_PSEUDONYM] = "gatehouse/pseudonym/v1",
    [DERIVE_SEALED] = "gatehouse/sealed/v1",
    [DERIVE_FORMAT] = "gatehouse/format/v1",
    [DERIVE_SHIFT] = "gatehouse/shift/v1",
    [DERIVE_TOKEN] = "gatehouse/token/v1",
};

/*
 * What a key is for: the label of the use, then its ids, each ended by a NUL,
 * then parts of fixed length. No label is the start of another, since each is
 * ended by a NUL too.
 */
struct info {
	uint8_t bytes[INFO_MAX];
	size_t len;
};

static void
put(struct info *info, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(info->bytes + info->len, bytes, len);
	info->len += len;
}

/* A text that holds no NUL, and the NUL. */
static struct err
put_id(struct info *info, struct span id)
{
	if (id.len > DERIVE_ID_MAX)
		return ERR(TOO_BIG, "derive: an id is over its cap");
	if (span_find(id, '\0') != id.len)
		return ERR(MALFORMED, "derive: an id holds a NUL");
	put(info, id.data, id.len);
	put(info, "", 1);
	return OK;
}

static struct err
expand(uint8_t out[32], const uint8_t root[32], struct span salt,
    const struct info *info)
{
	return kdf_hkdf_sha256(out, KEY, span_of(root, KEY), salt,
	    span_of(info->bytes, info->len));
}

static void
put_u32be(struct info *info, uint32_t value)
{
	uint8_t bytes[4] = {(uint8_t)(value >> 24), (uint8_t)(value >> 16),
	    (uint8_t)(value >> 8), (uint8_t)value};

	put(info, bytes, sizeof(bytes));
}

struct err
derive_subkey(uint8_t out[32], const uint8_t root[32], const char *label)
{
	struct info info = {.len = 0};

	if (label[0] == '\0')
		return ERR(MALFORMED, "derive: a subkey without a label");
	TRY(put_id(&info, span_str(SUBKEY)));
	TRY(put_id(&info, span_str(label)));
	return expand(out, root, span_of(NULL, 0), &info);
}

struct err
derive_column_key(uint8_t out[32], const uint8_t root[32],
    const uint8_t seed[32], const struct derive_column *what)
{
	struct info info = {.len = 0};

	TRY(put_id(&info, span_str(COLUMN[what->use])));
	TRY(put_id(&info, what->purpose));
	TRY(put_id(&info, what->dataset));
	TRY(put_id(&info, what->recipient));
	TRY(put_id(&info, what->kind));
	put_u32be(&info, what->epoch);
	return expand(out, root, span_of(seed, KEY), &info);
}

struct err
derive_scope_tag(uint8_t out[32], const uint8_t root[32],
    const uint8_t seed[32], uint32_t epoch)
{
	struct info info = {.len = 0};

	TRY(put_id(&info, span_str(SCOPE_TAG)));
	put_u32be(&info, epoch);
	return expand(out, root, span_of(seed, KEY), &info);
}

struct err
derive_ephemeral(uint8_t out[32], const uint8_t header_key[32],
    const uint8_t generation[16], const uint8_t recipient[32])
{
	struct info info = {.len = 0};

	TRY(put_id(&info, span_str(EPHEMERAL)));
	put(&info, generation, GENERATION);
	put(&info, recipient, KEY);
	return expand(out, header_key, span_of(NULL, 0), &info);
}

static int
compare_keys(const void *a, const void *b)
{
	return memcmp(a, b, KEY);
}

size_t
derive_sort_recipients(uint8_t (*recipients)[32], size_t num)
{
	size_t num_kept = 0;

	if (num == 0)
		return 0;
	qsort(recipients, num, KEY, compare_keys);
	for (size_t i = 0; i < num; i++)
		if (i == 0 ||
		    compare_keys(recipients[i], recipients[i - 1]) != 0)
			memmove(recipients[num_kept++], recipients[i], KEY);
	return num_kept;
}

static struct err
hash_set(uint8_t out[32], const uint8_t (*recipients)[32], size_t num)
{
	uint8_t(*sorted)[KEY];
	size_t len;

	if (num == 0)
		return hash_sha256(out, span_of(NULL, 0));
	TRY(size_mul(num, KEY, &len));
	sorted = malloc(len);
	if (sorted == NULL)
		return ERR(NO_MEMORY, "derive: no memory");
	memcpy(sorted, recipients, len);
	num = derive_sort_recipients(sorted, num);
	struct err err = hash_sha256(out, span_of(sorted, num * KEY));
	free(sorted);
	return err;
}

struct err
derive_etag(char out[DERIVE_ETAG_TEXT + 1], const uint8_t etag_key[32],
    const uint8_t generation[16], const uint8_t (*recipients)[32], size_t num)
{
	uint8_t message[GENERATION + 32], mac[32];

	memcpy(message, generation, GENERATION);
	TRY(hash_set(message + GENERATION, recipients, num));
	TRY(hash_hmac_sha256(
	    mac, span_of(etag_key, KEY), span_of(message, sizeof(message))));
	/* Sixteen bytes, and what tells S3 clients that it is no MD5. */
	sodium_bin2hex(out, 33, mac, 16);
	memcpy(out + 32, "-1", 3);
	return OK;
}

static struct err
absorb_field(struct hmac *hmac, struct span field)
{
	uint8_t len[4] = {(uint8_t)(field.len >> 24),
	    (uint8_t)(field.len >> 16), (uint8_t)(field.len >> 8),
	    (uint8_t)field.len};

	if (field.len > UINT32_MAX)
		return ERR(TOO_BIG, "derive: a field is over 32 bits");
	hmac_update(hmac, span_of(len, sizeof(len)));
	hmac_update(hmac, field);
	return OK;
}

struct err
derive_slot_name(char out[DERIVE_SLOT_NAME_TEXT + 1],
    const uint8_t slot_key[32], const struct derive_slot *what)
{
	static const uint8_t no_codes[KEY];
	struct hmac hmac CLEANUP(hmac_wipe);
	uint8_t mac[32];

	hmac_init(&hmac, span_of(slot_key, KEY));
	hmac_update(&hmac, span_of(SLOT_NAME, sizeof(SLOT_NAME)));
	TRY(absorb_field(&hmac, what->source_version));
	hmac_update(&hmac, span_of(what->plan_digest, 32));
	hmac_update(
	    &hmac, span_of(what->codes != NULL ? what->codes : no_codes, KEY));
	TRY(absorb_field(&hmac, what->codebook));
	TRY(absorb_field(&hmac, what->object_key));
	hmac_final(&hmac, mac, span_of(NULL, 0));
	sodium_bin2hex(out, DERIVE_SLOT_NAME_TEXT + 1, mac, sizeof(mac));
	return OK;
}
