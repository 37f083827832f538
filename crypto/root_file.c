#include "crypto/root_file.h"

#include <errno.h>
#include <sodium.h>
#include <unistd.h>

#include "crypto/encode.h"

static const char HEAD[] = "gatehouse-root-v", WRAPPED[] = "vault:v";

static const char *const names[NUM_ROOT_PROVIDERS] = {
    [ROOT_NONE] = "none",
    [ROOT_PASSPHRASE] = "passphrase",
    [ROOT_SYSTEMD] = "systemd",
    [ROOT_PKCS11] = "pkcs11",
    [ROOT_VAULT] = "vault",
};

const char *
root_provider_name(enum root_provider provider)
{
	return names[provider];
}

struct err
root_provider_parse(enum root_provider *out, struct span name)
{
	for (unsigned i = 0; i < NUM_ROOT_PROVIDERS; i++) {
		if (span_equal_str(name, names[i])) {
			*out = (enum root_provider)i;
			return OK;
		}
	}
	return ERR(NOT_FOUND, "no such provider");
}

void
root_file_wipe(struct root_file *file)
{
	sodium_memzero(file, sizeof(*file));
}

/* --- Read --- */

/* "name value LF". A file that was cut ends within a line, or lacks one. */
static struct err
take_value(struct span *text, struct span *out, const char *name)
{
	struct span line, word;

	if (span_take_line(text, &line).code != ERR_OK)
		return ERR(TRUNCATED, "the file's end is missing");
	if (!span_take_until(&line, &word, ' ') || line.data == NULL ||
	    !span_equal_str(word, name))
		return ERR(MALFORMED, "the file has another line here");
	*out = line;
	return OK;
}

static struct err
take_hex(struct span *text, uint8_t *out, size_t len, const char *name)
{
	struct buf bytes CLEANUP(buf_wipe) = {.max = ROOT_AEAD};
	struct span value;

	TRY(take_value(text, &value, name));
	TRY(decode_hex(&bytes, value));
	if (bytes.len != len)
		return ERR(MALFORMED, "a value of another length");
	memcpy(out, bytes.data, len);
	return OK;
}

/* A hostile file must not eat the machine that opens it. */
static struct err
take_cost(struct span *text, struct root_file *out)
{
	struct span value, word;
	uint64_t kib, passes;

	TRY(take_value(text, &value, "argon2id"));
	if (!span_take_until(&value, &word, ' ') || value.data == NULL)
		return ERR(MALFORMED, "argon2id has two numbers");
	TRY(span_u64(word, &kib, UINT32_MAX));
	TRY(span_u64(value, &passes, UINT32_MAX));
	if (kib < ROOT_MIN_KIB || passes == 0)
		return ERR(MALFORMED, "argon2id asks for too little");
	if (kib > ROOT_MAX_KIB || passes > ROOT_MAX_PASSES ||
	    kib * passes > ROOT_MAX_WORK)
		return ERR(TOO_BIG,
		    "argon2id asks for more than is given: 1 GiB, 64 "
		    "passes, 4 GiB passed over in all");
	out->memory_kib = (uint32_t)kib;
	out->passes = (uint32_t)passes;
	return OK;
}

/* The server names the version of its key; it alone knows what follows. */
struct err
root_file_set_wrapped(struct root_file *file, struct span wrapped)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmno"
				     "pqrstuvwxyz0123456789+/=";
	struct span text = wrapped, version;
	uint64_t number;

	if (wrapped.len > ROOT_MAX_WRAPPED)
		return ERR(TOO_BIG, "a longer text of a server's than is kept");
	if (!span_starts_with(text, span_str(WRAPPED)))
		return ERR(MALFORMED, "not what Transit seals");
	text = span_sub(text, strlen(WRAPPED), text.len);
	if (!span_take_until(&text, &version, ':') || text.data == NULL ||
	    text.len == 0 ||
	    span_u64(version, &number, UINT32_MAX).code != ERR_OK ||
	    number == 0)
		return ERR(MALFORMED, "not what Transit seals");
	for (size_t i = 0; i < text.len; i++) {
		if (span_find(span_str(base64), text.data[i]) ==
		    sizeof(base64) - 1)
			return ERR(MALFORMED, "not what Transit seals");
	}
	memset(file->wrapped, 0, sizeof(file->wrapped));
	memcpy(file->wrapped, wrapped.data, wrapped.len);
	return OK;
}

static struct err
take_wrapped(struct span *text, struct root_file *out)
{
	struct span value;

	TRY(take_value(text, &value, "wrapped"));
	return root_file_set_wrapped(out, value);
}

static struct err
take_rest(struct span *text, struct root_file *out)
{
	switch (out->provider) {
	case ROOT_NONE:
		return take_hex(text, out->root, ROOT_LEN, "root");
	case ROOT_PASSPHRASE:
		TRY(take_cost(text, out));
		TRY(take_hex(text, out->salt, ROOT_SALT, "salt"));
		return take_hex(text, out->sealed, ROOT_AEAD, "sealed");
	case ROOT_VAULT:
		TRY(take_wrapped(text, out));
		TRY(take_hex(text, out->salt, ROOT_SALT, "salt"));
		return take_hex(text, out->sealed, ROOT_AEAD, "sealed");
	case ROOT_SYSTEMD:
		TRY(take_hex(text, out->salt, ROOT_SALT, "salt"));
		return take_hex(text, out->sealed, ROOT_AEAD, "sealed");
	case ROOT_PKCS11:
		return take_hex(text, out->sealed, ROOT_TOKEN, "sealed");
	case NUM_ROOT_PROVIDERS:
		break;
	}
	return ERR(UNSUPPORTED, "sealed in a way that is not known");
}

