#ifndef GATEHOUSE_TYPIST_FORM_H
#define GATEHOUSE_TYPIST_FORM_H

#include "tests/harness/typist.h"

/* typist_form: a command at a keeperbox that asks for the form of a file. */
struct typist_form {
	struct typist typist;
	int kept[2];   /* of its pipes: to write the source, to read the form */
	int passed[2]; /* the other ends; -1: the keeper alone has them */
};

void typist_form_init(struct typist_form *form);
void typist_form_done(struct typist_form *form, struct keeperbox *box);

/* typist_form_pipes: new ones. */
void typist_form_pipes(struct typist_form *form);

/* typist_form_say: the question, with what is in `passed`. */
void typist_form_say(struct typist_form *form, struct keeperbox *box,
    enum admin_type type, const char *agreement, const char *place);

/* typist_form_ask: as uid 1000, anew, as a command does it: what it passed is
 * not its own any more. */
void typist_form_ask(struct typist_form *form, struct keeperbox *box,
    const char *agreement, const char *place);

/* typist_form_take: it says what it had. */
void typist_form_take(struct typist_form *form, struct keeperbox *box,
    uint64_t bytes, bool whole);

/* typist_form_ended: nobody of the gateway has an end of the pipes any more. */
bool typist_form_ended(struct typist_form *form, struct keeperbox *box);

#endif
