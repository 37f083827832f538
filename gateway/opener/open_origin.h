#ifndef GATEHOUSE_OPEN_ORIGIN_H
#define GATEHOUSE_OPEN_ORIGIN_H

#include "gateway/ipc/channel.h"

/* open_origin: what a keeper may ask of an origin's opener; the context of the
 * handlers is a struct open_serve. */
const struct channel_rule *open_origin_rules(size_t *out_num);

#endif
