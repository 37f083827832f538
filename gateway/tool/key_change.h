#ifndef GATEHOUSE_KEY_CHANGE_H
#define GATEHOUSE_KEY_CHANGE_H

#include "gateway/base/config_load.h"
#include "gateway/base/scope_store.h"
#include "gateway/ipc/admin.h"

/*
 * key_change: keys/scopes, changed by somebody who owns it, and the gateway
 * that has to take it. First the file, whole and durable; then a reload, if a
 * gateway runs: its next keeper tells the ledger before it serves.
 */
struct key_change {
	const char *config_path; /* NULL: not given */
	bool json;
	struct span scope_text; /* empty: all */
	uint64_t epoch;		/* 0: all */
	struct config config;
	struct arena arena;
	struct scope scope;
	struct scope_store store;
};

/* key_change_parse: options and the scope, which may be left out where `all`
 * are meant by that. Returns 0, or 2 after the usage. */
int key_change_parse(
    struct key_change *c, const char *usage, bool all, int argc, char **argv);

/* key_change_open: the configuration and the file, which is locked. Returns 0,
 * or the exit status after saying why. */
int key_change_open(struct key_change *c);

/* key_change_write: what was changed is on the disk. Returns as above. */
int key_change_write(struct key_change *c);

/*
 * key_change_tell: a gateway that runs takes it; none: a line says so.
 *
 * left      what is so if it does not take it, for the line that says so
 * Returns   0, or its exit status
 */
int key_change_tell(
    struct key_change *c, enum admin_type type, const char *left);

/* key_change_erase: nothing of what was there before can be read. Returns as
 * key_change_open. */
int key_change_erase(struct key_change *c);

/* key_change_done: accepts what key_change_parse left. */
void key_change_done(struct key_change *c);

/* key_change_print: one line, or one object, of an epoch. */
void key_change_print(const struct key_change *c,
    const struct scope_entry *entry, const char *state);

#endif
