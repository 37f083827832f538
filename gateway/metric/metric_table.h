#ifndef GATEHOUSE_METRIC_TABLE_H
#define GATEHOUSE_METRIC_TABLE_H

#include "gateway/base/spawn.h"
#include "gateway/ipc/ask.h"
#include "gateway/ipc/audit.h"
#include "gateway/ledger/record.h"
#include "gateway/s3/s3_error.h"
#include "gateway/s3/s3_route.h"
#include "policy/decide.h"

/*
 * metric_table: everything that is counted, once: what a role counts into
 * (metric.h) and what an operator reads (metric_text.h) are made of these
 * lines. A line is: the first of its cells in the page of its role, its type,
 * its name without "gatehouse_", its labels, what it means.
 *
 * A label has a fixed set of values, which are words of ours: no name of a
 * caller, an agreement, an object or an address is ever one, nor can it be,
 * since a page has numbers only. An agreement's name says who does business
 * with whom, and what it is for; whoever may know has the ledger.
 *
 * With a new line goes one in deploy/OPERATING.md.
 */
#define METRIC_OF_SUPERVISOR(M, R)                                             \
	M(R, METRIC_BUILD, GAUGE, "build_info", VERSION, ONE,                  \
	    "1, for the version of the supervisor.")                           \
	M(R, METRIC_START_TIME, GAUGE, "start_time_seconds", ONE, ONE,         \
	    "When the supervisor was started, as Unix time.")                  \
	M(R, METRIC_SERVING, GAUGE, "serving", ONE, ONE,                       \
	    "1 while a generation serves: keeper, auditor and root are "       \
	    "there.")                                                          \
	M(R, METRIC_SEALED, GAUGE, "sealed", ONE, ONE,                         \
	    "1 while there is no root: every request is refused.")             \
	M(R, METRIC_GENERATION, GAUGE, "generation", ONE, ONE,                 \
	    "Number of the generation that serves.")                           \
	M(R, METRIC_DRAINING, GAUGE, "generations_draining", ONE, ONE,         \
	    "Generations that finish what they have begun.")                   \
	M(R, METRIC_RELOADS, COUNTER, "reloads_total", RELOAD, ONE,            \
	    "Reloads that were told to be made, by what became of them.")      \
	M(R, METRIC_RELOAD_GOOD, GAUGE, "config_last_reload_successful", ONE,  \
	    ONE, "1, or 0 when the last reload was refused.")                  \
	M(R, METRIC_RELOAD_TIME, GAUGE,                                        \
	    "config_last_reload_success_timestamp_seconds", ONE, ONE,          \
	    "Since when the generation that serves does, as Unix time.")       \
	M(R, METRIC_PROCESSES, GAUGE, "processes", ROLE, ONE,                  \
	    "Processes that run, of all generations.")                         \
	M(R, METRIC_STARTS, COUNTER, "process_starts_total", ROLE, ONE,        \
	    "Processes that were started.")                                    \
	M(R, METRIC_FAILURES, COUNTER, "process_failures_total", ROLE, ONE,    \
	    "Processes that ended, and were not told to.")                     \
	M(R, METRIC_LEDGER_ROOM, GAUGE, "ledger_disk_free_bytes", ONE, ONE,    \
	    "What is left of the disk that the ledger lies on.")               \
	M(R, METRIC_LEDGER_DISK, GAUGE, "ledger_disk_bytes", ONE, ONE,         \
	    "The size of that disk.")                                          \
	M(R, METRIC_VERIFIED_TIME, GAUGE, "ledger_verified_timestamp_seconds", \
	    ONE, ONE,                                                          \
	    "When the whole ledger was last found as it was signed, as Unix "  \
	    "time; 0: not yet.")                                               \
	M(R, METRIC_VERIFIED, GAUGE, "ledger_verified_entries", ONE, ONE,      \
	    "Size of the tree that was found so.")                             \
	M(R, METRIC_WATCHDOG, COUNTER, "watchdog_feeds_total", ONE, ONE,       \
	    "Times that the service manager was told that all is well.")

