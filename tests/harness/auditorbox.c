#include "tests/harness/auditorbox.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/ipc/audit.h"
#include "gateway/ipc/control.h"

struct err
auditorbox_wait(int socket)
{
	struct pollfd ready = {.fd = socket, .events = POLLIN};

	if (poll(&ready, 1, 30000) != 1)
		return ERR(UNAVAILABLE, "auditorbox: nothing came");
	return OK;
}

bool
auditorbox_find(char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 64);

	if (len < 0)
		return false;
	out[len] = '\0';
	char *slash = strstr(out, "/tests/");
	if (slash == NULL)
		return false;
	snprintf(slash, 64, "/libexec/gatehouse/gatehouse-auditor");
	return access(out, X_OK) == 0;
}

/* In the child; does not return. */
static void
become(const struct auditorbox_options *options, int control)
{
	/* First: it may have the number that the other one gets. */
	if (options->output >= 0 && dup2(options->output, 1) < 0)
		_exit(126);
	if (dup2(control, CONTROL_FD) < 0 || fcntl(CONTROL_FD, F_SETFD, 0) != 0)
		_exit(126);
	if (options->preload != NULL &&
	    setenv("LD_PRELOAD", options->preload, 1) != 0)
		_exit(126);
	execl(options->program, options->program, (char *)NULL);
	_exit(127);
}

static struct err
send_key(int control, const struct note_signer *signer)
{
	struct buf key CLEANUP(buf_wipe) = {.max = 1000};

	TRY(note_secret_format(&key, signer));
	int file = memfd_create("ledger.key", MFD_CLOEXEC);
	if (file < 0)
		return ERR(IO, "auditorbox: no memory file");
	struct err err = write(file, key.data, key.len) == (ssize_t)key.len
	    ? control_send_item(
		  control, "ledger-key", 0, span_of(NULL, 0), file)
	    : ERR(IO, "auditorbox: a short write");
	(void)close(file);
	return err;
}

static struct err
equip(int control, const struct auditorbox_options *options, int keeper,
    int elder)
{
	TRY(control_send_item(
	    control, "ledger", 0, span_of(NULL, 0), options->dir));
	TRY(send_key(control, options->signer));
	TRY(control_send_item(control, "keeper", 0, span_of(NULL, 0), keeper));
	if (options->elder != NULL)
		TRY(control_send_item(
		    control, "elder", 0, span_of(NULL, 0), elder));
	if (options->allow_degraded)
		TRY(control_send_item(
		    control, "allow-degraded", 0, span_of(NULL, 0), -1));
	return control_send_go(control);
}

static struct err
await(int control, enum control_type type)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	TRY(auditorbox_wait(control));
	TRY(frame_recv(control, buffer, &frame));
	if (frame.type != type)
		return ERR(MALFORMED, "auditorbox: it says something else");
	return OK;
}

/* Once it waits for nothing else, the elder is told. */
static struct err
take_place(int control, const struct auditorbox *elder, int hand)
{
	TRY(await(control, CONTROL_HEIR));
	return control_send_item(
	    elder->control, "heir", 0, span_of(NULL, 0), hand);
}

struct err
auditorbox_start(
    struct auditorbox *out, const struct auditorbox_options *options)
{
	int control[2], keeper[2], hands[2];

	TRY(frame_pair(control));
	TRY(frame_pair(keeper));
	TRY(frame_pair(hands));
	out->control = control[0];
	out->keeper = keeper[0];
	out->inbox.pack = (struct frame_pack){0};
	out->pid = fork();
	if (out->pid == 0)
		become(options, control[1]);
	close(control[1]);
	struct err err = out->pid > 0
	    ? equip(control[0], options, keeper[1], hands[1])
	    : ERR(IO, "auditorbox: no process");
	close(keeper[1]);
	close(hands[1]);
	if (err.code == ERR_OK && options->elder != NULL)
		err = take_place(control[0], options->elder, hands[0]);
	close(hands[0]);
	TRY(err);
	return await(control[0], CONTROL_READY);
}

int
auditorbox_stop(struct auditorbox *box, int signal_number)
{
	int status = -1;

	if (signal_number != 0)
		kill(box->pid, signal_number);
	if (box->keeper >= 0)
		close(box->keeper);
	box->keeper = -1;
	(void)waitpid(box->pid, &status, 0);
	close(box->control);
	return status;
}

static struct err
send_frame(const struct auditorbox *box, const struct frame *frame)
{
	struct err err;

	while ((err = frame_send(box->keeper, frame)).code == ERR_AGAIN)
		usleep(100);
	return err;
}

struct err
auditorbox_send(
    const struct auditorbox *box, uint64_t id, const struct record *record)
{
	struct buf body CLEANUP(buf_wipe) = {.max = RECORD_MAX};

	TRY(record_encode(&body, record));
	return send_frame(box,
	    &(struct frame){
		.type = AUDIT_APPEND, .id = id, .body = buf_span(&body)});
}

struct err
auditorbox_charge(const struct auditorbox *box, uint64_t id,
    const struct record *record, const struct audit_limits *limits)
{
	struct buf body CLEANUP(buf_wipe) = {.max = RECORD_MAX};

	TRY(audit_put_limits(&body, limits));
	TRY(record_encode(&body, record));
	return send_frame(box,
	    &(struct frame){
		.type = AUDIT_CHARGE, .id = id, .body = buf_span(&body)});
}

struct err
auditorbox_take(struct auditorbox *box, struct auditorbox_answer *out)
{
	struct auditorbox_answer answer = {0};
	struct frame frame;
	enum audit_refusal why;

	TRY(inbox_next(&box->inbox, box->keeper, &frame));
	answer.id = frame.id;
	answer.is_receipt = frame.type == AUDIT_RECEIPT;
	answer.is_over = frame.type == AUDIT_OVER;
	if (answer.is_receipt)
		TRY(audit_read_receipt(frame.body, &answer.index));
	else if (answer.is_over)
		TRY(audit_read_over(frame.body, &answer.over));
	else if (frame.type == AUDIT_REFUSED)
		TRY(audit_read_refused(frame.body, &why));
	else
		return ERR(MALFORMED, "auditorbox: no answer of an auditor");
	*out = answer;
	return OK;
}
