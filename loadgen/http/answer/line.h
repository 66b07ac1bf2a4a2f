/*
 * line - reads the rest of a line, which is a status text or a field's value: a part of the answer
 * reader (answer.h).
 *
 *     plain bytes, with odd bytes in between -> the line end
 */
#ifndef LOADGEN_HTTP_ANSWER_LINE_H
#define LOADGEN_HTTP_ANSWER_LINE_H

#include <stdbool.h>

#include "loadgen/http/answer/runs.h"
#include "loadgen/http/answer/state.h"

static inline bool answer_line_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Skips plain bytes: tabs, and all bytes that are not control characters. Returns the first byte
 * that is not plain, or `end`. */
static inline const char *answer_line_skip_plain(const struct answer *answer, const char *at,
                                                 const char *end)
{
    return answer->has_cr ? at : runs_skip_text(at, end); /* the byte after a CR is never plain */
}

/* True if the bytes at `at` are CR LF, the usual line end. */
static inline bool answer_line_is_end(const struct answer *answer, const char *at, const char *end)
{
    return !answer->has_cr && end - at >= 2 && at[0] == '\r' && at[1] == '\n';
}

/* Call this at the LF that ends the line. */
void answer_line_end(struct answer *answer);

/*
 * Reads an odd byte: one that is not plain, or that follows a CR. A bare CR is read as a space (RFC
 * 9112, 2.2), or ignored if another CR follows. True if the byte belongs to the text; *before is
 * then the text to insert before the byte. `bit` is the violation to note for a control character
 * or a bare CR.
 */
bool answer_line_take_odd(struct answer *answer, char c, unsigned bit, const char **before);

#endif
