#include "tests/harness/expect.h"

#include "crypto/init.h"
#include "crypto/sshsig.h"
#include "tests/harness/vectors.h"

/* One block of the file. */
struct made {
	struct buf key, message, signature;
	struct span name, name_space;
};

static int
start(void **state)
{
	(void)state;
	return crypto_init().code == ERR_OK && sshsig_init().code == ERR_OK
	    ? 0
	    : -1;
}

static bool
next(struct vectors *v, struct made *m)
{
	if (!vectors_next(v))
		return false;
	m->key.max = m->message.max = m->signature.max = SSHSIG_MAX;
	m->name = vectors_text(v, "Name");
	m->name_space = vectors_text(v, "Namespace");
	vectors_hex(v, "Key", &m->key);
	vectors_hex(v, "Message", &m->message);
	vectors_hex(v, "Signature", &m->signature);
	return true;
}

static void
end(struct vectors *v, struct made *m)
{
	buf_done(&m->key);
	buf_done(&m->message);
	buf_done(&m->signature);
	vectors_close(v);
}

static struct err
verify(const struct made *m)
{
	return sshsig_verify(buf_span(&m->signature), buf_span(&m->key),
	    m->name_space, buf_span(&m->message));
}

static void
sshsig_verify__takes_what_ssh_keygen_makes(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/sshsig.txt");
	struct made m = {0};

	(void)state;
	while (next(v, &m)) {
		assert_true(sshsig_is_key(buf_span(&m.key)));
		if (span_starts_with(m.name, span_str("untouched")))
			expect_err(DENIED, verify(&m));
		else
			expect_ok(verify(&m));
	}
	end(v, &m);
}

/* Of a key's comment every byte may change; of the rest none. */
static void
expect_changed(struct made *m, struct buf *what, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		what->data[i] ^= 1;
		struct err err = verify(m);
		what->data[i] ^= 1;
		assert_int_not_equal(err.code, ERR_OK);
	}
}

static size_t
key_len(const struct made *m)
{
	struct span line = buf_span(&m->key), word;
	size_t len = 1;

	for (size_t i = 0; i < 2; i++)
		if (span_take_until(&line, &word, ' '))
			len += word.len;
	return len;
}

static void
sshsig_verify__finds_each_changed_byte(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/sshsig.txt");
	struct made m = {0};

	(void)state;
	while (next(v, &m)) {
		struct buf cut = m.signature;

		expect_changed(&m, &m.signature, m.signature.len);
		expect_changed(&m, &m.message, m.message.len);
		expect_changed(&m, &m.key, key_len(&m));
		for (; m.signature.len > 0; m.signature.len--)
			if (m.signature.len < cut.len)
				assert_int_not_equal(verify(&m).code, ERR_OK);
		m.signature = cut;
	}
	end(v, &m);
}

static void
sshsig_verify__refuses_another_use_key_or_tail(void **state)
{
	struct vectors *v = vectors_open("tests/vectors/sshsig.txt");
	struct made m = {0};
	struct buf first = {.max = SSHSIG_MAX};

	(void)state;
	while (next(v, &m)) {
		if (span_starts_with(m.name, span_str("untouched")))
			continue;
		expect_err(UNSUPPORTED,
		    sshsig_verify(buf_span(&m.signature), buf_span(&m.key),
			span_str("git"), buf_span(&m.message)));
		if (first.len == 0)
			expect_ok(buf_append(&first, buf_span(&m.key)));
		else
			expect_err(DENIED,
			    sshsig_verify(buf_span(&m.signature),
				buf_span(&first), m.name_space,
				buf_span(&m.message)));
		expect_ok(buf_append_str(&m.signature, "\n"));
		expect_err(MALFORMED, verify(&m));
	}
	buf_done(&first);
	end(v, &m);
}

static void
sshsig_is_key__refuses_what_does_not_sign(void **state)
{
	static const char *const lines[] = {"", "ssh-ed25519",
	    "ssh-ed25519 AAAA", "ssh-ed25519 !",
	    /* RSA, and the name of one type before the bytes of another. */
	    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAQE=",
	    "ecdsa-sha2-nistp256 AAAAC3NzaC1lZDI1NTE5AAAAIFOthc6vG1tMOf9wdif28"
	    "U69xQgZ9cPtu/u7+huQWwkx",
	    /* A byte too many. */
	    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFOthc6vG1tMOf9wdif28U69xQgZ"
	    "9cPtu/u7+huQWwkxAA=="};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_false(sshsig_is_key(span_str(lines[i])));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sshsig_verify__takes_what_ssh_keygen_makes),
	    cmocka_unit_test(sshsig_verify__finds_each_changed_byte),
	    cmocka_unit_test(sshsig_verify__refuses_another_use_key_or_tail),
	    cmocka_unit_test(sshsig_is_key__refuses_what_does_not_sign),
	};

	return cmocka_run_group_tests(tests, start, NULL);
}
