#ifndef GATEHOUSE_LIMITS_H
#define GATEHOUSE_LIMITS_H

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
	S3_MAX_XML = 4 * 1024 * 1024, /* one XML answer */
	S3_MAX_CANONICAL = 32 * 1024, /* a canonical request */
	TLS_MAX_WRITE = 128 * 1024, /* writes gathered before they are sealed */
};

/* ledger: what the log may be, and what one commit may hold. */
enum {
	LEDGER_MAX_COMPLETION = 3072, /* a complete or interrupted record */
	LEDGER_MAX_OPEN = 12288,      /* intents without completion, a count */
	LEDGER_MAX_REQUEST = 64,      /* a request's id in a record */
	LEDGER_MAX_BATCH = 1024 * 1024, /* the entries of one commit */
	LEDGER_MAX_BATCH_NUM = 1024,	/* and how many they are */
	LEDGER_MAX_UNPUBLISHED = 32768, /* entries after the checkpoint */
	LEDGER_JOURNAL =
	    64 * 1024 * 1024,	  /* the journal, made at first start */
	LEDGER_PUBLISH_MS = 1000, /* a record waits as long for a checkpoint */
};

/* pipe, record: what a source may be, and how much of it is worked on. */
enum {
	BATCH_MAX_ROWS = 512,		 /* rows in one batch, a count */
	CSV_MAX_FIELDS = 4096,		 /* fields in one record, a count */
	CSV_MAX_FIELD = 256 * 1024,	 /* one field, as it is written */
	CSV_MAX_RECORD = 1024 * 1024,	 /* one record, without its line end */
	CSV_MAX_BLOCK = 1024 * 1024,	 /* what is read at once */
};

#endif
