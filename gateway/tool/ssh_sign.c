#include "gateway/tool/ssh_sign.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "gateway/base/sysio.h"

enum {
	MAX_MESSAGE = 4096, /* a pipe takes it without a reader */
	PIECE = 1024,
	NO_PROGRAM = 127,
};

/* In the child, until exec. */
static void
become(int in, int out, const char *key, const char *name_space)
{
	if (dup2(in, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
		_exit(1);
	execlp("ssh-keygen", "ssh-keygen", "-q", "-Y", "sign", "-n", name_space,
	    "-f", key, (char *)NULL);
	_exit(errno == ENOENT ? NO_PROGRAM : 1);
}

static struct err
read_all(struct buf *out, int fd)
{
	size_t got;

	do {
		TRY(buf_reserve(out, PIECE));
		TRY(sysio_read(fd, out->data + out->len, PIECE, &got));
		out->len += got;
	} while (got > 0);
	return OK;
}

static struct err
await(pid_t pid)
{
	int status = -1;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == NO_PROGRAM)
		return ERR(NOT_FOUND,
		    "there is no ssh-keygen: install openssh-client");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0
	    ? OK
	    : ERR(DENIED, "ssh-keygen did not sign");
}

struct err
ssh_sign(struct buf *out, const char *key, const char *name_space,
    struct span message)
{
	int in[2] = {-1, -1}, back[2] = {-1, -1};
	struct err err = OK;
	pid_t pid = -1;

	if (message.len > MAX_MESSAGE)
		return ERR(TOO_BIG, "too long a message to sign");
	if (pipe2(in, O_CLOEXEC) != 0 || pipe2(back, O_CLOEXEC) != 0)
		err = ERR(IO, "there is no pipe");
	if (err.code == ERR_OK)
		err = sysio_write_full(in[1], message);
	if (err.code == ERR_OK && (pid = fork()) < 0)
		err = ERR(IO, "there is no process");
	if (pid == 0)
		become(in[0], back[1], key, name_space);
	sysio_close(&in[0]);
	sysio_close(&in[1]);
	sysio_close(&back[1]);
	if (err.code == ERR_OK)
		err = read_all(out, back[0]);
	sysio_close(&back[0]);
	struct err ended = pid > 0 ? await(pid) : OK;
	return err.code == ERR_OK ? ended : err;
}
