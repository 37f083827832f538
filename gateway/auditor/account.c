#include "gateway/auditor/account.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/hash.h"
#include "gateway/auditor/keyset.h"

enum {
	/* Each counts until 60 whole seconds are over, wherever within its
	   own it came. */
	SECONDS = 61,
	ALL = 0, /* of a mark, and of limits */
	EACH,
};

/* Of an agreement, or of one of its callers. */
struct sum {
	uint64_t bytes, rows; /* of the day */
	uint64_t newest_s;
	uint32_t requests[SECONDS]; /* by second, up to the newest */
};

struct account {
	uint64_t day; /* the greatest */
	struct keyset names, generations;
	struct sum *sums; /* of each name */
	uint64_t *read;	  /* rows that were charged of each generation */
	bool *is_busy;	  /* of each name; to turn a day */
};

struct err
account_new(struct account **out, uint32_t max_sums, uint32_t max_reads)
{
	struct account *a = calloc(1, sizeof(*a));

	if (a == NULL)
		return ERR(NO_MEMORY, "account: no memory");
	a->sums = calloc(max_sums, sizeof(a->sums[0]));
	a->is_busy = calloc(max_sums, sizeof(a->is_busy[0]));
	a->read = calloc(max_reads, sizeof(a->read[0]));
	struct err err =
	    a->sums == NULL || a->is_busy == NULL || a->read == NULL
	    ? ERR(NO_MEMORY, "account: no memory")
	    : keyset_init(&a->names, max_sums);
	if (err.code == ERR_OK)
		err = keyset_init(&a->generations, max_reads);
	if (err.code != ERR_OK) {
		account_free(a);
		return err;
	}
	*out = a;
	return OK;
}

void
account_free(struct account *account)
{
	if (account == NULL)
		return;
	keyset_done(&account->names);
	keyset_done(&account->generations);
	free(account->sums);
	free(account->is_busy);
	free(account->read);
	free(account);
}

uint32_t
account_num(const struct account *account)
{
	return account->names.num;
}

/* --- The last minute --- */

/* Of one of the seconds up to the newest; of one that is over, none. */
static uint32_t
in_second(const struct sum *sum, uint64_t second, uint64_t now_s)
{
	return second + SECONDS > now_s ? sum->requests[second % SECONDS] : 0;
}

static uint64_t
in_last_minute(const struct sum *sum, uint64_t now_s)
{
	uint64_t num = 0;

	for (uint64_t i = 0; i < SECONDS && i <= sum->newest_s; i++)
		num += in_second(sum, sum->newest_s - i, now_s);
	return num;
}

/* Returns the second that it counts for. */
static uint64_t
count_request(struct sum *sum, uint64_t now_s)
{
	uint64_t over = now_s >= SECONDS ? now_s - SECONDS : 0;

	if (sum->newest_s < over)
		sum->newest_s = over;
	while (sum->newest_s < now_s)
		sum->requests[++sum->newest_s % SECONDS] = 0;
	sum->requests[sum->newest_s % SECONDS]++;
	return sum->newest_s;
}

static void
uncount_request(struct sum *sum, uint64_t second)
{
	uint32_t *num = &sum->requests[second % SECONDS];

	if (second + SECONDS > sum->newest_s && *num > 0)
		--*num;
}

/* Seconds until there are fewer than `limit`. */
static uint32_t
wait_for_room(const struct sum *sum, uint64_t limit, uint64_t now_s)
{
	uint32_t wait_s = 1;

	while (wait_s < SECONDS && in_last_minute(sum, now_s + wait_s) >= limit)
		wait_s++;
	return wait_s;
}

/* --- The day --- */

/* Nothing was read of it yet; only who asked within the last minute is still
 * counted. */
