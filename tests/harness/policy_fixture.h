#ifndef GATEHOUSE_POLICY_FIXTURE_H
#define GATEHOUSE_POLICY_FIXTURE_H

#include "policy/model.h"

/*
 * policy_fixture: a small policy made by hand, with one of everything that
 * image, plan, decide and explain look at. A test may change the arrays that
 * the struct holds; what they point to is shared, and is not to be changed.
 */

enum {
	FIXTURE_TRAINERS, /* access key KTRAIN */
	FIXTURE_CLUSTER,  /* KGPU with spiffe://a/gpu; or spiffe://a/alt */
	FIXTURE_FRAUD,	  /* access key KFRAUD */
	NUM_FIXTURE_GROUPS,
};

enum {
	FIXTURE_VIRGINIA,  /* 192.0.2.0/24 */
	FIXTURE_FRANKFURT, /* 198.51.100.7/32, 2001:db8:8000::/33 */
	FIXTURE_ATTIC,	   /* 203.0.113.0/24 with spiffe://a/attic */
	FIXTURE_OVERLAP,   /* 192.0.2.128/25: inside virginia */
	NUM_FIXTURE_PLACES,
};

enum {
	FIXTURE_PATIENTS,
	FIXTURE_CARDS,
	NUM_FIXTURE_DATASETS
};

enum {
	FIXTURE_READMISSION, /* trainers, cluster; virginia, attic */
	FIXTURE_CARD_FRAUD,  /* fraud team; frankfurt */
	FIXTURE_OVERSEAS,    /* fraud team; virginia, frankfurt */
	FIXTURE_NOTES,	     /* trainers; virginia; delivers a free text */
	NUM_FIXTURE_AGREEMENTS,
};

enum {
	FIXTURE_BANK_STAYS, /* cards, not in frankfurt */
	FIXTURE_NOTES_STAY, /* patients, class free-text */
	NUM_FIXTURE_GUARDRAILS,
};

enum {
	FIXTURE_SLOTS = 16
};

/* When FIXTURE_READMISSION holds: from the first second, to the last. */
#define FIXTURE_FROM INT64_C(1767225600)  /* 2026-01-01 00:00:00 */
#define FIXTURE_UNTIL INT64_C(1782864000) /* 2026-07-01: one too late */

struct policy_fixture {
	struct policy policy; /* into the arrays below */
	struct group groups[NUM_FIXTURE_GROUPS];
	struct place places[NUM_FIXTURE_PLACES];
	struct dataset datasets[NUM_FIXTURE_DATASETS];
	struct agreement agreements[NUM_FIXTURE_AGREEMENTS];
	struct guardrail guardrails[NUM_FIXTURE_GUARDRAILS];
	struct id_slot slots[FIXTURE_SLOTS]; /* policy.by_id */
};

/* policy_fixture_init: fresh; nothing to free. */
void policy_fixture_init(struct policy_fixture *out);

/*
 * policy_fixture_walk: read every index and byte that the policy refers to,
 * so that a sanitizer dies on one that is out of bounds. Returns a sum, to
 * keep the compiler from leaving it out.
 */
uint64_t policy_fixture_walk(const struct policy *policy);

#endif
