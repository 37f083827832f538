#ifndef GATEHOUSE_LOG_REPORT_H
#define GATEHOUSE_LOG_REPORT_H

#include "crypto/memory/span.h"

/*
 * log_report: a text of many lines on stderr, as it is, from a program that has
 * nothing else to do: a slow reader is waited for, up to LOG_REPORT_MS at a
 * time. After the jail it needs write and poll.
 */
void log_report(struct span text);

#endif
