#ifndef GATEHOUSE_POLICY_REPORT_H
#define GATEHOUSE_POLICY_REPORT_H

#include "policy/diagnostic.h"

/* policy_report: what the checker found, for those who asked for it. */
enum policy_format {
	POLICY_FORMAT_TEXT,   /* a person at a terminal */
	POLICY_FORMAT_JSON,   /* a program; described in policy/README.md */
	POLICY_FORMAT_SARIF,  /* SARIF 2.1.0 (OASIS): code scanning */
	POLICY_FORMAT_GITHUB, /* workflow commands of GitHub Actions */
	NUM_POLICY_FORMATS,
};

/* policy_report_find: of a word; false, touching nothing, where none is. */
bool policy_report_find(enum policy_format *out, const char *word);

/* policy_report: Errors: TOO_BIG, NO_MEMORY. */
MUST_USE struct err policy_report(
    struct buf *out, enum policy_format format, const struct diagnostics *d);

#endif
