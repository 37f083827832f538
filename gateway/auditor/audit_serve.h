#ifndef GATEHOUSE_AUDIT_SERVE_H
#define GATEHOUSE_AUDIT_SERVE_H

#include "gateway/ipc/audit.h"
#include "gateway/ledger/ledger.h"

/*
 * audit_serve: the auditor's work once it is in its jail: take what the keeper
 * sends, commit all of it at once, and only then say so. Somebody waits for
 * the receipt of an intent or a denial, which is therefore committed without
 * delay. For that of a completion nobody does: it shares the sync of what comes
 * next, or has its own when LEDGER_LAZY_MS are over. Should the machine stop
 * before, the next start finds the intent open and says so.
 */
enum {
	AUDIT_SERVE_ROUND = 256 /* messages that share a commit at most */
};

/* A record that was appended, and whose receipt waits for the commit. */
struct audit_waiting {
	uint64_t id; /* of the keeper's frame */
	uint64_t index;
};

struct audit_serve {
	struct ledger *ledger; /* borrowed */
	struct channel keeper;
	struct audit_waiting waiting[AUDIT_SERVE_ROUND];
	size_t num_waiting;
	bool urgent;		/* somebody waits for one of them */
	uint64_t lazy_until_ms; /* monotonic; when the others are due */
	uint64_t publish_at_ms; /* monotonic; 0: nothing waits for it */
};

/*
 * audit_serve_init: takes over the keeper's socket, for as long as the process
 * lives.
 */
void audit_serve_init(
    struct audit_serve *serve, struct ledger *ledger, int keeper);

/*
 * audit_serve_run: until the keeper goes away, or breaks the protocol.
 *
 * Errors   CLOSED: the keeper is away, and what it sent is committed
 *          MALFORMED, TOO_BIG: it broke the protocol
 *          IO, CRYPTO: the ledger has ended: say nothing more to anybody
 */
MUST_USE struct err audit_serve_run(struct audit_serve *serve);

/*
 * audit_serve_interrupt: nobody will complete the open intents any more: close
 * each with a record of its ceiling, and commit.
 *
 * reason   a text for the records
 * Errors   as ledger_append, ledger_commit
 */
MUST_USE struct err audit_serve_interrupt(
    struct ledger *ledger, const char *reason);

/* audit_serve_tell: append and commit a record of the ledger's own life. */
MUST_USE struct err audit_serve_tell(
    struct ledger *ledger, enum record_kind kind, const char *reason);

#endif
