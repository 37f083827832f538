#ifndef GATEHOUSE_ASK_H
#define GATEHOUSE_ASK_H

#include "gateway/base/tally.h"
#include "gateway/ipc/channel.h"

/*
 * ask: the seam between worker (client) and keeper (server). The worker names
 * each request by a frame id of its own, unique while it is open.
 *
 *   worker  ASK_READ      struct ask_request: once per request
 *   keeper  ASK_ANSWER    struct ask_answer, perhaps with one descriptor
 *   keeper  ASK_PART      items of a listing; the last part ends it
 *   keeper  ASK_PROGRESS  how far a growing slot is, after ASK_GROWING
 *   keeper  ASK_WITHDRAW  a grant is taken back: cut the response
 *   worker  ASK_DONE      struct ask_done: on every exit of a granted request
 *   worker  ASK_CANCEL    the client left before the answer came
 *   worker  ASK_REFUSALS  struct tally: what it refused without asking, by
 *                         where it came from; the frame's id is 0
 *
 * A granted answer (anything but ASK_REFUSED) comes only after the record of
 * the intent is on the disk. When this channel is lost the worker must cut
 * every response that a grant of it covers.
 *
 * sign: a second socket, so that a handshake never waits behind an answer:
 *
 *   worker  SIGN_DIGEST   u8 alg, then the input (crypto/tls_key.h)
 *   keeper  SIGN_RESULT   the signature; empty: refused
 */
enum ask_type {
	ASK_READ = 1,
	ASK_ANSWER,
	ASK_PART,
	ASK_PROGRESS,
	ASK_DONE,
	ASK_CANCEL,
	ASK_REFUSALS,
	SIGN_DIGEST,
	SIGN_RESULT,
	ASK_WITHDRAW,
};

enum {
	ASK_MAX_URI = 2048,
	ASK_MAX_CANONICAL = 32 * 1024,
	ASK_MAX_AUTHORIZATION = 4096,
	ASK_MAX_TEXT = 4096,
	ASK_MAX_HEADER = 16 * 1024, /* an age header */
	ASK_MAX_RANGES = 16,
	ASK_PART_MAX = 40 * 1024, /* bytes of items in one part */
	ASK_TRACE = 16,		  /* a trace id */
	/* a tally: u32 n, then n times a prefix and its count, then others */
	ASK_MAX_REFUSALS = 4 + TALLY_PLACES * (16 + 8) + 8,
};

/* Headers of a GET that say which part is wanted, and when; s3_range.h. */
enum ask_header {
	ASK_HEADER_RANGE,
	ASK_HEADER_IF_MATCH,
	ASK_HEADER_IF_NONE_MATCH,
	ASK_HEADER_IF_MODIFIED_SINCE,
	ASK_HEADER_IF_UNMODIFIED_SINCE,
	ASK_HEADER_IF_RANGE,
	NUM_ASK_HEADERS,
};

struct ask_request {
	uint8_t address[16]; /* the TCP peer; IPv4 as ::ffff:a.b.c.d */
	uint16_t port;
	struct span certificate;	/* URI SAN, verified; or empty */
	struct span certificate_digest; /* SHA-256 of its DER; or empty */
	struct span canonical;		/* gateway/s3/s3_canonical.h */
	struct span authorization;	/* header value; of a presigned URL
					   X-Amz-Signature; empty: unsigned */
	struct span trace; /* the trace id that the client claims; or empty */
	bool whole;	   /* a GET without Range, over HTTP/1.1: may follow a
			      growing slot in chunks */
	/* what is granted is what they say; data == NULL: not sent */
	struct span headers[NUM_ASK_HEADERS];
};

enum ask_kind {
	ASK_REFUSED = 1,
	ASK_BUCKETS, /* parts follow: names of buckets */
	ASK_BUCKET,  /* HeadBucket, GetBucketLocation: yes */
	ASK_LISTING, /* parts follow: keys and common prefixes */
	ASK_OBJECT,  /* one descriptor: the slot, read-only */
	ASK_GROWING, /* one descriptor: a slot being filled, read-only */
	NUM_ASK_KINDS,
};

