#include "gateway/base/scope_file.h"

#include <assert.h>
#include <stdlib.h>

#include "crypto/encode.h"
#include "gateway/base/file_text.h"

static const char NAME[] = "gatehouse-scopes-";
static const char VERSION[] = "v1";

/* --- Lines --- */

static struct err
check_seed(struct span seed)
{
	struct buf bytes CLEANUP(buf_wipe) = {.max = SCOPE_FILE_SEED / 2};
	static const uint8_t zeros[SCOPE_FILE_SEED / 2];

	if (seed.len != SCOPE_FILE_SEED ||
	    decode_hex(&bytes, seed).code != ERR_OK)
		return ERR(MALFORMED, "a seed has 64 hexadecimal digits");
	if (span_equal(buf_span(&bytes), span_of(zeros, sizeof(zeros))))
		return ERR(MALFORMED, "a seed of zeros is none");
	return OK;
}

static struct err
parse_state(struct scope_entry *out, struct span *line)
{
	struct span state, word;

	TRY(file_text_word(line, &state));
	TRY(file_text_word(line, &word));
	TRY(file_text_time(&out->since_s, word));
	TRY(file_text_word(line, &word));
	if (span_equal_str(state, "destroyed"))
		return file_text_time(&out->destroyed_s, word);
	if (!span_equal_str(state, "live"))
		return ERR(MALFORMED, "an epoch is live or destroyed");
	out->seed = word;
	return check_seed(word);
}

static struct err
parse_entry(struct scope_entry *out, struct span line)
{
	struct span word;
	uint64_t epoch;

	*out = (struct scope_entry){.epoch = 0};
	TRY(file_text_word(&line, &word));
	if (!span_equal_str(word, "scope"))
		return ERR(MALFORMED, "not a line of a scope");
	TRY(file_text_word(&line, &word));
	TRY(scope_parse(&out->scope, word));
	TRY(file_text_word(&line, &word));
	TRY(span_u64(word, &epoch, UINT32_MAX));
	out->epoch = (uint32_t)epoch;
	TRY(parse_state(out, &line));
	return line.data == NULL ? OK
				 : ERR(MALFORMED, "more than a scope's line");
}

/* Whether it may stand behind the last one. */
static struct err
check_order(const struct scope_file *file, const struct scope_entry *entry)
{
	const struct scope_entry *last = file->num_entries > 0
	    ? &file->entries[file->num_entries - 1]
	    : NULL;
	int order =
	    last == NULL ? -1 : scope_compare(&last->scope, &entry->scope);

	if (order > 0)
		return ERR(MALFORMED, "the scopes are not in their order");
	if (order < 0)
		return entry->epoch == file->first_epoch
		    ? OK
		    : ERR(MALFORMED, "a scope without its first epoch");
	if (entry->epoch == last->epoch)
		return ERR(MALFORMED, "an epoch of a scope is there twice");
	if (entry->epoch < last->epoch)
		return ERR(MALFORMED, "an epoch goes back");
	return entry->epoch == last->epoch + 1
	    ? OK
	    : ERR(MALFORMED, "an epoch of a scope is missing");
}

static struct err
make_room(struct scope_file *file)
{
	size_t cap = file->cap > 0 ? 2 * file->cap : 16;

	if (file->num_entries == SCOPE_FILE_MAX)
		return ERR(TOO_BIG, "more epochs than it can hold");
	if (file->num_entries < file->cap)
		return OK;
	void *entries =
	    reallocarray(file->entries, cap, sizeof(*file->entries));
	if (entries == NULL)
		return ERR(NO_MEMORY, "no memory for scopes");
	file->entries = entries;
	file->cap = cap;
	return OK;
}

static struct err
parse_first(struct scope_file *file, struct span line)
{
	struct span word;
	uint64_t first;

	TRY(file_text_word(&line, &word));
	if (!span_equal_str(word, "first-epoch") || line.data == NULL)
		return ERR(MALFORMED, "the line of the first epoch is missing");
	TRY(span_u64(line, &first, SCOPE_FILE_FIRST));
	file->first_epoch = (uint32_t)first;
	return first > 0 ? OK : ERR(MALFORMED, "the first epoch is 0");
}

static struct err
parse_head(struct span line)
{
	struct err err = file_text_head(line, NAME, VERSION);

	return err.code == ERR_MALFORMED
	    ? ERR(MALFORMED, "it is no file of scopes")
	    : err;
}

/* One line; *out_end: it is the last one. */
static struct err
parse_line(
    struct scope_file *file, size_t number, struct span line, bool *out_end)
{
	struct scope_entry entry;

