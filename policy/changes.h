#ifndef GATEHOUSE_CHANGES_H
#define GATEHOUSE_CHANGES_H

#include "policy/model.h"

/*
 * changes: whose signatures a change of the policy needs. The policy that
 * runs judges, never the one that is to come. Pure: who has signed was
 * verified by the caller.
 */
struct changes_question {
	const struct policy *running;
	bool wider; /* somebody gets more; else the change only takes away */
	const uint32_t *concerned; /* controllers whose data it is: parties */
	uint32_t num_concerned;
	const uint32_t *signed_by; /* signers of `running` */
	uint32_t num_signed;
};

struct changes_verdict {
	bool enough;
	uint32_t party;	  /* the first that lacks some; NO_INDEX: any signer */
	uint32_t lacking; /* how many signatures */
};

/*
 * changes_judge: is it signed by enough? A signer counts once. A policy
 * without signers can be changed by nobody: the first one is set up by hand.
 */
struct changes_verdict changes_judge(const struct changes_question *question);

/*
 * changes_loosened: the new policy asks for fewer signatures than the old, or
 * takes those of somebody else. That is WIDER, and concerns every controller.
 */
bool changes_loosened(const struct policy *old, const struct policy *new);

#endif
