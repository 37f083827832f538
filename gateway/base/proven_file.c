#include "gateway/base/proven_file.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>

#include "crypto/age_key.h"
#include "gateway/base/file_text.h"
#include "policy/literal.h"

static const char NAME[] = "gatehouse-recipients-";
static const char VERSION[] = "v1";

/* --- Lines --- */

static int
compare(const struct proven_entry *entry, struct span party,
    const uint8_t key[AGE_KEY_LEN])
{
	int order = span_compare(entry->party, party);

	return order != 0 ? order
			  : span_compare(span_of(entry->key, AGE_KEY_LEN),
				span_of(key, AGE_KEY_LEN));
}

/* Keys have one text here, though age reads two. */
static struct err
parse_key(uint8_t out[AGE_KEY_LEN], struct span word)
{
	struct buf again CLEANUP(buf_done) = {.max = AGE_RECIPIENT_TEXT};

	if (age_recipient_parse(out, word).code != ERR_OK)
		return ERR(MALFORMED, "it is not the key of an age recipient");
	TRY(age_recipient_format(&again, out));
	return span_equal(buf_span(&again), word)
	    ? OK
	    : ERR(MALFORMED, "a key is written in lower case");
}

static struct err
check_party(struct span party)
{
	return literal_is_id(party)
	    ? OK
	    : ERR(MALFORMED, "it is not the id of a party");
}

static struct err
parse_entry(struct proven_entry *out, struct span line)
{
	struct span word;

	*out = (struct proven_entry){.record = 0};
	TRY(file_text_word(&line, &word));
	if (!span_equal_str(word, "recipient"))
		return ERR(MALFORMED, "not a line of a recipient");
	TRY(file_text_word(&line, &out->party));
	TRY(check_party(out->party));
	TRY(file_text_word(&line, &word));
	TRY(parse_key(out->key, word));
	TRY(file_text_word(&line, &word));
	TRY(file_text_time(&out->since_s, word));
	TRY(file_text_word(&line, &word));
	TRY(span_u64(word, &out->record, INT64_MAX));
	return line.data == NULL
	    ? OK
	    : ERR(MALFORMED, "more than a recipient's line");
}

static struct err
make_room(struct proven_file *file)
{
	size_t cap = file->cap > 0 ? 2 * file->cap : 16;

	if (file->num_entries == PROVEN_FILE_MAX)
		return ERR(TOO_BIG, "more recipients than it can hold");
	if (file->num_entries < file->cap)
		return OK;
	void *entries =
	    reallocarray(file->entries, cap, sizeof(*file->entries));
	if (entries == NULL)
		return ERR(NO_MEMORY, "no memory for recipients");
	file->entries = entries;
	file->cap = cap;
	return OK;
}

static struct err
append(struct proven_file *file, struct span line)
{
	struct proven_entry entry;

	TRY(parse_entry(&entry, line));
	if (file->num_entries > 0) {
		int order = compare(&file->entries[file->num_entries - 1],
		    entry.party, entry.key);
		if (order == 0)
			return ERR(MALFORMED, "a recipient is there twice");
		if (order > 0)
			return ERR(
			    MALFORMED, "the recipients are not in their order");
	}
	TRY(make_room(file));
	file->entries[file->num_entries++] = entry;
	return OK;
}

static struct err
parse_head(struct span line)
{
	struct err err = file_text_head(line, NAME, VERSION);

	return err.code == ERR_MALFORMED
	    ? ERR(MALFORMED, "it is no file of recipients")
	    : err;
}

static struct err
parse(struct proven_file *file, size_t *out_line, struct span text)
{
	struct span rest = text, line;

	*out_line = 1;
	if (span_take_line(&rest, &line).code != ERR_OK)
		return ERR(TRUNCATED, "its end is missing: it is torn");
	TRY(parse_head(line));
	for (;;) {
		size_t before_len = text.len - rest.len;
		++*out_line;
		if (span_take_line(&rest, &line).code != ERR_OK)
			return ERR(TRUNCATED, "its end is missing: it is torn");
		if (file_text_is_end(line))
			return file_text_check(text, before_len);
		TRY(append(file, line));
	}
}

struct err
proven_file_parse(struct proven_file *out, size_t *out_line, struct span text)
{
	struct proven_file file = {.cap = 0};

	*out_line = 1;
	struct err err = text.len > PROVEN_FILE_TEXT
	    ? ERR(TOO_BIG, "it is over its cap")
	    : parse(&file, out_line, text);
	if (err.code != ERR_OK) {
		proven_file_done(&file);
		return err;
	}
	*out = file;
	return OK;
}

void
proven_file_done(struct proven_file *file)
{
	free(file->entries);
	*file = (struct proven_file){.entries = NULL};
}

/* --- Back to text --- */

static struct err
write_entry(struct buf *out, const struct proven_entry *entry)
{
	TRY(buf_append_str(out, "recipient "));
	TRY(buf_append(out, entry->party));
	TRY(buf_append_str(out, " "));
	TRY(age_recipient_format(out, entry->key));
	TRY(buf_append_str(out, " "));
	TRY(file_text_put_time(out, entry->since_s));
	return buf_append_format(out, " %" PRIu64 "\n", entry->record);
}

struct err
proven_file_write(struct buf *out, const struct proven_file *file)
{
	size_t begin = out->len;

	TRY(buf_append_format(out, "%s%s\n", NAME, VERSION));
	for (size_t i = 0; i < file->num_entries; i++)
		TRY(write_entry(out, &file->entries[i]));
	return file_text_seal(out, begin);
}

/* --- What is in it --- */

/* The first entry that is not before it. */
static size_t
place_of(const struct proven_file *file, struct span party,
    const uint8_t key[AGE_KEY_LEN])
{
	size_t low = 0, high = file->num_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (compare(&file->entries[middle], party, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct proven_entry *
proven_file_find(const struct proven_file *file, struct span party,
    const uint8_t key[AGE_KEY_LEN])
{
	size_t at = place_of(file, party, key);

	return at < file->num_entries &&
		compare(&file->entries[at], party, key) == 0
	    ? &file->entries[at]
	    : NULL;
}

struct err
proven_file_add(struct proven_file *file, const struct proven_entry *entry)
{
	size_t at = place_of(file, entry->party, entry->key);

	TRY(check_party(entry->party));
	if (proven_file_find(file, entry->party, entry->key) != NULL)
		return ERR(EXISTS, "it is proven already");
	TRY(make_room(file));
	assert(file->entries != NULL);
	memmove(&file->entries[at + 1], &file->entries[at],
	    (file->num_entries - at) * sizeof(*entry));
	file->entries[at] = *entry;
	file->num_entries++;
	return OK;
}

void
proven_file_remove(struct proven_file *file, size_t at)
{
	assert(at < file->num_entries);
	file->num_entries--;
	memmove(&file->entries[at], &file->entries[at + 1],
	    (file->num_entries - at) * sizeof(*file->entries));
}
