#ifndef GATEHOUSE_NEW_QUESTION_H
#define GATEHOUSE_NEW_QUESTION_H

#include "gateway/tool/new_draft.h"

/* new_question: one row for each answer that `policy new` asks for. */
enum new_when {
	NEW_ALWAYS,
	NEW_SAFE_HARBOR,
	NEW_LIMITED,
	NEW_GDPR,
	NEW_BALANCED,	/* legitimate interests */
	NEW_LEAVES_EEA, /* under the GDPR */
	NEW_CLAUSES,	/* by standard contractual clauses */
	NEW_ASSESSED,	/* by a tool that needs an assessment */
};

struct new_question {
	const char *name;    /* what is asked for, in a word or two */
	const char *why;     /* what for, in a line */
	const char *standin; /* valid, until it is answered */
	enum new_when when;
	bool may_lack; /* an empty line is an answer */
};

const struct new_question *new_question(enum new_answer answer);

#endif
