#include "gateway/tool/audit_find.h"

#include <unistd.h>

#include "gateway/ledger/jcs.h"
#include "gateway/ledger/record.h"
#include "gateway/ledger/replay.h"

enum {
	INDEX_DIGITS = 15, /* longer than that it is a request's id */
	TRIES = 5,	   /* looks before something is wrong */
	TRY_AGAIN_US = 50000,
	FOUND_MAX = 2 * AUDIT_FIND_MAX * (RECORD_MAX + 1), /* bytes */
};

struct err
audit_find_init_request(struct audit_find *find, const char *id)
{
	*find = (struct audit_find){
	    .request = {.max = RECORD_MAX}, .last_start = {.max = RECORD_MAX}};
	arena_init(&find->arena, FOUND_MAX);
	return jcs_escape(&find->request, span_str(id));
}

struct err
audit_find_init(struct audit_find *find, const char *text)
{
	struct span wanted = span_str(text);

	TRY(audit_find_init_request(find, text));
	/* Digits are an index, unless there are too many. */
	find->by_index = wanted.len <= INDEX_DIGITS &&
	    span_u64(wanted, &find->index, UINT64_MAX).code == ERR_OK;
	return OK;
}

void
audit_find_done(struct audit_find *find)
{
	buf_done(&find->request);
	buf_done(&find->last_start);
	arena_done(&find->arena);
}

static struct err
keep(struct audit_find *find, uint64_t index, struct span record)
{
	struct audit_found *found = &find->items[find->num_items];

	if (find->num_items == AUDIT_FIND_MAX)
		return ERR(TOO_BIG, "the ledger has too many records of it");
	TRY(arena_copy(&find->arena, &found->record, record));
	found->index = index;
	find->num_items++;
	return OK;
}

static struct err
look_at(struct audit_find *find, uint64_t index, struct span record)
{
	struct record_brief brief;

	if (find->by_index)
		return index == find->index ? keep(find, index, record) : OK;
	if (record_brief_read(record, &brief).code != ERR_OK)
		return OK;
	if (brief.kind == RECORD_START) {
		buf_reset(&find->last_start);
		find->last_start_index = index;
		return buf_append(&find->last_start, record);
	}
	return brief.request.len > 0 &&
		span_equal(brief.request, buf_span(&find->request))
	    ? keep(find, index, record)
	    : OK;
}

static struct err
walk(struct audit_find *find, struct replay *replay)
{
	struct span record;

	if (find->by_index)
		replay_skip_to(replay, find->index);
	for (;;) {
		struct err err = replay_next(replay, &record);
		if (err.code == ERR_NOT_FOUND)
			return OK;
		TRY(err);
		uint64_t index = replay->index - 1;
		TRY(look_at(find, index, record));
		if (find->by_index && index >= find->index)
			return OK;
	}
}

static struct err
run_once(struct audit_find *find, int dir)
{
	struct replay replay;

	find->num_items = 0;
	buf_reset(&find->last_start);
	arena_done(&find->arena);
	arena_init(&find->arena, FOUND_MAX);
	TRY(replay_open(&replay, dir, NULL, NULL));
	struct err err = walk(find, &replay);
	replay_done(&replay);
	TRY(err);
	return find->num_items > 0
	    ? OK
	    : ERR(NOT_FOUND, "the ledger has no such record");
}

struct err
audit_find_run(struct audit_find *find, int dir)
{
	struct err err = run_once(find, dir);

	for (int i = 0; i < TRIES && err.code == ERR_CHANGED; i++) {
		usleep(TRY_AGAIN_US);
		err = run_once(find, dir);
	}
	return err;
}
