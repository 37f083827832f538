#include "gateway/keeper/command_staged.h"

#include <inttypes.h>

#include "gateway/keeper/command_say.h"
#include "gateway/keeper/staged.h"

enum {
	EXIT_FAILED = 1,
	NUMBER_TEXT = 24,
};

static void
say_digest(struct admin *admin, const char *name, const uint8_t digest[32])
{
	char hex[65];

	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	command_say_pair(admin, name, span_str(hex));
}

static void
say_sum(struct admin *admin, const struct staged_sum *sum)
{
	const struct span none = span_str("-");
	char count[NUMBER_TEXT];

	snprintf(count, sizeof(count), "%" PRIu64, sum->count);
	command_say_line(admin,
	    &(struct admin_line){
		.fields = {sum->agreement.len > 0 ? sum->agreement : none,
		    sum->group.len > 0 ? sum->group : none,
		    sum->place.len > 0 ? sum->place : none,
		    span_str(staged_flip_name(sum->flip)), span_str(count)},
		.num_fields = 5});
}

void
command_staged(struct admin *admin)
{
	const struct keeper *keeper = admin->seam->keeper;
	const struct staged *s = keeper->staged;

	if (s == NULL) {
		command_say_end(admin, EXIT_FAILED, "no candidate is staged");
		return;
	}
	say_digest(admin, "candidate", s->digest);
	say_digest(admin, "policy", keeper->image_digest);
	command_say_number(admin, "since", (uint64_t)s->since_s);
	command_say_number(admin, "decisions", s->num_decisions);
	for (unsigned i = STAGED_DENIED; i < NUM_STAGED_FLIPS; i++)
		command_say_number(admin, staged_flip_name((enum staged_flip)i),
		    s->num_flips[i]);
	for (size_t i = 0; i < s->num_sums; i++)
		say_sum(admin, &s->sums[i]);
	if (s->num_others > 0)
		command_say_number(admin, "not-shown", s->num_others);
	command_say_end(admin, 0, "");
}
