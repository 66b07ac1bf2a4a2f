#include "loadgen/verdict/slo.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/nearest.h"
#include "loadgen/base/duration.h"
#include "loadgen/base/point.h"

enum { NUMBER_MAX = 24 };

static const struct word {
    const char *name;
    enum slo_metric metric;
} words[] = {
    {"p50", SLO_PERCENTILE},   {"p90", SLO_PERCENTILE},
    {"p95", SLO_PERCENTILE},   {"p99", SLO_PERCENTILE},
    {"p99.9", SLO_PERCENTILE}, {"mean", SLO_MEAN},
    {"max", SLO_MAX},          {"errors", SLO_ERRORS},
    {"rate", SLO_RATE},        {"throughput", SLO_THROUGHPUT},
};
enum { WORDS = sizeof words / sizeof words[0] };

/* Parser state. The copies are cut into the strings that criteria point to. */
struct parser {
    struct slo *slo;
    const char *text;
    const char *at;
    char *criteria;
    char *targets;
    struct err *err;
};

static bool fail_at(const struct parser *parser, const char *at, const char *what)
{
    return point_at(parser->text, (size_t)(at - parser->text), what, parser->err);
}

static void skip_blanks(struct parser *parser)
{
    parser->at += strspn(parser->at, " \t");
}

