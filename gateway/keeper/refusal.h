#ifndef GATEHOUSE_REFUSAL_H
#define GATEHOUSE_REFUSAL_H

#include "gateway/ipc/ask.h"
#include "gateway/s3/s3_error.h"

/* refusal_of_s3: how the judgement of a request is told to the worker. */
enum ask_refusal refusal_of_s3(enum s3_error error);

#endif
