/*
 * Targets note_verify, note_vkey_parse, note_secret_parse: a key that is taken
 * is written back as the same text; a text that is verified is the note's
 * beginning.
 */
#include <stdlib.h>

#include "crypto/init.h"
#include "crypto/note.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_keys(struct span in)
{
	struct note_key key;
	struct note_signer signer;
	struct buf text;

	buf_init(&text, 1024);
	if (note_vkey_parse(&key, in).code == ERR_OK &&
	    (note_vkey_format(&text, &key).code != ERR_OK ||
		!span_equal(buf_span(&text), in)))
		abort();
	buf_reset(&text);
	if (note_secret_parse(&signer, in).code == ERR_OK) {
		if (note_secret_format(&text, &signer).code != ERR_OK ||
		    !span_equal(buf_span(&text), in))
			abort();
		note_signer_done(&signer);
	}
	buf_wipe(&text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char vkey[] = "example.com/foo+530d903a+AekyeRrm56hApGFky"
				   "QR4ZCbV54Id2LKaANYcrnKv3U2k";
	const struct span in = span_of(data, size);
	struct note_key key;
	struct span text;

	if (crypto_init().code != ERR_OK ||
	    note_vkey_parse(&key, span_str(vkey)).code != ERR_OK)
		abort();
	if (note_verify(in, &key, &text).code == ERR_OK &&
	    (text.data != data || text.len == 0 || text.len >= size ||
		text.data[text.len - 1] != '\n'))
		abort();
	check_keys(in);
	return 0;
}
