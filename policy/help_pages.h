#ifndef GATEHOUSE_HELP_PAGES_H
#define GATEHOUSE_HELP_PAGES_H

#include "policy/help.h"

/* help_pages: the pages by family, each sorted by code. For help.c. */
extern const struct help_page help_pages_yaml[], help_pages_shape[],
    help_pages_law[];
extern const size_t help_pages_num_yaml, help_pages_num_shape,
    help_pages_num_law;

#endif
