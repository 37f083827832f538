#ifndef GATEHOUSE_RECIPIENT_CHANGE_H
#define GATEHOUSE_RECIPIENT_CHANGE_H

#include "gateway/base/config_load.h"
#include "gateway/base/proven_store.h"
#include "gateway/ipc/admin.h"

/*
 * recipient_change: keys/recipients, read and changed by somebody who owns it.
 * The ledger is told first, by the gateway, then the file is written, and the
 * gateway reads it. All return 0, or the exit status after saying why.
 */
enum {
	RECIPIENT_PATH = 4096
};

struct recipient_change {
	const char *config_path; /* NULL: not given */
	struct config config;
	struct arena arena;
	char path[RECIPIENT_PATH];
	struct proven_store store;
};

/* recipient_change_open: the configuration and the file. recipient_change_done
 * accepts what it left. */
int recipient_change_open(struct recipient_change *c, const char *config_path);
void recipient_change_done(struct recipient_change *c);

/* recipient_change_again: the file, as it is by now. What was borrowed from it
 * is no more. */
int recipient_change_again(struct recipient_change *c);

/* recipient_change_record: the gateway judges it, and its ledger has it.
 * out      party, key: what was asked; record, since_s: of the ledger */
int recipient_change_record(struct recipient_change *c, enum admin_type type,
    const struct admin_recipient *question, struct proven_entry *out);

/* recipient_change_write: what the store says by now is on the disk. */
int recipient_change_write(struct recipient_change *c);

/* recipient_change_tell: the gateway goes by it from now on, if it is one that
 * does; if not, a line says so. */
int recipient_change_tell(const struct recipient_change *c);

/* recipient_change_print: a key, whose it is, and what became of it. */
int recipient_change_print(const struct proven_entry *entry, const char *what);

#endif
