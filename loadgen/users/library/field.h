/*
 * field - finds the value of a field in an HTML page: <input name="..." value="..."> or
 * <meta name="..." content="...">.
 *
 * Tags and attributes may be in any case and order, and values in double, single or no quotes. If
 * an attribute is repeated, the first one counts, as in browsers. Text that only looks like a tag
 * is skipped: in comments, in values of attributes, and in elements whose content is text, such as
 * <script>. Character references (&amp;, &#39; and so on) in the value are replaced.
 *
 * Threads: pure functions. Memory: output is appended to the caller's buffer.
 */
#ifndef LOADGEN_USERS_LIBRARY_FIELD_H
#define LOADGEN_USERS_LIBRARY_FIELD_H

#include <stdbool.h>

#include "common/slice.h"
#include "loadgen/base/bytes.h"

/* Appends the value of the first field that has this name and a value. False: no such field. */
bool field_find(struct slice page, struct slice name, struct bytes *value);

#endif