/* "gatehouse-root-v2 PROVIDER", or "gatehouse-root-v1 none HEX". */
static struct err
take_first(struct root_file *out, struct span line, bool *out_is_old)
{
	struct span word, provider;

	if (!span_starts_with(line, span_str(HEAD)))
		return ERR(MALFORMED, "not a root key");
	line = span_sub(line, strlen(HEAD), line.len);
	if (!span_take_until(&line, &word, ' ') || line.data == NULL)
		return ERR(MALFORMED, "it does not say who opens it");
	*out_is_old = span_equal_str(word, "1");
	if (!*out_is_old && !span_equal_str(word, "2"))
		return ERR(UNSUPPORTED,
		    "of a version that this program does not know");
	(void)span_take_until(&line, &provider, ' ');
	if (root_provider_parse(&out->provider, provider).code != ERR_OK ||
	    (*out_is_old && out->provider != ROOT_NONE))
		return ERR(UNSUPPORTED, "sealed in a way that is not known");
	if (!*out_is_old)
		return line.data == NULL
		    ? OK
		    : ERR(MALFORMED, "more than one provider");
	struct buf root CLEANUP(buf_wipe) = {.max = ROOT_LEN};
	TRY(decode_hex(&root, line));
	if (root.len != ROOT_LEN)
		return ERR(MALFORMED, "a root key has 32 bytes");
	memcpy(out->root, root.data, ROOT_LEN);
	return OK;
}

static struct err
parse(struct root_file *out, struct span text)
{
	struct span line;
	bool is_old;

	if (text.len > ROOT_FILE_MAX)
		return ERR(TOO_BIG, "too long a file");
	if (span_take_line(&text, &line).code != ERR_OK)
		return ERR(TRUNCATED, "the file's end is missing");
	TRY(take_first(out, line, &is_old));
	if (is_old)
		return span_end(text);
	out->has_check = true;
	TRY(take_hex(&text, out->check, ROOT_CHECK, "check"));
	TRY(take_rest(&text, out));
	return span_end(text);
}

struct err
root_file_parse(struct root_file *out, struct span text)
{
	struct root_file file CLEANUP(root_file_wipe) = {.memory_kib = 0};

	TRY(parse(&file, text));
	*out = file;
	return OK;
}

/* Up to and with the second LF; of version 1, up to the provider's name. */
static struct err
read_head(struct buf *out, int fd)
{
	unsigned lines = 0, words = 0;

	while (lines < 2) {
		uint8_t byte;
		ssize_t got = pread(fd, &byte, 1, (off_t)out->len);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return ERR(IO, "the file cannot be read");
		if (got == 0)
			return ERR(TRUNCATED, "the file's end is missing");
		words += byte == ' ' && lines == 0;
		if (words == 2)
			return OK;
		lines += byte == '\n';
		TRY(buf_put_u8(out, byte));
	}
	return OK;
}

struct err
root_file_head(struct root_file *out, int fd)
{
	static const char old[] = "gatehouse-root-v1 none";
	struct root_file file = {.memory_kib = 0};
	struct buf text CLEANUP(buf_done) = {.max = 128};
	struct span line, rest;
	bool is_old;

	struct err err = read_head(&text, fd);
	if (err.code == ERR_TOO_BIG)
		return ERR(MALFORMED, "not a root key");
	TRY(err);
	rest = buf_span(&text);
	if (span_equal_str(rest, old)) {
		file.provider = ROOT_NONE;
		*out = file;
		return OK;
	}
	bool cut = span_take_line(&rest, &line).code != ERR_OK;
	TRY(take_first(&file, cut ? rest : line, &is_old));
	if (cut)
		return ERR(MALFORMED, "more than one provider");
	file.has_check = true;
	TRY(take_hex(&rest, file.check, ROOT_CHECK, "check"));
	*out = file;
	return OK;
}

/* --- Write --- */

static struct err
put_hex(struct buf *out, const char *name, const uint8_t *bytes, size_t len)
{
	TRY(buf_append_str(out, name));
	TRY(buf_append_str(out, " "));
	TRY(encode_hex(out, span_of(bytes, len)));
	return buf_append_str(out, "\n");
}

struct err
root_file_bound(struct buf *out, const struct root_file *file)
{
	TRY(buf_append_format(out, "%s2 %s\n", HEAD, names[file->provider]));
	TRY(put_hex(out, "check", file->check, ROOT_CHECK));
	if (file->provider == ROOT_PASSPHRASE)
		TRY(buf_append_format(out, "argon2id %u %u\n",
		    (unsigned)file->memory_kib, (unsigned)file->passes));
	if (file->provider == ROOT_VAULT)
		TRY(buf_append_format(out, "wrapped %s\n", file->wrapped));
	if (file->provider != ROOT_NONE && file->provider != ROOT_PKCS11)
		TRY(put_hex(out, "salt", file->salt, ROOT_SALT));
	return OK;
}

struct err
root_file_write(struct buf *out, const struct root_file *file)
{
	TRY(root_file_bound(out, file));
	if (file->provider == ROOT_NONE)
		return put_hex(out, "root", file->root, ROOT_LEN);
	return put_hex(out, "sealed", file->sealed,
	    file->provider == ROOT_PKCS11 ? ROOT_TOKEN : ROOT_AEAD);
}
