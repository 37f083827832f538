#ifndef GATEHOUSE_LOG_H
#define GATEHOUSE_LOG_H

#include "crypto/memory/span.h"

/*
 * log: one line on stderr for each thing that an operator may want to know:
 *
 *     event role=worker key=value key="a value"
 *
 * Role loops log, once for each failure; parsers, crypto and policy return
 * errors. Values may come from outside, so they are escaped: one event is one
 * line whatever they hold, and a terminal shows them without acting on them.
 * A record's or an object's contents never are values.
 */
struct log_field {
	const char *key;  /* a literal: a-z and '-' */
	struct span text; /* the value, unless is_number */
	uint64_t number;
	bool is_number;
};

/* The three ways to make a field. All borrow. */
struct log_field log_text(const char *key, const char *text);
struct log_field log_span(const char *key, struct span text);
struct log_field log_number(const char *key, uint64_t number);

/*
 * log_set_role: what every later line says after its event; a literal, or
 * NULL (at start) for nothing. What stderr is, is looked at here.
 */
void log_set_role(const char *role);

/*
 * log_event: one line, in one write. A value over LOG_MAX_VALUE bytes is cut
 * and ends in "..."; a line over LOG_MAX_LINE loses its last fields whole.
 * A line that nobody takes is given up: the ledger is what counts. The next
 * one that is taken says how many there were, as log-lost=N.
 */
void log_event(
    const char *event, const struct log_field *fields, size_t num_fields);

/*
 * log_event_soon: the same, with the lines that follow it in one write: by
 * log_flush, by the next log_event, or when they are LOG_MAX_SOON bytes. For
 * what comes often, in a loop that flushes before it waits.
 */
void log_event_soon(
    const char *event, const struct log_field *fields, size_t num_fields);
void log_flush(void);

/* log_error: the event with the error's code and its reason. */
void log_error(const char *event, struct err error);

#endif
