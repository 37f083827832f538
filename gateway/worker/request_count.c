#include "gateway/worker/request_count.h"

#include "gateway/base/sysio.h"
#include "gateway/metric/metric.h"
#include "gateway/worker/compose.h"

void
request_count_sent(struct request *r)
{
	if (r->reply.slot == NULL)
		return;
	metric_add(METRIC_DELIVERED, r->reply.body_sent - r->counted);
	r->counted = r->reply.body_sent;
}

static unsigned
operation_of(const struct request *r)
{
	if (r->health != NULL)
		return METRIC_OPERATION_HEALTH;
	return r->routed ? (unsigned)r->route.op : METRIC_OPERATION_NONE;
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

static unsigned
kind_of(enum s3_op op)
{
	switch (op) {
	case S3_OP_GET_OBJECT:
		return METRIC_KIND_READ;
	case S3_OP_LIST_BUCKETS:
	case S3_OP_LIST_OBJECTS_V1:
	case S3_OP_LIST_OBJECTS_V2:
	case S3_OP_LIST_OBJECT_VERSIONS:
		return METRIC_KIND_LIST;
	case S3_OP_HEAD_BUCKET:
	case S3_OP_GET_BUCKET_LOCATION:
	case S3_OP_HEAD_OBJECT:
	case S3_OP_GET_OBJECT_ATTRIBUTES:
	case S3_OP_WRITE:
		break;
	}
	return METRIC_KIND_OTHER;
}

/* Of what was no request for anything of S3, times tell nothing. */
static void
count_times(const struct request *r)
{
	if (!r->routed)
		return;
	unsigned kind = kind_of(r->route.op);
	if (r->reply.first_us != 0)
		metric_observe(
		    METRIC_FIRST_BYTE, kind, r->reply.first_us - r->begun_us);
	metric_observe(
	    METRIC_REQUEST_TIME, kind, sysio_monotonic_us() - r->begun_us);
}

void
request_count_ended(const struct request *r)
{
	unsigned class = class_of(r);
	bool failed = class == METRIC_CLASS_4XX || class == METRIC_CLASS_5XX;

	metric_count(
	    METRIC_REQUESTS + operation_of(r) * METRIC_NUM_CLASS + class);
	if (failed && r->error != S3_ERR_NONE)
		metric_count(METRIC_ERRORS + r->error);
	if (r->source.head->refused != 0)
		metric_count(METRIC_HEADS + head_of(r->source.head->refused));
	if (!r->reply.ended || r->cut)
		metric_count(METRIC_CUTS +
		    (r->cut ? METRIC_PARTY_GATE : METRIC_PARTY_CLIENT));
	count_times(r);
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
