#ifndef GATEHOUSE_JSON_MEMBERS_H
#define GATEHOUSE_JSON_MEMBERS_H

#include "gateway/ledger/jcs.h"

/* json_members: a name and its value at once. Names come in the order of
 * jcs_compare, and are the caller's own. Errors: as jcs.h. */
MUST_USE struct err json_text(
    struct jcs *j, const char *name, struct span text);
MUST_USE struct err json_number(struct jcs *j, const char *name, size_t number);
MUST_USE struct err json_bool(struct jcs *j, const char *name, bool value);
MUST_USE struct err json_open_object(struct jcs *j, const char *name);
MUST_USE struct err json_open_array(struct jcs *j, const char *name);

#endif
