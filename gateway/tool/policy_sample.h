#ifndef GATEHOUSE_POLICY_SAMPLE_H
#define GATEHOUSE_POLICY_SAMPLE_H

#include "policy/model.h"

/*
 * policy_sample: what a dataset declares, beside what is in one of its files.
 * Numbers only: no value and no name that the policy does not have.
 *
 * dataset  its id; NULL: the one whose origin has such a file, or the only one
 * Returns  0, 1 when the file cannot be read as what the dataset says, 2 when
 *          it is not known whose it is; after saying so on stderr
 */
int policy_sample(
    const struct policy *policy, const char *path, const char *dataset);

#endif
