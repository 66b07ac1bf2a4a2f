#include "loadgen/cluster/lease_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "common/clock.h"

static bool is_plain(const char *text)
{
    for (const char *at = text; *at; at++) {
        if (*at < ' ' || *at > '~' || *at == '"' || *at == '\\') {
            return false;
        }
    }
    return true;
}

bool lease_text_is_valid(const struct lease_claim *claim)
{
    return claim->holder[0] != '\0' && is_plain(claim->holder) && is_plain(claim->work);
}

void lease_text_token(char token[LEASE_TOKEN + 1])
{
    uint64_t random = 0;
    if (getrandom(&random, sizeof random, 0) != sizeof random) {
        random = clock_wall_ns();
    }
    snprintf(token, LEASE_TOKEN + 1, "%016llx", (unsigned long long)random);
}

size_t lease_text_write(const struct lease_text *text, char value[LEASE_VALUE_MAX + 1])
{
    return (size_t)snprintf(value, LEASE_VALUE_MAX + 1, "%s\n%s\n%s\n", text->claim.holder,
                            text->claim.work, text->token);
}

/* Reads a line from the rest of a value. False: there is none, or it is too long. */
static bool take_line(const char **rest, size_t *left, char *line, size_t max)
{
    const char *end = memchr(*rest, '\n', *left);
    size_t length = end ? (size_t)(end - *rest) : 0;
    if (!end || length > max) {
        return false;
    }
    memcpy(line, *rest, length);
    line[length] = '\0';
    *rest += length + 1;
    *left -= length + 1;
    return strlen(line) == length;
}

bool lease_text_read(struct lease_text *text, const uint8_t *value, size_t length)
{
    const char *rest = (const char *)value;
    *text = (struct lease_text){0};
    bool is_read = take_line(&rest, &length, text->claim.holder, LEASE_TEXT_MAX) &&
                   take_line(&rest, &length, text->claim.work, LEASE_TEXT_MAX) &&
                   take_line(&rest, &length, text->token, LEASE_TOKEN) && length == 0 &&
                   lease_text_is_valid(&text->claim) && is_plain(text->token);
    if (!is_read) {
        *text = (struct lease_text){0};
    }
    return is_read;
}
