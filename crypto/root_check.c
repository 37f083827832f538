#include "crypto/root_check.h"

#include "crypto/derive.h"
#include "crypto/memory/secret.h"

struct err
root_check(uint8_t out[ROOT_CHECK], const uint8_t root[ROOT_LEN])
{
	uint8_t whole[32] CLEANUP(secret_wipe32);

	TRY(derive_subkey(whole, root, "root check"));
	memcpy(out, whole, ROOT_CHECK);
	return OK;
}

struct err
root_check_verify(const uint8_t check[ROOT_CHECK], const uint8_t root[ROOT_LEN])
{
	uint8_t ours[ROOT_CHECK];

	TRY(root_check(ours, root));
	if (!secret_equal(ours, check, ROOT_CHECK))
		return ERR(CRYPTO, "it is of another root");
	return OK;
}
