#include "loadgen/http/answer/line.h"

#include <string.h>

static bool is_control(char c)
{
    return ((unsigned char)c < ' ' && c != '\t') || c == 127;
}

void answer_line_end(struct answer *answer)
{
    if (!answer->has_cr) {
        answer->violations |= VIOLATION_BIT(line_feed);
        answer->is_doubtful |= answer->is_trailer; /* other parsers may read on */
    }
    answer->has_cr = false;
    answer->at = AT_LINE;
}

bool answer_line_take_odd(struct answer *answer, char c, unsigned bit, const char **before)
{
    bool had_cr = answer->has_cr;
    *before = "";
    if (c == '\n') {
        answer_line_end(answer);
        return false;
    }
    answer->has_cr = c == '\r';
    if (had_cr) {
        answer->violations |= bit;
        *before = c == '\r' ? "" : " ";
    }
    if (c == '\r') {
        return false;
    }
    if (c == '\0') {
        answer_break(answer, "a NUL byte in the head");
        return false;
    }
    if (is_control(c)) {
        answer->violations |= bit;
    }
    return true;
}
