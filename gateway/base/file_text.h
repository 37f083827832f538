#ifndef GATEHOUSE_FILE_TEXT_H
#define GATEHOUSE_FILE_TEXT_H

#include "crypto/memory/buf.h"

/*
 * file_text: what files of keys/ have in common that programs alone write, as
 * text, so that who looks at one knows what it is: a first line with a version,
 * lines of words with one blank between them, times in UTC,
 * "2026-11-28T10:31:39Z", and a last line "sha256 HEX" over all before it, so
 * that a bit which changed, or the end that is missing, is found.
 */

/* file_text_word: the next word of a line; behind the last one `line` has no
 * data. Errors: MALFORMED: there is none. */
MUST_USE struct err file_text_word(struct span *line, struct span *out);

/* file_text_time: Unix time. Errors: MALFORMED: it is no time, or one before
 * 1970. */
MUST_USE struct err file_text_time(int64_t *out, struct span text);

/* file_text_put_time: append one. Errors: MALFORMED: before 1970 or after 9999;
 * TOO_BIG, NO_MEMORY. */
MUST_USE struct err file_text_put_time(struct buf *out, int64_t time_s);

/* file_text_head: a first line, `name` and then `version`. Errors: UNSUPPORTED:
 * another version; MALFORMED: another name. */
MUST_USE struct err file_text_head(
    struct span line, const char *name, const char *version);

/* file_text_is_end: whether a line is the last one of its file. */
bool file_text_is_end(struct span line);

/*
 * file_text_check: whether the last line stands for those before it.
 *
 * before_len  bytes of the text in front of its last line
 * Errors      TRUNCATED: it is torn; MALFORMED: it stands for others, or there
 *             is more behind it
 */
MUST_USE struct err file_text_check(struct span text, size_t before_len);

/* file_text_seal: append the last line, for all from `begin` on. Errors:
 * TOO_BIG, NO_MEMORY. */
MUST_USE struct err file_text_seal(struct buf *out, size_t begin);

#endif
