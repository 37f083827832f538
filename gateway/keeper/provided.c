#include "gateway/keeper/provided.h"

#include "crypto/encode.h"
#include "crypto/hash.h"
#include "crypto/memory/secret.h"
#include "crypto/memory/secret_fd.h"
#include "crypto/root_check.h"
#include "gateway/base/proven.h"
#include "gateway/keeper/seeds.h"
#include "gateway/keeper/staged.h"
#include "policy/image.h"

enum {
	IMAGE_MAX = 8 * 1024 * 1024,
	MAX_KEY_FILE = 64 * 1024,
};

/* An image that was given in pieces; empty: none was. */
static struct err
join(struct buf *out, const struct control_items *items, const char *name)
{
	struct span piece;

	for (uint32_t i = 0;
	     control_value(items, name, i, &piece).code == ERR_OK; i++)
		TRY(buf_append(out, piece));
	return OK;
}

static struct err
read_image(struct keeper *keeper, const struct control_items *items)
{
	struct buf image CLEANUP(buf_done) = {.max = IMAGE_MAX};
	struct span whole;

	TRY(join(&image, items, "image"));
	TRY(hash_sha256(keeper->image_digest, buf_span(&image)));
	arena_init(&keeper->policy_arena, KEEPER_ARENA);
	TRY(arena_copy(&keeper->policy_arena, &whole, buf_span(&image)));
	TRY(image_decode(&keeper->policy, &keeper->policy_arena, whole));
	if (keeper->policy.num_datasets > KEEPER_MAX_PEERS)
		return ERR(TOO_BIG, "keeper: too many datasets");
	return arena_alloc(&keeper->policy_arena, &keeper->compiled,
	    keeper->policy.num_agreements, sizeof(*keeper->compiled));
}

/* Missing where the policy alone decides. */
static struct err
read_proven(struct keeper *keeper, const struct control_items *items)
{
	struct buf text CLEANUP(buf_done) = {.max = PROVEN_FILE_TEXT};
	struct span kept;
	size_t line;

	if (control_find(items, "proven", 0) == NULL)
		return OK;
	TRY(join(&text, items, "proven"));
	TRY(arena_copy(&keeper->policy_arena, &kept, buf_span(&text)));
	TRY(proven_file_parse(&keeper->proven, &line, kept));
	keeper->only_proven = true;
	(void)proven_keep(&keeper->policy, &keeper->proven);
	return OK;
}

/* A candidate that cannot be used is none. */
static struct err
read_candidate(struct keeper *keeper, const struct control_items *items)
{
	struct buf image CLEANUP(buf_done) = {.max = IMAGE_MAX};

	TRY(join(&image, items, "staged"));
	staged_load(keeper, buf_span(&image));
	return OK;
}

/* What the record says of it; a policy without signers has no versions. */
static struct err
read_version(struct keeper *keeper, const struct control_items *items)
{
	struct span value, kept;

	if (control_value(items, "policy-version", 0, &value).code != ERR_OK)
		return OK;
	TRY(arena_copy(&keeper->policy_arena, &kept, value));
	return policy_version_take(&keeper->policy_version, kept);
}

static struct err
read_s3(struct keeper *keeper, const struct control_items *items)
{
	struct span id;

	for (uint32_t i = 0; control_value(items, "s3", i, &id).code == ERR_OK;
	     i++) {
		struct buf secret CLEANUP(buf_wipe) = {
		    .max = KEYRING_MAX_SECRET + 2};
		TRY(control_file(items, "s3", i, &secret));
		TRY(keyring_add_s3(keeper->ring, id, buf_span(&secret)));
	}
	return OK;
}

/* Of a root that is there: whether root.sealed is of it, still or again. */
static struct err
check_root(const struct control_items *items, const uint8_t root[32])
{
	struct buf check CLEANUP(buf_done) = {.max = ROOT_CHECK};
	struct span text;

	if (control_value(items, "root-check", 0, &text).code != ERR_OK)
		return OK;
	TRY(decode_hex(&check, text));
	if (check.len != ROOT_CHECK)
		return ERR(MALFORMED, "keeper: not a check of a root");
	return root_check_verify(check.data, root);
}