#define METRIC_OF_KEEPER(M, R)                                                 \
	M(R, METRIC_ASKS_OPEN, GAUGE, "asks_open", ONE, ONE,                   \
	    "Requests that the keeper decides on, or that hold its grant.")    \
	M(R, METRIC_GRANTS, COUNTER, "grants_total", ONE, ONE,                 \
	    "Requests that were granted, after their record was kept.")        \
	M(R, METRIC_REFUSALS, COUNTER, "refusals_total", REFUSAL, ONE,         \
	    "Requests that the keeper refused, by why.")                       \
	M(R, METRIC_DENIALS, COUNTER, "policy_denials_total", DENIAL, ONE,     \
	    "Requests that the policy denied, by why.")                        \
	M(R, METRIC_UNPROVED, COUNTER, "unproved_requests_total", ONE, ONE,    \
	    "Requests refused before there was anything to decide: nobody "    \
	    "proved who asks.")                                                \
	M(R, METRIC_SLOTS, GAUGE, "slots", SLOT, ONE,                          \
	    "Slots that keepers have met, by state.")                          \
	M(R, METRIC_FILLS_BEGUN, COUNTER, "fills_started_total", ONE, ONE,     \
	    "Fillings of a slot that a mill was given.")                       \
	M(R, METRIC_FILLS, COUNTER, "fills_total", FILL, ONE,                  \
	    "Fillings that ended, by how.")                                    \
	M(R, METRIC_FILL_TIME, HISTOGRAM, "fill_duration_seconds", ONE, ONE,   \
	    "From a mill's order to the slot, of fillings that came to one.")  \
	M(R, METRIC_COMMANDS, COUNTER, "commands_total", ONE, ONE,             \
	    "Commands that somebody typed on this host.")

#define METRIC_OF_AUDITOR(M, R)                                                \
	M(R, METRIC_RECORDS, COUNTER, "ledger_records_total", RECORD, ONE,     \
	    "Records that are on the disk, by kind.")                          \
	M(R, METRIC_UNRECORDED, COUNTER, "ledger_refusals_total", UNRECORDED,  \
	    ONE, "Records that were not kept, by why.")                        \
	M(R, METRIC_COMMIT_TIME, HISTOGRAM, "ledger_commit_duration_seconds",  \
	    ONE, ONE, "Writing and syncing the records of one commit.")        \
	M(R, METRIC_LEDGER_SIZE, GAUGE, "ledger_entries", ONE, ONE,            \
	    "Size of the ledger's tree.")                                      \
	M(R, METRIC_UNPUBLISHED, GAUGE, "ledger_unpublished_entries", ONE,     \
	    ONE, "Records that no public checkpoint covers yet.")              \
	M(R, METRIC_INTENTS, GAUGE, "ledger_open_intents", ONE, ONE,           \
	    "Intents that have no completion yet.")                            \
	M(R, METRIC_LEDGER_FULL, GAUGE, "ledger_full", ONE, ONE,               \
	    "1 while the ledger's disk is full, and nothing is delivered.")    \
	M(R, METRIC_OVER_LIMIT, COUNTER, "limit_refusals_total", LIMIT, WHOSE, \
	    "Requests that were over a limit of their agreement, by which.")   \
	M(R, METRIC_COUNTED, GAUGE, "limit_places", ONE, ONE,                  \
	    "Agreements with limits, and callers of them, that are counted "   \
	    "today.")

#define METRIC_OF_OPENER(M, R)                                                 \
	M(R, METRIC_SPOOL_BYTES, GAUGE, "spool_bytes", ONE, ONE,               \
	    "Bytes of the slots in the spool.")                                \
	M(R, METRIC_SPOOL_SLOTS, GAUGE, "spool_slots", ONE, ONE,               \
	    "Slots in the spool.")                                             \
	M(R, METRIC_SPOOL_LIMIT, GAUGE, "spool_limit_bytes", ONE, ONE,         \
	    "What the spool may hold.")                                        \
	M(R, METRIC_EVICTIONS, COUNTER, "spool_evictions_total", ONE, ONE,     \
	    "Slots that made room for others.")

#define METRIC_OF_WORKER(M, R)                                                 \
	M(R, METRIC_REQUESTS, COUNTER, "requests_total", OPERATION, CLASS,     \
	    "Requests that ended, by what was asked for and by the class of "  \
	    "the answer's status.")                                            \
	M(R, METRIC_ERRORS, COUNTER, "errors_total", CODE, ONE,                \
	    "Answers with an error, by its code in S3.")                       \
	M(R, METRIC_HEADS, COUNTER, "heads_refused_total", HEAD, ONE,          \
	    "Heads of requests that are no HTTP that is accepted, by status; " \
	    "they leave no record.")                                           \
	M(R, METRIC_CUTS, COUNTER, "cuts_total", PARTY, ONE,                   \
	    "Answers that ended before their end, by whose doing.")            \
	M(R, METRIC_DELIVERED, COUNTER, "delivered_bytes_total", ONE, ONE,     \
	    "Bytes of objects that were handed to the network.")               \
	M(R, METRIC_REQUEST_TIME, HISTOGRAM, "request_duration_seconds", KIND, \
	    ONE, "From a request's head to the end of its answer.")            \
	M(R, METRIC_FIRST_BYTE, HISTOGRAM, "first_byte_seconds", KIND, ONE,    \
	    "From a request's head to the first byte of its answer.")          \
	M(R, METRIC_CONNECTIONS, COUNTER, "connections_total", ONE, ONE,       \
	    "Connections that were accepted.")                                 \
	M(R, METRIC_CONNECTED, GAUGE, "connections_open", ONE, ONE,            \
	    "Connections that are open.")                                      \
	M(R, METRIC_TURNED_AWAY, COUNTER, "connections_refused_total", CROWD,  \
	    ONE, "Connections closed as soon as they came, by why.")           \
	M(R, METRIC_OUSTED, COUNTER, "connections_ousted_total", CROWD, ONE,   \
	    "Connections that waited, closed to make room for others.")        \
	M(R, METRIC_PAUSES, COUNTER, "accept_pauses_total", ONE, ONE,          \
	    "Times that no connection was accepted for a while: mostly, no "   \
	    "descriptor was left.")                                            \
	M(R, METRIC_HANDSHAKES, COUNTER, "tls_handshakes_total", HANDSHAKE,    \
	    ONE, "Handshakes of TLS, by how they ended.")                      \
	M(R, METRIC_ALONE, COUNTER, "keeper_losses_total", ONE, ONE,           \
	    "Times that a worker lost its keeper.")