static void
turn_to(struct account *account, uint64_t day, uint64_t now_s)
{
	uint32_t num = 0;

	if (day <= account->day)
		return;
	account->day = day;
	keyset_keep(&account->generations, NULL);
	for (uint32_t i = 0; i < account->names.num; i++) {
		struct sum *sum = &account->sums[i];
		account->is_busy[i] = in_last_minute(sum, now_s) > 0;
		sum->bytes = sum->rows = 0;
		if (account->is_busy[i])
			account->sums[num++] = *sum;
	}
	keyset_keep(&account->names, account->is_busy);
}

/* --- Names --- */

struct names {
	uint8_t sums[2][KEYSET_LEN]; /* the agreement's, the caller's */
	uint8_t generation[KEYSET_LEN];
};

/* Digests of digests: no text can pass for two of them joined. */
static struct err
make_name(uint8_t out[KEYSET_LEN], const uint8_t (*parts)[HASH_SHA256_LEN],
    size_t num)
{
	uint8_t digest[HASH_SHA256_LEN];

	TRY(hash_sha256(digest, span_of(parts, num * sizeof(parts[0]))));
	memcpy(out, digest, KEYSET_LEN);
	return OK;
}

/* Of an agreement, or of one of its callers. */
static struct err
make_sum(
    uint8_t out[KEYSET_LEN], struct span agreement, const struct span *caller)
{
	uint8_t parts[2][HASH_SHA256_LEN];

	TRY(hash_sha256(parts[0], agreement));
	if (caller != NULL)
		TRY(hash_sha256(parts[1], *caller));
	return make_name(out, (const uint8_t(*)[HASH_SHA256_LEN])parts,
	    caller != NULL ? 2 : 1);
}

static struct err
make_names(struct names *out, const struct record_charged *charged)
{
	uint8_t parts[3][HASH_SHA256_LEN];
	const uint8_t(*whole)[HASH_SHA256_LEN] =
	    (const uint8_t(*)[HASH_SHA256_LEN])parts;

	TRY(hash_sha256(parts[0], charged->agreement));
	TRY(hash_sha256(parts[1], charged->charge.caller));
	TRY(hash_sha256(parts[2], charged->generation));
	TRY(make_sum(out->sums[ALL], charged->agreement, NULL));
	TRY(make_sum(
	    out->sums[EACH], charged->agreement, &charged->charge.caller));
	return make_name(out->generation, whole, 3);
}

/* --- Charges --- */

/* Rows that were not charged before: all of a generation's, at most. */
static uint64_t
rows_due(const struct account *account, const struct names *names,
    const struct record_charge *charge)
{
	uint32_t at = keyset_find(&account->generations, names->generation);
	uint64_t had = at == KEYSET_NONE ? 0 : account->read[at];
	uint64_t left = had < charge->rows_most ? charge->rows_most - had : 0;

	return charge->rows < left ? charge->rows : left;
}

static bool
is_over(uint64_t used, uint64_t asked, uint64_t limit)
{
	return limit > 0 && asked > 0 &&
	    (asked > limit || used > limit - asked);
}

static struct err
over(struct audit_over *out, enum audit_limit limit, uint64_t used,
    uint64_t asked)
{
	out->limit = limit;
	out->used = used;
	out->asked = asked;
	return ERR(DENIED, "account: over a limit");
}

/* One that was not met yet has a sum of nothing, if there is room for it. */
static struct err
check_sum(const struct account *account, const uint8_t name[KEYSET_LEN],
    const struct limits *limits, const struct record_charge *due,
    uint64_t now_s, struct audit_over *out)
{
	static const struct sum nothing;
	uint32_t at = keyset_find(&account->names, name);
	const struct sum *sum =
	    at == KEYSET_NONE ? &nothing : &account->sums[at];
	uint64_t requests = in_last_minute(sum, now_s);

	if (limits->rows_per_day == 0 && limits->bytes_per_day == 0 &&
	    limits->requests_per_minute == 0)
		return OK;
	if (at == KEYSET_NONE && account->names.num == account->names.max)
		return over(out, AUDIT_LIMIT_ROOM, account->names.num, 1);
	if (is_over(requests, 1, limits->requests_per_minute)) {
		out->retry_after_s =
		    wait_for_room(sum, limits->requests_per_minute, now_s);
		return over(out, AUDIT_LIMIT_REQUESTS, requests, 1);
	}
	if (is_over(sum->rows, due->rows, limits->rows_per_day))
		return over(out, AUDIT_LIMIT_ROWS, sum->rows, due->rows);
	if (is_over(sum->bytes, due->bytes, limits->bytes_per_day))
		return over(out, AUDIT_LIMIT_BYTES, sum->bytes, due->bytes);
	return OK;
}

