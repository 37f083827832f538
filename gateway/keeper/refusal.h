#ifndef GATEHOUSE_REFUSAL_H
#define GATEHOUSE_REFUSAL_H

#include "gateway/keeper/slot_fill.h"
#include "gateway/s3/s3_error.h"

/* refusal_of_s3: how the judgement of a request is told to the worker. */
enum ask_refusal refusal_of_s3(enum s3_error error);

/* refusal_of_slot: of a slot that is bad or away; refusal_sentence: the same
 * for parties. Static; it tells nothing of the file's contents. */
enum ask_refusal refusal_of_slot(const struct slot *slot);
const char *refusal_sentence(const struct slot *slot);

/* refusal_sealed: the sentence for who asks while there is no root. Static. */
const char *refusal_sealed(void);

#endif
