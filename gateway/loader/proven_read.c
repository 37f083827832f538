#include "gateway/loader/proven_read.h"

#include <stdio.h>

#include "crypto/age_key.h"
#include "gateway/base/log.h"
#include "gateway/base/proven.h"
#include "gateway/base/proven_store.h"
#include "gateway/loader/no_start.h"
#include "gateway/loader/writable.h"

static void
log_one(const struct policy *policy, const struct agreement *a,
    const uint8_t key[AGE_KEY_LEN])
{
	struct buf text CLEANUP(buf_done) = {.max = AGE_RECIPIENT_TEXT};

	if (age_recipient_format(&text, key).code != ERR_OK)
		return;
	const struct log_field fields[] = {log_span("agreement", a->id),
	    log_span("recipient", policy->parties[a->recipient].id),
	    log_span("key", buf_span(&text)),
	    log_text("command", "gatehouse recipient add")};
	log_event("recipient-not-proven", fields, 4);
}

static void
log_unproven(const struct policy *policy)
{
	for (uint32_t i = 0; i < policy->num_agreements; i++) {
		const struct agreement *a = &policy->agreements[i];
		for (uint32_t j = 0; j < a->num_unproven; j++)
			log_one(
			    policy, a, a->recipients[a->num_recipients + j]);
	}
}

static int
say(const char *path, size_t line, struct err err)
{
	char where[4096 + 32];

	if (err.code == ERR_IO)
		return no_start_errno(path);
	if (line == 0)
		return no_start(path, err.why);
	(void)snprintf(where, sizeof(where), "%s:%zu", path, line);
	return no_start(where, err.why);
}

static int
read_it(struct material *out, struct proven_store *store, const char *path)
{
	struct err err = proven_store_open(store, path);

	if (err.code == ERR_OK)
		err = buf_append(&out->proven, buf_span(&store->text));
	if (err.code != ERR_OK)
		return say(path, store->line, err);
	out->unproven = proven_keep(&out->policy, &store->file) > 0;
	log_unproven(&out->policy);
	return 0;
}

int
proven_read(struct material *out, const struct config *config)
{
	struct proven_store store;
	char path[4096];
	int len = snprintf(path, sizeof(path), "%s/recipients", config->keys);

	buf_init(&out->proven, PROVEN_FILE_TEXT);
	if (!config->only_proven)
		return 0;
	if (len < 0 || (size_t)len >= sizeof(path))
		return no_start(config->keys, "too long a path");
	int status = writable_refuse(path);
	if (status != 0)
		return status;
	status = read_it(out, &store, path);
	proven_store_done(&store);
	return status;
}
