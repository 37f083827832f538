#ifndef GATEHOUSE_LIMITS_H
#define GATEHOUSE_LIMITS_H

#include <stdint.h>

/*
 * limits: the named cap of everything that a client, a dataset or a peer can
 * make grow. One block per part; sizes in bytes unless the name says other.
 */

/* http, s3: what one request may be. */
enum {
	HTTP_MAX_HEAD = 16 * 1024, /* request line and headers, ends included */
	HTTP_MAX_TARGET = 4 * 1024, /* the request target */
	HTTP_MAX_HEADERS = 64,	    /* header lines, a count */
	S3_MAX_PARAMS = 24,	    /* query parameters, a count */
	S3_MAX_KEY = 1024,	    /* an object key, decoded, as in S3 */
	S3_MAX_LIST = 1000,	    /* keys in one page of a listing, a count */
	S3_MAX_TOKEN = 4 * 1024,    /* a continuation token, as sent */
	S3_MAX_OVERRIDE = 1024,	    /* a response- parameter, decoded */
	S3_MAX_XML = 4 * 1024 * 1024, /* one XML answer */
	S3_MAX_CANONICAL = 32 * 1024, /* a canonical request */
	TLS_MAX_WRITE = 144 * 1024,   /* sealed bytes that go in one send */
};

/* ledger: what the log may be, and what one commit may hold. */
enum {
	LEDGER_MAX_COMPLETION = 7168, /* a complete or interrupted record */
	LEDGER_MAX_OPEN = 12288,      /* intents without completion, a count */
	LEDGER_MAX_REQUEST = 64,      /* a request's id in a record */
	LEDGER_MAX_BATCH = 1024 * 1024, /* the entries of one commit */
	LEDGER_MAX_BATCH_NUM = 1024,	/* and how many they are */
	LEDGER_MAX_UNPUBLISHED = 32768, /* entries after the checkpoint */
	LEDGER_JOURNAL =
	    64 * 1024 * 1024,	  /* the journal, made at first start */
	LEDGER_LAZY_MS = 20,	  /* a completion waits as long for company */
	LEDGER_PUBLISH_MS = 1000, /* a record waits as long for a checkpoint */
	LEDGER_SUMMARY_EVERY = 16384, /* entries; what a start has to read */
};

/* pipe, record: what a source may be, and how much of it is worked on. */
enum {
	BATCH_MAX_ROWS = 512, /* rows in one batch, a count */
	/* From one column's cells to the next one's. A power of two would put
	   the cells of a row in one set of a cache, which holds few. */
	BATCH_STRIDE = BATCH_MAX_ROWS + 4,
	CSV_MAX_FIELDS = 4096,	      /* fields in one record, a count */
	CSV_MAX_FIELD = 256 * 1024,   /* one field, as it is written */
	CSV_MAX_RECORD = 1024 * 1024, /* one record, without its line end */
	CSV_MAX_BLOCK = 1024 * 1024,  /* what is read at once */
};

/*
 * ipc: what waits for a peer that is slow. While the auditor syncs, each open
 * request may leave a completion and the next intent behind.
 */
enum {
	CHANNEL_HELD = 64,	 /* frames that wait for a flush */
	CHANNEL_PATIENT_MS = 20, /* what can wait does, as long, for company */
	CHANNEL_MAX_QUEUE = 16 * 1024,		  /* frames, a count */
	CHANNEL_MAX_QUEUE_LEN = 32 * 1024 * 1024, /* bytes of their bodies */
};

/*
 * fill: how a mill shows that it is at work. What it reads counts like what it
 * writes: a file of which nothing may leave is read to its end as well.
 */
enum {
	FILL_PROGRESS_BYTES = 256 * 1024,  /* written between two reports, */
	FILL_READ_BYTES = 4 * 1024 * 1024, /* or read */
	FILL_STALL_MS = 120 * 1000, /* without a report; then it is ended */
};

/*
 * pipe: what a compressed source may be. Tables shrink to a tenth, dull ones to
 * a hundredth; gzip can stand for 1,029 times its bytes, zstd for 32,642 times.
 * So a source may swell 200 times, and a short one by 8 MiB above that, which
 * is what a bomb costs. What is read of it at once counts when it is read.
 */
enum {
	UNPACK_BLOCK = 32 * 1024,      /* what is read at once */
	UNPACK_FREE = 8 * 1024 * 1024, /* what any source may become */
	UNPACK_RATIO = 200,	 /* and what each of its bytes may, more */
	UNPACK_WINDOW_LOG = 23,	 /* of zstd: RFC 8878 s.3.1.1.1.2 */
	PACK_BLOCK = 128 * 1024, /* what is compressed at once */
};
#define UNPACK_MAX (UINT64_C(5) << 40) /* 5 TiB, as an S3 object */