#define METRIC_OF_CODEBOOK(M, R)                                               \
	M(R, METRIC_BOOK_ENTRIES, GAUGE, "codebook_entries", ONE, ONE,         \
	    "Random codes that stand for a value.")                            \
	M(R, METRIC_BOOK_SUBJECTS, GAUGE, "codebook_subjects", ONE, ONE,       \
	    "Those whose they are, each with a key that can be erased.")       \
	M(R, METRIC_BOOK_ASKED, COUNTER, "codebook_lookups_total", ONE, ONE,   \
	    "Values that fillings asked the codebook about.")                  \
	M(R, METRIC_BOOK_MADE, COUNTER, "codebook_inserts_total", ONE, ONE,    \
	    "Codes that were drawn for values that had none.")                 \
	M(R, METRIC_BOOK_COMMITS, COUNTER, "codebook_commits_total", ONE, ONE, \
	    "Times that new codes were written and synced.")                   \
	M(R, METRIC_BOOK_BROKEN, COUNTER, "codebook_cut_fills_total", ONE,     \
	    ONE,                                                               \
	    "Fillings that asked for more than their source can have, "        \
	    "or broke the protocol.")                                          \
	M(R, METRIC_BOOK_RESOLVED, COUNTER, "codebook_resolves_total", ONE,    \
	    ONE, "Codes that an authorised person asked back.")                \
	M(R, METRIC_BOOK_SHREDDED, COUNTER, "codebook_shredded_total", ONE,    \
	    ONE, "Entries that were removed with their subject.")

#define METRIC_OF_CONSOLE(M, R)                                                \
	M(R, METRIC_SCRAPES, COUNTER, "console_requests_total", SCRAPE, ONE,   \
	    "Requests to the console, by the status of the answer.")           \
	M(R, METRIC_CONSOLE_OUSTED, COUNTER,                                   \
	    "console_connections_ousted_total", ONE, ONE,                      \
	    "Connections to the console that lasted too long, or "             \
	    "made room for others.")

/* --- The values of labels; the first of each is 0 --- */

enum {
	METRIC_RELOAD_DONE,
	METRIC_RELOAD_REFUSED,
	METRIC_NUM_RELOAD,
};

/* The five that `gatehouse status` shows, and the others. */
enum {
	METRIC_SLOT_WAITING,
	METRIC_SLOT_FILLING,
	METRIC_SLOT_READY,
	METRIC_SLOT_EVICTED,
	METRIC_SLOT_REFUSED,
	METRIC_SLOT_OTHER,
	METRIC_NUM_SLOT,
};

enum {
	METRIC_FILL_DONE,
	METRIC_FILL_REFUSED, /* its source is bad */
	METRIC_FILL_FAILED,
	METRIC_FILL_TRIED, /* for `spool verify` */
	METRIC_NUM_FILL,
};

enum {
	METRIC_UNRECORDED_FULL,
	METRIC_UNRECORDED_WRONG,
	METRIC_NUM_UNRECORDED,
};

/* Behind those of enum s3_op. */
enum {
	METRIC_OPERATION_HEALTH = S3_OP_WRITE + 1,
	METRIC_OPERATION_NONE, /* refused before it was known */
	METRIC_NUM_OPERATION,
};

enum {
	METRIC_CLASS_2XX,
	METRIC_CLASS_3XX,
	METRIC_CLASS_4XX,
	METRIC_CLASS_5XX,
	METRIC_CLASS_NONE, /* no answer was begun */
	METRIC_NUM_CLASS,
};

enum {
	METRIC_HEAD_400,
	METRIC_HEAD_414,
	METRIC_HEAD_417,
	METRIC_HEAD_431,
	METRIC_HEAD_501,
	METRIC_HEAD_505,
	METRIC_NUM_HEAD,
};

