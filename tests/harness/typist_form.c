#include "tests/harness/typist_form.h"

#include <fcntl.h>
#include <unistd.h>

#include "crypto/age_key.h"
#include "gateway/base/sysio.h"
#include "tests/harness/expect.h"

void
typist_form_init(struct typist_form *form)
{
	*form = (struct typist_form){
	    .typist.fd = -1, .kept = {-1, -1}, .passed = {-1, -1}};
}

static void
close_pipes(struct typist_form *form)
{
	for (int i = 0; i < 2; i++) {
		sysio_close(&form->kept[i]);
		sysio_close(&form->passed[i]);
	}
}

void
typist_form_done(struct typist_form *form, struct keeperbox *box)
{
	typist_leave(&form->typist, box);
	close_pipes(form);
}

void
typist_form_pipes(struct typist_form *form)
{
	int in[2], out[2];

	close_pipes(form);
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	form->passed[0] = in[0];
	form->kept[0] = in[1];
	form->kept[1] = out[0];
	form->passed[1] = out[1];
}

void
typist_form_say(struct typist_form *form, struct keeperbox *box,
    enum admin_type type, const char *agreement, const char *place)
{
	static const uint8_t identity[32] = {3, 1, 4, 1, 5};
	struct buf body CLEANUP(buf_done) = {.max = FRAME_MAX_BODY};
	struct admin_form question = {
	    .agreement = span_str(agreement), .place = span_str(place)};

	expect_ok(age_identity_public(question.recipient, identity));
	expect_ok(admin_put_form(&body, &question));
	typist_say(&form->typist, box,
	    &(struct frame){.type = (uint16_t)type,
		.body = buf_span(&body),
		.fds = {form->passed[0], form->passed[1]},
		.num_fds = 2});
}

void
typist_form_ask(struct typist_form *form, struct keeperbox *box,
    const char *agreement, const char *place)
{
	typist_connect(&form->typist, box, "1000");
	typist_form_pipes(form);
	typist_form_say(form, box, ADMIN_TRANSFORM, agreement, place);
	sysio_close(&form->passed[0]);
	sysio_close(&form->passed[1]);
}

void
typist_form_take(
    struct typist_form *form, struct keeperbox *box, uint64_t bytes, bool whole)
{
	struct buf body CLEANUP(buf_done) = {.max = 16};

	expect_ok(admin_put_taken(
	    &body, &(struct admin_taken){.bytes = bytes, .whole = whole}));
	typist_say(&form->typist, box,
	    &(struct frame){.type = ADMIN_TAKEN, .body = buf_span(&body)});
}

bool
typist_form_ended(struct typist_form *form, struct keeperbox *box)
{
	uint8_t byte;

	frame_close_fds(&box->got);
	return read(form->kept[1], &byte, 1) == 0 &&
	    write(form->kept[0], "x", 1) < 0;
}
