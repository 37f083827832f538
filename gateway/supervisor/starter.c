#include "gateway/supervisor/starter.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/log.h"

enum {
	EXIT_NOT_STARTED = 127, /* as a shell says it */
	SEND_MS = 20000,
};

struct started {
	uint64_t id;
	pid_t pid; /* 0: it has ended */
	int status;
	bool untold; /* that it has ended */
};

struct starter {
	const struct spawn *spawn;   /* as of our own start */
	const struct notify *notify; /* NULL: we are not the main process */
	char *const *heir_argv;
	struct spawn sets[STARTER_MAX_SETS];
	bool is_set[STARTER_MAX_SETS];
	int socket;
	pid_t supervisor;
	bool supervisor_ended;
	int supervisor_status;
	int signal; /* untold; 0: none */
	struct started processes[STARTER_MAX_PROCESSES];
	size_t num_processes;
};

/* --- Processes --- */

static struct started *
find(struct starter *s, uint64_t id)
{
	for (size_t i = 0; i < s->num_processes; i++) {
		if (s->processes[i].id == id)
			return &s->processes[i];
	}
	return NULL;
}

static void
forget(struct starter *s, struct started *p)
{
	*p = s->processes[--s->num_processes];
}

static struct err
open_set(struct starter *s, uint8_t set)
{
	if (s->is_set[set])
		spawn_done(&s->sets[set]);
	s->is_set[set] = false;
	TRY(spawn_again(&s->sets[set], s->spawn));
	s->is_set[set] = true;
	return OK;
}

static struct err
start(struct starter *s, struct started *p, const struct starter_what *what,
    int control)
{
	if (what->role == SPAWN_LOADER)
		TRY(open_set(s, what->set));
	return spawn_start(
	    &p->pid, &s->sets[what->set], what->role, what->index, control);
}

struct err
starter_take_what(struct starter_what *out, uint64_t id, struct span body)
{
	uint8_t role;

	out->id = id;
	TRY(span_take_u8(&body, &role));
	TRY(span_take_u32be(&body, &out->index));
	TRY(span_take_u8(&body, &out->set));
	TRY(span_end(body));
	if (role >= NUM_SPAWN_ROLES || out->set >= STARTER_MAX_SETS)
		return ERR(MALFORMED, "starter: no such program");
	out->role = (enum spawn_role)role;
	return OK;
}

static struct err
add(struct starter *s, const struct frame *frame, struct started **out)
{
	if (frame->num_fds != 1 || find(s, frame->id) != NULL ||
	    s->num_processes == STARTER_MAX_PROCESSES)
		return ERR(MALFORMED, "starter: not a process to start");
	*out = &s->processes[s->num_processes++];
	**out = (struct started){.id = frame->id};
	return OK;
}

static void
note_start(struct started *p, struct err err)
{
	if (err.code == ERR_OK)
		return;
	log_error("not-forked", err);
	p->status = EXIT_NOT_STARTED << 8;
	p->untold = true;
}

/* Errors: the supervisor is not what it was; then all of it ends. */
static struct err
on_start(struct starter *s, const struct frame *frame)
{
	struct starter_what what;
	struct started *p;

	TRY(starter_take_what(&what, frame->id, frame->body));
	if (what.role != SPAWN_LOADER && !s->is_set[what.set])
		return ERR(MALFORMED, "starter: there is no such set");
	TRY(add(s, frame, &p));
	note_start(p, start(s, p, &what, frame->fds[0]));
	return OK;
}

static struct err
on_heir(struct starter *s, const struct frame *frame)
{
	struct started *p;

	TRY(span_end(frame->body));
	TRY(add(s, frame, &p));
	note_start(p,
	    spawn_supervisor(&p->pid, s->spawn, s->heir_argv, frame->fds[0]));
	return OK;
}

/* The service manager follows it, and hears no more of us. */
static struct err
on_release(struct starter *s, const struct frame *frame)
{
	struct buf text CLEANUP(buf_done) = {.max = 64};
	struct started *p = find(s, frame->id);

	TRY(span_end(frame->body));
	if (p == NULL || p->pid == 0)
		return OK; /* its end is told */
	struct log_field field = log_number("pid", (uint64_t)p->pid);
	log_event("upgrade-done", &field, 1);
	TRY(buf_append_format(&text, "MAINPID=%d", (int)p->pid));
	if (s->notify != NULL)
		notify_send(s->notify, buf_span(&text));
	s->notify = NULL;
	forget(s, p);
	return OK;
}

