#include "policy/image_signers.h"

struct err
image_signers(struct codec *c, struct policy *p)
{
	TRY(codec_items(c, &p->signers, &p->num_signers, sizeof(*p->signers)));
	for (size_t i = 0; i < p->num_signers; i++) {
		struct signer *s = &p->signers[i];

		TRY(codec_text(c, &s->id));
		TRY(codec_index(c, &s->party, p->num_parties));
		TRY(codec_text(c, &s->key));
		TRY(codec_indices(
		    c, &s->groups, &s->num_groups, p->num_groups));
		TRY(codec_u32(c, &s->line));
	}
	TRY(codec_choice(c, &p->wider, NUM_CHANGE_RULES));
	return codec_choice(c, &p->narrower, NUM_CHANGE_RULES);
}

static struct err
code_emergency(struct codec *c, struct emergency *e, const struct policy *p)
{
	TRY(codec_text(c, &e->id));
	TRY(codec_indices(c, &e->who, &e->num_who, p->num_groups));
	TRY(codec_indices(c, &e->approvers, &e->num_approvers, p->num_groups));
	TRY(codec_index(c, &e->dataset, p->num_datasets));
	TRY(codec_index(c, &e->purpose, p->num_purposes));
	TRY(codec_indices(c, &e->columns, &e->num_columns,
	    p->datasets[e->dataset].num_columns));
	TRY(codec_indices(c, &e->places, &e->num_places, p->num_places));
	TRY(codec_u32(c, &e->hours));
	TRY(codec_u32(c, &e->review_days));
	TRY(codec_text(c, &e->file));
	return codec_u32(c, &e->line);
}

struct err
image_signers_emergencies(struct codec *c, struct policy *p)
{
	TRY(codec_items(
	    c, &p->emergencies, &p->num_emergencies, sizeof(*p->emergencies)));
	for (size_t i = 0; i < p->num_emergencies; i++)
		TRY(code_emergency(c, &p->emergencies[i], p));
	return OK;
}
