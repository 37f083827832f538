#ifndef GATEHOUSE_KEEPERBOX_H
#define GATEHOUSE_KEEPERBOX_H

#include "gateway/keeper/keeper.h"
#include "tests/harness/inbox.h"
#include "tests/harness/policy_fixture.h"

/*
 * keeperbox: the keeper's parts in this process, without its jail, and the
 * test as every peer of it: auditor, spool, origins, workers, mills. Nothing
 * happens but while a call below runs, so that each order of events can be
 * made. Left alone, the peers are honest: keeperbox_until plays them all.
 *
 * The policy is the fixture's, valid at any time; FIXTURE_READMISSION is known
 * by the certificate "spiffe://a/alt" at 192.0.2.9, FIXTURE_CARD_FRAUD (which
 * is age) by "spiffe://a/fraud" at 198.51.100.7.
 */
enum keeperbox_peer {
	BOX_AUDITOR,
	BOX_SPOOL,
	BOX_ORIGIN, /* of FIXTURE_PATIENTS */
	BOX_ORIGIN_2,
	BOX_WORKER,
	BOX_WORKER_2,
	BOX_SIGN, /* of BOX_WORKER */
	BOX_MILL,
	BOX_MILL_2, /* comes with keeperbox_attach only */
	NUM_BOX_PEERS,
};

struct keeperbox {
	struct keeper keeper;
	struct policy_fixture fixture;
	struct compiled compiled[NUM_FIXTURE_AGREEMENTS];
	int ends[NUM_BOX_PEERS]; /* ours; -1: lost */
	size_t num_fds;		 /* open before it began */

	/* The last message that a peer was sent. */
	enum keeperbox_peer at;
	struct frame got;
	struct inbox inboxes[NUM_BOX_PEERS];

	/* What honest peers say. */
	struct open_file file;	  /* the origin, of every key */
	size_t num_listed;	  /* keys of a listing */
	uint64_t plain_len;	  /* the mill */
	uint64_t index;		  /* the auditor: of the next record */
	const int *handed;	  /* descriptors; NULL: of files, as due */
	struct buf plan;	  /* that the last mill was given, */
	unsigned num_pieces;	  /* and how many came to all mills */
	uint8_t file_key[16];	  /* of the last order */
	uint64_t header_len;	  /* likewise */
	char published[65];	  /* the spool: the name of a slot, */
	struct buf meta;	  /* and what was published with it */
	unsigned num_discarded;	  /* generations */
	unsigned num_intents;	  /* records that came */
	unsigned num_interrupted; /* likewise */
	unsigned num_denied;	  /* likewise */
};

struct keeperbox_question {
	uint64_t id;
	const char *method, *target; /* NULL: GET, /readmission/a.csv */
	const char *certificate;     /* NULL: spiffe://a/alt, 192.0.2.9 */
	const char *authorization;   /* NULL: none */
	bool fraud;		     /* spiffe://a/fraud, 198.51.100.7 */
	bool parts;		     /* it cannot follow a growing slot */
	const char *trace;	     /* 16 characters; NULL: none */
	const char *headers[NUM_ASK_HEADERS]; /* NULL: not sent */
};

void keeperbox_start(struct keeperbox *box);

/* keeperbox_stop: nothing is left behind: no ask, no question, no descriptor;
 * the caller sees to memory with a sanitizer. */
void keeperbox_stop(struct keeperbox *box);

/* keeperbox_again: another keeper; the spool is what it was. */
void keeperbox_again(struct keeperbox *box);

/* keeperbox_run: until it has done what there is to do, and has said what could
 * wait; only in here does failalloc take memory away. keeperbox_turn: without
 * the latter. keeperbox_wait: for so long, so that timers fire. */
void keeperbox_run(struct keeperbox *box);
void keeperbox_turn(struct keeperbox *box);
void keeperbox_wait(struct keeperbox *box, unsigned wait_ms);

/* keeperbox_attach: a new channel to this peer; keeperbox_lose: it dies. */
void keeperbox_attach(struct keeperbox *box, enum keeperbox_peer peer);
void keeperbox_lose(struct keeperbox *box, enum keeperbox_peer peer);

/* keeperbox_ended: whether the keeper has closed its end. */
bool keeperbox_ended(struct keeperbox *box, enum keeperbox_peer peer);

/* keeperbox_ask: a worker asks. Zero asks for an object, by id 0. */
void keeperbox_ask(struct keeperbox *box, enum keeperbox_peer worker,
    const struct keeperbox_question *question);

/* keeperbox_say: any message; `num_fds` descriptors go with it, of empty files
 * that are open for reading (of a new slot, the first for writing), or those of
 * box->handed. keeperbox_reply: the same to box->got, with its id. */
void keeperbox_say(
    struct keeperbox *box, enum keeperbox_peer peer, const struct frame *frame);
void keeperbox_reply(
    struct keeperbox *box, uint16_t type, struct span body, size_t num_fds);

/* keeperbox_next: take the next message to this peer; false: there is none. */
bool keeperbox_next(struct keeperbox *box, enum keeperbox_peer peer);

/* keeperbox_honest: answer box->got as an honest peer. keeperbox_body: append
 * that answer's body, its type and number of descriptors; false: none is due.
 */
bool keeperbox_honest(struct keeperbox *box);
bool keeperbox_body(
    struct keeperbox *box, struct buf *out, uint16_t *type, size_t *num_fds);

/* keeperbox_settle: all peers answer until nobody asks; workers only listen.
 * keeperbox_until: the same until this message comes, which is left
 * unanswered in box->got; false: it never came. */
void keeperbox_settle(struct keeperbox *box);
bool keeperbox_until(
    struct keeperbox *box, enum keeperbox_peer peer, uint16_t type);

/*
 * The questions behind one object, in their order. keeperbox_to: honestly
 * from an ask up to that one; it must come.
 */
struct keeperbox_step {
	const char *name;
	enum keeperbox_peer peer;
	uint16_t type;
	unsigned nth;
};
enum {
	BOX_STEP_SOURCE,
	BOX_STEP_LOOK,
	BOX_STEP_CREATE,
	BOX_STEP_FILL_SOURCE,
	BOX_STEP_ORDER,
	BOX_STEP_AGAIN,
	BOX_STEP_PUBLISH,
	BOX_STEP_RECORD,
	NUM_BOX_STEPS,
};
extern const struct keeperbox_step keeperbox_steps[NUM_BOX_STEPS];
void keeperbox_to(struct keeperbox *box, unsigned step);

/* keeperbox_refused: the worker's next message must be this refusal;
 * keeperbox_granted: or a grant, which is read. */
void keeperbox_refused(struct keeperbox *box, enum keeperbox_peer worker,
    enum ask_refusal refusal);
void keeperbox_granted(struct keeperbox *box, enum keeperbox_peer worker,
    enum ask_kind kind, struct ask_answer *out);

/* keeperbox_has: whether box->got holds this text. */
bool keeperbox_has(const struct keeperbox *box, const char *text);

/* keeperbox_slot: the only slot; NULL: there is none. */
struct slot *keeperbox_slot(const struct keeperbox *box);

#endif
