#ifndef GATEHOUSE_REQUEST_LOG_H
#define GATEHOUSE_REQUEST_LOG_H

#include "gateway/ipc/ask.h"

/*
 * request_log: one line of the log for each request that ended, in whichever
 * way. It tells of the request what helps to find it elsewhere and to see how
 * it went, and nothing that is data or a secret: no key of an object, no name
 * or key of a caller, no address, no header, no query (DESIGN.md, rule 4).
 *
 * Whoever is known to the keeper is in the ledger with each request, which
 * costs more than a line. What the ledger does not show, anybody can cause: of
 * that there are LOG_UNRECORDED_PER_S lines a second, and the number of those
 * that were left out.
 */
struct request;

/* The zero state writes nothing. */
struct request_log {
	bool on;
	uint32_t num_unrecorded; /* lines, since the last tick */
	uint64_t num_left_out;
};

/* request_log_ended: the line; while the answer of its keeper is still there.
 */
void request_log_ended(struct request_log *log, const struct request *request,
    enum ask_outcome outcome);

/* request_log_tick: once a second. */
void request_log_tick(struct request_log *log);

#endif
