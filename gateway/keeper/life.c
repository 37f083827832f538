#include "gateway/keeper/life.h"

#include <arpa/inet.h>

#include "gateway/base/log.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/pending.h"
#include "gateway/ledger/record.h"
#include "gateway/metric/metric.h"

enum {
	LIFE_PREFIXES = 64,
	MINUTE_MS = 60000,
	V4_BITS = 24,
	V6_BITS = 48
};

/* One source: the first 24 bits of IPv4, 48 of IPv6. The last one of the
 * table, of no address, takes what has no place of its own. */
struct refusals {
	uint8_t prefix[16];
	uint64_t count;
};

static struct refusals table[LIFE_PREFIXES + 1];
static size_t num_prefixes;
static uint64_t since_ms;
static struct loop_timer timer;

static uint64_t
now_ms(void)
{
	return (uint64_t)(sysio_wall_ns() / 1000000);
}

static struct err
submit(struct keeper *keeper, const struct record *record)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	TRY(record_encode(&body, record));
	return pending_ask(
	    &keeper->audit, AUDIT_APPEND, buf_span(&body), PENDING_NOTE, NULL);
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
	record = (struct record){.kind = RECORD_POLICY,
	    .time_ms = now_ms(),
	    .policy = span_of(keeper->image_digest, 32)};
	TRY(submit(keeper, &record));
	if (start->jail.landlock_abi > 0 && start->jail.seccomp)
		return OK;
	record = (struct record){.kind = RECORD_DEGRADED,
	    .time_ms = now_ms(),
	    .reason = span_str("started without a whole jail")};
	return submit(keeper, &record);
}

/* --- Refusals --- */

static bool
is_v4(const uint8_t address[16])
{
	static const uint8_t head[12] = {[10] = 0xff, [11] = 0xff};

	return span_equal(span_of(address, 12), span_of(head, 12));
}

static void
cut(uint8_t out[16], const uint8_t address[16])
{
	size_t len = is_v4(address) ? 12 + V4_BITS / 8 : V6_BITS / 8;

	memset(out, 0, 16);
	memcpy(out, address, len);
}

static void
minute_is_over(void *context)
{
	life_flush_refusals(context);
}

void
life_count_refusal(struct keeper *keeper, const uint8_t address[16])
{
	uint8_t prefix[16];
	size_t i;

	cut(prefix, address);
	for (i = 0; i < num_prefixes; i++) {
		if (span_equal(
			span_of(table[i].prefix, 16), span_of(prefix, 16)))
			break;
	}
	if (i == num_prefixes && num_prefixes < LIFE_PREFIXES) {
		memcpy(table[i].prefix, prefix, 16);
		num_prefixes++;
	} else if (i == num_prefixes) {
		i = LIFE_PREFIXES;
	}
	table[i].count++;
	metric_count(METRIC_UNPROVED);
	if (since_ms != 0)
		return;
	since_ms = now_ms();
	timer = (struct loop_timer){.fired = minute_is_over, .context = keeper};
	struct err err = loop_set_timer(
	    keeper->loop, &timer, sysio_monotonic_ms() + MINUTE_MS);
	if (err.code != ERR_OK)
		log_error("refusals-wait-for-the-end", err);
}

/* Of the address itself, without what is no part of it. */
static void
put_address(char out[INET6_ADDRSTRLEN], const uint8_t address[16])
{
	bool four = is_v4(address);

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

static struct err
write_one(struct keeper *keeper, const struct refusals *refusals, bool others)
{
	char text[INET6_ADDRSTRLEN + 4] = "others";
	struct record record = {.kind = RECORD_REFUSED_SUMMARY,
	    .time_ms = now_ms(),
	    .count = record_number(refusals->count),
	    .since_ms = record_number(since_ms)};

	if (!others) {
		char address[INET6_ADDRSTRLEN];
		put_address(address, refusals->prefix);
		snprintf(text, sizeof(text), "%s/%d", address,
		    is_v4(refusals->prefix) ? V4_BITS : V6_BITS);
	}
	record.peer = span_str(text);
	return submit(keeper, &record);
}

void
life_flush_refusals(struct keeper *keeper)
{
	loop_cancel_timer(keeper->loop, &timer);
	for (size_t i = 0; i <= LIFE_PREFIXES; i++) {
		if (table[i].count == 0)
			continue;
		struct err err =
		    write_one(keeper, &table[i], i == LIFE_PREFIXES);
		if (err.code != ERR_OK)
			log_error("refusals-not-recorded", err);
	}
	memset(table, 0, sizeof(table));
	num_prefixes = 0;
	since_ms = 0;
}
