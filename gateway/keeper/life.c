#include "gateway/keeper/life.h"

#include <arpa/inet.h>

#include "gateway/base/address.h"
#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/ipc/control.h"
#include "gateway/keeper/pending.h"
#include "gateway/keeper/staged.h"
#include "gateway/keeper/seam.h"
#include "gateway/ledger/record.h"
#include "gateway/metric/metric.h"

enum {
	MINUTE_MS = 60000,
};

static struct tally refused; /* since then: */
static uint64_t since_ms;
static struct loop_timer timer;

static uint64_t
now_ms(void)
{
	return (uint64_t)(sysio_wall_ns() / 1000000);
}

static struct err
submit_as(
    struct keeper *keeper, const struct record *record, enum pending_kind kind)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(record_encode(&body, record));
	return pending_ask(&keeper->audit, AUDIT_APPEND, buf_span(&body), kind,
	    kind == PENDING_POLICY ? keeper : NULL);
}

static struct err
submit(struct keeper *keeper, const struct record *record)
{
	return submit_as(keeper, record, PENDING_NOTE);
}

/* From here on its flips are in the records of requests. */
static struct err
record_candidate(struct keeper *keeper)
{
	if (keeper->staged == NULL)
		return OK;
	struct record record = {.kind = RECORD_POLICY,
	    .time_ms = now_ms(),
	    .policy = span_of(keeper->image_digest, 32),
	    .staged_policy = span_of(keeper->staged->digest, 32),
	    .command = span_str("policy stage")};

	return submit(keeper, &record);
}

struct err
life_record_start(struct keeper *keeper, const struct life_start *start)
{
	struct record record = {.kind = RECORD_START,
	    .time_ms = now_ms(),
	    .version = span_str(GATEHOUSE_VERSION),
	    .policy = span_of(keeper->image_digest, 32),
	    .config = start->config,
	    .jail = {.known = true,
		.landlock = start->jail.landlock_abi,
		.seccomp = start->jail.seccomp,
		.memfd_secret = start->memfd_secret,
		.uids = span_str(start->own_uids ? "one-each" : "shared")}};

	TRY(submit(keeper, &record));
	if (start->jail.landlock_abi > 0 && start->jail.seccomp)
		return OK;
	record = (struct record){.kind = RECORD_DEGRADED,
	    .time_ms = now_ms(),
	    .reason = span_str("started without a whole jail")};
	return submit(keeper, &record);
}

/* --- The policy --- */

struct err
life_record_policy(struct keeper *keeper)
{
	const struct policy_version *v = &keeper->policy_version;
	struct record record = {.kind = RECORD_POLICY,
	    .time_ms = now_ms(),
	    .policy = span_of(keeper->image_digest, 32)};

	if (v->version > 0) {
		record.policy_version = record_number(v->version);
		record.policy_files = span_of(v->files, sizeof(v->files));
	}
	if (v->version > 0 && v->is_first)
		record.outcome = span_str("bootstrapped");
	if (v->version > 0 && !v->is_first) {
		record.policy_before = span_of(v->before, sizeof(v->before));
		record.signers = (struct record_list){
		    .items = v->signers, .num = v->num_signers};
		record.wider = record_number(v->wider);
		record.narrower = record_number(v->narrower);
	}
	return submit_as(keeper, &record, PENDING_POLICY);
}

static void
tell_admitted(struct keeper *keeper, const char *why)
{
	seam_send(&keeper->control, CONTROL_ADMITTED, 0, span_str(why));
}

void
life_policy_recorded(struct keeper *keeper)
{
	struct err err = record_candidate(keeper);

	if (err.code != ERR_OK)
		log_error("staged-record", err);
	tell_admitted(keeper, "");
}

void
life_policy_refused(struct keeper *keeper, const char *why)
{
	tell_admitted(keeper, why);
}

struct err
life_record_refused(struct keeper *keeper, struct span why)
{
	const struct record record = {.kind = RECORD_POLICY,
	    .time_ms = now_ms(),
	    .decision = span_str("denied"),
	    .reason = why};

	return submit(keeper, &record);
}

/* --- Refusals --- */

static void
minute_is_over(void *context)
{
	life_flush_refusals(context);
}

static void
begin_minute(struct keeper *keeper)
{
	if (since_ms != 0)
		return;
	since_ms = now_ms();
	timer = (struct loop_timer){.fired = minute_is_over, .context = keeper};
	struct err err = loop_set_timer(
	    keeper->loop, &timer, sysio_monotonic_ms() + MINUTE_MS);
	if (err.code != ERR_OK)
		log_error("refusals-wait-for-the-end", err);
}

void
life_count_over(struct keeper *keeper, const uint8_t address[16])
{
	tally_add(&refused, address, 1);
	begin_minute(keeper);
}

void
life_count_refusal(struct keeper *keeper, const uint8_t address[16])
{
	metric_count(METRIC_UNPROVED);
	life_count_over(keeper, address);
}

void
life_count_refusals(struct keeper *keeper, const struct tally *others)
{
	if (tally_is_empty(others))
		return;
	tally_merge(&refused, others);
	begin_minute(keeper);
}

/* Of the address itself, without what is no part of it. */
static void
put_address(char out[INET6_ADDRSTRLEN], const uint8_t address[16])
{
	bool four = address_is_v4(address);

	out[0] = '\0';
	(void)inet_ntop(four ? AF_INET : AF_INET6, address + (four ? 12 : 0),
	    out, INET6_ADDRSTRLEN);
}

struct err
life_record_scraped(struct keeper *keeper, const uint8_t address[16])
{
	static const uint8_t others[16];
	char text[INET6_ADDRSTRLEN] = "others";
	struct record record = {.kind = RECORD_ADMIN,
	    .time_ms = now_ms(),
	    .command = span_str("metrics")};

	if (!span_equal(span_of(address, 16), span_of(others, 16)))
		put_address(text, address);
	record.peer = span_str(text);
	return submit(keeper, &record);
}

static void
write_one(struct keeper *keeper, const char *peer, uint64_t count)
{
	struct record record = {.kind = RECORD_REFUSED_SUMMARY,
	    .time_ms = now_ms(),
	    .peer = span_str(peer),
	    .count = record_number(count),
	    .since_ms = record_number(since_ms)};
	struct err err = submit(keeper, &record);

	if (err.code != ERR_OK)
		log_error("refusals-not-recorded", err);
}

static void
write_place(struct keeper *keeper, const struct tally_place *place)
{
	char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 4];

	put_address(address, place->prefix);
	snprintf(text, sizeof(text), "%s/%d", address,
	    address_is_v4(place->prefix) ? ADDRESS_V4_BITS : ADDRESS_V6_BITS);
	write_one(keeper, text, place->count);
}

void
life_flush_refusals(struct keeper *keeper)
{
	loop_cancel_timer(keeper->loop, &timer);
	for (size_t i = 0; i < refused.num_places; i++)
		write_place(keeper, &refused.places[i]);
	if (refused.others > 0)
		write_one(keeper, "others", refused.others);
	refused = (struct tally){.num_places = 0};
	since_ms = 0;
}
