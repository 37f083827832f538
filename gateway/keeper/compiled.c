#include "gateway/keeper/compiled.h"

#include "crypto/hash.h"
#include "gateway/base/sysio.h"
#include "gateway/keeper/record_terms.h"
#include "gateway/keeper/seeds.h"
#include "gateway/pipe/pack_name.h"

struct err
compiled_build(struct compiled *c, const struct policy *policy,
    uint32_t agreement, uint32_t epoch)
{
	time_t now = (time_t)(sysio_wall_ns() / 1000000000);
	struct tm date;

	if (gmtime_r(&now, &date) == NULL)
		return ERR(IO, "keeper: no date");
	uint16_t year = (uint16_t)(date.tm_year + 1900);
	if (c->year == year)
		return OK;
	arena_done(&c->arena);
	arena_init(&c->arena, KEEPER_ARENA);
	c->bytes.max = FILL_MAX_PLAN;
	buf_reset(&c->bytes);
	c->year = 0;
	TRY(plan_build(&c->plan, &c->arena, policy, agreement, year, epoch));
	c->plan.compressor = pack_name(c->plan.compression);
	TRY(plan_encode(&c->bytes, &c->plan));
	TRY(hash_sha256(c->digest, buf_span(&c->bytes)));
	c->year = year;
	return OK;
}

/* The epoch is taken here, and nowhere else: what a mill writes, a slot is
 * named by and a record says is that of the plan. */
struct err
compiled_get(struct keeper *k, uint32_t agreement, struct compiled **out)
{
	const struct scope_entry *entry =
	    seeds_of(k->seeds, &k->policy, agreement);
	struct compiled *c = &k->compiled[agreement];

	TRY(compiled_build(
	    c, &k->policy, agreement, entry != NULL ? entry->epoch : 0));
	*out = c;
	return OK;
}

struct err
compiled_columns(
    struct keeper *k, uint32_t agreement, struct record_columns *out)
{
	struct buf *columns = &k->compiled[agreement].columns;

	if (columns->len == 0) {
		columns->max = RECORD_MAX;
		struct err err =
		    record_terms_columns(columns, &k->policy, agreement);
		if (err.code != ERR_OK) {
			buf_reset(columns);
			return err;
		}
	}
	*out = (struct record_columns){.written = buf_span(columns)};
	return OK;
}
