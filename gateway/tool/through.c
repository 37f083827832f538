#include "gateway/tool/through.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "crypto/age_key.h"
#include "crypto/age_open.h"
#include "crypto/random.h"
#include "gateway/base/limits.h"
#include "gateway/base/sysio.h"
#include "gateway/tool/admin_call.h"

enum {
	EXIT_FAILED = 1,
	EXIT_AGAIN = 75,
	BLOCK = 64 * 1024,
	PIPE_BYTES = 1024 * 1024,
};

/* What is polled, in this order. */
enum {
	SOCKET,
	RAW,
	TO_MILL,
	FROM_MILL,
	NUM_ENDS
};

struct run {
	const struct through *through;
	struct admin_call call; /* how its lines are heard */
	struct age_open *open;
	int ends[NUM_ENDS]; /* -1: done with it */
	uint8_t block[BLOCK];
	struct span raw; /* of the block, on its way to the mill */
	uint64_t bytes;	 /* of plaintext, passed on */
	bool granted, told;
	struct err failed; /* ours, rather than the gateway's */
	int status;	   /* -1: the gateway has not ended it */
};

static struct err
on_line(void *context, const struct admin_line *line)
{
	struct run *run = context;

	/* The first line comes when the record is there. */
	run->granted = true;
	return run->through->line(run->through->context, line);
}

/* --- The question --- */

/* Ours does not block, the mill's does. */
static struct err
make_pipe(int out[2], int ours)
{
	if (pipe2(out, O_CLOEXEC) != 0)
		return ERR(IO, "no pipe can be made");
	/* A larger one only saves turns. */
	(void)fcntl(out[0], F_SETPIPE_SZ, PIPE_BYTES);
	if (fcntl(out[ours], F_SETFL, O_NONBLOCK) == 0)
		return OK;
	sysio_close(&out[0]);
	sysio_close(&out[1]);
	return ERR(IO, "a pipe cannot be made not to block");
}

static struct err
put_question(struct run *run, struct buf *body)
{
	const struct form_options *options = run->through->options;
	struct admin_form form = {.agreement = span_str(options->agreement),
	    .place = span_str(options->place)};
	uint8_t identity[32];

	if (form.agreement.len > ADMIN_MAX_AGREEMENT ||
	    form.place.len > ADMIN_MAX_PLACE)
		return ERR(USAGE, "no agreement or place has such a name");
	random_bytes(identity, sizeof(identity));
	struct err err = age_identity_public(form.recipient, identity);
	if (err.code == ERR_OK)
		err = age_open_new(
		    &run->open, (const uint8_t(*)[32]) & identity, 1);
	if (err.code == ERR_OK)
		err = admin_put_form(body, &form);
	return err;
}

static struct err
ask(struct run *run)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct frame frame = {
	    .type = (uint16_t)run->through->type, .id = 1, .num_fds = 2};
	int in[2], out[2];

	TRY(put_question(run, &body));
	TRY(make_pipe(in, 1));
	run->ends[TO_MILL] = in[1];
	frame.fds[0] = in[0];
	struct err err = make_pipe(out, 0);
	if (err.code != ERR_OK) {
		sysio_close(&in[0]);
		return err;
	}
	run->ends[FROM_MILL] = out[0];
	frame.fds[1] = out[1];
	frame.body = buf_span(&body);
	err = frame_send(run->ends[SOCKET], &frame);
	frame_close_fds(&frame);
	return err;
}

/* --- Raw bytes to the mill --- */

static struct err
read_raw(struct run *run)
{
	size_t len;

	TRY(sysio_read(run->ends[RAW], run->block, sizeof(run->block), &len));
	run->raw = span_of(run->block, len);
	if (len > 0)
		return OK;
	run->ends[RAW] = -1;
	sysio_close(&run->ends[TO_MILL]);
	return OK;
}

static struct err
write_raw(struct run *run)
{
	size_t len;
	struct err err = sysio_write(run->ends[TO_MILL], run->raw, &len);

	if (err.code == ERR_CLOSED) {
		/* It wants no more, and will say why. */
		sysio_close(&run->ends[TO_MILL]);
		run->ends[RAW] = -1;
		run->raw = span_of(NULL, 0);
		return OK;
	}
	if (err.code == ERR_AGAIN)
		return OK;
	TRY(err);
	run->raw = span_sub(run->raw, len, run->raw.len - len);
	return OK;
}

/* --- The form from the mill --- */

/* The last thing that we say; then the gateway ends it. */
static struct err
tell(struct run *run, bool whole)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	run->told = true;
	TRY(admin_put_taken(
	    &body, &(struct admin_taken){.bytes = run->bytes, .whole = whole}));
	return frame_send(run->ends[SOCKET],
	    &(struct frame){
		.type = ADMIN_TAKEN, .id = 1, .body = buf_span(&body)});
}

