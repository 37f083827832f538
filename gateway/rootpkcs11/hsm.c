#include "gateway/rootpkcs11/hsm.h"

#include <dlfcn.h>
#include <p11-kit-1/p11-kit/pkcs11.h>
#include <stdlib.h>

#include "crypto/random.h"
#include "gateway/base/log.h"

enum {
	NONCE = 12, /* bytes; one of 2^96 for each time that a root is sealed */
	TAG = 16,
	KEY_LEN = 32,
	MAX_SLOTS = 64,
};

struct hsm {
	void *module;
	CK_FUNCTION_LIST_PTR f;
	bool initialized;
	CK_SESSION_HANDLE session;
	bool has_session;
	CK_OBJECT_HANDLE key;
};

/* --- Errors --- */

/* What a person can mend has a sentence; the rest has its code, for the
 * vendor's manual. */
static struct err
failed(const char *call, CK_RV rv)
{
	const struct log_field fields[] = {
	    log_text("call", call), log_number("code", rv)};

	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_LEN_RANGE ||
	    rv == CKR_PIN_INVALID)
		return ERR(DENIED,
		    "the token does not take the PIN; each try may bring it "
		    "nearer to being locked");
	if (rv == CKR_PIN_LOCKED)
		return ERR(DENIED, "the token's PIN is locked");
	if (rv == CKR_TOKEN_NOT_PRESENT || rv == CKR_DEVICE_REMOVED)
		return ERR(UNAVAILABLE, "the token is not there");
	if (rv == CKR_ENCRYPTED_DATA_INVALID)
		return ERR(DENIED,
		    "another key of the token, or the file is not what was "
		    "sealed");
	log_event("token-failed", fields, 2);
	return ERR(IO, "the token failed; the line before has its code");
}

