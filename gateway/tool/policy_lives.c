#include "gateway/tool/policy_lives.h"

#include <unistd.h>

#include "gateway/base/sysio.h"
#include "gateway/ledger/replay.h"
#include "gateway/tool/audit_dir.h"

enum {
	TRIES = 5, /* looks, while the auditor writes, before it is wrong */
	TRY_AGAIN_US = 50000,
	LIVES_MAX = 64 * 1024 * 1024, /* bytes */
};

static const struct policy_chain *
items(const struct policy_lives *lives, size_t *out_num)
{
	*out_num = lives->chains.len / sizeof(struct policy_chain);
	return (const void *)lives->chains.data;
}

static struct err
walk(struct policy_lives *lives, struct replay *replay)
{
	struct policy_chain chain = {.version = 0};
	struct span record;

	for (;;) {
		uint64_t before = chain.version;
		struct err err = replay_next(replay, &record);
		if (err.code == ERR_NOT_FOUND)
			return OK;
		TRY(err);
		policy_chain_see(&chain, record);
		if (chain.version != before)
			TRY(buf_append(
			    &lives->chains, span_of(&chain, sizeof(chain))));
	}
}

static struct err
read_once(struct policy_lives *lives, int dir)
{
	struct replay replay;

	buf_reset(&lives->chains);
	TRY(replay_open(&replay, dir, NULL, NULL));
	struct err err = walk(lives, &replay);
	replay_done(&replay);
	return err;
}

struct err
policy_lives_read(struct policy_lives *lives, const char *path)
{
	int CLEANUP(sysio_close) dir = -1;

	*lives = (struct policy_lives){.chains = {.max = LIVES_MAX}};
	TRY(audit_dir_open(path, &dir));
	struct err err = read_once(lives, dir);
	for (int i = 0; i < TRIES && err.code == ERR_CHANGED; i++) {
		usleep(TRY_AGAIN_US);
		err = read_once(lives, dir);
	}
	return err;
}

void
policy_lives_done(struct policy_lives *lives)
{
	buf_done(&lives->chains);
}

const struct policy_chain *
policy_lives_of(const struct policy_lives *lives, uint64_t version)
{
	size_t num;
	const struct policy_chain *chains = items(lives, &num);

	for (size_t i = 0; i < num; i++)
		if (chains[i].version == version)
			return &chains[i];
	return NULL;
}

uint64_t
policy_lives_last(const struct policy_lives *lives)
{
	size_t num;
	const struct policy_chain *chains = items(lives, &num);

	return num == 0 ? 0 : chains[num - 1].version;
}