/* Why not. The worker maps each to the S3 code that clients know. */
enum ask_refusal {
	ASK_ACCESS_DENIED = 1,
	ASK_INVALID_KEY_ID,
	ASK_BAD_SIGNATURE,
	ASK_TIME_SKEWED,
	ASK_BAD_AUTHORIZATION, /* malformed, or another region or service */
	ASK_BAD_REQUEST,       /* InvalidArgument, InvalidURI */
	ASK_NO_SUCH_KEY,
	ASK_WRITE,	     /* a write: 403 AccessDenied or 405 */
	ASK_NOT_IMPLEMENTED, /* 501 */
	ASK_LEDGER_AWAY,     /* 503 ServiceUnavailable: no record, no data */
	ASK_LEDGER_FULL,     /* 503 */
	ASK_ORIGIN_AWAY,     /* 503 */
	ASK_SLOW_DOWN,	     /* 503 SlowDown; ready, total, retry_after_s */
	ASK_BAD_SOURCE,	     /* 502: the file breaks its format or its plan */
	ASK_INTERNAL,	     /* 500 */
	ASK_BAD_QUERY,	     /* a presigned URL: malformed, another region */
	ASK_EXPIRED,	     /* a presigned URL: 403 AccessDenied */
	ASK_INVALID_TOKEN,   /* 400: a session token, and there are none */
	ASK_SEALED,	     /* 503: the root is not there */
	NUM_ASK_REFUSALS,
};

/* ask_refusal_name: a word for operators, e.g. "ledger-full". Static. */
const char *ask_refusal_name(enum ask_refusal refusal);

struct ask_answer {
	enum ask_kind kind;
	char request[17]; /* 16 hex digits and NUL; = x-amz-request-id */
	uint64_t record;  /* ledger index; UINT64_MAX: none */
	bool party; /* the bucket is an agreement, and it names the caller */
	/* ASK_REFUSED */
	enum ask_refusal refusal;
	struct span sentence; /* for parties: x-gatehouse-reason; or empty */
	uint32_t retry_after_s, num_ready, num_total;
	/* ASK_OBJECT, ASK_GROWING */
	bool age;	      /* encrypt: age, else tls */
	struct span header;   /* age: bytes to send before the payload */
	uint8_t file_key[16]; /* tls: opens the payload; wipe after use */
	uint64_t payload_at;  /* offset of the age payload in the slot */
	uint64_t payload_len; /* ASK_OBJECT: its bytes, nonce included */
	uint64_t bytes_most;  /* of body: what the record says may be sent */
	int64_t modified;     /* Unix time, s */
	char etag[37];	      /* with its quotes, and NUL */
	struct span sha256; /* of all delivered bytes, where known; or empty */
			    /* ASK_LISTING, ASK_BUCKETS: see struct ask_part */
};

enum ask_growth {
	ASK_GROWS,
	ASK_FULL,
	ASK_SPOILT
};

struct ask_progress {
	enum ask_growth growth;
	uint64_t payload_len; /* bytes of payload that may be read by now */
};

/* A part is: u8 last, u8 truncated, field token, u32 n, then n items. */
struct ask_item {
	bool prefix;
	struct span name, etag;
	uint64_t size;
	int64_t modified;
};

enum ask_outcome {
	ASK_DELIVERED = 1, /* every byte that was asked for was sent */
	ASK_CLIENT_LEFT,
	ASK_CUT,	  /* by us: time-out, a spoilt slot */
	ASK_NOT_MODIFIED, /* 304, 412, 416: no byte of data */
	ASK_HEAD_ONLY,
	NUM_ASK_OUTCOMES,
};

struct ask_range {
	uint64_t first, last; /* of the delivered object, inclusive */
};

struct ask_done {
	enum ask_outcome outcome;
	uint64_t bytes; /* of body, handed to the socket */
	struct ask_range ranges[ASK_MAX_RANGES];
	uint32_t num_ranges;
};

/*
 * The codecs. Put: errors TOO_BIG, NO_MEMORY. Take: MALFORMED, TRUNCATED,
 * TOO_BIG; spans point into `body`.
 */
MUST_USE struct err ask_put_request(
    struct buf *out, const struct ask_request *request);
MUST_USE struct err ask_take_request(struct ask_request *out, struct span body);
MUST_USE struct err ask_put_answer(
    struct buf *out, const struct ask_answer *answer);
MUST_USE struct err ask_take_answer(struct ask_answer *out, struct span body);
MUST_USE struct err ask_put_progress(
    struct buf *out, const struct ask_progress *progress);
MUST_USE struct err ask_take_progress(
    struct ask_progress *out, struct span body);
MUST_USE struct err ask_put_done(struct buf *out, const struct ask_done *done);
MUST_USE struct err ask_take_done(struct ask_done *out, struct span body);
MUST_USE struct err ask_put_refusals(
    struct buf *out, const struct tally *refusals);
MUST_USE struct err ask_take_refusals(struct tally *out, struct span body);
MUST_USE struct err ask_put_item(struct buf *out, const struct ask_item *item);
MUST_USE struct err ask_take_item(struct span *in, struct ask_item *out);

struct ask_part {
	bool last;
	bool truncated;	   /* on the last part */
	struct span token; /* on the last part, when truncated */
	uint32_t num_items;
	struct span items; /* read with ask_take_item */
};
MUST_USE struct err ask_put_part(struct buf *out, const struct ask_part *part);
MUST_USE struct err ask_take_part(struct ask_part *out, struct span body);

#endif
