#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/age_header.h"
#include "crypto/age_key.h"
#include "crypto/age_open.h"
#include "gateway/tool/data_verbs.h"
#include "gateway/tool/open_source.h"
#include "gateway/tool/options.h"
#include "gateway/tool/out_file.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	EXIT_DENIED = 6,
	EXIT_NOT_VERIFIED = 7,
	EXIT_TRY_AGAIN = 75,
	MAX_IDENTITIES = 16,
	MAX_LINE = 256,
	BLOCK = 64 * 1024,
	FRONT_MAX = AGE_HEADER_MAX + AGE_NONCE,
	FRONT =
	    4096, /* of a server: the header of 41 recipients, and a nonce */
};

struct job {
	const char *identity_path, *out_path;
	char *in; /* NULL: standard input */
	struct open_source_options options;
	uint8_t identities[MAX_IDENTITIES][32];
	size_t num_identities;
	bool ranged;
	uint64_t first, last; /* bytes of plaintext, both included */
	uint64_t at;	      /* bytes of plaintext that came by */
	struct open_source source;
	struct out_file out;
};

static const uint8_t (*identities_of(const struct job *job))[32]
{
	return (const uint8_t(*)[32])job->identities;
}

/* Lines of AGE-SECRET-KEY-1..., comments, and empty lines. */
static struct err
read_identities(struct job *job)
{
	FILE *file = fopen(job->identity_path, "re");
	char line[MAX_LINE];
	struct err err = OK;

	if (file == NULL)
		return ERR(USAGE, "the identity file cannot be read");
	while (err.code == ERR_OK && fgets(line, sizeof(line), file) != NULL) {
		struct span text = span_of(line, strcspn(line, "\r\n"));

		if (text.len == 0 || line[0] == '#')
			continue;
		if (job->num_identities == MAX_IDENTITIES)
			err = ERR(USAGE, "too many identities");
		else if (age_identity_parse(
			     job->identities[job->num_identities++], text)
			     .code != ERR_OK)
			err = ERR(USAGE, "the identity file is not one");
	}
	OPENSSL_cleanse(line, sizeof(line));
	(void)fclose(file);
	if (err.code == ERR_OK && job->num_identities == 0)
		return ERR(USAGE, "the identity file holds no identity");
	return err;
}

/* --- From the front: all of it, or what lies in the range -------------- */

static struct err
write_plain(struct job *job, struct span plain)
{
	uint64_t from = job->at, to = job->at + plain.len;

	job->at = to;
	if (!job->ranged)
		return out_file_write(&job->out, plain);
	if (from > job->last || to <= job->first)
		return OK;
	size_t skip = from < job->first ? (size_t)(job->first - from) : 0;
	size_t cut = to > job->last + 1 ? (size_t)(to - job->last - 1) : 0;
	return out_file_write(
	    &job->out, span_sub(plain, skip, plain.len - skip - cut));
}

static struct err
feed_all(struct job *job, struct age_open *open)
{
	static uint8_t block[BLOCK];
	struct span in, plain;
	size_t len = 1;

	TRY(open_source_whole(&job->source));
	while (len > 0) {
		TRY(open_source_read(&job->source, block, sizeof(block), &len));
		in = span_of(block, len);
		while (in.len > 0) {
			TRY(age_open_feed(open, &in, &plain));
			TRY(write_plain(job, plain));
		}
	}
	TRY(age_open_finish(open, &plain));
	TRY(write_plain(job, plain));
	if (job->ranged && job->at <= job->first)
		return ERR(NOT_FOUND, "the range begins after the end");
	return OK;
}

static struct err
open_all(struct job *job)
{
	struct age_open *open;
	struct err err;

	TRY(age_open_new(&open, identities_of(job), job->num_identities));
	err = feed_all(job, open);
	age_open_free(open);
	return err;
}

/* --- Only what the range needs ----------------------------------------- */

/* The next chunk of a part that has begun. */
static struct err
open_chunk(struct job *job, struct age_stream *stream,
    const struct age_place *place, uint8_t *bytes)
{
	size_t len;

	TRY(open_source_fill(&job->source, bytes, place->sealed_len, &len));
	if (len != place->sealed_len)
		return ERR(TRUNCATED, "the object ends too early");
	return age_stream_open(stream, place->chunk, place->last,
	    span_of(bytes, place->sealed_len), bytes);
}

/* Chunks lie one behind the other, so they come as one part. */
static struct err
write_chunks(struct job *job, struct age_stream *stream, uint64_t start,
    uint64_t plain_len)
{
	static uint8_t bytes[AGE_CHUNK + AGE_TAG];
	struct age_place from, to;

	if (job->last >= plain_len)
		job->last = plain_len - 1;
	TRY(age_place_of(&from, plain_len, job->first));
	TRY(age_place_of(&to, plain_len, job->last));
	TRY(open_source_part(&job->source, start + from.offset,
	    to.offset + to.sealed_len - from.offset));
	job->at = job->first - from.skip;
	while (job->at <= job->last) {
		TRY(age_place_of(&from, plain_len, job->at));
		TRY(open_chunk(job, stream, &from, bytes));
		TRY(write_plain(
		    job, span_of(bytes, from.sealed_len - AGE_TAG)));
	}
	return OK;
}

static struct err
write_range(struct job *job, struct age_stream *stream, uint64_t start)
{
	static uint8_t bytes[AGE_CHUNK + AGE_TAG];
	struct age_place place;
	uint64_t plain_len;

	/* The last chunk opens as the last: so the length is true. */
	TRY(age_place_last(&place, job->source.len - start, &plain_len));
	TRY(open_source_part(
	    &job->source, start + place.offset, place.sealed_len));
	TRY(open_chunk(job, stream, &place, bytes));
	if (job->first >= plain_len)
		return ERR(NOT_FOUND, "the range begins after the end");
	return write_chunks(job, stream, start, plain_len);
}

