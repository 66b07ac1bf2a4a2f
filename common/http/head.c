#include "common/http/head.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

enum {
    VERSION_LEN = 8,  /* HTTP/1.1 */
    LINE_END_MIN = 1, /* LF */
    LINE_END_MAX = 2, /* CRLF */
};

struct check {
    const char *end; /* of the headers seen so far; NULL: unknown */
    bool is_bad;
    size_t hosts;
    size_t lengths;
    unsigned long long length;
    size_t codings;
    bool is_chunked;
};

struct slice head_trim(const char *value, size_t len)
{
    while (len > 0 && (value[len - 1] == ' ' || value[len - 1] == '\t')) {
        len--;
    }
    return (struct slice){value, len};
}

bool head_parse_length(struct slice *value, unsigned long long *length)
{
    *value = head_trim(value->at, value->length);
    *length = 0;
    for (size_t i = 0; i < value->length; i++) {
        unsigned digit = (unsigned)(unsigned char)value->at[i] - '0';
        if (digit > 9 || *length > (UINT64_MAX - digit) / 10) {
            return false;
        }
        *length = *length * 10 + digit;
    }
    return value->length > 0;
}

static bool is_token_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != '\0' && strchr("!#$%&'*+-.^_`|~", c));
}

static bool is_token(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len && is_token_char(text[i])) {
        i++;
    }
    return i == len && len > 0;
}

static bool is_named(const char *name, size_t len, const char *expected)
{
    return len == strlen(expected) && strncasecmp(name, expected, len) == 0;
}

/*
 * Headers are in memory as received, with NULs in place of colons and line ends. If there is more
 * than a line end between two of them, the client sent a NUL or a continued line. (Versions
 * from 1.0 refuse both by themselves.)
 */
static bool follows(const char *end, const char *next, ptrdiff_t least, ptrdiff_t most)
{
    if (MHD_VERSION >= 0x01000000 || !end) {
        return true;
    }
    intptr_t gap = (intptr_t)next - (intptr_t)end;
    return gap >= least && gap <= most;
}

static void check_host(struct check *check, struct slice host)
{
    check->hosts++;
    size_t i = 0;
    while (i < host.length && !strchr(" \t/?#@\\<>\"", host.at[i])) {
        i++;
    }
    check->is_bad = check->is_bad || i < host.length || check->hosts > 1;
}

static void check_length(struct check *check, struct slice value)
{
    unsigned long long length = 0;
    if (!head_parse_length(&value, &length) || (check->lengths > 0 && length != check->length)) {
        check->is_bad = true;
    }
    check->length = length;
    check->lengths++;
}

static enum MHD_Result check_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                    size_t name_len, const char *value, size_t value_len)
{
    (void)kind;
    struct check *check = cls;
    struct slice trimmed = head_trim(value ? value : "", value ? value_len : 0);
    if (!value || !is_token(name, name_len) ||
        !follows(check->end, name, LINE_END_MIN, LINE_END_MAX) || memchr(value, '\r', value_len)) {
        check->is_bad = true;
    }
    check->end = value ? value + value_len : NULL;
    if (is_named(name, name_len, MHD_HTTP_HEADER_HOST)) {
        check_host(check, trimmed);
    } else if (is_named(name, name_len, MHD_HTTP_HEADER_CONTENT_LENGTH)) {
        check_length(check, trimmed);
    } else if (is_named(name, name_len, MHD_HTTP_HEADER_TRANSFER_ENCODING)) {
        check->codings++;
        check->is_chunked = is_named(trimmed.at, trimmed.length, "chunked");
    }
    return check->is_bad ? MHD_NO : MHD_YES;
}

/* Without the URI, which has been decoded in place. */
static bool is_line_bad(const struct head_line *line)
{
    return !is_token(line->method, strlen(line->method)) ||
           (line->uri_end && line->uri_end + 1 != line->version);
}

unsigned head_check(struct MHD_Connection *connection, const struct head_line *line)
{
    const union MHD_ConnectionInfo *size =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    struct check check = {.end = line->version + VERSION_LEN, .is_bad = is_line_bad(line)};
    MHD_get_connection_values_n(connection, MHD_HEADER_KIND, check_header, &check);
    bool is_1_0 = strcmp(line->version, MHD_HTTP_VERSION_1_0) == 0;
    if (check.is_bad || (check.hosts == 0 && !is_1_0) ||
        (size && !follows(check.end, line->method + size->header_size, 2L * LINE_END_MIN,
                          2L * LINE_END_MAX))) {
        return MHD_HTTP_BAD_REQUEST;
    }
    if (check.codings == 0) {
        return 0;
    }
    if (is_1_0 || check.lengths > 0 || check.codings > 1) {
        return MHD_HTTP_BAD_REQUEST;
    }
    return check.is_chunked ? 0 : MHD_HTTP_NOT_IMPLEMENTED;
}

const char *head_reason(unsigned status)
{
    return status == MHD_HTTP_NOT_IMPLEMENTED ? "not implemented\n" : "bad request\n";
}

void head_cut_query(const char *uri)
{
    /* libmicrohttpd's buffer, which it parses in place but passes as const. */
    union {
        const char *shown;
        char *buffer;
    } query = {.shown = strchr(uri, '?')};
    if (query.shown) {
        query.buffer[1] = '\0';
    }
}
