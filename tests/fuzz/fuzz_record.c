/*
 * Targets: record_check, record_brief_read, record_charge_read, jcs_read_check,
 * jcs_read_member, jcs_read_text, journal_parse, tile_take_entry,
 * checkpoint_peek.
 *
 * What one of them promises about another is asserted: a record is canonical
 * JSON; a canonical string, read and written again, has the same bytes.
 */
#include <assert.h>
#include <stdlib.h>

#include "crypto/init.h"
#include "gateway/ledger/checkpoint.h"
#include "gateway/ledger/jcs.h"
#include "gateway/ledger/jcs_read.h"
#include "gateway/ledger/journal.h"
#include "gateway/ledger/record.h"
#include "gateway/ledger/record_charge.h"
#include "gateway/ledger/tile.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	if (crypto_init().code != ERR_OK)
		abort();
	return 0;
}

/* Read, then written: the same bytes. */
static void
round_trip(struct span value)
{
	struct buf text, again;
	struct jcs jcs;

	buf_init(&text, RECORD_MAX);
	buf_init(&again, RECORD_MAX);
	if (jcs_read_text(value, &text).code == ERR_OK) {
		jcs_init(&jcs, &again);
		if (jcs_string(&jcs, buf_span(&text)).code == ERR_OK)
			assert(span_equal(value, buf_span(&again)));
	}
	buf_done(&text);
	buf_done(&again);
}

static void
check_json(struct span in)
{
	struct span members, name, value;
	struct record_brief brief, again;
	bool is_canonical = jcs_read_check(in).code == ERR_OK;

	if (record_check(in, &brief).code == ERR_OK) {
		assert(is_canonical);
		assert(record_brief_read(in, &again).code == ERR_OK);
		assert(brief.kind == again.kind);
		assert(span_equal(brief.request, again.request));
		assert(brief.intent.value == again.intent.value);
		/* Nothing is charged, or all of it is there. */
		struct record_charged charged = {.charge.known = false};
		struct err err = record_charge_read(in, &charged);
		assert(err.code == ERR_OK || err.code == ERR_NOT_FOUND ||
		    charged.agreement.len == 0);
	}
	if (!is_canonical || jcs_read_object(in, &members).code != ERR_OK)
		return;
	while (members.len > 0) {
		/* Whatever is canonical as a whole is so in its parts. */
		struct err err = jcs_read_member(&members, &name, &value);
		assert(err.code == ERR_OK);
		if (value.data[0] == '"')
			round_trip(value);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct span in = span_of(data, size), rest = in, entry;
	struct journal_block block;
	struct merkle_tree tree;

	if (size == 0)
		return 0;
	check_json(in);
	if (journal_parse(in, &block).code == ERR_OK)
		assert(block.len <= size && block.entries.len <= size);
	while (tile_take_entry(&rest, &entry).code == ERR_OK)
		assert(entry.len + 2 <= size);
	(void)checkpoint_peek(in, &tree).code;
	return 0;
}
