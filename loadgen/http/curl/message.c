#include "loadgen/http/curl/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/target/request/parts.h"

enum { DIGITS = 21, LINES_OWN = 3 };

/* libcurl adds these headers, unless they are given without a value. */
static const char *const unwanted[] = {"Accept", "Expect", "Content-Type"};

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

/* Writes the header in libcurl's form; returns where the next one goes. */
static char *put_header(struct curl_message *message, char *at, struct slice line,
                        const struct request *request)
{
    char *end = put(at, line);
    if (parts_is_numbered(request, line)) {
        message->sequence = at + line.length;
        return end + DIGITS;
    }
    char *colon = strchr(at, ':');
    if (colon[1 + strspn(colon + 1, " ")] == '\0') {
        *colon = ';'; /* libcurl's form of an empty value */
        colon[1] = '\0';
    }
    return end;
}

static void put_headers(struct curl_message *message, char *at, const struct parts *parts,
                        const struct request *request)
{
    bool is_there[LINES_OWN] = {false};
    size_t count = 0;
    for (struct slice rest = parts->headers; rest.length > 0;) {
        struct slice line = parts_next_line(&rest);
        if (parts_line_is(line, "Content-Length") || parts_line_is(line, "Transfer-Encoding")) {
            continue; /* libcurl adds it */
        }
        for (size_t i = 0; i < LINES_OWN; i++) {
            is_there[i] |= parts_line_is(line, unwanted[i]);
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

static void set_body(struct curl_message *message, CURL *easy, const struct parts *parts,
                     const struct request *request)
{
    message->body = parts->body.at;
    message->body_length = parts->body.length;
    message->body_sent = 0;
    bool has_length = request->body_length > 0 ||
                      memmem(parts->headers.at, parts->headers.length, "\nContent-Length: 0\r", 19);
    if (request->is_head) {
        /* With a body libcurl would wait for the body of the answer, too. */
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (!has_length) {
        curl_easy_setopt(easy, CURLOPT_HTTPGET, 1L);
    } else {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS, parts->is_chunked ? NULL : message->body);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                         parts->is_chunked ? (curl_off_t)-1 : (curl_off_t)request->body_length);
        curl_easy_setopt(easy, CURLOPT_READFUNCTION, read_body);
        curl_easy_setopt(easy, CURLOPT_READDATA, message);
        curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, seek_body);
        curl_easy_setopt(easy, CURLOPT_SEEKDATA, message);
    }
}

bool curl_message_set(struct curl_message *message, CURL *easy, const char *origin,
                      const struct request *request)
{
    struct parts parts;
    size_t line_count = 0;
    parts_of(request, &parts);
    for (struct slice rest = parts.headers; rest.length > 0; line_count++) {
        parts_next_line(&rest);
    }
    size_t head_length = (size_t)(parts.headers.at + parts.headers.length - request->bytes);
    /* A NUL for each string, and what is added: the origin, digits, own lines. */
    size_t room = strlen(origin) + head_length + line_count + DIGITS + 64;
    if (!grow(message, room, line_count + LINES_OWN)) {
        return false;
    }
    char *at = message->text + sprintf(message->text, "%s", origin);
    char *method = put(at, parts.path);
    char *headers = put(method, parts.method);
    message->sequence = NULL;
    put_headers(message, headers, &parts, request);
    curl_easy_setopt(easy, CURLOPT_NOBODY, 0L);
    set_body(message, easy, &parts, request);
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
