#ifndef GATEHOUSE_REQUEST_COUNT_H
#define GATEHOUSE_REQUEST_COUNT_H

#include "gateway/worker/request.h"

/* request_count: what metrics show of requests and handshakes. */

/* request_count_sent: some of its answer may have been sent. */
void request_count_sent(struct request *r);

/* request_count_ended: on every way out, once. */
void request_count_ended(const struct request *r);

/* request_count_handshake: why one came to nothing. */
void request_count_handshake(struct err why);

#endif