#define CALL(token, name, ...)                                                 \
	do {                                                                   \
		CK_RV call_rv = (token)->f->name(__VA_ARGS__);                 \
		if (call_rv != CKR_OK)                                         \
			return failed(#name, call_rv);                         \
	} while (0)

/* --- Module and token --- */

static struct err
load(struct hsm *t, const char *module)
{
	CK_RV (*get)(CK_FUNCTION_LIST_PTR_PTR list);

	t->module = dlopen(module, RTLD_NOW | RTLD_LOCAL);
	if (t->module == NULL)
		return ERR(NOT_FOUND,
		    "`root: pkcs11-module` is no library that can be loaded");
	void *symbol = dlsym(t->module, "C_GetFunctionList");
	if (symbol == NULL)
		return ERR(NOT_FOUND,
		    "`root: pkcs11-module` is no module of PKCS #11");
	/* POSIX lets a data pointer be a function's; C does not say so. */
	memcpy(&get, &symbol, sizeof(get));
	CK_RV rv = get(&t->f);
	if (rv != CKR_OK)
		return failed("C_GetFunctionList", rv);
	CALL(t, C_Initialize, NULL);
	t->initialized = true;
	return OK;
}

/* A label has 32 bytes, and blanks at its end. */
static bool
is_label(const unsigned char label[32], const char *wanted)
{
	size_t len = strlen(wanted);

	if (len > 32 || !span_equal_str(span_of(label, len), wanted))
		return false;
	for (size_t i = len; i < 32; i++) {
		if (label[i] != ' ')
			return false;
	}
	return true;
}

static struct err
find_slot(const struct hsm *t, CK_SLOT_ID *out, const char *label)
{
	CK_SLOT_ID slots[MAX_SLOTS];
	CK_ULONG num = MAX_SLOTS;
	unsigned found = 0;

	CALL(t, C_GetSlotList, CK_TRUE, slots, &num);
	for (CK_ULONG i = 0; i < num; i++) {
		CK_TOKEN_INFO info;
		if (t->f->C_GetTokenInfo(slots[i], &info) != CKR_OK ||
		    !is_label(info.label, label))
			continue;
		*out = slots[i];
		found++;
	}
	if (found == 0)
		return ERR(UNAVAILABLE,
		    "no token of the label `root: pkcs11-token` is there");
	return found == 1 ? OK
			  : ERR(MALFORMED, "several tokens have that label");
}

static struct err
log_in(struct hsm *t, const struct hsm_where *where, bool makes)
{
	CK_FLAGS flags = CKF_SERIAL_SESSION | (makes ? CKF_RW_SESSION : 0);
	CK_SLOT_ID slot;
	/* The module reads it, whatever its type says. */
	CK_UTF8CHAR_PTR pin = (CK_UTF8CHAR_PTR)(uintptr_t)where->pin.data;

	TRY(find_slot(t, &slot, where->token));
	CALL(t, C_OpenSession, slot, flags, NULL, NULL, &t->session);
	t->has_session = true;
	CALL(t, C_Login, t->session, CKU_USER, pin, where->pin.len);
	return OK;
}

/* --- The key --- */

/* One that could be taken out protects nothing. */
static struct err
check_key(const struct hsm *t)
{
	CK_BBOOL out = CK_TRUE, sensitive = CK_FALSE;
	CK_ULONG len = 0;
	CK_ATTRIBUTE attributes[] = {
	    {CKA_EXTRACTABLE, &out, sizeof(out)},
	    {CKA_SENSITIVE, &sensitive, sizeof(sensitive)},
	    {CKA_VALUE_LEN, &len, sizeof(len)},
	};

	CALL(t, C_GetAttributeValue, t->session, t->key, attributes, 3);
	if (out != CK_FALSE || sensitive == CK_FALSE || len != KEY_LEN)
		return ERR(MALFORMED,
		    "the key has to be of AES, of 256 bits, sensitive and not "
		    "extractable");
	return OK;
}

static struct err
find_key(struct hsm *t, const char *label)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_AES;
	CK_OBJECT_HANDLE found[2];
	CK_ULONG num = 0;
	CK_ATTRIBUTE wanted[] = {
	    {CKA_CLASS, &class, sizeof(class)},
	    {CKA_KEY_TYPE, &type, sizeof(type)},
	    {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
	};

	CALL(t, C_FindObjectsInit, t->session, wanted, 3);
	CALL(t, C_FindObjects, t->session, found, 2, &num);
	CALL(t, C_FindObjectsFinal, t->session);
	if (num == 0)
		return ERR(NOT_FOUND,
		    "the token has no AES key of the label `root: pkcs11-key`");
	if (num > 1)
		return ERR(MALFORMED, "several keys have that label");
	t->key = found[0];
	return check_key(t);
}

static struct err
make_key(struct hsm *t, const char *label)
{
	CK_MECHANISM mechanism = {CKM_AES_KEY_GEN, NULL, 0};
	CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
	CK_ULONG len = KEY_LEN;
	CK_ATTRIBUTE wanted[] = {
	    {CKA_TOKEN, &yes, sizeof(yes)},
	    {CKA_PRIVATE, &yes, sizeof(yes)},
	    {CKA_SENSITIVE, &yes, sizeof(yes)},
	    {CKA_EXTRACTABLE, &no, sizeof(no)},
	    {CKA_ENCRYPT, &yes, sizeof(yes)},
	    {CKA_DECRYPT, &yes, sizeof(yes)},
	    {CKA_VALUE_LEN, &len, sizeof(len)},
	    {CKA_LABEL, (void *)(uintptr_t)label, strlen(label)},
	};

	CALL(t, C_GenerateKey, t->session, &mechanism, wanted,
	    sizeof(wanted) / sizeof(wanted[0]), &t->key);
	return check_key(t);
}

static struct err
find_or_make(struct hsm *t, const char *label, bool makes)
{
	struct err err = find_key(t, label);

	return err.code == ERR_NOT_FOUND && makes ? make_key(t, label) : err;
}

struct err
hsm_open(struct hsm **out, const struct hsm_where *where, bool makes)
{
	struct hsm *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return ERR(NO_MEMORY, "no memory");
	struct err err = load(t, where->module);
	if (err.code == ERR_OK)
		err = log_in(t, where, makes);
	if (err.code == ERR_OK)
		err = find_or_make(t, where->label, makes);
	if (err.code != ERR_OK) {
		hsm_close(t);
		return err;
	}
	*out = t;
	return OK;
}

void
hsm_close(struct hsm *token)
{
	if (token == NULL)
		return;
	if (token->has_session)
		(void)token->f->C_CloseSession(token->session);
	if (token->initialized)
		(void)token->f->C_Finalize(NULL);
	/* Modules are not made to be unloaded: the process ends. */
	free(token);
}

/* --- What it is for --- */

/* Nothing of what it points to is written to. */
static CK_GCM_PARAMS
params_of(uint8_t nonce[NONCE], struct span bound)
{
	return (CK_GCM_PARAMS){.iv_ptr = nonce,
	    .iv_len = NONCE,
	    .iv_bits = NONCE * 8,
	    .aad_ptr = (uint8_t *)(uintptr_t)bound.data,
	    .aad_len = bound.len,
	    .tag_bits = TAG * 8};
}

struct err
hsm_seal(struct hsm *t, uint8_t out[ROOT_TOKEN], struct span bound,
    const uint8_t root[ROOT_LEN])
{
	random_bytes(out, NONCE);
	CK_GCM_PARAMS gcm = params_of(out, bound);
	CK_MECHANISM mechanism = {CKM_AES_GCM, &gcm, sizeof(gcm)};
	CK_ULONG len = ROOT_TOKEN - NONCE;

	CALL(t, C_EncryptInit, t->session, &mechanism, t->key);
	CALL(t, C_Encrypt, t->session, (uint8_t *)(uintptr_t)root, ROOT_LEN,
	    out + NONCE, &len);
	return len == ROOT_TOKEN - NONCE
	    ? OK
	    : ERR(IO, "the token seals in another way");
}

struct err
hsm_unseal(struct hsm *t, uint8_t out[ROOT_LEN], struct span bound,
    const uint8_t sealed[ROOT_TOKEN])
{
	uint8_t copy[ROOT_TOKEN], plain[ROOT_TOKEN];
	CK_ULONG len = sizeof(plain);

	memcpy(copy, sealed, sizeof(copy));
	CK_GCM_PARAMS gcm = params_of(copy, bound);
	CK_MECHANISM mechanism = {CKM_AES_GCM, &gcm, sizeof(gcm)};
	CALL(t, C_DecryptInit, t->session, &mechanism, t->key);
	CK_RV rv = t->f->C_Decrypt(
	    t->session, copy + NONCE, ROOT_TOKEN - NONCE, plain, &len);
	bool whole = rv == CKR_OK && len == ROOT_LEN;
	if (whole)
		memcpy(out, plain, ROOT_LEN);
	explicit_bzero(plain, sizeof(plain));
	/* Modules differ in what they call a tag that does not fit. */
	if (rv == CKR_GENERAL_ERROR || rv == CKR_ENCRYPTED_DATA_LEN_RANGE ||
	    rv == CKR_DATA_INVALID || rv == CKR_FUNCTION_FAILED)
		rv = CKR_ENCRYPTED_DATA_INVALID;
	if (whole)
		return OK;
	return rv == CKR_OK ? ERR(IO, "the token opens in another way")
			    : failed("C_Decrypt", rv);
}
