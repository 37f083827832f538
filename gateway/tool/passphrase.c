#include "gateway/tool/passphrase.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "crypto/memory/buf.h"
#include "crypto/root_seal.h"
#include "gateway/base/sysio.h"

enum {
	EXIT_FAILED = 1,
};

static int
say(const char *what, const char *why)
{
	(void)fprintf(stderr, "gatehouse: %s: %s\n", what, why);
	return EXIT_FAILED;
}

/* --- Of a file --- */

static int
open_file(int *out_fd, const char *path)
{
	struct stat st;
	int fd = strcmp(path, "-") == 0
	    ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
	    : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return say(path, strerror(errno));
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 077) != 0) {
		close(fd);
		return say(path, "others can read it; chmod 600");
	}
	*out_fd = fd;
	return 0;
}

/* --- At the terminal --- */

static volatile sig_atomic_t caught;

static void
on_signal(int number)
{
	caught = number;
}

/* What ends a process may not leave a terminal that shows nothing. */
static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP};
enum {
	NUM_SIGNALS = sizeof(signals) / sizeof(signals[0])
};

static bool
read_line(struct buf *out, int terminal)
{
	for (;;) {
		char c;
		ssize_t got = read(terminal, &c, 1);
		if (got <= 0)
			return false;
		if (c == '\n')
			return true;
		if (buf_put_u8(out, (uint8_t)c).code != ERR_OK)
			return false;
	}
}

static bool
ask_hidden(struct buf *out, int terminal, const char *prompt)
{
	struct sigaction before[NUM_SIGNALS];
	struct sigaction action = {.sa_handler = on_signal};
	struct termios shown, hidden;
	bool done = false;

	if (tcgetattr(terminal, &shown) != 0)
		return false;
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)ECHO;
	caught = 0;
	for (size_t i = 0; i < NUM_SIGNALS; i++)
		sigaction(signals[i], &action, &before[i]);
	/* Hidden first: who answers the prompt at once is neither shown nor
	 * flushed. */
	if (tcsetattr(terminal, TCSAFLUSH, &hidden) == 0) {
		done = dprintf(terminal, "%s: ", prompt) > 0 &&
		    read_line(out, terminal);
		tcsetattr(terminal, TCSAFLUSH, &shown);
		(void)dprintf(terminal, "\n");
	}
	for (size_t i = 0; i < NUM_SIGNALS; i++)
		sigaction(signals[i], &before[i], NULL);
	if (caught != 0)
		raise(caught);
	return done;
}

static int
ask_all(struct buf *out, int terminal, const struct passphrase *what)
{
	struct buf again CLEANUP(buf_wipe) = {.max = ROOT_MAX_PASSPHRASE};

	if (!ask_hidden(out, terminal, what->prompt) ||
	    (what->twice && !ask_hidden(&again, terminal, "The same again")))
		return say("passphrase", "none was typed");
	if (what->twice && !span_equal(buf_span(out), buf_span(&again)))
		return say("passphrase", "the second one was another");
	return 0;
}

/* Through a pipe, which has room for it. */
static int
pass_on(int *out_fd, const struct buf *text)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) != 0)
		return say("passphrase", strerror(errno));
	struct err err = sysio_write_full(ends[1], buf_span(text));
	close(ends[1]);
	if (err.code != ERR_OK) {
		close(ends[0]);
		return say("passphrase", err.why);
	}
	*out_fd = ends[0];
	return 0;
}

int
passphrase_ask(int *out_fd, const struct passphrase *what)
{
	struct buf text CLEANUP(buf_wipe) = {.max = ROOT_MAX_PASSPHRASE};

	if (what->file != NULL)
		return open_file(out_fd, what->file);
	int CLEANUP(sysio_close) terminal =
	    open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	if (terminal < 0)
		return say("passphrase",
		    "there is no terminal to ask at; give "
		    "--passphrase-file FILE, or - for standard input");
	int status = ask_all(&text, terminal, what);
	return status == 0 ? pass_on(out_fd, &text) : status;
}
