#ifndef GATEHOUSE_PAGE_H
#define GATEHOUSE_PAGE_H

#include "gateway/metric/metric.h"

/*
 * page: what one process counts into. It gets the descriptor and maps it; we
 * keep a mapping to read by. Its size never changes, so nobody who reads it
 * is ever sent a signal for that.
 */
struct page {
	int fd; /* -1: none */
	struct metric_page *cells;
	bool sealed;
};

/* page_new: all zero. Errors: IO: the system has none to give. */
MUST_USE struct err page_new(struct page *out);

/*
 * page_seal: whoever writes it by now goes on; nobody else can begin to,
 * whoever gets the descriptor.
 *
 * Errors   DENIED: who has it keeps us from that
 */
MUST_USE struct err page_seal(struct page *page);

/* page_done: accepts one that is none. */
void page_done(struct page *page);

#endif
