#include "tests/harness/inbox.h"

struct err
inbox_next(struct inbox *inbox, int socket, struct frame *out)
{
	if (inbox->pack.rest.len == 0)
		TRY(frame_recv_pack(socket, inbox->bytes, &inbox->pack));
	struct err err = frame_pack_next(&inbox->pack, out);
	if (err.code != ERR_OK)
		frame_pack_close(&inbox->pack);
	return err;
}

void
inbox_done(struct inbox *inbox)
{
	frame_pack_close(&inbox->pack);
}
