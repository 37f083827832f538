#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/age_key.h"
#include "crypto/possession.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/options.h"
#include "gateway/tool/out_file.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/recipient_change.h"
#include "gateway/tool/recipient_verbs.h"

enum {
	EXIT_FAILED = 1,
	EXIT_BAD_USAGE = 2,
	EXIT_NOT_VERIFIED = 7,
	TIME_MAX = 32,
};

struct adding {
	const char *config;
	const char *key_text;
	const char *challenge, *proof; /* files, or "-"; one of them */
	struct admin_recipient recipient;
	struct buf file;    /* the challenge, */
	struct buf expires; /* and until when it is one */
};

static int
parse(struct adding *a, int argc, char **argv)
{
	struct options options = {
	    .usage = "recipient add [--config FILE] PARTY KEY "
		     "--challenge FILE|-\n"
		     "       gatehouse recipient add [--config FILE] PARTY KEY "
		     "--proof FILE|-",
	    .rows = {{"config", .text = &a->config},
		{"challenge", .text = &a->challenge},
		{"proof", .text = &a->proof}},
	    .least = 2,
	    .most = 2,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	if ((a->challenge == NULL) == (a->proof == NULL) ||
	    strlen(options.operands[0]) > ADMIN_MAX_PARTY)
		return options_usage(&options);
	a->recipient.party = span_str(options.operands[0]);
	a->key_text = options.operands[1];
	struct err err =
	    age_recipient_parse(a->recipient.key, span_str(a->key_text));
	if (err.code == ERR_OK)
		return 0;
	(void)fprintf(stderr,
	    "gatehouse: %s: it is no X25519 key of age (\"age1...\"): %s\n",
	    a->key_text, err.why);
	return EXIT_BAD_USAGE;
}

static int
say_errno(const char *path, const char *why)
{
	(void)fprintf(
	    stderr, "gatehouse: %s: %s: %s\n", path, why, strerror(errno));
	return EXIT_FAILED;
}

/* --- The challenge --- */

static struct err
on_line(void *context, const struct admin_line *line)
{
	struct adding *a = context;

	if (line->num_fields == 2 &&
	    span_equal_str(line->fields[0], "challenge"))
		return buf_append(&a->file, line->fields[1]);
	if (line->num_fields == 2 && span_equal_str(line->fields[0], "expires"))
		return buf_append(&a->expires, line->fields[1]);
	return ERR(MALFORMED, "the gateway says something unknown");
}

static struct err
write_challenge(const struct adding *a)
{
	bool to_stdout = strcmp(a->challenge, "-") == 0;
	struct out_file out = {.file = NULL};

	TRY(out_file_open(&out, to_stdout ? NULL : a->challenge));
	struct err err = out_file_write(&out, buf_span(&a->file));
	if (err.code == ERR_OK)
		err = out_file_finish(&out);
	out_file_done(&out);
	return err;
}

static int
ask(struct adding *a)
{
	struct admin_call call = {.config = a->config,
	    .type = ADMIN_RECIPIENT_ASK,
	    .recipient = &a->recipient,
	    .line = on_line,
	    .context = a};

	buf_init(&a->file, POSSESSION_CHALLENGE);
	buf_init(&a->expires, TIME_MAX);
	int code = admin_call(&call);
	if (code != 0)
		return code;
	struct err err = write_challenge(a);
	if (err.code != ERR_OK)
		return say_errno(a->challenge, err.why);
	(void)fputs("gatehouse: for the holder of the key, who opens it with "
		    "`age -d -i` or `gatehouse open -i` before ",
	    stderr);
	(void)plain_text_print(stderr, buf_span(&a->expires));
	(void)fputs(" and gives back the line inside: `gatehouse recipient "
		    "add ... --proof -` takes it\n",
	    stderr);
	return 0;
}

/* --- The proof --- */

static struct err
read_all(struct buf *out, int fd)
{
	size_t len = 1;

	TRY(buf_reserve(out, out->max));
	while (len > 0 && out->len < out->max) {
		TRY(sysio_read(
		    fd, out->data + out->len, out->max - out->len, &len));
		out->len += len;
	}
	return OK;
}

/* One that is too long is none, as one that is no text is. */
static int
read_proof(struct adding *a, struct buf *out)
{
	bool from_stdin = strcmp(a->proof, "-") == 0;
	int fd =
	    from_stdin ? STDIN_FILENO : open(a->proof, O_RDONLY | O_CLOEXEC);
	struct err err =
	    fd < 0 ? ERR(IO, "it cannot be opened") : read_all(out, fd);

	if (err.code != ERR_OK)
		(void)say_errno(a->proof, err.why);
	if (!from_stdin)
		sysio_close(&fd);
	if (err.code != ERR_OK)
		return EXIT_BAD_USAGE;
	a->recipient.proof = buf_span(out);
	if (out->len <= ADMIN_MAX_PROOF)
		return 0;
	(void)fprintf(stderr,
	    "gatehouse: %s: it is no proof: what is inside the challenge is "
	    "one\n",
	    a->proof);
	return EXIT_NOT_VERIFIED;
}

/* A key that is proven again has the later record. */
static int
keep(struct recipient_change *c, const struct proven_entry *entry)
{
	struct proven_file *file = &c->store.file;
	const struct proven_entry *before =
	    proven_file_find(file, entry->party, entry->key);

	if (before != NULL)
		proven_file_remove(file, (size_t)(before - file->entries));
	struct err err = proven_file_add(file, entry);
	if (err.code == ERR_OK)
		return recipient_change_write(c);
	(void)fprintf(stderr, "gatehouse: %s: %s\n", c->path, err.why);
	return EXIT_FAILED;
}

static int
prove(struct adding *a)
{
	struct buf proof CLEANUP(buf_wipe) = {.max = ADMIN_MAX_PROOF + 1};
	struct recipient_change c;
	struct proven_entry entry;
	int code = recipient_change_open(&c, a->config);

	if (code == 0)
		code = read_proof(a, &proof);
	if (code == 0)
		code = recipient_change_record(
		    &c, ADMIN_RECIPIENT_ADD, &a->recipient, &entry);
	if (code == 0)
		code = keep(&c, &entry);
	if (code == 0)
		code = recipient_change_print(&entry, "is proven");
	if (code == 0)
		code = recipient_change_tell(&c);
	recipient_change_done(&c);
	return code;
}

int
recipient_add_main(int argc, char **argv)
{
	struct adding a = {.config = NULL};
	int code = parse(&a, argc, argv);

	if (code == 0)
		code = a.challenge != NULL ? ask(&a) : prove(&a);
	buf_done(&a.file);
	buf_done(&a.expires);
	return fflush(stdout) == 0 ? code : EXIT_FAILED;
}
