#include "loadgen/pace/pacer.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "loadgen/base/duration.h"

__extension__ typedef unsigned __int128 wide;

/* The text after the '/' of a rate: "s", "2m". A bare unit means one. */
static bool parse_per(const char *per, uint64_t *ns)
{
    char one[DURATION_TEXT];
    bool is_bare = isalpha((unsigned char)*per) || (unsigned char)*per >= 0x80;
    int used = snprintf(one, sizeof one, "%s%s", is_bare ? "1" : "", per);
    return used < (int)sizeof one && duration_parse(one, ns, NULL) && *ns > 0;
}

/* "12.50" as 1250 and 100; false when it is none, or has more digits than a rate can have. */
static bool parse_decimal(const char **text, uint64_t *digits, uint64_t *scale)
{
    const char *c = *text;
    const char *point = NULL;
    *digits = 0;
    *scale = 1;
    for (; isdigit((unsigned char)*c) || (*c == '.' && !point); c++) {
        if (*c == '.') {
            point = c;
            continue;
        }
        *digits = *digits * 10 + (uint64_t)(*c - '0');
        *scale *= point ? 10 : 1;
        if (*digits > RATE_MAX_PER_S || *scale > RATE_MAX_PER_S) {
            return false;
        }
    }
    *text = c;
    return point && *digits > 0;
}

static uint64_t common_divisor(uint64_t a, uint64_t b)
{
    while (b > 0) {
        uint64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

const char *rate_hint(const char *text, char hint[RATE_HINT])
{
    const char *rest = text;
    uint64_t count = 0;
    uint64_t scale = 1;
    uint64_t per_ns = NS_PER_S;
    char per[DURATION_TEXT];
    hint[0] = '\0';
    if (!parse_decimal(&rest, &count, &scale) ||
        (*rest == '/' ? !parse_per(rest + 1, &per_ns) : *rest != '\0')) {
        return hint;
    }
    uint64_t divisor = common_divisor(count, scale);
    count /= divisor;
    if (__builtin_mul_overflow(per_ns, scale / divisor, &per_ns) || per_ns > INT64_MAX ||
        (wide)count * NS_PER_S > (wide)RATE_MAX_PER_S * per_ns) {
        return hint;
    }
    if (per_ns % NS_PER_S == 0) {
        snprintf(per, sizeof per, "%" PRIu64 "s", per_ns / NS_PER_S);
    } else {
        duration_print(per_ns, per);
    }
    snprintf(hint, RATE_HINT, "; %.32s is %" PRIu64 "/%s", text, count, per);
    return hint;
}

bool rate_set(void *field, const char *text, struct err *err)
{
    struct rate *rate = field;
    char hint[RATE_HINT];
    rate->count = 0;
    rate->per_ns = NS_PER_S;
    if (strcmp(text, "infinity") == 0) {
        return true;
    }
    char *rest = NULL;
    errno = 0;
    rate->count = isdigit((unsigned char)text[0]) ? strtoull(text, &rest, 10) : 0;
    bool ok = rest && errno == 0;
    if (ok && *rest == '/') {
        ok = parse_per(rest + 1, &rate->per_ns);
    } else {
        ok = ok && *rest == '\0';
    }
    if (ok && (wide)rate->count * NS_PER_S > (wide)RATE_MAX_PER_S * rate->per_ns) {
        return err_set(err, ERR_USAGE, "\"%s\" exceeds %d requests per second", text,
                       RATE_MAX_PER_S);
    }
    if (!ok) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" is not a rate; expected N or N/TIME, such as 50, 50/1s or 3000/m; "
                       "0: as fast as possible%s",
                       text, rate_hint(text, hint));
    }
    return true;
}

static uint64_t saturate(wide value)
{
    return value < UINT64_MAX ? (uint64_t)value : UINT64_MAX;
}

uint64_t pacer_due_ns(struct rate rate, uint64_t k)
{
    uint64_t product = 0;
    if (!__builtin_mul_overflow(k, rate.per_ns, &product)) {
        return product / rate.count; /* a 64-bit division is several times cheaper */
    }
    return saturate((wide)k * rate.per_ns / rate.count);
}

uint64_t pacer_count(struct rate rate, uint64_t elapsed_ns)
{
    return saturate(((wide)elapsed_ns * rate.count + rate.per_ns - 1) / rate.per_ns);
}
