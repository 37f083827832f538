#include "gateway/worker/request_count.h"

#include "gateway/metric/metric.h"
#include "gateway/worker/compose.h"

static uint64_t
since_us(const struct request *r)
{
	return (uint64_t)(r->service->now_ms - r->begun_ms) * 1000;
}

/* False: of what was no request for anything of S3, times tell nothing. */
static bool
kind_of(const struct request *r, unsigned *out)
{
	if (r->operation >= METRIC_OPERATION_HEALTH)
		return false;
	switch ((enum s3_op)r->operation) {
	case S3_OP_GET_OBJECT:
		*out = METRIC_KIND_READ;
		return true;
	case S3_OP_LIST_BUCKETS:
	case S3_OP_LIST_OBJECTS_V1:
	case S3_OP_LIST_OBJECTS_V2:
	case S3_OP_LIST_OBJECT_VERSIONS:
		*out = METRIC_KIND_LIST;
		return true;
	case S3_OP_HEAD_BUCKET:
	case S3_OP_GET_BUCKET_LOCATION:
	case S3_OP_HEAD_OBJECT:
	case S3_OP_GET_OBJECT_ATTRIBUTES:
	case S3_OP_WRITE:
		break;
	}
	*out = METRIC_KIND_OTHER;
	return true;
}

void
request_count_sent(struct request *r)
{
	unsigned kind;

	if (r->reply.started && !r->counted_first) {
		r->counted_first = true;
		if (kind_of(r, &kind))
			metric_observe(METRIC_FIRST_BYTE, kind, since_us(r));
	}
	if (r->reply.slot == NULL)
		return;
	metric_add(METRIC_DELIVERED, r->reply.body_sent - r->counted);
	r->counted = r->reply.body_sent;
}

static unsigned
class_of(const struct request *r)
{
	if (!r->reply.started)
		return METRIC_CLASS_NONE;
	switch (r->reply.status / 100) {
	case 2:
		return METRIC_CLASS_2XX;
	case 3:
		return METRIC_CLASS_3XX;
	case 4:
		return METRIC_CLASS_4XX;
	default:
		return METRIC_CLASS_5XX;
	}
}

static unsigned
head_of(unsigned refused)
{
	switch (refused) {
	case 414:
		return METRIC_HEAD_414;
	case 417:
		return METRIC_HEAD_417;
	case 431:
		return METRIC_HEAD_431;
	case 501:
		return METRIC_HEAD_501;
	case 505:
		return METRIC_HEAD_505;
	default:
		return METRIC_HEAD_400;
	}
}

void
request_count_ended(const struct request *r)
{
	unsigned class = class_of(r), kind;
	bool failed = class == METRIC_CLASS_4XX || class == METRIC_CLASS_5XX;

	metric_count(METRIC_REQUESTS + r->operation * METRIC_NUM_CLASS + class);
	if (failed && r->error != S3_ERR_NONE)
		metric_count(METRIC_ERRORS + r->error);
	if (r->source.head->refused != 0)
		metric_count(METRIC_HEADS + head_of(r->source.head->refused));
	if (!r->reply.ended || r->cut)
		metric_count(METRIC_CUTS +
		    (r->cut ? METRIC_PARTY_GATE : METRIC_PARTY_CLIENT));
	if (kind_of(r, &kind))
		metric_observe(METRIC_REQUEST_TIME, kind, since_us(r));
}

void
request_count_handshake(struct err why)
{
	unsigned how = METRIC_HANDSHAKE_SYSTEM;

	if (why.code == ERR_CLOSED || why.code == ERR_IO)
		how = METRIC_HANDSHAKE_LEFT;
	else if (why.code == ERR_CRYPTO)
		how = METRIC_HANDSHAKE_PROTOCOL;
	else if (why.code == ERR_DENIED)
		how = METRIC_HANDSHAKE_CERTIFICATE;
	metric_count(METRIC_HANDSHAKES + how);
}
