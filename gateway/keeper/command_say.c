#include "gateway/keeper/command_say.h"

#include <inttypes.h>

#include "gateway/base/log.h"
#include "gateway/keeper/seam.h"

enum {
	NUMBER_TEXT = 24,
};

void
command_say_end(struct admin *admin, uint8_t status, const char *why)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	const struct admin_end last = {.status = status, .why = span_str(why)};
	struct err err = admin_put_end(&body, &last);

	if (err.code == ERR_OK)
		seam_send(admin->seam, ADMIN_END, admin->id, buf_span(&body));
	else
		log_error("command-not-answered", err);
}

void
command_say_line(struct admin *admin, const struct admin_line *line)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct err err = admin_put_line(&body, line);

	if (err.code == ERR_OK)
		seam_send(admin->seam, ADMIN_LINE, admin->id, buf_span(&body));
	else
		log_error("command-not-answered", err);
}

void
command_say_pair(struct admin *admin, const char *name, struct span value)
{
	command_say_line(admin,
	    &(struct admin_line){
		.fields = {span_str(name), value}, .num_fields = 2});
}

void
command_say_number(struct admin *admin, const char *name, uint64_t number)
{
	char text[NUMBER_TEXT];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	command_say_pair(admin, name, span_str(text));
}