struct err
account_check(struct account *account, const struct record_charged *charged,
    const struct audit_limits *limits, uint64_t now_s,
    struct audit_over *out_over)
{
	struct record_charge due = charged->charge;
	struct audit_over found = {.each = false};
	struct names names;

	TRY(make_names(&names, charged));
	turn_to(account, due.day, now_s);
	due.rows = rows_due(account, &names, &charged->charge);
	found.day = account->day;
	struct err err = check_sum(
	    account, names.sums[ALL], &limits->all, &due, now_s, &found);
	if (err.code == ERR_OK) {
		found.each = true;
		err = check_sum(account, names.sums[EACH], &limits->each, &due,
		    now_s, &found);
	}
	if (err.code == ERR_DENIED)
		*out_over = found;
	return err;
}

static uint32_t
add_rows(struct account *account, const struct names *names, uint64_t rows)
{
	if (rows == 0)
		return KEYSET_NONE;
	uint32_t num = account->generations.num;
	uint32_t at = keyset_add(&account->generations, names->generation);
	if (at == num)
		account->read[at] = 0;
	if (at != KEYSET_NONE)
		account->read[at] += rows;
	return at;
}

struct err
account_add(struct account *account, const struct record_charged *charged,
    uint64_t now_s, struct account_mark *out_mark)
{
	const struct record_charge *charge = &charged->charge;
	struct names names;

	TRY(make_names(&names, charged));
	turn_to(account, charge->day, now_s);
	struct account_mark mark = {.day = account->day,
	    .bytes = charge->bytes,
	    .rows = rows_due(account, &names, charge)};
	mark.read = add_rows(account, &names, mark.rows);
	for (size_t i = 0; i < 2; i++) {
		uint32_t num = account->names.num;
		mark.sums[i] = keyset_add(&account->names, names.sums[i]);
		if (mark.sums[i] == KEYSET_NONE)
			continue;
		struct sum *sum = &account->sums[mark.sums[i]];
		if (mark.sums[i] == num)
			*sum = (struct sum){.rows = 0};
		sum->bytes += mark.bytes;
		sum->rows += mark.rows;
		mark.seconds[i] = count_request(sum, now_s);
	}
	*out_mark = mark;
	return OK;
}

struct err
account_use(const struct account *account, const struct audit_use *use,
    uint64_t now_s, struct audit_used *out)
{
	struct audit_used used = {
	    .day = use->day > account->day ? use->day : account->day};
	uint8_t name[KEYSET_LEN];

	TRY(make_sum(
	    name, use->agreement, use->caller.len > 0 ? &use->caller : NULL));
	uint32_t at = keyset_find(&account->names, name);
	if (at != KEYSET_NONE) {
		const struct sum *sum = &account->sums[at];

		/* Of a day that has begun nothing was charged yet. */
		if (used.day == account->day) {
			used.rows = sum->rows;
			used.bytes = sum->bytes;
		}
		used.requests = in_last_minute(sum, now_s);
	}
	*out = used;
	return OK;
}

