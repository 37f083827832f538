#include "gateway/keeper/command_keys.h"

#include <inttypes.h>

#include "crypto/age_key.h"
#include "gateway/base/file_text.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/seeds.h"

enum {
	EXIT_FAILED = 1,
	USERS_MAX = 1024, /* bytes of names of agreements */
	TIME_MAX = 32,
	KEY_MAX = 128, /* of a public key as text */
};

/* Whose codes are made under it; more than fit are not named. */
static void
put_users(struct buf *out, const struct keeper *keeper,
    const struct scope_entry *entry)
{
	const struct policy *policy = &keeper->policy;

	if (scope_file_current(seeds_all(keeper->seeds), &entry->scope) !=
	    entry)
		return;
	for (uint32_t i = 0; i < policy->num_agreements; i++) {
		struct span id = policy->agreements[i].id;
		if (seeds_of(keeper->seeds, policy, i) != entry)
			continue;
		if (out->len + id.len + 6 > out->max) {
			(void)!buf_append_str(out, " …").code;
			return;
		}
		if ((out->len > 0 && buf_append_str(out, " ").code != ERR_OK) ||
		    buf_append(out, id).code != ERR_OK)
			return;
	}
}

static struct err
say_entry(struct admin *admin, const struct scope_entry *entry)
{
	struct buf scope CLEANUP(buf_done) = {.max = SCOPE_MAX_TEXT};
	struct buf since CLEANUP(buf_done) = {.max = TIME_MAX};
	struct buf users CLEANUP(buf_done) = {.max = USERS_MAX};
	bool live = entry->seed.len > 0;
	char epoch[16];

	TRY(scope_put(&scope, &entry->scope));
	TRY(file_text_put_time(
	    &since, live ? entry->since_s : entry->destroyed_s));
	put_users(&users, admin->seam->keeper, entry);
	if (users.len == 0)
		TRY(buf_append_str(&users, "-"));
	snprintf(epoch, sizeof(epoch), "%" PRIu32, entry->epoch);
	command_say_line(admin,
	    &(struct admin_line){
		.fields = {buf_span(&scope),
		    span_str(live ? "live" : "destroyed"), buf_span(&since),
		    span_str(epoch), buf_span(&users)},
		.num_fields = 5});
	return OK;
}

static void
say_list(struct admin *admin)
{
	const struct scope_file *file = seeds_all(admin->seam->keeper->seeds);

	for (size_t i = 0; i < file->num_entries; i++)
		if (say_entry(admin, &file->entries[i]).code != ERR_OK) {
			command_say_end(admin, EXIT_FAILED, "no memory");
			return;
		}
	command_say_end(admin, 0, "");
}

uint64_t
command_keys_denied(const struct keeper *keeper)
{
	const struct scope_file *file;
	uint64_t num = 0;

	if (keeper->seeds == NULL)
		return 0;
	file = seeds_all(keeper->seeds);
	for (size_t i = 0; i < file->num_entries; i++) {
		const struct scope_entry *entry = &file->entries[i];
		num += entry->seed.len == 0 &&
		    scope_file_current(file, &entry->scope) == entry;
	}
	return num;
}

static void
say_status(struct admin *admin)
{
	const struct keeper *keeper = admin->seam->keeper;
	const struct scope_file *file;
	uint64_t live = 0, scopes = 0;

	/* Without the root no seed was read: there is nothing to count. */
	if (keyring_is_sealed(keeper->ring)) {
		command_say_pair(admin, "root", span_str("sealed"));
		command_say_end(admin, 0, "");
		return;
	}
	file = seeds_all(keeper->seeds);
	for (size_t i = 0; i < file->num_entries; i++) {
		const struct scope_entry *entry = &file->entries[i];
		live += entry->seed.len > 0;
		scopes += scope_file_current(file, &entry->scope) == entry;
	}
	bool hidden =
	    keyring_hidden(keeper->ring) && seeds_hidden(keeper->seeds);
	command_say_pair(admin, "root", span_str("there"));
	command_say_pair(
	    admin, "hidden-memory", span_str(hidden ? "yes" : "no"));
	command_say_number(admin, "scopes", scopes);
	command_say_number(
	    admin, "scopes-destroyed", command_keys_denied(keeper));
	command_say_number(admin, "epochs-live", live);
	command_say_number(admin, "epochs-destroyed", file->num_entries - live);
	command_say_end(admin, 0, "");
}

static void
say_public(struct admin *admin)
{
	struct keeper *keeper = admin->seam->keeper;
	struct buf text CLEANUP(buf_done) = {.max = KEY_MAX};
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	struct err err = age_recipient_format(&text, keys->spool_public);

	keyring_close(keeper->ring);
	if (err.code != ERR_OK) {
		command_say_end(admin, EXIT_FAILED, err.why);
		return;
	}
	command_say_pair(admin, "spool-recipient", buf_span(&text));
	command_say_end(admin, 0, "");
}

void
command_keys(struct admin *admin)
{
	if (admin->type == ADMIN_KEY_LIST)
		say_list(admin);
	else if (admin->type == ADMIN_KEY_STATUS)
		say_status(admin);
	else
		say_public(admin);
}