/* record: JSON Lines; what is read at once is as for CSV. */
enum {
	JSONL_MAX_RECORD = 1024 * 1024, /* one line, without its end */
	JSONL_MAX_STRING = 256 * 1024,	/* one string, name or number */
	JSONL_MAX_DEPTH = 64, /* objects and arrays in each other, a count */
	JSONL_MAX_PLACES = 64 * 1024, /* delivered values, objects and arrays
					 of one record, a count */
	JSONL_MAX_NAMES = 64 * 1024,  /* members of the objects that one value
					 lies in, a count */
	JSONL_MAX_NEW = 512,	      /* undeclared names that are counted */
};

/* base: log and loop. */
enum {
	LOG_MAX_LINE = 2048,	   /* one line, its end included */
	LOG_MAX_SOON = 4096,	   /* lines in one write: PIPE_BUF of Linux */
	LOG_MAX_VALUE = 256,	   /* one value, before it is escaped */
	LOG_REPORT_MS = 5000,	   /* for whoever reads a report */
	LOG_UNRECORDED_PER_S = 10, /* lines of a worker on requests that no
				      record shows, a count */
	LOOP_MAX_EVENTS = 64,	   /* descriptors told ready at once, a count */
	LOOP_PATIENT_US = 300,	   /* for a crowd in one step, at most */
};

/* origin: what a directory may hold, and the spool's names. */
enum {
	ORIGIN_MAX_KEY = 1024,	   /* a key, as S3_MAX_KEY */
	ORIGIN_MAX_NAME = 255,	   /* one segment of a key, as the kernel */
	ORIGIN_MAX_SEGMENTS = 32,  /* segments of a pattern, a count */
	ORIGIN_MAX_FILES = 100000, /* files of one listing, a count */
	ORIGIN_MAX_LIST = 64 * 1024 * 1024, /* the keys of one listing */
	SPOOL_MAX_META = 64 * 1024,	    /* what lies beside a slot */
	SPOOL_MAX_FOUND = 64 * 1024 * 1024, /* what a start notes of slots */
	SPOOL_MAX_WAIT_S = 50, /* for a cold object; under WORKER_ASK_MS */
};

/* worker: what clients together may hold, and for how long. */
enum {
	WORKER_MAX_CONNECTIONS = 4096, /* a count; fewer with few descriptors */
	WORKER_MAX_PER_ADDRESS = 1024, /* connections of one address, a count */
	WORKER_MAX_LISTENERS = 8,      /* a count */
	WORKER_MAX_HOSTS = 16, /* names for virtual-host style, a count */
	WORKER_MAX_REQUEST = 1024 * 1024, /* what one request may allocate */
	WORKER_HEAD_MS = 10 * 1000,	  /* handshake, and head once begun */
	WORKER_IDLE_MS = 60 * 1000,	  /* between requests */
	WORKER_ASK_MS = 60 * 1000,	  /* the keeper's answer */
	WORKER_STALL_MS = 120 * 1000,	/* a growing slot that does not grow */
	WORKER_MAX_UNSENT = 128 * 1024, /* sealed bytes in a socket, unsent */
	WORKER_RATE_MS = 30 * 1000,	/* how often the send rate is judged */
	WORKER_RATE_BYTES = 30 * 1024,	/* what must have gone out since then */
	WORKER_LINGER_MS = 2 * 1000,	/* unread body behind a refusal */
	WORKER_LINGER_BYTES = 1024 * 1024,
	WORKER_MAX_PAUSED = 64, /* handshakes that stand on a stack, a count */
};

/* tool: what others may make a command hold, or wait: a server that `open`
 * reads from, a pipe that gives or takes nothing. */
enum {
	TOOL_STALL_MS = 600 * 1000,
	FETCH_MAX_HELD = 256 * 1024, /* body that came and was not read yet */
	FETCH_MAX_REASON = 1024,     /* the gateway's sentence on a refusal */
	FETCH_MAX_ETAG = 128,
	FETCH_MAX_URL = 16 * 1024,
	FETCH_CONNECT_MS = 30 * 1000,
	FETCH_STALL_S = 120, /* without a byte; a fill may take its time */
	AWS_MAX_CREDENTIALS = 64 * 1024, /* the file of profiles */
};

#endif