/* The text [from, end) in this copy, terminated, without trailing blanks. */
static const char *cut(const struct parser *parser, char *copy, const char *from, const char *end)
{
    while (end > from && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    copy[end - parser->text] = '\0';
    return copy + (from - parser->text);
}

static const char *word_name(const void *list, size_t i)
{
    (void)list;
    return i < WORDS ? words[i].name : NULL;
}

/* p99.9: up to two digits, and four decimals. */
static bool parse_percentile(struct parser *parser, struct slo_criterion *criterion)
{
    const char *number = parser->at + 1;
    const char *c = number;
    uint32_t unit = 10000; /* of a percent, in millionths */
    for (; isdigit((unsigned char)*c) && criterion->per_million < 1000000; c++) {
        criterion->per_million = 10 * criterion->per_million + unit * (uint32_t)(*c - '0');
    }
    if (c == number) {
        return fail_at(parser, c, "expected a number: p99 is the 99th percentile");
    }
    if (*c == '.') {
        for (c++; isdigit((unsigned char)*c); c++) {
            unit /= 10;
            if (unit == 0) {
                return fail_at(parser, c, "expected at most four decimals");
            }
            criterion->per_million += unit * (uint32_t)(*c - '0');
        }
    }
    if (criterion->per_million == 0 || criterion->per_million >= 1000000) {
        return fail_at(parser, number,
                       "expected a number above 0 and below 100; the 100th percentile is max");
    }
    parser->at = c;
    criterion->metric = SLO_PERCENTILE;
    return true;
}

static bool parse_metric(struct parser *parser, struct slo_criterion *criterion)
{
    const char *at = parser->at;
    size_t length = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_");
    if (length == 1 && *at == 'p') {
        return parse_percentile(parser, criterion);
    }
    for (size_t i = 0; i < WORDS; i++) {
        if (strlen(words[i].name) == length && strncmp(words[i].name, at, length) == 0) {
            criterion->metric = words[i].metric;
            parser->at += length;
            return true;
        }
    }
    char what[160];
    char word[32];
    snprintf(word, sizeof word, "%.*s", (int)length, at);
    snprintf(what, sizeof what,
             "expected p50, p90, p95, p99, p99.9, mean, max, errors, rate or throughput%s%s%s",
             length ? "; did you mean " : "", length ? nearest_find(word, word_name, NULL) : "",
             length ? "?" : "");
    return fail_at(parser, at, what);
}

/* `get-health:` or `"GET /a,b":`; without a colon before the operator there is no target. */
static bool parse_target(struct parser *parser, struct slo_criterion *criterion)
{
    const char *at = parser->at;
    const char *colon = NULL;
    if (*at == '"') {
        const char *end = strchr(at + 1, '"');
        if (!end) {
            return fail_at(parser, at, "expected a closing \" after the target's name");
        }
        colon = end + 1 + strspn(end + 1, " \t");
        if (*colon != ':') {
            return fail_at(parser, colon, "expected a colon after the target's name");
        }
        criterion->target = cut(parser, parser->targets, at + 1, end);
    } else {
        for (size_t i = 0, end = strcspn(at, "<>=,"); i < end; i++) {
            colon = at[i] == ':' ? at + i : colon;
        }
        if (!colon) {
            return true;
        }
        criterion->target = cut(parser, parser->targets, at, colon);
    }
    if (criterion->target[0] == '\0') {
        return fail_at(parser, at, "expected a target's name before the colon");
    }
    parser->at = colon + 1;
    skip_blanks(parser);
    return true;
}

static bool parse_operator(struct parser *parser, struct slo_criterion *criterion)
{
    const char *at = parser->at;
    bool is_lower = criterion->metric == SLO_RATE || criterion->metric == SLO_THROUGHPUT;
    if (*at == (is_lower ? '<' : '>')) {
        return fail_at(parser, at,
                       is_lower
                           ? "expected > or >=: a limit on rate or throughput is a minimum (to "
                             "limit failures, use errors<1%)"
                           : "expected < or <=: a limit on times or errors is a maximum");
    }
    if (*at != '<' && *at != '>') {
        return fail_at(parser, at, is_lower ? "expected > or >=" : "expected < or <=");
    }
    bool is_equal_fine = at[1] == '=';
    criterion->op = *at == '<' ? (is_equal_fine ? SLO_AT_MOST : SLO_BELOW)
                               : (is_equal_fine ? SLO_AT_LEAST : SLO_ABOVE);
    parser->at += is_equal_fine ? 2 : 1;
    skip_blanks(parser);
    return true;
}

/* 20ms, 1m30s: each number has its unit. */
static bool parse_time(struct parser *parser, struct slo_criterion *criterion)
{
    static const char digits[] = "0123456789.";
    const char *end = parser->at + strcspn(parser->at, ", \t");
    char span[NUMBER_MAX + 8];
    for (const char *c = parser->at; c < end || c == parser->at;) {
        size_t number = strspn(c, digits);
        size_t unit = strcspn(c + number, "0123456789., \t");
        uint64_t ignored = 0;
        if (number == 0) {
            return fail_at(parser, c, "expected a duration such as 20ms or 1.5s");
        }
        snprintf(span, sizeof span, "1%.*s", unit < NUMBER_MAX ? (int)unit : 0, c + number);
        bool is_zero = number == 1 && *c == '0' && end - parser->at == 1;
        if (!is_zero && !duration_parse(span, &ignored, NULL)) {
            return fail_at(parser, c + number, "expected a unit: ns, us, µs, ms, s, m or h");
        }
        c += number + unit;
    }
    char text[64];
    uint64_t ns = 0;
    snprintf(text, sizeof text, "%.*s", (int)(end - parser->at), parser->at);
    if (end - parser->at >= (ptrdiff_t)sizeof text || !duration_parse(text, &ns, NULL)) {
        return fail_at(parser, parser->at, "expected a duration such as 20ms or 1.5s");
    }
    parser->at = end;
    criterion->limit = (double)ns;
    return true;
}

/* A number without sign or exponent, followed by % if the metric requires or allows it. */
static bool parse_number(struct parser *parser, struct slo_criterion *criterion)
{
    const char *at = parser->at;
    size_t whole = strspn(at, "0123456789");
    size_t length =
        whole + (at[whole] == '.') + (at[whole] == '.' ? strspn(at + whole + 1, "0123456789") : 0);
    bool is_errors = criterion->metric == SLO_ERRORS;
    if (whole == 0 || at[length - 1] == '.' || length > NUMBER_MAX) {
        return fail_at(parser, at,
                       is_errors ? "expected a percentage such as 0.1%"
                                 : "expected a number per second such as 500, or a percentage of "
                                   "the scheduled rate such as 99%");
    }
    char digits[NUMBER_MAX + 1];
    snprintf(digits, sizeof digits, "%.*s", (int)length, at);
    criterion->limit = strtod(digits, NULL);
    parser->at += length;
    criterion->unit = *parser->at == '%' ? SLO_PERCENT : SLO_PER_SECOND;
    if (is_errors && criterion->unit != SLO_PERCENT) {
        return fail_at(parser, parser->at,
                       "expected %: errors are a percentage of the intended requests");
    }
    if (is_errors && criterion->limit > 100) {
        return fail_at(parser, at, "expected at most 100%");
    }
    parser->at += criterion->unit == SLO_PERCENT;
    return true;
}

static bool parse_limit(struct parser *parser, struct slo_criterion *criterion)
{
    switch (criterion->metric) {
    case SLO_PERCENTILE:
    case SLO_MEAN:
    case SLO_MAX:
        criterion->unit = SLO_NS;
        return parse_time(parser, criterion);
    case SLO_ERRORS:
    case SLO_RATE:
    case SLO_THROUGHPUT:
        break;
    }
    return parse_number(parser, criterion);
}

static bool parse_criterion(struct parser *parser)
{
    struct slo *slo = parser->slo;
    skip_blanks(parser);
    const char *from = parser->at;
    if (slo->count == SLO_CRITERIA_MAX) {
        return fail_at(parser, from, "expected the end: at most 32 criteria are allowed");
    }
    struct slo_criterion *criterion = &slo->list[slo->count];
    criterion->offset = (size_t)(from - parser->text);
    if (!parse_target(parser, criterion)) {
        return false;
    }
    const char *metric = parser->at;
    if (!parse_metric(parser, criterion)) {
        return false;
    }
    if (criterion->target &&
        (criterion->metric == SLO_RATE || criterion->metric == SLO_THROUGHPUT)) {
        return fail_at(parser, metric,
                       "expected a percentile, mean, max or errors: rate and throughput apply to "
                       "the whole run");
    }
    skip_blanks(parser);
    if (!parse_operator(parser, criterion) || !parse_limit(parser, criterion)) {
        return false;
    }
    const char *end = parser->at;
    skip_blanks(parser);
    if (*parser->at != ',' && *parser->at != '\0') {
        return fail_at(parser, parser->at, "expected a comma or the end");
    }
    criterion->text = cut(parser, parser->criteria, from, end);
    slo->count++;
    return true;
}

struct slo *slo_parse(const char *text, struct err *err)
{
    size_t size = strlen(text) + 1;
    if (size > SLO_TEXT_MAX + 1) {
        err_set(err, ERR_USAGE, "the expression is longer than %d bytes", SLO_TEXT_MAX);
        return NULL;
    }
    struct slo *slo = calloc(1, sizeof *slo + 3 * size);
    if (!slo) {
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    char *copies = (char *)(slo + 1);
    for (size_t i = 0; i < 3; i++) {
        memcpy(copies + i * size, text, size);
    }
    struct parser parser = {slo, copies, copies, copies + size, copies + 2 * size, err};
    slo->text = copies;
    bool ok = parse_criterion(&parser);
    while (ok && *parser.at == ',') {
        parser.at++;
        ok = parse_criterion(&parser);
    }
    if (!ok) {
        slo_destroy(slo);
        return NULL;
    }
    return slo;
}

void slo_destroy(struct slo *slo)
{
    free(slo);
}

bool slo_is_within(const struct slo_criterion *criterion, double value)
{
    switch (criterion->op) {
    case SLO_BELOW:
        return value < criterion->limit;
    case SLO_AT_MOST:
        return value <= criterion->limit;
    case SLO_ABOVE:
        return value > criterion->limit;
    case SLO_AT_LEAST:
        break;
    }
    return value >= criterion->limit;
}