/* The header, which tells its length only when it is there. */
static struct err
open_front(struct job *job, size_t max_len, struct age_stream **stream,
    uint64_t *out_start)
{
	static uint8_t front[FRONT_MAX];
	struct span in;
	size_t len;

	TRY(open_source_part(&job->source, 0, max_len));
	TRY(open_source_fill(&job->source, front, max_len, &len));
	if (len > job->source.len)
		return ERR(MALFORMED, "the object is longer than was said");
	in = span_of(front, len);
	struct err err = age_open_start(
	    &in, stream, identities_of(job), job->num_identities);
	if (err.code == ERR_TRUNCATED && max_len < FRONT_MAX && len == max_len)
		return open_front(job, FRONT_MAX, stream, out_start);
	TRY(err);
	/* The payload counts from its nonce. */
	*out_start = len - in.len - AGE_NONCE;
	return OK;
}

static struct err
open_range(struct job *job)
{
	struct age_stream *stream = NULL;
	uint64_t start;

	TRY(open_front(job, FRONT, &stream, &start));
	struct err err = write_range(job, stream, start);
	age_stream_free(stream);
	return err;
}

/* --- The command ------------------------------------------------------- */

static struct err
take_range(void *into, const char *text)
{
	struct job *job = into;
	struct span in = span_str(text), first = {0}, last = {0};

	job->ranged = span_take_until(&in, &first, '-') &&
	    span_take_until(&in, &last, '-') && in.data == NULL &&
	    span_u64(first, &job->first, AGE_PLAIN_MAX).code == ERR_OK &&
	    span_u64(last, &job->last, AGE_PLAIN_MAX).code == ERR_OK &&
	    job->first <= job->last;
	return job->ranged
	    ? OK
	    : ERR(USAGE, "no FIRST-LAST, which are bytes from 0 on");
}

static int
parse(struct job *job, int argc, char **argv)
{
	struct fetch_options *fetch = &job->options.fetch;
	struct options options = {
	    .usage = "open -i IDENTITY-FILE [--range FIRST-LAST] [-o OUT] "
		     "[IN]\n"
		     "       IN: a file, - or s3://BUCKET/KEY, https://..., "
		     "@FILE with one of these in it\n"
		     "       [--endpoint https://HOST[:PORT]] [--ca FILE] "
		     "[--cert FILE [--cert-key FILE]] [--env-proxy]",
	    .rows = {{"identity", 'i', .text = &job->identity_path},
		{"output", 'o', .text = &job->out_path},
		{"range", .take = take_range, .into = job},
		{"endpoint", .text = &job->options.endpoint},
		{"ca", .text = &fetch->ca},
		{"cert", .text = &fetch->certificate},
		{"cert-key", .text = &fetch->key},
		{"env-proxy", .flag = &fetch->environment_proxy}},
	    .most = 1,
	};
	const char *bundle = getenv("AWS_CA_BUNDLE");

	if (bundle != NULL && bundle[0] != '\0')
		fetch->ca = bundle;
	int code = options_read(&options, argc, argv);
	if (code != 0)
		return code;
	if (job->identity_path == NULL)
		return options_usage(&options);
	if (job->out_path != NULL && strcmp(job->out_path, "-") == 0)
		job->out_path = NULL;
	if (options.num_operands > 0 && strcmp(options.operands[0], "-") != 0)
		job->in = options.operands[0];
	return 0;
}

/* A presigned URL is a secret while it is valid, and arguments are public. */
static void
hide_query(char *in)
{
	char *query = strchr(in, '?');

	if (query != NULL)
		memset(query, '?', strlen(query));
}

static struct err
run(struct job *job)
{
	TRY(read_identities(job));
	TRY(open_source_init(&job->source, job->in, &job->options));
	if (job->in != NULL && job->source.fetch != NULL)
		hide_query(job->in);
	TRY(out_file_open(&job->out, job->out_path));
	TRY(job->ranged && job->source.anywhere ? open_range(job)
						: open_all(job));
	return out_file_finish(&job->out);
}

static int
status_of(enum err_code code)
{
	switch (code) {
	case ERR_OK:
		return 0;
	case ERR_USAGE:
		return EXIT_USAGE;
	case ERR_DENIED:
		return EXIT_DENIED;
	case ERR_MALFORMED:
	case ERR_TRUNCATED:
	case ERR_CRYPTO:
		return EXIT_NOT_VERIFIED;
	case ERR_CHANGED:
	case ERR_UNAVAILABLE:
		return EXIT_TRY_AGAIN;
	case ERR_AGAIN:
	case ERR_TOO_BIG:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_UNSUPPORTED:
	case ERR_CLOSED:
	case ERR_IO:
	case ERR_NO_SPACE:
	case ERR_NO_MEMORY:
		break;
	}
	return EXIT_FAILED;
}

int
open_main(int argc, char **argv)
{
	struct job job = {.source = {.fd = -1}};
	int code = parse(&job, argc, argv);

	if (code != 0)
		return code;
	struct err err = run(&job);
	/* What went to a pipe before is authentic, but perhaps not all. */
	if (err.code != ERR_OK)
		(void)fprintf(stderr, "gatehouse: %s\n", err.why);
	if (err.code != ERR_OK && job.source.fetch != NULL &&
	    fetch_reason(job.source.fetch)[0] != '\0')
		(void)fprintf(stderr, "gatehouse: it says: %s\n",
		    fetch_reason(job.source.fetch));
	out_file_done(&job.out);
	open_source_done(&job.source);
	OPENSSL_cleanse(job.identities, sizeof(job.identities));
	return status_of(err.code);
}