static struct err
on_kill(struct starter *s, const struct frame *frame)
{
	const struct started *p = find(s, frame->id);

	TRY(span_end(frame->body));
	if (p != NULL && p->pid != 0)
		kill(p->pid, SIGKILL);
	return OK;
}

static struct err
on_notify(struct starter *s, const struct frame *frame)
{
	if (s->notify != NULL)
		notify_send(s->notify, frame->body);
	return OK;
}

static struct err
hear(struct starter *s)
{
	static uint8_t buffer[FRAME_MAX];
	struct frame frame;

	TRY(frame_recv(s->socket, buffer, &frame));
	struct err err = ERR(MALFORMED, "starter: an unknown message");
	if (frame.type == STARTER_START)
		err = on_start(s, &frame);
	else if (frame.type == STARTER_KILL)
		err = on_kill(s, &frame);
	else if (frame.type == STARTER_NOTIFY)
		err = on_notify(s, &frame);
	else if (frame.type == STARTER_HEIR)
		err = on_heir(s, &frame);
	else if (frame.type == STARTER_RELEASE)
		err = on_release(s, &frame);
	frame_close_fds(&frame);
	return err;
}

static void
reap(struct starter *s)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == s->supervisor) {
			s->supervisor_ended = true;
			s->supervisor_status = status;
		}
		for (size_t i = 0; i < s->num_processes; i++) {
			struct started *p = &s->processes[i];
			if (p->pid != pid)
				continue;
			p->pid = 0;
			p->status = status;
			p->untold = true;
		}
	}
}

/* --- What the supervisor is told --- */

static struct err
send_number(int socket, enum starter_type type, uint64_t id, uint32_t number)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};

	TRY(buf_put_u32be(&body, number));
	struct frame frame = {
	    .type = (uint16_t)type, .id = id, .body = buf_span(&body)};
	return frame_send(socket, &frame);
}

/* As much as it takes; false: it has to be waited for. */
static bool
tell(struct starter *s)
{
	if (s->signal != 0) {
		if (send_number(
			s->socket, STARTER_SIGNAL, 0, (uint32_t)s->signal)
			.code == ERR_AGAIN)
			return false;
		s->signal = 0;
	}
	for (size_t i = 0; i < s->num_processes; i++) {
		struct started *p = &s->processes[i];
		if (!p->untold)
			continue;
		if (send_number(
			s->socket, STARTER_ENDED, p->id, (uint32_t)p->status)
			.code == ERR_AGAIN)
			return false;
		forget(s, p);
		i--;
	}
	return true;
}

/* To end is more than to take other programs, and that more than to read files
 * again. */
static int
rank(uint32_t number)
{
	if (number == SIGTERM || number == SIGINT)
		return 3;
	if (number == SIGUSR2)
		return 2;
	return number == SIGHUP ? 1 : 0;
}

static void
take_signals(struct starter *s, int signals)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo != SIGCHLD &&
		    rank(info.ssi_signo) >= rank((uint32_t)s->signal))
			s->signal = (int)info.ssi_signo;
	}
	reap(s);
}

/* --- All of it --- */

