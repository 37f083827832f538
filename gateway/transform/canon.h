#ifndef GATEHOUSE_CANON_H
#define GATEHOUSE_CANON_H

#include "gateway/transform/cells.h"
#include "policy/model.h"

/*
 * canon: the canonical form of identifiers, so that one person's number gets
 * one code however it was typed. PLAN_VERSION counts the versions of these
 * rules. ASCII blanks around the value always go.
 *
 *   phone fax ssn card card-secret   the digits; blanks and - . / ( ) + go,
 *                                    anything else does not fit
 *   iban account                     letters and digits, upper case; blanks,
 *                                    - . / go, anything else does not fit
 *   email ip name                    ASCII lower case; in names a run of
 *                                    blanks is one space
 *   all others                       as it is written: case may matter
 */

/*
 * canon_value: the canonical form, in the scratch memory of `cells`.
 *
 * Returns false when the value is no identifier of its kind, or nothing is
 * left of it.
 */
bool canon_value(struct cells *cells, enum column_kind kind, struct span value,
    struct span *out);

/*
 * canon_shape: `out` is the value without the blanks around it. Its letters and
 * digits are what canon_value keeps, but for case; all else only stands between
 * them. Kinds whose form is exact may have any printable ASCII there.
 *
 * out_case  whether case tells values apart
 * Returns false when another byte stands in it, or nothing is left.
 */
bool canon_shape(
    enum column_kind kind, struct span value, struct span *out, bool *out_case);

#endif
