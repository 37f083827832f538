#ifndef GATEHOUSE_AWS_PROFILE_H
#define GATEHOUSE_AWS_PROFILE_H

#include "crypto/memory/span.h"

/* aws_profile: the file in which S3 clients keep credentials, read as they
 * read it: "[profile]", then "name = value"; lines that begin with a blank
 * belong to what stands above them, and '#' or ';' begins a comment. */

/* The spans point into the file's text. */
struct aws_profile {
	struct span key_id;
	struct span secret;
	struct span token; /* of a session; empty: none */
};

/*
 * aws_profile_find: the section `name`.
 *
 * Errors   NOT_FOUND: no such section, or one without key id and secret
 */
MUST_USE struct err aws_profile_find(
    struct aws_profile *out, struct span text, struct span name);

#endif
