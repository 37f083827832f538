#include "gateway/keeper/command_unseal.h"

#include "gateway/keeper/command_say.h"
#include "gateway/keeper/seam.h"

enum {
	EXIT_AGAIN = 75,
};

/* What has keys derived, or names slots. */
static bool
needs_root(enum admin_type type)
{
	return type == ADMIN_SPOOL_LIST || type == ADMIN_SPOOL_WARM ||
	    type == ADMIN_SPOOL_DROP || type == ADMIN_SPOOL_VERIFY ||
	    type == ADMIN_TRANSFORM || type == ADMIN_PREVIEW ||
	    type == ADMIN_BOOK_SHRED || type == ADMIN_RECIPIENT_ASK ||
	    type == ADMIN_RECIPIENT_ADD || type == ADMIN_KEY_LIST ||
	    type == ADMIN_KEY_PUBLIC || type == ADMIN_REVEAL;
}

bool
command_unseal_refuses(struct admin *admin)
{
	bool sealed = keyring_is_sealed(admin->seam->keeper->ring);

	if (sealed && needs_root(admin->type))
		command_say_end(admin, EXIT_AGAIN,
		    "the gateway is sealed: gatehouse unseal");
	else if (!sealed && admin->type == ADMIN_UNSEAL)
		command_say_end(admin, 0, "it is not sealed");
	else
		return false;
	return true;
}

void
command_unseal_pass(struct admin *admin)
{
	struct frame frame = {
	    .type = CONTROL_ROOT, .fds = {admin->passed[0]}, .num_fds = 1};

	admin->passed[0] = -1;
	seam_send_frame(&admin->seam->keeper->control, &frame);
}
