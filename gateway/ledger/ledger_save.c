#include "gateway/ledger/ledger_body.h"

#include <assert.h>
#include <unistd.h>

#include "gateway/ledger/disk.h"
#include "gateway/ledger/summary.h"

enum {
	/* A summary is written again after one entry for so many bytes of it:
	   it is never more than a small part of what is written. */
	BYTES_AN_ENTRY = 64,
};

static bool
has_summary(const struct ledger *ledger)
{
	return ledger->options.put != NULL;
}

struct err
ledger_room_for_summary(struct ledger *ledger)
{
	size_t max = SUMMARY_HEADER + INTENTS_PUT_MAX +
	    ledger->options.sums_max + SUMMARY_NOTE_MAX;

	if (!has_summary(ledger))
		return OK;
	buf_init(&ledger->summary, max);
	return buf_reserve(&ledger->summary, max);
}

/* --- At a start --- */

/* Of a name that may not be there: gone, and not back after a power cut. */
static struct err
forget(int dir)
{
	if (unlinkat(dir, SUMMARY_PATH, 0) != 0)
		return OK;
	return disk_sync_parent(dir, SUMMARY_PATH);
}

struct err
ledger_read_summary(struct ledger *ledger)
{
	if (!has_summary(ledger))
		return OK;
	if (ledger->options.whole)
		return forget(ledger->options.dir);
	struct err err =
	    disk_read(ledger->options.dir, SUMMARY_PATH, &ledger->summary);
	return err.code == ERR_NOT_FOUND || err.code == ERR_TOO_BIG ? OK : err;
}

static struct err
take(struct ledger *ledger, struct span body)
{
	TRY(intents_take(&ledger->intents, &body));
	return ledger->options.take(ledger->options.ctx, body);
}

struct err
ledger_resume(struct ledger *ledger)
{
	struct merkle_tree tree;
	struct span body;

	if (ledger->summary.len == 0)
		return OK;
	struct err err = summary_parse(buf_span(&ledger->summary),
	    &ledger->options.signer->key, &tree, &body);
	if (err.code == ERR_NO_MEMORY)
		return err;
	/* As if it were not there: then all is read. */
	if (err.code != ERR_OK)
		return OK;
	TRY(replay_resume(&ledger->replay, &tree));
	err = take(ledger, body);
	if (err.code == ERR_MALFORMED || err.code == ERR_TRUNCATED ||
	    err.code == ERR_TOO_BIG)
		TRY(forget(ledger->options.dir));
	TRY(err);
	ledger->num_summed = tree.size;
	return OK;
}

/* --- Later --- */

static bool
is_due(const struct ledger *ledger)
{
	uint64_t num_new = ledger_size(ledger) - ledger->num_summed;

	if (ledger->options.summary_every > 0)
		return num_new >= ledger->options.summary_every;
	return num_new >= LEDGER_SUMMARY_EVERY &&
	    num_new >= ledger->summary.len / BYTES_AN_ENTRY;
}

static struct err
write_summary(struct ledger *ledger)
{
	struct merkle_tree tree = {.size = ledger_size(ledger)};
	struct buf *file = &ledger->summary;

	TRY(edge_root(&ledger->publish.edge, tree.root));
	buf_reset(file);
	TRY(summary_begin(file, &tree));
	TRY(intents_put(&ledger->intents, file));
	TRY(ledger->options.put(ledger->options.ctx, file));
	TRY(summary_end(file, ledger->options.signer));
	/* Should its name be lost in a power cut, the one before will do. */
	return disk_replace(ledger->options.dir, SUMMARY_PATH, buf_span(file));
}

struct err
ledger_save(struct ledger *ledger)
{
	if (ledger->ended)
		return ERR(IO, "ledger: it has ended");
	assert(ledger->num_staged == 0);
	if (!has_summary(ledger) || ledger_unpublished(ledger) > 0 ||
	    !is_due(ledger))
		return OK;
	struct err err = ledger_end_on(ledger, write_summary(ledger));
	if (err.code == ERR_NO_SPACE)
		return OK;
	TRY(err);
	ledger->num_summed = ledger_size(ledger);
	return OK;
}
