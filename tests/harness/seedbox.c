#include "tests/harness/seedbox.h"

#include "gateway/keeper/seeds.h"
#include "tests/harness/expect.h"

enum {
	SINCE = 1764325899 /* 2025-11-28T10:31:39Z */
};

static const char DIGITS[] =
    "%08x0405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";

/* One seed an epoch; scopes differ by their names. */
static void
open_epochs(struct scope_file *file, const struct scope *scope, uint32_t epoch,
    char (*digits)[SCOPE_FILE_SEED + 1])
{
	for (uint32_t i = 1; i <= epoch; i++) {
		snprintf(digits[i - 1], SCOPE_FILE_SEED + 1, DIGITS, i);
		expect_ok(scope_file_open(file, scope,
		    span_of(digits[i - 1], SCOPE_FILE_SEED), SINCE));
	}
}

void
seedbox_rotated(struct keeper *keeper, uint32_t epoch, enum seedbox_last last)
{
	struct buf text CLEANUP(buf_done) = {.max = SCOPE_FILE_TEXT};
	const struct policy *policy = &keeper->policy;
	struct scope_file file = {.first_epoch = 1};
	char(*digits)[SCOPE_FILE_SEED + 1] = calloc(epoch, sizeof(*digits));
	struct scope scope;

	assert_non_null(digits);
	for (uint32_t i = 0; i < policy->num_agreements; i++) {
		if (!scope_of(&scope, policy, i) ||
		    scope_file_current(&file, &scope) != NULL)
			continue;
		open_epochs(&file, &scope, epoch, digits);
		if (last == SEEDBOX_GONE)
			scope_file_destroy(
			    scope_file_current(&file, &scope), SINCE);
	}
	expect_ok(scope_file_write(&text, &file));
	scope_file_done(&file);
	free(digits);
	const struct keyring_keys *keys = keyring_open(keeper->ring);
	expect_ok(seeds_new(&keeper->seeds, buf_span(&text), keys->root));
	keyring_close(keeper->ring);
}

void
seedbox_make(struct keeper *keeper)
{
	seedbox_rotated(keeper, 1, SEEDBOX_LIVE);
}
