#include "gateway/ipc/load.h"

uint64_t
load_id(uint8_t role, uint32_t index)
{
	return (uint64_t)role << 32 | index;
}

uint8_t
load_role(uint64_t id)
{
	return (uint8_t)(id >> 32);
}

uint32_t
load_index(uint64_t id)
{
	return (uint32_t)id;
}

struct err
load_put_plan(struct buf *out, const struct load_plan *plan)
{
	TRY(buf_put_u32be(out, plan->num_origins));
	TRY(buf_put_u32be(out, plan->num_mills));
	TRY(buf_put_u32be(out, plan->num_workers));
	TRY(buf_put_u32be(out, plan->num_consoles));
	TRY(buf_put_u32be(out, plan->drain_s));
	TRY(buf_put_u32be(out, plan->stop_s));
	TRY(buf_put_bool(out, plan->sealed));
	TRY(buf_put_bool(out, plan->edited));
	TRY(buf_put_bool(out, plan->unproven));
	return buf_append(out, span_of(plan->lasting, sizeof(plan->lasting)));
}

struct err
load_take_plan(struct load_plan *out, struct span body)
{
	struct load_plan plan;
	struct span lasting;

	TRY(span_take_u32be(&body, &plan.num_origins));
	TRY(span_take_u32be(&body, &plan.num_mills));
	TRY(span_take_u32be(&body, &plan.num_workers));
	TRY(span_take_u32be(&body, &plan.num_consoles));
	TRY(span_take_u32be(&body, &plan.drain_s));
	TRY(span_take_u32be(&body, &plan.stop_s));
	TRY(span_take_bool(&body, &plan.sealed));
	TRY(span_take_bool(&body, &plan.edited));
	TRY(span_take_bool(&body, &plan.unproven));
	TRY(span_take(&body, &lasting, sizeof(plan.lasting)));
	TRY(span_end(body));
	memcpy(plan.lasting, lasting.data, sizeof(plan.lasting));
	*out = plan;
	return OK;
}
