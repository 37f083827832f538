#include "tests/harness/typist.h"

#include "gateway/base/sysio.h"
#include "gateway/keeper/peers.h"
#include "tests/harness/expect.h"

enum {
	ID = 5,
};

void
typist_connect(struct typist *typist, struct keeperbox *box, const char *uid)
{
	struct control_item item = {.name = "admin", .fd = -1};
	int pair[2];

	sysio_close(&typist->fd);
	expect_ok(frame_pair(pair));
	*typist = (struct typist){
	    .fd = pair[0], .place = typist->place, .status = -1};
	item.index = typist->place;
	item.fd = pair[1];
	buf_init(&item.value, 32);
	expect_ok(buf_append_str(&item.value, uid));
	expect_ok(peers_attach(&box->keeper, &item));
	control_item_done(&item);
}

void
typist_leave(struct typist *typist, struct keeperbox *box)
{
	sysio_close(&typist->fd);
	keeperbox_run(box);
}

void
typist_say(
    struct typist *typist, struct keeperbox *box, const struct frame *frame)
{
	struct frame copy = *frame;

	copy.id = ID;
	expect_ok(frame_send(typist->fd, &copy));
	keeperbox_run(box);
}

static void
add(char *text, size_t size, struct span field, char after)
{
	size_t at = strlen(text);

	(void)snprintf(text + at, size - at, "%.*s%c", (int)field.len,
	    (const char *)field.data, after);
}

static void
take_line(struct typist *t, const struct admin_line *line)
{
	const struct span *fields = line->fields;

	if (line->num_fields == 2) {
		add(t->pairs, sizeof(t->pairs), fields[0], ' ');
		add(t->pairs, sizeof(t->pairs), fields[1], '\n');
		return;
	}
	t->num_rows++;
	if (line->num_fields < 4)
		return;
	for (uint32_t i = 1; i + 1 < line->num_fields; i++)
		add(t->rows, sizeof(t->rows), fields[i],
		    i + 2 < line->num_fields ? ' ' : '\n');
}

void
typist_hear(struct typist *typist, struct keeperbox *box)
{
	static uint8_t bytes[FRAME_MAX];
	struct frame frame;

	keeperbox_run(box);
	while (frame_recv(typist->fd, bytes, &frame).code == ERR_OK) {
		struct admin_line line;
		struct admin_end end;
		assert_int_equal(frame.id, ID);
		if (frame.type == ADMIN_LINE) {
			expect_ok(admin_take_line(&line, frame.body));
			take_line(typist, &line);
			continue;
		}
		assert_int_equal(frame.type, ADMIN_END);
		assert_int_equal(typist->status, -1);
		expect_ok(admin_take_end(&end, frame.body));
		typist->status = end.status;
		(void)snprintf(typist->why, sizeof(typist->why), "%.*s",
		    (int)end.why.len, (const char *)end.why.data);
	}
}
