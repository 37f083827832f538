#ifndef GATEHOUSE_HTTP_TRACE_H
#define GATEHOUSE_HTTP_TRACE_H

#include "gateway/http/http_head.h"

/*
 * http_trace: the W3C trace context that a client sends along, as far as it is
 * of use to a server that asks nobody else: the trace id. `tracestate` is for
 * whom we would ask next, and is not looked at.
 */
enum {
	HTTP_TRACE_ID = 16, /* bytes */
};

/*
 * http_trace_parse: the value of a `traceparent`.
 *
 * out_id   written on success only
 * Errors   MALFORMED: not of version 00, nor of a later one that begins as 00
 *          does; an id of zeros
 * Source   W3C Trace Context, s.3.2 (format) and s.4.1 (later versions)
 */
MUST_USE struct err http_trace_parse(
    uint8_t out_id[HTTP_TRACE_ID], struct span value);

/*
 * http_trace_find: of a head. False: none, more than one, or one that is not
 * valid; which are all the same: a request of no trace.
 */
bool http_trace_find(
    uint8_t out_id[HTTP_TRACE_ID], const struct http_head *head);

#endif
