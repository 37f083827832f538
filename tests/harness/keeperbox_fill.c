#include "tests/harness/keeperbox_fill.h"

#include "tests/harness/expect.h"

void
keeperbox_restart(struct keeperbox *box)
{
	keeperbox_stop(box);
	keeperbox_start(box);
}

void
keeperbox_ask_to(struct keeperbox *box,
    const struct keeperbox_question *question, unsigned step)
{
	keeperbox_ask(box, BOX_WORKER, question);
	keeperbox_to(box, step);
}

void
keeperbox_say_number(struct keeperbox *box, enum keeperbox_peer peer,
    uint16_t type, uint64_t number)
{
	struct buf body CLEANUP(buf_done) = {.max = 8};

	expect_ok(buf_put_u64be(&body, number));
	keeperbox_say(
	    box, peer, &(struct frame){.type = type, .body = buf_span(&body)});
}

void
keeperbox_say_filled(struct keeperbox *box, const struct fill_done *done)
{
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};

	expect_ok(fill_put_done(&body, done));
	keeperbox_say(box, BOX_MILL,
	    &(struct frame){.type = FILL_DONE, .body = buf_span(&body)});
}

void
keeperbox_say_unopened(struct keeperbox *box, enum err_code code)
{
	uint8_t byte = (uint8_t)code;

	keeperbox_reply(box, OPEN_FAILED, span_of(&byte, 1), 0);
}

void
keeperbox_expect_ended(struct keeperbox *box, enum slot_state state)
{
	static const uint8_t zero[16];
	const struct slot *slot = keeperbox_slot(box);

	assert_non_null(slot);
	assert_int_equal(slot->state, state);
	assert_int_equal(slot->read_fd, -1);
	assert_int_equal(slot->write_fd, -1);
	assert_null(slot->mill);
	assert_null(TAILQ_FIRST(&box->keeper.queue));
	for (size_t i = 0; i < KEEPER_MAX_PEERS; i++)
		assert_null(box->keeper.mills[i].slot);
	assert_memory_equal(slot->file_key, zero, 16);
}

void
keeperbox_expect_grant(struct keeperbox *box)
{
	struct ask_answer answer;

	keeperbox_ask(box, BOX_WORKER, &(struct keeperbox_question){.id = 77});
	keeperbox_settle(box);
	keeperbox_granted(box, BOX_WORKER, ASK_OBJECT, &answer);
}
