#ifndef GATEHOUSE_ASK_LIST_H
#define GATEHOUSE_ASK_LIST_H

#include "gateway/keeper/ask_run.h"

/*
 * ask_list: a listing names the size and the ETag of every object, which are
 * those of its slot: all files of the dataset are looked up, and filled, before
 * there is an answer.
 */

/* ask_list_start: ask the origin for its files. */
void ask_list_start(struct ask *ask);

/* ask_list_answer: some of them. Errors: the origin broke the protocol. */
MUST_USE struct err ask_list_answer(struct ask *ask, struct span body);

/* ask_list_changed: a slot has moved: recorded, denied, or waits on. */
void ask_list_changed(struct ask *ask);

/* ask_list_done: its files are not looked at any more. */
void ask_list_done(struct ask *ask);

#endif
