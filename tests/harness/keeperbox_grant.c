#include "tests/harness/keeperbox_grant.h"

#include "gateway/keeper/recheck.h"
#include "policy/image.h"
#include "tests/harness/expect.h"

void
keeperbox_say_done(struct keeperbox *box, enum keeperbox_peer worker,
    uint64_t id, enum ask_outcome outcome)
{
	struct buf body CLEANUP(buf_done) = {.max = 512};
	struct ask_done done = {.outcome = outcome, .bytes = 400};

	expect_ok(ask_put_done(&body, &done));
	keeperbox_say(box, worker,
	    &(struct frame){
		.type = ASK_DONE, .id = id, .body = buf_span(&body)});
}

void
keeperbox_grant(struct keeperbox *box,
    const struct keeperbox_question *question, struct ask_answer *answer)
{
	keeperbox_ask(box, BOX_WORKER, question);
	keeperbox_to(box, BOX_STEP_RECORD);
	assert_true(keeperbox_honest(box));
	keeperbox_granted(box, BOX_WORKER, ASK_OBJECT, answer);
}

void
keeperbox_recheck(struct keeperbox *box, const struct policy *policy)
{
	struct control_item item = {.name = "image", .value.max = 1 << 20};

	expect_ok(image_encode(&item.value, policy));
	expect_ok(recheck_item(&box->keeper, &item));
	buf_done(&item.value);
	expect_ok(recheck_all(&box->keeper));
	keeperbox_run(box);
}

void
keeperbox_over(struct keeperbox *box, const struct audit_over *over)
{
	struct buf body CLEANUP(buf_done) = {.max = 64};

	assert_int_equal(box->got.type, AUDIT_CHARGE);
	expect_ok(audit_put_over(&body, over));
	keeperbox_reply(box, AUDIT_OVER, buf_span(&body), 0);
}
