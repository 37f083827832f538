#ifndef GATEHOUSE_AUDIT_SERVE_H
#define GATEHOUSE_AUDIT_SERVE_H

#include "gateway/auditor/audit_seen.h"
#include "gateway/ipc/audit.h"
#include "gateway/ipc/keepers.h"
#include "gateway/ledger/ledger.h"

/*
 * audit_serve: the auditor's work once it is in its jail: take what keepers
 * send, commit all of it at once, and only then say so. Somebody waits for
 * the receipt of an intent or a denial, which is therefore committed without
 * delay. For that of a completion nobody does: it shares the sync of what comes
 * next, or has its own when LEDGER_LAZY_MS are over. Should the machine stop
 * before, the next start finds the intent open and says so.
 *
 * There is one keeper, and while the gateway reloads one more of each
 * generation that drains. One that goes
 * with all its intents complete is forgotten. One that leaves some behind has
 * died, and then all end.
 */
enum {
	AUDIT_SERVE_ROUND = 256, /* messages that share a commit at most */
};

/* A record that was appended, and whose receipt waits for the commit. */
struct audit_waiting {
	struct channel *keeper;
	uint64_t id; /* of the keeper's frame */
	uint64_t index;
	enum record_kind kind;
	bool charged;
	struct account_mark mark; /* if it was */
};

struct audit_serve {
	struct ledger *ledger;	       /* borrowed, too: */
	const struct audit_seen *seen; /* in what is committed */
	struct policy_chain next;      /* in what is appended */
	struct keepers keepers;
	uint64_t num_open[HAND_KEEPERS]; /* intents without completion, each */
	struct audit_waiting waiting[AUDIT_SERVE_ROUND];
	size_t num_waiting;
	bool urgent;		/* somebody waits for one of them */
	uint64_t lazy_until_ms; /* monotonic; when the others are due */
	uint64_t publish_at_ms; /* monotonic; 0: nothing waits for it */
	uint64_t quiet_by_ms;	/* of an heir, monotonic; 0: there is none */
	bool handed_over;
};

/*
 * audit_serve_init: nobody is there yet.
 *
 * seen     borrowed; goes on with what is appended
 * control  taken over, for as long as the process lives
 */
void audit_serve_init(struct audit_serve *serve, struct ledger *ledger,
    const struct audit_seen *seen, int control);

/*
 * audit_serve_inherit: take the place of an elder (hand.h), whose ledger was
 * followed: its keepers become ours, and the ledger is open.
 *
 * Errors   UNAVAILABLE, CLOSED: the elder keeps all, or is gone; MALFORMED: its
 *          intents are not those of the ledger; as ledger_take
 */
MUST_USE struct err audit_serve_inherit(
    struct audit_serve *serve, int elder, struct ledger_found *found);

/*
 * audit_serve_run: until the last keeper goes away, or one leaves intents
 * open, or breaks the protocol, or an heir has all of it: then `handed_over`
 * says so, and the ledger is not ours any more.
 *
 * Errors   CLOSED: no keeper is left, and what they sent is committed; or it
 *          is handed over
 *          MALFORMED, TOO_BIG: one broke the protocol
 *          IO, CRYPTO: the ledger has ended: say nothing more to anybody
 */
MUST_USE struct err audit_serve_run(struct audit_serve *serve);

#endif
