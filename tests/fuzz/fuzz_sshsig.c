/*
 * Targets: sshsig_verify, sshsig_is_key. Nothing that is made without the key
 * verifies; the first line is a key, the rest a signature.
 */
#include <stdlib.h>

#include "crypto/init.h"
#include "crypto/sshsig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* Of a key that was thrown away. */
	static const char key[] =
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFOthc6vG1tMOf9wdif28U69xQgZ"
	    "9cPtu/u7+huQWwkx";
	const struct span use = span_str("gatehouse-policy");
	struct span rest = span_of(data, size), line;

	if (crypto_init().code != ERR_OK)
		abort();
	if (sshsig_verify(rest, span_str(key), use, span_str("x")).code ==
	    ERR_OK)
		abort();
	if (span_take_line(&rest, &line).code == ERR_OK &&
	    sshsig_verify(rest, line, use, span_str("x")).code == ERR_OK &&
	    !sshsig_is_key(line))
		abort();
	return 0;
}