enum {
	METRIC_PARTY_CLIENT,
	METRIC_PARTY_GATE,
	METRIC_NUM_PARTY,
};

enum {
	METRIC_KIND_READ,
	METRIC_KIND_LIST,
	METRIC_KIND_OTHER,
	METRIC_NUM_KIND,
};

enum {
	METRIC_CROWD_ADDRESS, /* too many from one address */
	METRIC_CROWD_ALL,     /* too many together */
	METRIC_CROWD_SYSTEM,  /* the system failed us */
	METRIC_NUM_CROWD,
};

enum {
	METRIC_HANDSHAKE_DONE,
	METRIC_HANDSHAKE_LEFT,
	METRIC_HANDSHAKE_PROTOCOL,
	METRIC_HANDSHAKE_CERTIFICATE,
	METRIC_HANDSHAKE_SYSTEM,
	METRIC_HANDSHAKE_LATE,
	METRIC_HANDSHAKE_OUSTED,
	METRIC_NUM_HANDSHAKE,
};

enum {
	METRIC_SCRAPE_200,
	METRIC_SCRAPE_400, /* any head that is refused */
	METRIC_SCRAPE_404,
	METRIC_SCRAPE_405,
	METRIC_SCRAPE_503,
	METRIC_NUM_SCRAPE,
};

/* Of a limit: of all callers together, or of each. */
enum {
	METRIC_WHOSE_ALL,
	METRIC_WHOSE_EACH,
	METRIC_NUM_WHOSE,
};

/* Those that enums of others have, ONE is no label. */
enum {
	METRIC_NUM_ONE = 1,
	METRIC_NUM_VERSION = 1,
	METRIC_NUM_ROLE = NUM_SPAWN_ROLES,
	METRIC_NUM_REFUSAL = NUM_ASK_REFUSALS,
	METRIC_NUM_DENIAL = NUM_DENY_REASONS,
	METRIC_NUM_RECORD = RECORD_KINDS,
	METRIC_NUM_LIMIT = NUM_AUDIT_LIMITS,
	METRIC_NUM_CODE = S3_ERR_COUNT,
};

/* --- Pages --- */

enum metric_type {
	METRIC_TYPE_COUNTER,
	METRIC_TYPE_GAUGE,
	METRIC_TYPE_HISTOGRAM,
};

enum {
	METRIC_BUCKETS = 20, /* with an upper bound; one more has none */
	METRIC_CELLS_COUNTER = 1,
	METRIC_CELLS_GAUGE = 1,
	METRIC_CELLS_HISTOGRAM = METRIC_BUCKETS + 2, /* and the sum */
	METRIC_PAGE_CELLS = 512,
};

#define METRIC_PLACE(role, id, type, name, a, b, help)                         \
	id,                                                                    \
	    id##_LAST = (id) +                                                 \
	    METRIC_CELLS_##type * METRIC_NUM_##a * METRIC_NUM_##b - 1,

/* clang-format off */
enum { METRIC_OF_SUPERVISOR(METRIC_PLACE, ) METRIC_END_SUPERVISOR };
enum { METRIC_OF_KEEPER(METRIC_PLACE, ) METRIC_END_KEEPER };
enum { METRIC_OF_AUDITOR(METRIC_PLACE, ) METRIC_END_AUDITOR };
enum { METRIC_OF_OPENER(METRIC_PLACE, ) METRIC_END_OPENER };
enum { METRIC_OF_WORKER(METRIC_PLACE, ) METRIC_END_WORKER };
enum { METRIC_OF_CONSOLE(METRIC_PLACE, ) METRIC_END_CONSOLE };
enum { METRIC_OF_CODEBOOK(METRIC_PLACE, ) METRIC_END_CODEBOOK };
/* clang-format on */

#undef METRIC_PLACE

/* Whose page it is. */
enum metric_role {
	METRIC_SUPERVISOR,
	METRIC_KEEPER,
	METRIC_AUDITOR,
	METRIC_OPENER,
	METRIC_WORKER,
	METRIC_CONSOLE,
	METRIC_CODEBOOK,
	NUM_METRIC_ROLES,
};

/* METRIC_ALL: all lines: M(whose, first cell, type, name, label, label, help)
 */
#define METRIC_ALL(M)                                                          \
	METRIC_OF_SUPERVISOR(M, METRIC_SUPERVISOR)                             \
	METRIC_OF_KEEPER(M, METRIC_KEEPER)                                     \
	METRIC_OF_AUDITOR(M, METRIC_AUDITOR)                                   \
	METRIC_OF_OPENER(M, METRIC_OPENER)                                     \
	METRIC_OF_WORKER(M, METRIC_WORKER)                                     \
	METRIC_OF_CONSOLE(M, METRIC_CONSOLE)                                   \
	METRIC_OF_CODEBOOK(M, METRIC_CODEBOOK)

#endif
