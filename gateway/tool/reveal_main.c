#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "crypto/encode.h"
#include "crypto/random.h"
#include "crypto/sshsig.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"
#include "gateway/tool/audit_dir.h"
#include "gateway/tool/options.h"
#include "gateway/tool/plain_text.h"
#include "gateway/tool/policy_out.h"
#include "gateway/tool/reveal_verbs.h"

enum {
	EXIT_FAILED = 1,
	BLOCK = 64 * 1024,
	HEX_DIGEST = 64,
};

static int
say(const char *what, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* --- request --- */

static int
parse_request(struct reveal_request *r, int argc, char **argv)
{
	uint64_t epoch = 0;
	struct options options = {
	    .usage = "reveal request --policy NAME --emergency ID "
		     "--agreement ID --column NAME\n"
		     "           --place ID --as SIGNER --reason TEXT "
		     "[--epoch N] CODE...",
	    .rows = {{"policy", .span = &r->policy},
		{"emergency", .span = &r->emergency},
		{"agreement", .span = &r->agreement},
		{"column", .span = &r->column}, {"place", .span = &r->place},
		{"as", .span = &r->asked_by}, {"reason", .span = &r->reason},
		{"epoch", .number = &epoch, .least = 1, .most = UINT32_MAX}},
	    .least = 1,
	    .most = REVEAL_MAX_CODES,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	for (int i = 0; options.rows[i].span != NULL; i++)
		if (options.rows[i].span->len == 0)
			return options_usage(&options);
	r->epoch = (uint32_t)epoch;
	for (int i = 0; i < options.num_operands; i++)
		r->codes[r->num_codes++] = span_str(options.operands[i]);
	return 0;
}

int
reveal_request_main(int argc, char **argv)
{
	struct buf text CLEANUP(buf_done) = {.max = REVEAL_MAX};
	struct reveal_request request = {.made_s = (int64_t)time(NULL)};
	int code = parse_request(&request, argc, argv);

	if (code != 0)
		return code;
	random_bytes(request.nonce, sizeof(request.nonce));
	struct err err = reveal_put(&text, &request);
	return policy_out(err, buf_span(&text), false);
}

/* --- show --- */

struct showing {
	const char *config;
	struct buf text;
	struct buf signatures[REVEAL_MAX_SIGNATURES];
	uint32_t num_signatures;
};

static void
showing_done(struct showing *s)
{
	buf_done(&s->text);
	for (size_t i = 0; i < REVEAL_MAX_SIGNATURES; i++)
		buf_done(&s->signatures[i]);
}

/* What became of a code. */
static struct err
on_line(void *context, const struct admin_line *line)
{
	(void)context;
	if (line->num_fields != 2)
		return ERR(MALFORMED, "the gateway says something unknown");
	(void)plain_text_print(stderr, line->fields[0]);
	(void)fputs(": ", stderr);
	(void)plain_text_print(stderr, line->fields[1]);
	(void)fputc('\n', stderr);
	return OK;
}

static struct err
ask(int fd, const struct showing *s, int *out_values)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct admin_reveal question = {
	    .text = buf_span(&s->text), .num_signatures = s->num_signatures};
	struct frame frame = {.type = ADMIN_REVEAL, .id = 1, .num_fds = 1};
	int ends[2];

	for (uint32_t i = 0; i < s->num_signatures; i++)
		question.signatures[i] = buf_span(&s->signatures[i]);
	TRY(admin_put_reveal(&body, &question));
	if (pipe2(ends, O_CLOEXEC) != 0)
		return ERR(IO, "no pipe can be made");
	*out_values = ends[0];
	frame.fds[0] = ends[1];
	if (fcntl(ends[1], F_SETPIPE_SZ, ADMIN_REVEAL_PIPE) < 0) {
		frame_close_fds(&frame);
		return ERR(IO, "no pipe of 128 KiB can be made");
	}
	frame.body = buf_span(&body);
	struct err err = frame_send(fd, &frame);
	frame_close_fds(&frame);
	return err;
}

/* All of it lies in the pipe by now: it holds more than there can be. */
static struct err
print_values(int values)
{
	static uint8_t block[BLOCK];
	struct err err = OK;
	size_t len = 1;

	while (err.code == ERR_OK && len > 0) {
		err = sysio_read(values, block, sizeof(block), &len);
		if (err.code == ERR_OK && len > 0 &&
		    fwrite(block, 1, len, stdout) != len)
			err = ERR(IO, "the values cannot be written");
	}
	explicit_bzero(block, sizeof(block));
	return err;
}

static int
show(const struct showing *s)
{
	const struct admin_call call = {.line = on_line};
	int CLEANUP(sysio_close) fd = -1, CLEANUP(sysio_close) values = -1;
	int status = -1;
	int code = admin_call_connect(s->config, &fd);

	if (code != 0)
		return code;
	struct err err = ask(fd, s, &values);
	while (err.code == ERR_OK && status < 0)
		err = admin_call_wait(fd, &call, &status);
	sysio_close(&fd);
	if (values >= 0) {
		struct err printed = print_values(values);

		err = err.code == ERR_OK ? printed : err;
	}
	if (err.code != ERR_OK)
		return admin_call_failed(err);
	return fflush(stdout) == 0 ? status : EXIT_FAILED;
}

static int
read_files(struct showing *s, int num, char **paths)
{
	struct err err = audit_dir_read(paths[0], &s->text);

	for (int i = 1; err.code == ERR_OK && i < num; i++) {
		err = audit_dir_read(
		    paths[i], &s->signatures[s->num_signatures++]);
		if (err.code != ERR_OK)
			return say(paths[i], err.why);
	}
	return err.code == ERR_OK ? 0 : say(paths[0], err.why);
}

int
reveal_show_main(int argc, char **argv)
{
	struct showing s CLEANUP(showing_done) = {.text = {.max = REVEAL_MAX}};
	struct options options = {
	    .usage = "reveal show [--config FILE] REQUEST SIGNATURE... (at "
		     "most 4)",
	    .rows = {{"config", .text = &s.config}},
	    .least = 2,
	    .most = 1 + REVEAL_MAX_SIGNATURES,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	for (size_t i = 0; i < REVEAL_MAX_SIGNATURES; i++)
		s.signatures[i].max = SSHSIG_MAX;
	code = read_files(&s, options.num_operands, options.operands);
	return code != 0 ? code : show(&s);
}

/* --- review --- */

int
reveal_review_main(int argc, char **argv)
{
	struct buf bytes CLEANUP(buf_done) = {.max = HEX_DIGEST / 2};
	struct admin_call call = {.type = ADMIN_REVIEW, .line = on_line};
	struct options options = {
	    .usage = "reveal review [--config FILE] SHA256",
	    .rows = {{"config", .text = &call.config}},
	    .least = 1,
	    .most = 1,
	};
	int code = options_read(&options, argc, argv);

	if (code != 0)
		return code;
	struct span digest = span_str(options.operands[0]);
	if (digest.len != HEX_DIGEST ||
	    decode_hex(&bytes, digest).code != ERR_OK)
		return options_usage(&options);
	call.question.object = digest;
	return admin_call(&call);
}
