#include "gateway/keeper/command_recipient.h"

#include "crypto/possession.h"
#include "gateway/base/file_text.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/command_say.h"
#include "gateway/ledger/record.h"

enum {
	EXIT_FAILED = 1,
	EXIT_NOT_FOUND = 2,
	EXIT_NOT_VERIFIED = 7,
	EXPIRES_S = 7 * 24 * 3600,
	TIME_MAX = 32,
};

static int64_t
now_s(void)
{
	return sysio_wall_ns() / 1000000000;
}

static struct possession
claim_of(const struct admin *admin)
{
	return (struct possession){.gateway = admin->seam->keeper->ledger_name,
	    .party = admin->party,
	    .recipient = admin->key,
	    .expires_s = (uint64_t)now_s() + EXPIRES_S};
}

/* --- What is asked --- */

static bool
find_party(struct admin *admin, struct span id)
{
	const struct policy *policy = &admin->seam->keeper->policy;

	for (uint32_t i = 0; i < policy->num_parties; i++) {
		if (!span_equal(policy->parties[i].id, id))
			continue;
		admin->party = policy->parties[i].id;
		return true;
	}
	return false;
}

static struct err
judge(struct admin *admin, struct span proof)
{
	struct keeper *keeper = admin->seam->keeper;
	struct possession claim = claim_of(admin);
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	struct err err =
	    possession_verify(keys->root, &claim, proof, (uint64_t)now_s());

	keyring_close(keeper->ring);
	return err;
}

struct err
command_recipient_whose(struct admin *admin, struct span body, bool *out_right)
{
	struct admin_recipient said;
	struct err err = OK;

	TRY(admin_take_recipient(&said, body));
	memcpy(admin->key, said.key, sizeof(admin->key));
	if (admin->type == ADMIN_RECIPIENT_REMOVE) {
		/* Of one who may stand in no policy any more. */
		struct span kept;
		TRY(arena_copy(&admin->arena, &kept, said.party));
		admin->party = kept;
	} else if (!find_party(admin, said.party)) {
		command_say_end(admin, EXIT_NOT_FOUND,
		    "the policy in force has no party of this name");
		return OK;
	}
	if (admin->type == ADMIN_RECIPIENT_ADD)
		err = judge(admin, said.proof);
	if (err.code != ERR_OK)
		command_say_end(admin, EXIT_NOT_VERIFIED, err.why);
	*out_right = err.code == ERR_OK;
	return OK;
}

struct err
command_recipient_put(struct record *record, struct command_recipient_key *key,
    const struct admin *admin)
{
	struct buf text CLEANUP(buf_done) = {.max = AGE_RECIPIENT_TEXT};

	if (admin->party.len == 0)
		return OK;
	TRY(age_recipient_format(&text, admin->key));
	memcpy(key->bytes, text.data, text.len);
	key->text = span_of(key->bytes, text.len);
	record->recipient = admin->party;
	record->recipient_keys =
	    (struct record_list){.items = &key->text, .num = 1};
	return OK;
}

/* --- What it hears --- */

static struct err
say_time(struct admin *admin, const char *name, int64_t time_s)
{
	struct buf text CLEANUP(buf_done) = {.max = TIME_MAX};

	TRY(file_text_put_time(&text, time_s));
	command_say_pair(admin, name, buf_span(&text));
	return OK;
}

static struct err
say_challenge(struct admin *admin)
{
	struct buf file CLEANUP(buf_done) = {.max = POSSESSION_CHALLENGE};
	struct keeper *keeper = admin->seam->keeper;
	struct possession claim = claim_of(admin);
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	struct err err = possession_challenge(&file, keys->root, &claim);

	keyring_close(keeper->ring);
	TRY(err);
	command_say_pair(admin, "challenge", buf_span(&file));
	return say_time(admin, "expires", (int64_t)claim.expires_s);
}

static struct err
say_key(struct admin *admin, const struct agreement *a, uint32_t at)
{
	const struct policy *policy = &admin->seam->keeper->policy;
	struct buf key CLEANUP(buf_done) = {.max = AGE_RECIPIENT_TEXT};

	TRY(age_recipient_format(&key, a->recipients[at]));
	command_say_line(admin,
	    &(struct admin_line){
		.fields = {a->id, policy->parties[a->recipient].id,
		    buf_span(&key)},
		.num_fields = 3});
	return OK;
}

static struct err
say_keys(struct admin *admin)
{
	const struct policy *policy = &admin->seam->keeper->policy;

	for (uint32_t i = 0; i < policy->num_agreements; i++) {
		const struct agreement *a = &policy->agreements[i];
		uint32_t num = a->num_recipients + a->num_unproven;
		for (uint32_t j = 0; j < num; j++)
			TRY(say_key(admin, a, j));
	}
	return OK;
}

void
command_recipient(struct admin *admin, uint64_t index)
{
	struct err err;

	if (admin->type == ADMIN_RECIPIENT_ASK) {
		err = say_challenge(admin);
	} else if (admin->type == ADMIN_RECIPIENT_LIST) {
		err = say_keys(admin);
	} else {
		command_say_number(admin, "record", index);
		err = say_time(admin, "since", now_s());
	}
	command_say_end(admin, err.code == ERR_OK ? 0 : EXIT_FAILED,
	    err.code == ERR_OK ? "" : err.why);
}

uint64_t
command_recipient_unproven(const struct policy *policy)
{
	uint64_t num = 0;

	for (uint32_t i = 0; i < policy->num_agreements; i++)
		num += policy->agreements[i].num_unproven;
	return num;
}
