#include "loadgen/base/duration.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

__extension__ typedef unsigned __int128 wide;

#define SCALE_MAX UINT64_C(1000000000000000000)

static const struct unit {
    const char *name;
    uint64_t ns;
} units[] = {
    {"h", 3600 * NS_PER_S}, {"ms", NS_PER_MS},      {"m", 60 * NS_PER_S},   {"s", NS_PER_S},
    {"us", NS_PER_US},      {"\u00b5s", NS_PER_US}, {"\u03bcs", NS_PER_US}, {"ns", 1},
};

static const struct unit *find_unit(const char *text)
{
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strncmp(text, units[i].name, strlen(units[i].name)) == 0) {
            return &units[i];
        }
    }
    return NULL;
}

/* Reads one "12.5ms" and advances *text. */
static bool parse_part(const char **text, uint64_t *ns)
{
    const char *c = *text;
    uint64_t whole = 0;
    uint64_t fraction = 0;
    uint64_t scale = 1;
    size_t digits = 0;
    for (; isdigit((unsigned char)*c); c++, digits++) {
        if (__builtin_mul_overflow(whole, UINT64_C(10), &whole) ||
            __builtin_add_overflow(whole, (uint64_t)(*c - '0'), &whole)) {
            return false;
        }
    }
    if (*c == '.') {
        for (c++; isdigit((unsigned char)*c); c++, digits++) {
            if (scale < SCALE_MAX) { /* further digits are far below a nanosecond of an hour */
                fraction = fraction * 10 + (uint64_t)(*c - '0');
                scale *= 10;
            }
        }
    }
    const struct unit *unit = digits > 0 ? find_unit(c) : NULL;
    uint64_t span = 0;
    if (!unit || __builtin_mul_overflow(whole, unit->ns, &span) ||
        __builtin_add_overflow(*ns, span, ns) ||
        __builtin_add_overflow(*ns, (uint64_t)((wide)fraction * unit->ns / scale), ns)) {
        return false;
    }
    *text = c + strlen(unit->name);
    return true;
}

bool duration_parse(const char *text, uint64_t *ns, struct err *err)
{
    *ns = 0;
    if (strcmp(text, "0") == 0) {
        return true;
    }
    const char *rest = text;
    bool ok = *rest != '\0';
    while (ok && *rest) {
        ok = parse_part(&rest, ns);
    }
    if (!ok || *ns > INT64_MAX) {
        return err_set(
            err, ERR_USAGE,
            "\"%s\" is not a duration; write a number and a unit, such as 10s, 1m30s or 250ms",
            text);
    }
    return true;
}

bool duration_set(void *field, const char *text, struct err *err)
{
    return duration_parse(text, field, err);
}

/* Prints ns/unit without trailing zeros in the fraction, as Go does. */
static int print_fraction(char *text, size_t size, uint64_t ns, uint64_t unit, const char *name)
{
    char digits[24] = "";
    if (ns % unit != 0) {
        int width = unit == NS_PER_S ? 9 : unit == NS_PER_MS ? 6 : 3;
        snprintf(digits, sizeof digits, ".%0*" PRIu64, width, ns % unit);
        for (size_t end = strlen(digits); digits[end - 1] == '0'; end--) {
            digits[end - 1] = '\0';
        }
    }
    return snprintf(text, size, "%" PRIu64 "%s%s", ns / unit, digits, name);
}

const char *duration_print(uint64_t ns, char text[DURATION_TEXT])
{
    if (ns < NS_PER_US) {
        snprintf(text, DURATION_TEXT, ns ? "%" PRIu64 "ns" : "%" PRIu64 "s", ns);
    } else if (ns < NS_PER_MS) {
        print_fraction(text, DURATION_TEXT, ns, NS_PER_US, "\u00b5s");
    } else if (ns < NS_PER_S) {
        print_fraction(text, DURATION_TEXT, ns, NS_PER_MS, "ms");
    } else {
        uint64_t minutes = ns / (60 * NS_PER_S);
        int used = 0;
        if (minutes >= 60) {
            used = snprintf(text, DURATION_TEXT, "%" PRIu64 "h%" PRIu64 "m", minutes / 60,
                            minutes % 60);
        } else if (minutes > 0) {
            used = snprintf(text, DURATION_TEXT, "%" PRIu64 "m", minutes);
        }
        print_fraction(text + used, DURATION_TEXT - (size_t)used, ns % (60 * NS_PER_S), NS_PER_S,
                       "s");
    }
    return text;
}

const char *duration_print_rounded(uint64_t ns, char text[DURATION_TEXT])
{
    static const uint64_t steps[] = {3600 * NS_PER_S, 60 * NS_PER_S, NS_PER_S,
                                     NS_PER_MS,       NS_PER_US,     1};
    for (size_t i = 0; i + 1 < sizeof steps / sizeof steps[0]; i++) {
        if (ns >= steps[i]) {
            uint64_t finer = steps[i + 1];
            return duration_print((ns + finer / 2) / finer * finer, text);
        }
    }
    return duration_print(ns, text);
}

const char *duration_print_short(uint64_t ns, char text[DURATION_TEXT])
{
    uint64_t step = 1;
    while (ns / step >= 1000) {
        step *= 10;
    }
    return duration_print((ns + step / 2) / step * step, text);
}
