#ifndef GATEHOUSE_REVEAL_H
#define GATEHOUSE_REVEAL_H

#include "crypto/memory/buf.h"
#include "policy/model.h"

/*
 * reveal: from codes of named subjects back to values, under `emergency`. What
 * is asked for is a text that a person can read; who asks and two who approve
 * sign it with `ssh-keygen -Y sign -n gatehouse-reveal`.
 */
#define REVEAL_NAMESPACE "gatehouse-reveal"

enum {
	REVEAL_MAX = 16 * 1024, /* bytes of a request */
	REVEAL_MAX_CODES = 32,	/* of one */
	REVEAL_MAX_CODE = 256,	/* bytes of each, and of each other value */
	REVEAL_MAX_SIGNATURES = 4,
	REVEAL_NONCE = 16,
	REVEAL_MAX_VALUE = 1024, /* bytes of what a code stands for */
	REVEAL_CLOCK_S = 300,	 /* that a clock may be ahead of ours */
};

/* Everything is borrowed. */
struct reveal_request {
	struct span policy; /* its name */
	struct span emergency, agreement, column, place;
	struct span asked_by; /* a signer */
	struct span reason;
	uint32_t epoch; /* of codes that do not say it; 0: they do */
	int64_t made_s; /* Unix time, of the day and second that it says */
	uint8_t nonce[REVEAL_NONCE]; /* so that no two requests are alike */
	struct span codes[REVEAL_MAX_CODES];
	uint32_t num_codes;
};

/*
 * reveal_put: append the text.
 *
 * Errors   MALFORMED: a value is empty, too long or has a control character;
 *          no code, too many, one twice; TOO_BIG, NO_MEMORY
 */
MUST_USE struct err reveal_put(
    struct buf *out, const struct reveal_request *request);

/* reveal_parse: such a text, and nothing else. Errors: MALFORMED, TOO_BIG. */
MUST_USE struct err reveal_parse(struct reveal_request *out, struct span text);

/* What the policy in force says of a request. Indices, unless denied. */
struct reveal_grant {
	const char *denied; /* a sentence for who asks; NULL: it is granted */
	uint32_t emergency, agreement, place, guardrail; /* NO_INDEX: none */
	uint32_t delivered; /* of the agreement's columns; */
	uint32_t subject;   /* of dates that move, that of whose they are */
	uint32_t asked_by, approvers[2]; /* signers */
};

/* What is held against the policy. All borrowed. */
struct reveal_question {
	const struct reveal_request *request;
	struct span text; /* that it was parsed from */
	const struct span *signatures;
	size_t num_signatures;
	int64_t now_s; /* Unix time */
};

/*
 * reveal_judge: three people of the right groups have signed the text, and all
 * that it names belongs together, on the premises, before it expires and
 * against no guardrail.
 */
void reveal_judge(struct reveal_grant *out, const struct policy *policy,
    const struct reveal_question *question);

#endif