static struct err
pass_on(struct run *run, struct span plain)
{
	if (plain.len == 0)
		return OK;
	/* The most that it may have got. */
	run->bytes += plain.len;
	return run->through->plain(run->through->context, plain);
}

static struct err
finish(struct run *run)
{
	struct span plain;

	sysio_close(&run->ends[FROM_MILL]);
	TRY(age_open_finish(run->open, &plain));
	return pass_on(run, plain);
}

static struct err
take_form(struct run *run, bool *out_end)
{
	static uint8_t block[BLOCK];
	struct span in, plain;
	size_t len;
	struct err err =
	    sysio_read(run->ends[FROM_MILL], block, sizeof(block), &len);

	*out_end = false;
	if (err.code == ERR_AGAIN)
		return OK;
	TRY(err);
	if (len == 0) {
		*out_end = true;
		return finish(run);
	}
	in = span_of(block, len);
	while (in.len > 0) {
		TRY(age_open_feed(run->open, &in, &plain));
		TRY(pass_on(run, plain));
	}
	return OK;
}

/* The rest of the pipes is nobody's. They stay open until the gateway has heard
 * that we have enough: to a mill, their end would be that of the file. */
static struct err
hear_form(struct run *run)
{
	bool end;
	struct err err = take_form(run, &end);

	if (err.code == ERR_OK && !end)
		return OK;
	run->failed = err.code == ERR_CLOSED ? OK : err;
	run->ends[RAW] = -1;
	run->raw = span_of(NULL, 0);
	return tell(run, end && err.code != ERR_CLOSED);
}

/* --- Turns --- */

static struct err
act(struct run *run, const struct pollfd polled[NUM_ENDS])
{
	if (polled[FROM_MILL].revents != 0)
		TRY(hear_form(run));
	if (run->ends[RAW] >= 0 && polled[RAW].revents != 0)
		TRY(read_raw(run));
	if (run->ends[TO_MILL] >= 0 && polled[TO_MILL].revents != 0)
		TRY(write_raw(run));
	if (polled[SOCKET].revents != 0)
		return admin_call_hear(
		    run->ends[SOCKET], &run->call, &run->status);
	return OK;
}

static struct err
turn(struct run *run)
{
	struct pollfd polled[NUM_ENDS] = {
	    [SOCKET] = {.fd = run->ends[SOCKET], .events = POLLIN},
	    [RAW] = {.fd = -1, .events = POLLIN},
	    [TO_MILL] = {.fd = -1, .events = POLLOUT},
	    [FROM_MILL] = {.fd = -1, .events = POLLIN}};
	int num;

	if (run->granted && !run->told)
		polled[FROM_MILL].fd = run->ends[FROM_MILL];
	if (run->raw.len > 0)
		polled[TO_MILL].fd = run->ends[TO_MILL];
	else if (run->granted)
		polled[RAW].fd = run->ends[RAW];
	do
		num = poll(polled, NUM_ENDS, TOOL_STALL_MS);
	while (num < 0 && errno == EINTR);
	if (num == 0)
		return ERR(UNAVAILABLE, "nothing moved for ten minutes");
	if (num < 0)
		return ERR(IO, "nothing can be waited for");
	return act(run, polled);
}

/* The gateway knows best why a form is cut. */
static int
conclude(const struct run *run)
{
	if (run->status > 0 || run->failed.code == ERR_OK)
		return run->status;
	return admin_call_failed(run->failed);
}

static int
run_it(struct run *run)
{
	int code = admin_call_connect(
	    run->through->options->config, &run->ends[SOCKET]);

	if (code == EXIT_AGAIN)
		(void)fputs("gatehouse: without a gateway there is --test-key, "
			    "under keys that are thrown away\n",
		    stderr);
	if (code != 0)
		return code;
	struct err err = ask(run);
	while (err.code == ERR_OK && run->status < 0)
		err = turn(run);
	return err.code == ERR_OK ? conclude(run) : admin_call_failed(err);
}

int
through_run(const struct through *through)
{
	static struct run run;

	run = (struct run){.through = through,
	    .ends = {-1, through->in_fd, -1, -1},
	    .status = -1};
	run.call = (struct admin_call){.line = on_line, .context = &run};
	int status = run_it(&run);
	age_open_free(run.open);
	sysio_close(&run.ends[SOCKET]);
	sysio_close(&run.ends[TO_MILL]);
	sysio_close(&run.ends[FROM_MILL]);
	return status;
}
