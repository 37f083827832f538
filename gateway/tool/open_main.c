#include <fcntl.h>
#include <getopt.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "crypto/age_header.h"
#include "crypto/age_key.h"
#include "crypto/age_open.h"
#include "crypto/init.h"
#include "gateway/tool/data_verbs.h"

enum {
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
	MAX_IDENTITIES = 16,
	MAX_LINE = 256,
	BLOCK = 64 * 1024,
};

struct job {
	const char *identity_path, *path;
	uint8_t identities[MAX_IDENTITIES][32];
	size_t num_identities;
	bool ranged;
	uint64_t first, last; /* bytes of plaintext, both included */
	int fd;
};

/* Lines of AGE-SECRET-KEY-1..., comments, and empty lines. */
static struct err
read_identities(struct job *job)
{
	FILE *file = fopen(job->identity_path, "re");
	char line[MAX_LINE];
	struct err err = OK;

	if (file == NULL)
		return ERR(IO, "the identity file cannot be read");
	while (err.code == ERR_OK && fgets(line, sizeof(line), file) != NULL) {
		struct span text = span_of(line, strcspn(line, "\r\n"));

		if (text.len == 0 || line[0] == '#')
			continue;
		if (job->num_identities == MAX_IDENTITIES)
			err = ERR(TOO_BIG, "too many identities");
		else
			err = age_identity_parse(
			    job->identities[job->num_identities++], text);
	}
	OPENSSL_cleanse(line, sizeof(line));
	(void)fclose(file);
	if (err.code == ERR_OK && job->num_identities == 0)
		return ERR(MALFORMED, "the identity file holds no identity");
	return err;
}

static struct err
write_out(struct span plain)
{
	if (plain.len > 0 &&
	    fwrite(plain.data, 1, plain.len, stdout) != plain.len)
		return ERR(IO, "the output cannot be written");
	return OK;
}

static struct err
feed_all(struct job *job, struct age_open *open)
{
	static uint8_t block[BLOCK];
	struct span in, plain;
	ssize_t num;

	while ((num = read(job->fd, block, sizeof(block))) > 0) {
		in = span_of(block, (size_t)num);
		while (in.len > 0) {
			TRY(age_open_feed(open, &in, &plain));
			TRY(write_out(plain));
		}
	}
	if (num < 0)
		return ERR(IO, "the input cannot be read");
	TRY(age_open_finish(open, &plain));
	return write_out(plain);
}

static struct err
open_whole(struct job *job)
{
	struct age_open *open;
	struct err err;

	TRY(age_open_new(
	    &open, (const uint8_t(*)[32])job->identities, job->num_identities));
	err = feed_all(job, open);
	age_open_free(open);
	return err;
}

/* One chunk of a payload that begins at `start` in the file. */
static struct err
open_chunk(const struct job *job, struct age_stream *stream, uint64_t start,
    const struct age_place *place, uint8_t *bytes)
{
	ssize_t num = pread(
	    job->fd, bytes, place->sealed_len, (off_t)(start + place->offset));

	if (num < 0 || (size_t)num != place->sealed_len)
		return ERR(TRUNCATED, "the file ends too early");
	return age_stream_open(stream, place->chunk, place->last,
	    span_of(bytes, place->sealed_len), bytes);
}

static struct err
write_range(const struct job *job, struct age_stream *stream, uint64_t start,
    uint64_t payload_len)
{
	static uint8_t bytes[AGE_CHUNK + AGE_TAG];
	uint64_t plain_len, at = job->first, end;
	struct age_place place;

	/* The last chunk opens as the last: so the length is true. */
	TRY(age_place_last(&place, payload_len, &plain_len));
	TRY(open_chunk(job, stream, start, &place, bytes));
	if (at >= plain_len)
		return ERR(NOT_FOUND, "the range begins after the end");
	end = job->last < plain_len ? job->last + 1 : plain_len;
	while (at < end) {
		struct span part;

		TRY(age_place_of(&place, plain_len, at));
		TRY(open_chunk(job, stream, start, &place, bytes));
		part = span_of(bytes + place.skip,
		    place.sealed_len - AGE_TAG - place.skip);
		part = span_sub(part, 0,
		    (size_t)(end - at < part.len ? end - at : part.len));
		TRY(write_out(part));
		at += part.len;
	}
	return OK;
}

static struct err
open_range(struct job *job)
{
	static uint8_t front[AGE_HEADER_MAX + AGE_NONCE];
	struct age_stream *stream;
	struct stat st;
	struct span in;
	ssize_t num = pread(job->fd, front, sizeof(front), 0);
	uint64_t start;
	struct err err;

	if (num < 0 || fstat(job->fd, &st) != 0 || !S_ISREG(st.st_mode))
		return ERR(IO, "a range needs a regular file");
	in = span_of(front, (size_t)num);
	TRY(age_open_start(&in, &stream, (const uint8_t(*)[32])job->identities,
	    job->num_identities));
	/* The payload counts from its nonce. */
	start = (uint64_t)num - in.len - AGE_NONCE;
	err = write_range(job, stream, start, (uint64_t)st.st_size - start);
	age_stream_free(stream);
	return err;
}

static bool
parse_range(struct job *job, const char *text)
{
	struct span in = span_str(text), first = {0}, last = {0};

	job->ranged = span_take_until(&in, &first, '-') &&
	    span_take_until(&in, &last, '-') && in.data == NULL &&
	    span_u64(first, &job->first, AGE_PLAIN_MAX).code == ERR_OK &&
	    span_u64(last, &job->last, AGE_PLAIN_MAX).code == ERR_OK &&
	    job->first <= job->last;
	return job->ranged;
}

static bool
parse(struct job *job, int argc, char **argv)
{
	static const struct option longs[] = {
	    {"identity", required_argument, NULL, 'i'},
	    {"range", required_argument, NULL, 'r'},
	    {0},
	};
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "i:", longs, NULL)) != -1) {
		if (c == 'i')
			job->identity_path = optarg;
		else if (c != 'r' || !parse_range(job, optarg))
			return false;
	}
	if (optind < argc && strcmp(argv[optind], "-") != 0)
		job->path = argv[optind];
	return job->identity_path != NULL && argc - optind <= 1 &&
	    (!job->ranged || job->path != NULL);
}

static struct err
run(struct job *job)
{
	struct err err;

	TRY(crypto_init());
	TRY(read_identities(job));
	if (job->path != NULL)
		job->fd = open(job->path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (job->fd < 0)
		return ERR(IO, "the input cannot be read");
	err = job->ranged ? open_range(job) : open_whole(job);
	if (job->path != NULL)
		(void)close(job->fd);
	TRY(err);
	return fflush(stdout) == 0 ? OK
				   : ERR(IO, "the output cannot be written");
}

int
open_main(int argc, char **argv)
{
	struct job job = {.fd = STDIN_FILENO};
	struct err err;

	if (!parse(&job, argc, argv)) {
		(void)fprintf(stderr,
		    "usage: gatehouse open -i IDENTITY-FILE "
		    "[--range FIRST-LAST] [FILE]\n");
		return EXIT_USAGE;
	}
	err = run(&job);
	OPENSSL_cleanse(job.identities, sizeof(job.identities));
	if (err.code == ERR_OK)
		return 0;
	/* What was written before is authentic, but perhaps not all. */
	(void)fprintf(stderr, "gatehouse: %s\n", err.why);
	return EXIT_FAILED;
}