/* An heir that was released goes on. */
static void
await_end(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static void
end_all(struct starter *s)
{
	if (!s->supervisor_ended)
		kill(s->supervisor, SIGKILL);
	for (size_t i = 0; i < s->num_processes; i++) {
		if (s->processes[i].pid != 0)
			kill(s->processes[i].pid, SIGKILL);
	}
	if (!s->supervisor_ended)
		await_end(s->supervisor);
	for (size_t i = 0; i < s->num_processes; i++) {
		if (s->processes[i].pid != 0)
			await_end(s->processes[i].pid);
	}
}

static void
serve(struct starter *s, int signals)
{
	struct err err = OK;

	while (!s->supervisor_ended && err.code == ERR_OK) {
		short wanted = tell(s) ? POLLIN : POLLIN | POLLOUT;
		struct pollfd polls[] = {{.fd = signals, .events = POLLIN},
		    {.fd = s->socket, .events = wanted}};
		if (poll(polls, 2, -1) < 0 && errno != EINTR)
			break;
		if ((polls[1].revents & POLLIN) != 0)
			err = hear(s);
		else if ((polls[1].revents & POLLHUP) != 0)
			poll(NULL, 0, 1); /* its end is told by a signal */
		if (err.code == ERR_AGAIN || err.code == ERR_CLOSED)
			err = OK;
		take_signals(s, signals);
	}
	if (err.code != ERR_OK)
		log_error("supervisor-refused", err);
}

int
starter_run(const struct starter_with *with)
{
	static struct starter s;
	sigset_t set;

	s = (struct starter){.spawn = with->spawn,
	    .notify = with->notify,
	    .heir_argv = with->argv,
	    .socket = with->socket,
	    .supervisor = with->supervisor};
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGCHLD);
	int signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (signals >= 0) {
		reap(&s); /* what ended before there was a descriptor */
		serve(&s, signals);
		close(signals);
	}
	end_all(&s);
	if (!s.supervisor_ended || !WIFEXITED(s.supervisor_status)) {
		log_event("supervisor-killed", NULL, 0);
		return 1;
	}
	return WEXITSTATUS(s.supervisor_status);
}

/* --- The supervisor's end --- */

static struct err
send_patiently(int socket, const struct frame *frame)
{
	for (;;) {
		struct err err = frame_send(socket, frame);
		struct pollfd p = {.fd = socket, .events = POLLOUT};
		if (err.code != ERR_AGAIN || poll(&p, 1, SEND_MS) == 0)
			return err;
	}
}

/* With one end of a new pair; the other is the caller's. */
static struct err
send_with_pair(int *out, int starter, struct frame *frame)
{
	int pair[2];

	TRY(frame_pair(pair));
	frame->fds[0] = pair[1];
	frame->num_fds = 1;
	struct err err = send_patiently(starter, frame);
	close(pair[1]);
	if (err.code != ERR_OK) {
		close(pair[0]);
		return err;
	}
	*out = pair[0];
	return OK;
}

struct err
starter_put_what(struct buf *out, const struct starter_what *what)
{
	TRY(buf_put_u8(out, (uint8_t)what->role));
	TRY(buf_put_u32be(out, what->index));
	return buf_put_u8(out, what->set);
}

struct err
starter_start(int *out_control, int starter, const struct starter_what *what)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};
	struct frame frame = {.type = STARTER_START, .id = what->id};

	TRY(starter_put_what(&body, what));
	frame.body = buf_span(&body);
	return send_with_pair(out_control, starter, &frame);
}

struct err
starter_start_heir(int *out_channel, int starter, uint64_t id)
{
	struct frame frame = {.type = STARTER_HEIR, .id = id};

	return send_with_pair(out_channel, starter, &frame);
}

struct err
starter_release(int starter, uint64_t id)
{
	struct frame frame = {.type = STARTER_RELEASE, .id = id};

	return send_patiently(starter, &frame);
}

struct err
starter_kill(int starter, uint64_t id)
{
	struct frame frame = {.type = STARTER_KILL, .id = id};

	return send_patiently(starter, &frame);
}

struct err
starter_notify(int starter, const char *text)
{
	struct frame frame = {.type = STARTER_NOTIFY, .body = span_str(text)};

	return send_patiently(starter, &frame);
}

struct err
starter_next(struct starter_event *out, int starter, int wait_ms)
{
	static uint8_t buffer[FRAME_MAX];
	struct pollfd p = {.fd = starter, .events = POLLIN};
	struct frame frame;
	uint32_t value;

	if (wait_ms > 0 && poll(&p, 1, wait_ms) == 0)
		return ERR(AGAIN, "starter: nothing happened");
	TRY(frame_recv(starter, buffer, &frame));
	frame_close_fds(&frame);
	if (frame.type != STARTER_ENDED && frame.type != STARTER_SIGNAL)
		return ERR(MALFORMED, "starter: an unknown message");
	TRY(span_take_u32be(&frame.body, &value));
	TRY(span_end(frame.body));
	*out = (struct starter_event){.type = (enum starter_type)frame.type,
	    .id = frame.id,
	    .value = (int)value};
	return OK;
}