	*out_end = false;
	if (number == 1)
		return parse_head(line);
	if (number == 2)
		return parse_first(file, line);
	if (file_text_is_end(line)) {
		*out_end = true;
		return OK;
	}
	TRY(parse_entry(&entry, line));
	TRY(check_order(file, &entry));
	TRY(make_room(file));
	file->entries[file->num_entries++] = entry;
	return OK;
}

static struct err
parse(struct scope_file *file, size_t *out_line, struct span text)
{
	struct span rest = text, line;
	size_t before_len = 0;
	bool end = false;

	for (*out_line = 1; !end; ++*out_line) {
		before_len = text.len - rest.len;
		if (span_take_line(&rest, &line).code != ERR_OK)
			return ERR(TRUNCATED, "its end is missing: it is torn");
		TRY(parse_line(file, *out_line, line, &end));
	}
	--*out_line;
	return file_text_check(text, before_len);
}

struct err
scope_file_parse(struct scope_file *out, size_t *out_line, struct span text)
{
	struct scope_file file = {.first_epoch = 0};

	*out_line = 1;
	struct err err = text.len > SCOPE_FILE_TEXT
	    ? ERR(TOO_BIG, "it is over its cap")
	    : parse(&file, out_line, text);
	if (err.code != ERR_OK) {
		scope_file_done(&file);
		return err;
	}
	*out = file;
	return OK;
}

void
scope_file_done(struct scope_file *file)
{
	free(file->entries);
	*file = (struct scope_file){.entries = NULL};
}

/* --- Back to text --- */

static struct err
write_entry(struct buf *out, const struct scope_entry *entry)
{
	bool live = entry->seed.len > 0;

	TRY(buf_append_str(out, "scope "));
	TRY(scope_put(out, &entry->scope));
	TRY(buf_append_format(
	    out, " %u %s ", entry->epoch, live ? "live" : "destroyed"));
	TRY(file_text_put_time(out, entry->since_s));
	TRY(buf_append_str(out, " "));
	TRY(live ? buf_append(out, entry->seed)
		 : file_text_put_time(out, entry->destroyed_s));
	return buf_append_str(out, "\n");
}

struct err
scope_file_write(struct buf *out, const struct scope_file *file)
{
	size_t begin = out->len;

	TRY(buf_append_format(
	    out, "%s%s\nfirst-epoch %u\n", NAME, VERSION, file->first_epoch));
	for (size_t i = 0; i < file->num_entries; i++)
		TRY(write_entry(out, &file->entries[i]));
	return file_text_seal(out, begin);
}

/* --- What is in it --- */

/* The first entry that is behind all epochs of the scope. */
static size_t
end_of(const struct scope_file *file, const struct scope *scope)
{
	size_t low = 0, high = file->num_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (scope_compare(&file->entries[middle].scope, scope) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

struct scope_entry *
scope_file_current(const struct scope_file *file, const struct scope *scope)
{
	size_t end = end_of(file, scope);

	if (end == 0 ||
	    scope_compare(&file->entries[end - 1].scope, scope) != 0)
		return NULL;
	return &file->entries[end - 1];
}

/* Its epochs stand one behind the other, none left out. */
struct scope_entry *
scope_file_find(
    const struct scope_file *file, const struct scope *scope, uint32_t epoch)
{
	struct scope_entry *last = scope_file_current(file, scope);

	if (last == NULL || epoch > last->epoch || epoch < file->first_epoch)
		return NULL;
	return last - (last->epoch - epoch);
}

struct err
scope_file_open(struct scope_file *file, const struct scope *scope,
    struct span seed, int64_t now_s)
{
	struct scope_entry entry = {.scope = *scope,
	    .epoch = file->first_epoch,
	    .since_s = now_s,
	    .seed = seed};
	const struct scope_entry *last = scope_file_current(file, scope);
	size_t at = end_of(file, scope);

	if (last != NULL && last->epoch == UINT32_MAX)
		return ERR(TOO_BIG, "no epoch is left");
	if (last != NULL)
		entry.epoch = last->epoch + 1;
	TRY(make_room(file));
	assert(file->entries != NULL);
	if (at < file->num_entries)
		memmove(&file->entries[at + 1], &file->entries[at],
		    (file->num_entries - at) * sizeof(entry));
	file->entries[at] = entry;
	file->num_entries++;
	return OK;
}

void
scope_file_destroy(struct scope_entry *entry, int64_t now_s)
{
	entry->seed = span_of(NULL, 0);
	entry->destroyed_s = now_s;
}
