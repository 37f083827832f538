#include "gateway/http/tls_pause.h"

#include <openssl/async.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/mman.h>

enum {
	PAGE = 4096,
	STACK_LEAST = 16 * 1024, /* what else is so large comes later */
	STACK_MOST = 64 * 1024,
};

/* A guard, and room for one stack. */
struct place {
	uint8_t guard[PAGE];
	uint8_t stack[STACK_MOST];
};

static struct place *places; /* NULL: not yet; they are never given back */
static size_t num_places, num_taken;

/* --- OpenSSL's memory ---------------------------------------------------- */

static void *
take(size_t len, const char *file, int line)
{
	(void)file, (void)line;
	if (num_taken < num_places && len >= STACK_LEAST && len <= STACK_MOST)
		return places[num_taken++].stack;
	return malloc(len);
}

static void *
grow(void *memory, size_t len, const char *file, int line)
{
	(void)file, (void)line;
	return realloc(memory, len);
}

static void
give(void *memory, const char *file, int line)
{
	const uint8_t *at = memory;

	(void)file, (void)line;
	if (at < (uint8_t *)places || at >= (uint8_t *)(places + num_places))
		free(memory);
}

struct err
tls_pause_guard(void)
{
	static bool is_ours;

	is_ours = is_ours || CRYPTO_set_mem_functions(take, grow, give) == 1;
	return is_ours ? OK : ERR(USAGE, "tls: OpenSSL has memory already");
}

static struct err
make_places(size_t num)
{
	void *memory = mmap(NULL, num * sizeof(*places), PROT_NONE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return ERR(NO_MEMORY, "tls: no memory for handshakes");
	places = memory;
	for (size_t i = 0; i < num; i++) {
		if (mprotect(places[i].stack, sizeof(places[i].stack),
			PROT_READ | PROT_WRITE) != 0)
			return ERR(NO_MEMORY, "tls: no memory for handshakes");
	}
	num_places = num;
	return OK;
}

/* --- Jobs ------------------------------------------------------------------
 */

static int
stop_once(void *unused)
{
	(void)unused;
	return ASYNC_pause_job();
}

static bool
run(ASYNC_JOB **job, ASYNC_WAIT_CTX *wait, int expected)
{
	int result;

	return ASYNC_start_job(job, wait, &result, stop_once, NULL, 0) ==
	    expected;
}

/* All of them at once, so that each is another one. */
static bool
run_on_each(ASYNC_JOB **jobs, size_t num, ASYNC_WAIT_CTX *wait)
{
	size_t started = 0, ended = 0;

	while (started < num && run(&jobs[started], wait, ASYNC_PAUSE))
		started++;
	while (ended < started && run(&jobs[ended], wait, ASYNC_FINISH))
		ended++;
	return ended == num;
}

static struct err
make_jobs(size_t num)
{
	ASYNC_JOB *jobs[TLS_PAUSE_MAX] = {NULL};
	ASYNC_WAIT_CTX *wait = ASYNC_WAIT_CTX_new();
	bool done = wait != NULL && ASYNC_init_thread(num, num) == 1 &&
	    run_on_each(jobs, num, wait);

	ASYNC_WAIT_CTX_free(wait);
	ERR_clear_error();
	if (!done)
		return ERR(NO_MEMORY, "tls: no memory for handshakes");
	if (num_taken != num)
		return ERR(UNSUPPORTED, "tls: a stack without a guard");
	return OK;
}

struct err
tls_pause_prepare(size_t num)
{
	if (num_places > 0)
		return OK;
	if (num > TLS_PAUSE_MAX)
		return ERR(TOO_BIG, "tls: too many stacks");
	if (ASYNC_is_capable() != 1)
		return ERR(UNSUPPORTED, "tls: no handshake can be stopped");
	TRY(make_places(num));
	return make_jobs(num);
}

void
tls_pause_allow(SSL *ssl)
{
	SSL_set_mode(ssl, SSL_MODE_ASYNC);
}

void
tls_pause_forbid(SSL *ssl)
{
	SSL_clear_mode(ssl, SSL_MODE_ASYNC);
}

struct err
tls_pause_here(void)
{
	/* Out of a job it would return at once, as if it had paused. */
	if (ASYNC_get_current_job() == NULL || ASYNC_pause_job() != 1)
		return ERR(UNAVAILABLE, "tls: it cannot be waited for here");
	return OK;
}