/* Without it the keeper knows who asks, and serves nobody. */
static struct err
read_root(
    struct keeper *keeper, const struct control_items *items, struct span spool)
{
	const struct control_item *item = control_find(items, "root", 0);
	uint8_t root[ROOT_LEN] CLEANUP(secret_wipe32);

	if (item == NULL || item->fd < 0)
		return keyring_new(&keeper->ring, NULL, spool);
	TRY(secret_fd_get(root, item->fd));
	TRY(check_root(items, root));
	return keyring_new(&keeper->ring, root, spool);
}

static struct err
read_spool_key(const struct control_items *items, struct buf *out)
{
	if (control_find(items, "spool-key", 0) == NULL)
		return OK;
	TRY(control_file(items, "spool-key", 0, out));
	return out->len > 0
	    ? OK
	    : ERR(TRUNCATED, "keyring: nothing is in the key of the spool");
}

static struct err
read_scopes(struct keeper *keeper, const struct control_items *items)
{
	struct buf text CLEANUP(buf_wipe) = {.max = SCOPE_FILE_TEXT};

	/* Nothing is derived, and nothing recorded of them, until there is. */
	if (keyring_is_sealed(keeper->ring))
		return OK;
	TRY(control_file(items, "scopes", 0, &text));
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	struct err err = seeds_new(&keeper->seeds, buf_span(&text), keys->root);
	keyring_close(keeper->ring);
	return err;
}

static struct err
read_keys(struct keeper *keeper, const struct control_items *items,
    const char **out_reading)
{
	struct buf spool CLEANUP(buf_wipe) = {.max = MAX_KEY_FILE};
	struct buf tls CLEANUP(buf_wipe) = {.max = MAX_KEY_FILE};
	struct span certificate;

	*out_reading = "root.sealed or spool.key";
	TRY(read_spool_key(items, &spool));
	TRY(read_root(keeper, items, buf_span(&spool)));
	*out_reading = "keys/scopes";
	TRY(read_scopes(keeper, items));
	*out_reading = "tls key";
	TRY(control_file(items, "tls-key", 0, &tls));
	TRY(tls_key_parse(&keeper->tls, buf_span(&tls)));
	*out_reading = "tls certificate";
	TRY(control_value(items, "certificate", 0, &certificate));
	TRY(tls_key_matches(keeper->tls, certificate));
	*out_reading = "s3 keys";
	return read_s3(keeper, items);
}

static struct err
read_settings(struct keeper *keeper, const struct control_items *items)
{
	struct span value;

	TRY(control_number(items, "wait-ms", 0, &keeper->wait_ms, 3600000));
	TRY(control_number(
	    items, "spool-size", 0, &keeper->spool_max, INT64_MAX));
	TRY(control_value(items, "ledger-name", 0, &value));
	TRY(arena_copy(&keeper->policy_arena, &keeper->ledger_name, value));
	TRY(control_value(items, "region", 0, &value));
	TRY(arena_copy(&keeper->policy_arena, &keeper->region, value));
	for (uint32_t i = 0; i < KEEPER_MAX_HOSTS; i++) {
		if (control_value(items, "host", i, &value).code != ERR_OK)
			break;
		TRY(arena_copy(
		    &keeper->policy_arena, &keeper->host_names[i], value));
		keeper->hosts.num_names = i + 1;
	}
	keeper->hosts.names = keeper->host_names;
	return OK;
}

struct err
provided_read(struct keeper *keeper, const struct control_items *items,
    const char **out_reading)
{
	*out_reading = "policy image";
	TRY(read_image(keeper, items));
	TRY(read_version(keeper, items));
	*out_reading = "keys/recipients";
	TRY(read_proven(keeper, items));
	*out_reading = "staged policy";
	TRY(read_candidate(keeper, items));
	*out_reading = "settings";
	TRY(read_settings(keeper, items));
	return read_keys(keeper, items, out_reading);
}
