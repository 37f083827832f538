#include "tests/harness/onekey.h"

#include "crypto/init.h"

const uint8_t onekey[32] = {1, 2, 3};

int
onekey_start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK ? 0 : -1;
}

void
onekey_survives(sweep_once *once)
{
	size_t num = sweep_allocations(once, NULL);

	assert_true(!failalloc_works() || num > 1);
}
