#include "loadgen/report/buckets_text.h"

#include <stdio.h>

#include "loadgen/base/duration.h"
#include "loadgen/base/point.h"

static const char form[] = "expected buckets such as [0,1ms,10ms]";

static size_t skip_blanks(const char *text, size_t at)
{
    return at + strspn(text + at, " \t");
}

/* Parses the bound at *at, and advances past it. */
static bool parse_bound(const char *text, size_t *at, uint64_t *ns, struct err *err)
{
    char bound[DURATION_TEXT];
    size_t begin = *at = skip_blanks(text, *at);
    size_t length = strcspn(text + begin, ",] \t");
    snprintf(bound, sizeof bound, "%.*s", (int)length, text + begin);
    *at = skip_blanks(text, begin + length);
    if (length == 0) {
        return point_at(text, begin, "missing bound; use a duration such as 10ms or 1.5s", err);
    }
    if (length >= sizeof bound || !duration_parse(bound, ns, NULL)) {
        return point_at(text, begin, "invalid bound; use a duration such as 10ms or 1.5s", err);
    }
    return true;
}

static bool add_bound(struct buckets *buckets, uint64_t ns)
{
    bool has_room = buckets->count < BUCKETS_MAX;
    if (has_room) {
        buckets->from_ns[buckets->count++] = ns;
    }
    return has_room;
}

bool buckets_parse(struct buckets *buckets, const char *text, size_t offset, struct err *err)
{
    *buckets = (struct buckets){0};
    size_t at = offset;
    if (text[at] != '[') {
        return point_at(text, at, form, err);
    }
    do {
        uint64_t ns = 0;
        size_t begin = skip_blanks(text, at + 1);
        at = begin;
        if (!parse_bound(text, &at, &ns, err)) {
            return false;
        }
        if (buckets->count > 0 && ns <= buckets->from_ns[buckets->count - 1]) {
            return point_at(text, begin, "bounds must ascend", err);
        }
        bool has_room =
            (buckets->count > 0 || ns == 0 || add_bound(buckets, 0)) && add_bound(buckets, ns);
        if (!has_room) {
            char what[64];
            snprintf(what, sizeof what, "at most %d buckets are allowed", BUCKETS_MAX);
            return point_at(text, begin, what, err);
        }
    } while (text[at] == ',');
    if (text[at] != ']') {
        return point_at(text, at, text[at] ? "expected a comma or ]" : "missing ]", err);
    }
    return text[at + 1] == '\0' || point_at(text, at + 1, "nothing may follow ]", err);
}
