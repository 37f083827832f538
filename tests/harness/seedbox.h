#ifndef GATEHOUSE_SEEDBOX_H
#define GATEHOUSE_SEEDBOX_H

#include "gateway/keeper/keeper.h"

/* seedbox_make: seeds for a keeper with a keyring: epoch 1 of each scope of its
 * policy. seedbox_rotated: and later ones, up to this epoch; of SEEDBOX_GONE
 * the last one is destroyed. */
enum seedbox_last {
	SEEDBOX_LIVE,
	SEEDBOX_GONE,
};
void seedbox_make(struct keeper *keeper);
void seedbox_rotated(
    struct keeper *keeper, uint32_t epoch, enum seedbox_last last);

#endif
