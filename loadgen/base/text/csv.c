#include "loadgen/base/text/csv.h"

#include <stdbool.h>

struct csv csv_of(char *text, size_t length)
{
    return (struct csv){.at = text, .end = text + length, .to = text, .line = 1};
}

static bool refuse(struct csv *csv, size_t line, const char *problem)
{
    csv->problem = problem;
    csv->problem_line = line;
    return false;
}

static bool is_end_of_line(char c)
{
    return c == '\n' || c == '\r';
}

/* Steps over a character; CR LF is one end of a line. */
static void step(struct csv *csv)
{
    char c = *csv->at++;
    bool has_lf_next = c == '\r' && csv->at < csv->end && *csv->at == '\n';
    csv->line += is_end_of_line(c) && !has_lf_next;
}

/* Steps over the end of a line. */
static void step_line(struct csv *csv)
{
    bool is_cr = *csv->at == '\r';
    step(csv);
    if (is_cr && csv->at < csv->end && *csv->at == '\n') {
        step(csv);
    }
}

static bool is_end_of_value(const struct csv *csv)
{
    return csv->at == csv->end || *csv->at == ',' || is_end_of_line(*csv->at);
}

static bool take_quoted(struct csv *csv)
{
    size_t first_line = csv->line;
    csv->at++;
    while (csv->at < csv->end) {
        char c = *csv->at;
        step(csv);
        if (c == '\0') {
            return refuse(csv, csv->line, "a NUL byte");
        }
        if (c == '"') {
            bool is_doubled = csv->at < csv->end && *csv->at == '"';
            if (!is_doubled) {
                return is_end_of_value(csv) ||
                       refuse(csv, csv->line,
                              "characters after a closing quote; quotes inside a quoted value "
                              "are doubled");
            }
            csv->at++;
        }
        *csv->to++ = c;
    }
    return refuse(csv, first_line, "a quoted value does not end");
}

static bool take_plain(struct csv *csv)
{
    for (; !is_end_of_value(csv); csv->at++) {
        if (*csv->at == '"') {
            return refuse(csv, csv->line,
                          "a quote inside a value without quotes around it; put the value in "
                          "quotes, and double those inside");
        }
        if (*csv->at == '\0') {
            return refuse(csv, csv->line, "a NUL byte");
        }
        *csv->to++ = *csv->at;
    }
    return true;
}

/* Reads a value. Its NUL takes the place of what ends it, so writing never overtakes reading. */
static bool take_value(struct csv *csv, bool *is_last)
{
    bool is_quoted = csv->at < csv->end && *csv->at == '"';
    if (!(is_quoted ? take_quoted(csv) : take_plain(csv))) {
        return false;
    }
    *is_last = csv->at == csv->end || *csv->at != ',';
    if (!*is_last) {
        csv->at++;
    } else if (csv->at < csv->end) {
        step_line(csv);
    }
    *csv->to++ = '\0';
    return true;
}

size_t csv_next(struct csv *csv, char **record)
{
    size_t count = 0;
    bool is_last = false;
    while (csv->at < csv->end && is_end_of_line(*csv->at)) {
        step_line(csv);
    }
    if (csv->at == csv->end || csv->problem) {
        return 0;
    }
    csv->record_line = csv->line;
    *record = csv->to;
    while (!is_last) {
        if (!take_value(csv, &is_last)) {
            return 0;
        }
        count++;
    }
    return count;
}
