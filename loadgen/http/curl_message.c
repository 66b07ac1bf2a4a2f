#include "loadgen/http/curl_message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/target/url.h"

enum { DIGITS = 21, LINES_OWN = 3 };

/* Headers that libcurl would add by itself: without a value it leaves them out. */
static const char *const unwanted[] = {"Accept", "Expect", "Content-Type"};

/* The head of a request, taken apart: slices of its bytes. */
struct head {
    struct slice method;
    struct slice path;
    struct slice headers; /* lines, each with its CRLF */
    size_t line_count;
    bool is_chunked;
};

static bool name_is(struct slice line, const char *name)
{
    size_t length = strlen(name);
    return line.length > length && line.at[length] == ':' &&
           strncasecmp(line.at, name, length) == 0;
}

/* The next line without its CRLF; `rest` is what comes behind it. */
static struct slice next_line(struct slice *rest)
{
    const char *end = memchr(rest->at, '\n', rest->length);
    struct slice line = {rest->at, (size_t)(end - rest->at) - 1};
    *rest = (struct slice){end + 1, rest->length - line.length - 2};
    return line;
}

static void take_apart(const struct request *request, struct head *head)
{
    const char *end = request->bytes + request->length;
    const char *space = memchr(request->bytes, ' ', request->length);
    const char *second = memchr(space + 1, ' ', (size_t)(end - space - 1));
    const char *headers = (const char *)memchr(second, '\n', (size_t)(end - second)) + 1;
    const char *blank = memmem(headers - 2, (size_t)(end - headers + 2), "\r\n\r\n", 4);
    head->method = (struct slice){request->bytes, (size_t)(space - request->bytes)};
    head->path = (struct slice){space + 1, (size_t)(second - space - 1)};
    head->headers = (struct slice){headers, (size_t)(blank + 2 - headers)};
    head->line_count = 0;
    head->is_chunked = false;
    for (struct slice rest = head->headers; rest.length > 0; head->line_count++) {
        head->is_chunked |= name_is(next_line(&rest), "Transfer-Encoding");
    }
}

static bool grow(struct curl_message *message, size_t text_room, size_t line_room)
{
    if (text_room > message->text_room) {
        free(message->text);
        message->text = malloc(text_room);
        message->text_room = message->text ? text_room : 0;
    }
    if (line_room > message->line_room) {
        free(message->lines);
        message->lines = calloc(line_room, sizeof *message->lines);
        message->line_room = message->lines ? line_room : 0;
    }
    return message->text && message->lines;
}

static char *put(char *at, struct slice text)
{
    memcpy(at, text.at, text.length);
    at[text.length] = '\0';
    return at + text.length + 1;
}

/* Writes the header as libcurl takes it, and returns where the next one goes. */
static char *put_header(struct curl_message *message, char *at, struct slice line,
                        const struct request *request)
{
    size_t offset = (size_t)(line.at - request->bytes);
    bool is_numbered =
        request->sequence_at > offset && request->sequence_at <= offset + line.length;
    char *end = put(at, line);
    if (is_numbered) {
        message->sequence = at + line.length;
        return end + DIGITS;
    }
    char *colon = strchr(at, ':');
    if (colon[1 + strspn(colon + 1, " ")] == '\0') {
        *colon = ';'; /* libcurl's way to say that the value is empty */
        colon[1] = '\0';
    }
    return end;
}

static void put_headers(struct curl_message *message, char *at, const struct head *head,
                        const struct request *request)
{
    bool is_there[LINES_OWN] = {false};
    size_t count = 0;
    for (struct slice rest = head->headers; rest.length > 0;) {
        struct slice line = next_line(&rest);
        if (name_is(line, "Content-Length") || name_is(line, "Transfer-Encoding")) {
            continue; /* libcurl says it, as the version of HTTP has it */
        }
        for (size_t i = 0; i < LINES_OWN; i++) {
            is_there[i] |= name_is(line, unwanted[i]);
        }
        message->lines[count++].data = at;
        at = put_header(message, at, line, request);
    }
    for (size_t i = 0; i < LINES_OWN; i++) {
        if (!is_there[i]) {
            message->lines[count++].data = at;
            at += sprintf(at, "%s:", unwanted[i]) + 1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        message->lines[i].next = i + 1 < count ? &message->lines[i + 1] : NULL;
    }
}

/* Bodies. */

static size_t read_body(char *buffer, size_t size, size_t count, void *context)
{
    struct curl_message *message = context;
    size_t left = message->body_length - message->body_sent;
    size_t length = left < size * count ? left : size * count;
    memcpy(buffer, message->body + message->body_sent, length);
    message->body_sent += length;
    return length;
}

static int seek_body(void *context, curl_off_t offset, int origin)
{
    struct curl_message *message = context;
    if (origin != SEEK_SET || offset < 0 || (size_t)offset > message->body_length) {
        return CURL_SEEKFUNC_FAIL;
    }
    message->body_sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static void set_body(struct curl_message *message, CURL *easy, const struct head *head,
                     const struct request *request)
{
    const char *end = request->bytes + request->length;
    struct slice rest = {head->headers.at + head->headers.length + 2, 0};
    rest.length = (size_t)(end - rest.at);
    if (head->is_chunked) {
        next_line(&rest); /* the length of the one chunk */
    }
    message->body = rest.at;
    message->body_length = request->body_length;
    message->body_sent = 0;
    bool has_length = request->body_length > 0 ||
                      memmem(head->headers.at, head->headers.length, "\nContent-Length: 0\r", 19);
    if (request->is_head && !has_length) {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (!has_length) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, head->is_chunked ? NULL : message->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         head->is_chunked ? (curl_off_t)-1 : (curl_off_t)request->body_length);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, message);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, message);
    }
}

bool curl_message_set(struct curl_message *message, CURL *easy, const char *origin,
                      const struct request *request)
{
    struct head head;
    take_apart(request, &head);
    size_t head_length = (size_t)(head.headers.at + head.headers.length - request->bytes);
    /* One more byte for each string, and what is added: origin, digits, own lines. */
    size_t room = strlen(origin) + head_length + head.line_count + DIGITS + 64;
    if (!grow(message, room, head.line_count + LINES_OWN)) {
        return false;
    }
    char *at = message->text + sprintf(message->text, "%s", origin);
    char *method = put(at, head.path);
    char *headers = put(method, head.method);
    message->sequence = NULL;
    put_headers(message, headers, &head, request);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    set_body(message, easy, &head, request);
    return curl_easy_setopt(easy, CURLOPT_URL, message->text) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK &&
           curl_easy_setopt(easy, CURLOPT_HTTPHEADER, message->lines) == CURLE_OK;
}

void curl_message_number(struct curl_message *message, uint64_t number)
{
    message->body_sent = 0;
    if (message->sequence) {
        snprintf(message->sequence, DIGITS, "%" PRIu64, number);
    }
}

void curl_message_fini(struct curl_message *message)
{
    free(message->text);
    free(message->lines);
    *message = (struct curl_message){0};
}
