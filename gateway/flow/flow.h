#ifndef GATEHOUSE_FLOW_H
#define GATEHOUSE_FLOW_H

#include "gateway/flow/sink.h"
#include "gateway/transform/transform.h"

/*
 * flow: one file through one plan, source to sink, pulled in blocks:
 * read, unpack, decode, transform, encode, pack, encrypt, write. The mill and
 * the offline tool run the same one. The plaintext depends on the source's
 * bytes, the plan and the keys, never on how the bytes come in.
 *
 * Memory: what both compressions need, the decoder's block and record, one
 * batch in and one out, scratch for its texts, its encoding, one chunk: fixed
 * by the plan, not by the file.
 */
struct flow;

/* Secrets of the plan's columns. */
struct flow_keys {
	const uint8_t (*columns)[32]; /* one per column of the plan; read where
					 it delivers codes. NULL: no keys */
	uint32_t num_columns;
};

/* What the watcher is shown: a batch before and after, row by row. */
struct flow_view {
	const struct plan *plan;
	const struct batch *raw;
	const uint32_t *columns; /* per column of the plan its raw one, or
				    NO_INDEX */
	const struct batch *out;
	const uint8_t *verdicts;
};

struct flow_options {
	int in_fd; /* read from where it stands; borrowed */
	/* Of a plan with random codes (transform_set_codes). The sink waits
	   for them, too. */
	const struct codes *codes;
	const uint8_t *subject_key; /* 32 bytes; borrowed for the call */
	size_t block_len;	    /* bytes per read, 0: 256 KiB */
	struct sink_options sink;
	/* Sees every batch before it is written; NULL: nobody. It may end the
	   flow with an error. */
	struct err (*watch)(void *context, const struct flow_view *view);
	void *context;
};

struct flow_stats {
	struct transform_counts counts;
	struct sink_counts sink;
	uint64_t rows_read;	  /* without a header */
	uint64_t in_len;	  /* bytes read */
	uint32_t num_dropped;	  /* undeclared columns */
	uint32_t num_absent;	  /* columns delivered empty */
	uint64_t record;	  /* reached, from 1; what an error is about */
	uint8_t plain_sha256[32]; /* valid when flow_step said done */
};

/*
 * flow_new: nothing is read or written yet.
 *
 * out      owned by the caller; flow_free
 * plan     borrowed until flow_free
 * keys     borrowed for the call
 * options  borrowed for the call, but for the spans and pointers in it
 * Errors   NO_MEMORY; MALFORMED, UNSUPPORTED of transform_new; UNSUPPORTED: the
 *          plan was made for another compressor; UNAVAILABLE: a plan with
 * random codes, and nowhere to get them; CRYPTO
 */
MUST_USE struct err flow_new(struct flow **out, const struct plan *plan,
    const struct flow_keys *keys, const struct flow_options *options);
void flow_free(struct flow *flow); /* wipes; accepts NULL */

/*
 * flow_step: read one block, and write what comes of it.
 *
 * out_done  true: the source is at its end, and all is written
 * Errors    AGAIN: in_fd has nothing yet; it passes, everything else stays
 *           and nothing is written any more: MALFORMED, TRUNCATED, TOO_BIG of
 *           the source, packed or not, or a value that the plan refuses; IO,
 * NO_SPACE, CLOSED of the descriptors; CRYPTO, NO_MEMORY
 */
MUST_USE struct err flow_step(struct flow *flow, bool *out_done);

/* flow_counted: up to now; complete when the flow is done. */
void flow_counted(const struct flow *flow, struct flow_stats *out);

#endif