void
account_undo(struct account *account, const struct account_mark *mark)
{
	/* Of a day that is over nothing counts any more. */
	if (mark->day != account->day)
		return;
	if (mark->read != KEYSET_NONE)
		account->read[mark->read] -= mark->rows;
	for (size_t i = 0; i < 2; i++) {
		if (mark->sums[i] == KEYSET_NONE)
			continue;
		struct sum *sum = &account->sums[mark->sums[i]];
		sum->bytes -= mark->bytes;
		sum->rows -= mark->rows;
		uncount_request(sum, mark->seconds[i]);
	}
}

/* --- To keep, and to begin with --- */

/* Of each second of the last minute in which somebody asked. */
static struct err
put_requests(const struct sum *sum, uint64_t now_s, struct buf *out)
{
	size_t at = out->len;

	TRY(buf_put_u8(out, 0)); /* until it is known how many */
	for (uint64_t i = 0; i < SECONDS && i <= sum->newest_s; i++) {
		uint64_t second = sum->newest_s - i;
		uint32_t num = in_second(sum, second, now_s);
		if (num == 0)
			continue;
		TRY(buf_put_u8(
		    out, (uint8_t)(second < now_s ? now_s - second : 0)));
		TRY(buf_put_u32be(out, num));
		out->data[at]++;
	}
	return OK;
}

struct err
account_put(const struct account *account, uint64_t now_s, struct buf *out)
{
	static_assert(
	    ACCOUNT_PUT_SUM == KEYSET_LEN + 8 + 8 + 1 + SECONDS * (1 + 4) &&
		ACCOUNT_PUT_READ == KEYSET_LEN + 8,
	    "what is put of each");

	TRY(buf_put_u64be(out, account->day));
	TRY(buf_put_u32be(out, account->names.num));
	for (uint32_t i = 0; i < account->names.num; i++) {
		TRY(keyset_put_key(&account->names, i, out));
		TRY(buf_put_u64be(out, account->sums[i].bytes));
		TRY(buf_put_u64be(out, account->sums[i].rows));
		TRY(put_requests(&account->sums[i], now_s, out));
	}
	TRY(buf_put_u32be(out, account->generations.num));
	for (uint32_t i = 0; i < account->generations.num; i++) {
		TRY(keyset_put_key(&account->generations, i, out));
		TRY(buf_put_u64be(out, account->read[i]));
	}
	return OK;
}

static struct err
take_requests(struct sum *sum, uint64_t then_s, struct span *in)
{
	uint32_t num;
	uint8_t left, age;

	sum->newest_s = then_s;
	TRY(span_take_u8(in, &left));
	for (; left > 0; left--) {
		TRY(span_take_u8(in, &age));
		TRY(span_take_u32be(in, &num));
		if (age >= SECONDS)
			return ERR(MALFORMED, "account: of another minute");
		/* The clock may have begun after that second. */
		if (age <= then_s)
			sum->requests[(then_s - age) % SECONDS] = num;
	}
	return OK;
}

static struct err
take_sum(struct account *account, uint64_t then_s, struct span *in)
{
	struct sum *sum = &account->sums[account->names.num];

	if (account->names.num == account->names.max)
		return ERR(MALFORMED, "account: more sums than have a place");
	TRY(keyset_take_key(&account->names, in));
	*sum = (struct sum){.bytes = 0};
	TRY(span_take_u64be(in, &sum->bytes));
	TRY(span_take_u64be(in, &sum->rows));
	return take_requests(sum, then_s, in);
}

struct err
account_take(struct account *account, uint64_t then_s, struct span *in)
{
	uint32_t num;

	TRY(span_take_u64be(in, &account->day));
	TRY(span_take_u32be(in, &num));
	for (; num > 0; num--)
		TRY(take_sum(account, then_s, in));
	TRY(span_take_u32be(in, &num));
	for (; num > 0; num--) {
		uint32_t number = account->generations.num;
		TRY(keyset_take_key(&account->generations, in));
		TRY(span_take_u64be(in, &account->read[number]));
	}
	return OK;
}
