/*
 * Target: activation_take: the environment of a service manager. The first line
 * is LISTEN_PID ("me" stands for our own), the rest LISTEN_FDS. Nothing that
 * listens is at those descriptors, so nothing is taken.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/supervisor/activation.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
set(const char *name, struct span value)
{
	char text[64];

	if (span_equal_str(value, "me"))
		(void)snprintf(text, sizeof(text), "%d", (int)getpid());
	else
		(void)snprintf(text, sizeof(text), "%.*s", (int)value.len,
		    (const char *)value.data);
	if (setenv(name, text, 1) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct provisions provisions = {0};
	struct span in = span_of(data, len), pid;

	if (len > 60 || span_take_line(&in, &pid).code != ERR_OK)
		return 0;
	set("LISTEN_PID", pid);
	set("LISTEN_FDS", in);
	struct err err = activation_take(&provisions);
	assert(err.code == ERR_OK || err.code == ERR_UNSUPPORTED);
	assert(provisions.num == 0);
	if (err.code == ERR_OK)
		assert(getenv("LISTEN_PID") == NULL);
	provisions_done(&provisions);
	return 0;
}
