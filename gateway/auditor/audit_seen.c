#include "gateway/auditor/audit_seen.h"

void
audit_seen_saw(void *context, uint64_t index, struct span entry)
{
	struct audit_seen *seen = context;

	charging_saw(seen->charging, index, entry);
	struct err err = key_chain_see(seen->keys, index, entry);
	if (err.code == ERR_OK)
		err = seen->charging->failure;
	if (err.code != ERR_OK)
		seen->failure = err;
	policy_chain_see(seen->policies, entry);
	shown_once_see(seen->shown, entry);
}

struct err
audit_seen_put(void *context, struct buf *out)
{
	const struct audit_seen *seen = context;

	TRY(charging_put(seen->charging, out));
	TRY(policy_chain_put(seen->policies, out));
	TRY(key_chain_put(seen->keys, out));
	return shown_once_put(seen->shown, out);
}

struct err
audit_seen_take(void *context, struct span sum)
{
	struct audit_seen *seen = context;

	TRY(charging_take(seen->charging, &sum));
	TRY(policy_chain_take(seen->policies, &sum));
	TRY(key_chain_take(seen->keys, &sum));
	TRY(shown_once_take(seen->shown, &sum));
	return span_end(sum);
}
