#ifndef GATEHOUSE_OBJECT_KEY_H
#define GATEHOUSE_OBJECT_KEY_H

#include "crypto/memory/arena.h"
#include "policy/model.h"

/*
 * object_key: the names of files, and the names of the objects that they
 * become. A name's endings say what the bytes are, from the inside out: the
 * ending of the origin's compression goes, that of the agreement's comes, and
 * of a sealed object `.age` behind it. Both are the same for all files of an
 * agreement, so there is one object of each file and one file of each object.
 */

/*
 * object_key_of: the object that a file becomes.
 *
 * out      in `arena`, or `file` itself
 * Errors   MALFORMED: its name is nothing but an ending; NO_MEMORY, TOO_BIG
 */
MUST_USE struct err object_key_of(struct span *out, struct arena *arena,
    const struct policy *policy, const struct agreement *agreement,
    struct span file);

/*
 * object_key_file: the file that an object is made of; it need not be there.
 *
 * Errors   NOT_FOUND: no object of this agreement has such a name; NO_MEMORY,
 *          TOO_BIG
 */
MUST_USE struct err object_key_file(struct span *out, struct arena *arena,
    const struct policy *policy, const struct agreement *agreement,
    struct span object);

#endif
