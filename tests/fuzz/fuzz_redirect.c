/*
 * fuzz_redirect - any Location of any redirect, for libFuzzer (`make fuzz`).
 *
 * The first byte chooses the request and the status, the second the size of the buffer, the rest is
 * the Location. What is checked beside the sanitizers: what is sent on is one well-formed request
 * without dot segments in its path, with the method, body and headers that the status allows; what
 * is meant for the origin that answered stays with it, and goes along when it answers again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "loadgen/http/answer/answer.h"
#include "loadgen/http/redirect/redirect.h"

enum { BUFFER = 16384 };

#define BODY "{\"id\":1}\r\n\r\nGET / HTTP/1.1\r\n"

static const char *const requests[] = {
    "GET /a/b?c=d HTTP/1.1\r\nHost: h\r\nUser-Agent: u\r\nAuthorization: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: h\r\nContent-Type: t\r\nCookie: c\r\nContent-Length: 28\r\n\r\n" BODY,
    "HEAD /?x HTTP/1.1\r\nUser-Agent: u\r\nHost: h\r\nX-Vegeta-Seq: 7\r\n\r\n",
    "PUT /a/b/c HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1c\r\n" BODY
    "\r\n0\r\n\r\n",
};

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* How often the header's line is in the request. */
static unsigned count_header(const char *headers, const char *name)
{
    unsigned count = 0;
    for (const char *at = headers; (at = strstr(at, name)); at++) {
        count++;
    }
    return count;
}

/* METHOD SP /path SP HTTP/1.1 CRLF; printable and ASCII. */
static void check_line(const char *text, const char *method)
{
    size_t length = strlen(method);
    require(strncmp(text, method, length) == 0 && text[length] == ' ' && text[length + 1] == '/');
    const char *c = text + length + 1;
    for (; *c != ' '; c++) {
        require(*c > ' ' && *c < 0x7f && *c != '#');
    }
    require(strncmp(c, " HTTP/1.1\r\n", 11) == 0);
}

/* Lines up to the blank one: printable, each with a name. Returns the text after it. */
static const char *check_headers(const char *text)
{
    while (strncmp(text, "\r\n", 2) != 0) {
        const char *end = strstr(text, "\r\n");
        require(end != NULL);
        const char *colon = memchr(text, ':', (size_t)(end - text));
        require(colon != NULL && colon > text);
        for (const char *c = text; c < end; c++) {
            require((unsigned char)*c >= ' ' && *c != 0x7f);
        }
        text = end + 2;
    }
    return text + 2;
}

/* No segment of the path is one or two dots. */
static void check_segments(const char *path)
{
    size_t length = strcspn(path, " ?");
    for (size_t i = 0; i < length; i++) {
        size_t dots = strspn(path + i + 1, ".");
        bool is_segment = path[i] == '/' && (i + 1 + dots == length || path[i + 1 + dots] == '/');
        require(!is_segment || dots == 0 || dots > 2);
    }
}

static const struct redirect_origin origin = {"h", 80, false};

static void check_origin(const char *text, const char *from, const struct redirect *redirect)
{
    static const char *const secrets[] = {"\nAuthorization: x\r", "\nCookie: "};
    bool is_other = redirect->host[0] != '\0';
    require(is_other == (redirect->port != 0));
    require(!is_other || strcasecmp(redirect->host, origin.host) != 0 ||
            redirect->port != origin.port || redirect->is_https != origin.is_https);
    require(is_other || !redirect->is_https);
    require(count_header(text, "\nHost: ") == 1);
    require(is_other || count_header(text, "\nHost: h\r") == 1);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++) {
        unsigned wanted = is_other ? 0 : count_header(from, secrets[i]);
        require(count_header(text, secrets[i]) == wanted);
    }
    require(count_header(text, "\nAuthorization:") <= !is_other);
}

static void check(const struct request *from, uint16_t code, const struct redirect *redirect)
{
    const struct request *to = &redirect->request;
    char *text = calloc(1, to->length + 1);
    require(text != NULL);
    memcpy(text, to->bytes, to->length);
    require(strlen(text) == to->length);
    bool is_same = code >= 307 || from->is_head;
    char method[8] = "GET";
    if (is_same) {
        memcpy(method, from->bytes, strcspn(from->bytes, " "));
        method[strcspn(from->bytes, " ")] = '\0';
    }
    check_line(text, method);
    check_segments(strchr(text, ' ') + 1);
    const char *end = check_headers(strchr(text, '\n') + 1);
    require(end == text + to->length);
    const char *body = is_same ? strstr(from->bytes, "\r\n\r\n") + 4 : "";
    require(to->tail_length == strlen(body));
    require(to->tail_length == 0 || to->tail == body);
    check_origin(text, from->bytes, redirect);
    require(is_same || count_header(text, "\nContent-") + count_header(text, "\nTransfer-") == 0);
    require(to->body_length == (is_same ? from->body_length : 0) && to->is_head == from->is_head);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint16_t codes[] = {301, 302, 303, 307, 308};
    if (size < 2 || size - 2 >= ANSWER_LOCATION_MAX) {
        return 0;
    }
    uint16_t code = codes[data[0] / 4 % (sizeof codes / sizeof codes[0])];
    const char *bytes = requests[data[0] % 4];
    struct request from = {
        .bytes = bytes,
        .length = strlen(bytes),
        .body_length = strstr(bytes, BODY) ? sizeof BODY - 1 : 0,
        .is_head = bytes[0] == 'H',
    };
    size_t room = data[1] == 0 ? BUFFER : (size_t)data[1] * 4;
    char *location = calloc(1, size - 1);
    char *buffer = malloc(room);
    require(location != NULL && buffer != NULL);
    memcpy(location, data + 2, size - 2);
    struct redirect redirect;
    char problem[LOCATION_PROBLEM] = "";
    if (redirect_follow(&from, &origin, code, location, buffer, room, &redirect, problem)) {
        require(redirect.request.bytes == buffer && redirect.request.length <= room);
        check(&from, code, &redirect);
    } else {
        require(problem[0] != '\0');
    }
    free(location);
    free(buffer);
    return 0;
}
