/*
 * form - fields of urlencoded text: the query of a URI, or the body of an HTML form.
 *
 * Fields are separated by `&`; `+` is a space. If a field is repeated, the last one counts. An
 * invalid %XX stays undecoded; a decoded NUL is a byte like any other.
 *
 * Threads: any. Memory: slices point into the arguments.
 */
#ifndef TARGET_API_BASE_FORM_H
#define TARGET_API_BASE_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/slice.h"

/*
 * Decodes %XX, and `+` if plus_is_space, into `out`, which must have room for `in` and may be the
 * same memory. Returns the length.
 */
size_t form_decode(struct slice in, bool plus_is_space, char *out);

/*
 * Returns the text of *rest before the first `mark`, and removes this text and the mark from *rest.
 * If there is no mark, returns all of *rest and empties it.
 */
struct slice form_cut(struct slice *rest, char mark);

/*
 * Sets *value to the value of a field, still encoded; empty if the field has no `=`. False: no such
 * field. `scratch` must have room for the longest field.
 */
bool form_find(struct slice form, const char *name, char *scratch, struct slice *value);

#endif
