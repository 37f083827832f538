#include "gateway/keeper/command_status.h"

#include "gateway/keeper/command_keys.h"
#include "gateway/keeper/command_recipient.h"
#include "gateway/keeper/command_say.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/seam.h"
#include "gateway/metric/metric.h"

static uint64_t
count_open(const struct seam *seams, size_t num)
{
	uint64_t count = 0;

	for (size_t i = 0; i < num; i++)
		count += seams[i].channel.fd >= 0;
	return count;
}

static void
say_slots(struct admin *admin)
{
	static const char *const shown[] = {
	    [SLOT_QUEUED] = "slots-waiting-for-a-mill",
	    [SLOT_FILLING] = "slots-being-filled",
	    [SLOT_READY] = "slots-ready",
	    [SLOT_GONE] = "slots-evicted",
	    [SLOT_BAD] = "slots-refused",
	};
	const struct keeper *keeper = admin->seam->keeper;

	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (shown[i] != NULL)
			command_say_number(
			    admin, shown[i], keeper->slots_in[i]);
	}
}

/* Since this keeper began; metrics go on over its end. */
static void
say_counts(struct admin *admin)
{
	command_say_number(
	    admin, "requests-granted", metric_own(METRIC_GRANTS));
	command_say_number(
	    admin, "requests-unproved", metric_own(METRIC_UNPROVED));
	command_say_number(
	    admin, "fills-done", metric_own(METRIC_FILLS + METRIC_FILL_DONE));
	command_say_number(admin, "fills-refused",
	    metric_own(METRIC_FILLS + METRIC_FILL_REFUSED));
	command_say_number(admin, "fills-failed",
	    metric_own(METRIC_FILLS + METRIC_FILL_FAILED));
}

static void
ask_stock(struct admin *admin)
{
	if (pending_ask(&admin->seam->keeper->spool, OPEN_STOCK,
		span_of(NULL, 0), PENDING_ADMIN_STOCK, admin)
		.code != ERR_OK)
		command_failed(admin, "the spool is away");
}

void
command_status(struct admin *admin)
{
	const struct keeper *keeper = admin->seam->keeper;
	struct buf hex CLEANUP(buf_done) = {.max = 64};

	command_say_pair(admin, "version", span_str(GATEHOUSE_VERSION));
	command_say_number(admin, "started", (uint64_t)keeper->started_s);
	command_say_pair(admin, "sealed",
	    span_str(keyring_is_sealed(keeper->ring) ? "yes" : "no"));
	for (size_t i = 0; i < 32; i++) {
		if (buf_append_format(&hex, "%02x", keeper->image_digest[i])
			.code != ERR_OK)
			break;
	}
	command_say_pair(admin, "policy", buf_span(&hex));
	command_say_number(admin, "agreements", keeper->policy.num_agreements);
	command_say_number(admin, "datasets", keeper->policy.num_datasets);
	command_say_number(
	    admin, "workers", count_open(keeper->asks, KEEPER_MAX_PEERS));
	command_say_number(
	    admin, "mills", count_open(keeper->mills, KEEPER_MAX_PEERS));
	command_say_number(admin, "requests-open", keeper->num_asks);
	command_say_number(
	    admin, "scopes-destroyed", command_keys_denied(keeper));
	command_say_number(admin, "recipients-not-proven",
	    command_recipient_unproven(&keeper->policy));
	say_slots(admin);
	say_counts(admin);
	ask_stock(admin);
}

struct err
command_status_stock(struct admin *admin, struct span body)
{
	uint64_t len, num;

	TRY(span_take_u64be(&body, &len));
	TRY(span_take_u64be(&body, &num));
	TRY(span_end(body));
	command_say_number(admin, "spool-bytes", len);
	command_say_number(admin, "spool-slots", num);
	command_say_number(admin, "spool-size", admin->seam->keeper->spool_max);
	command_say_end(admin, 0, "");
	return OK;
}
