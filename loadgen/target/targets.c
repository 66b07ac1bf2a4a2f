#include "loadgen/target/targets.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/version.h"
#include "loadgen/target/url.h"

/* One target while it is being read. */
struct draft {
    char *method;
    char *url;
    char **headers;
    size_t header_count;
    char *body; /* NULL: none of its own */
    size_t body_length;
};

static void draft_clear(struct draft *draft)
{
    for (size_t i = 0; i < draft->header_count; i++) {
        free(draft->headers[i]);
    }
    free(draft->headers);
    free(draft->method);
    free(draft->url);
    free(draft->body);
    *draft = (struct draft){0};
}

static bool out_of_memory(struct err *err)
{
    return err_set(err, ERR_FAILED, "not enough memory for the targets");
}

/* Makes room for one more element in a list that grows by doubling. */
static bool grow(void *list, size_t count, size_t size)
{
    void **at = list;
    if (count & (count - 1)) { /* room is left until the count is a power of two */
        return true;
    }
    void *larger = realloc(*at, (count ? 2 * count : 1) * size);
    if (larger) {
        *at = larger;
    }
    return larger != NULL;
}

bool targets_read_file(const char *path, char **bytes, size_t *length, struct err *err)
{
    FILE *f = fopen(path, "re");
    if (!f) {
        return err_set(err, ERR_FAILED, "cannot open %s: %s", path, strerror(errno));
    }
    *bytes = NULL;
    *length = 0;
    FILE *copy = open_memstream(bytes, length);
    char chunk[16384];
    size_t n = 0;
    while (copy && (n = fread(chunk, 1, sizeof chunk, f)) > 0) {
        fwrite(chunk, 1, n, copy);
    }
    bool ok = copy && !ferror(f);
    int cause = errno;
    fclose(f);
    if (copy && fclose(copy) != 0) {
        ok = false;
    }
    if (!ok) {
        free(*bytes);
        *bytes = NULL;
        return err_set(err, ERR_FAILED, "cannot read %s: %s", path, strerror(cause));
    }
    return true;
}

static bool name_is(const char *header, const char *name)
{
    size_t length = strlen(name);
    return strncasecmp(header, name, length) == 0 && header[length] == ':';
}

bool targets_check_header(const char *header, struct err *err)
{
    static const char token[] = "!#$%&'*+-.^_`|~0123456789"
                                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    size_t name = strspn(header, token);
    const char *value = header + name + 1;
    if (name == 0 || header[name] != ':' || value[strspn(value, " \t")] == '\0') {
        return err_set(err, ERR_USAGE, "bad header \"%s\"; write Name: value", header);
    }
    for (const char *c = value; *c; c++) {
        if (((unsigned char)*c < ' ' && *c != '\t') || *c == 0x7f) {
            return err_set(err, ERR_USAGE, "the header \"%.*s\" has a control character in it",
                           (int)name, header);
        }
    }
    if (name_is(header, "Content-Length") || name_is(header, "Transfer-Encoding")) {
        return err_set(err, ERR_USAGE,
                       "the header \"%.*s\" is computed from the body; leave it out", (int)name,
                       header);
    }
    return true;
}

static bool has_header(const struct draft *draft, const struct request_defaults *defaults,
                       const char *name)
{
    for (size_t i = 0; i < defaults->header_count; i++) {
        if (name_is(defaults->headers[i], name)) {
            return true;
        }
    }
    for (size_t i = 0; i < draft->header_count; i++) {
        if (name_is(draft->headers[i], name)) {
            return true;
        }
    }
    return false;
}

static void write_headers(FILE *out, const struct draft *draft, const struct url *url,
                          const struct request_defaults *defaults, size_t body_length)
{
    if (!has_header(draft, defaults, "Host")) {
        fprintf(out, "Host: %.*s\r\n", (int)url->authority.length, url->authority.at);
    }
    if (!has_header(draft, defaults, "User-Agent")) {
        fprintf(out, "User-Agent: headroom-loadgen/%s\r\n", version_number);
    }
    for (size_t i = 0; i < defaults->header_count; i++) {
        fprintf(out, "%s\r\n", defaults->headers[i]);
    }
    for (size_t i = 0; i < draft->header_count; i++) {
        fprintf(out, "%s\r\n", draft->headers[i]);
    }
    if (defaults->attack_name[0]) {
        fprintf(out, "X-Vegeta-Attack: %s\r\n", defaults->attack_name);
    }
    if (!defaults->keepalive && !has_header(draft, defaults, "Connection")) {
        fputs("Connection: close\r\n", out);
    }
    bool expects_body = strcmp(draft->method, "POST") == 0 || strcmp(draft->method, "PUT") == 0 ||
                        strcmp(draft->method, "PATCH") == 0;
    if (body_length > 0 || expects_body) {
        fprintf(out, "Content-Length: %zu\r\n", body_length);
    }
    fputs("\r\n", out);
}

static bool find_endpoint(struct targets *targets, const struct url *url, uint32_t *index,
                          struct err *err)
{
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *known = &targets->endpoints[i];
        if (known->port == url->port && strlen(known->host) == url->host.length &&
            strncasecmp(known->host, url->host.at, url->host.length) == 0) {
            *index = (uint32_t)i;
            return true;
        }
    }
    char *host = strndup(url->host.at, url->host.length);
    if (!host || !grow(&targets->endpoints, targets->endpoint_count, sizeof(struct endpoint))) {
        free(host);
        return out_of_memory(err);
    }
    *index = (uint32_t)targets->endpoint_count;
    targets->endpoints[targets->endpoint_count++] = (struct endpoint){host, url->port};
    return true;
}

static bool is_repeatable(const char *method)
{
    static const char *const repeatable[] = {"GET", "HEAD", "PUT", "DELETE", "OPTIONS"};
    for (size_t i = 0; i < sizeof repeatable / sizeof repeatable[0]; i++) {
        if (strcmp(method, repeatable[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Turns the draft into a target and its request; the draft gives its strings away or is cleared. */
static bool add_draft(struct targets *targets, struct draft *draft,
                      const struct request_defaults *defaults, struct err *err)
{
    struct url url;
    struct request request = {.target = (uint32_t)targets->count};
    if (!url_parse(draft->url, &url, err) ||
        !find_endpoint(targets, &url, &request.endpoint, err)) {
        return false;
    }
    const char *body = draft->body ? draft->body : defaults->body;
    request.body_length = draft->body ? draft->body_length : defaults->body_length;
    request.is_head = strcmp(draft->method, "HEAD") == 0;
    request.is_repeatable = is_repeatable(draft->method);

    char *bytes = NULL;
    FILE *out = open_memstream(&bytes, &request.length);
    if (!out) {
        return out_of_memory(err);
    }
    fprintf(out, "%s ", draft->method);
    url_write_path(&url, out);
    fputs(" HTTP/1.1\r\n", out);
    write_headers(out, draft, &url, defaults, request.body_length);
    if (request.body_length > 0) {
        fwrite(body, 1, request.body_length, out);
    }
    bool ok = !ferror(out);
    ok = fclose(out) == 0 && ok;

    char *name = NULL;
    size_t name_length = 0;
    FILE *name_out = open_memstream(&name, &name_length);
    if (name_out) {
        fprintf(name_out, "%s ", draft->method);
        url_write_path(&url, name_out);
        ok = fclose(name_out) == 0 && ok;
    }
    if (!ok || !name || !grow(&targets->list, targets->count, sizeof(struct target)) ||
        !grow(&targets->requests, targets->count, sizeof(struct request))) {
        free(bytes);
        free(name);
        return out_of_memory(err);
    }
    request.bytes = bytes;
    targets->list[targets->count] = (struct target){name, draft->method, draft->url, bytes};
    targets->requests[targets->count++] = request;
    draft->method = NULL;
    draft->url = NULL;
    draft_clear(draft);
    return true;
}

/* A line that starts a target: capital letters, then white space. */
static bool is_request_line(const char *line)
{
    size_t letters = strspn(line, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    return letters > 0 && isspace((unsigned char)line[letters]);
}

static bool begin_draft(struct draft *draft, const char *line, struct err *err)
{
    if (!is_request_line(line)) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" does not begin a target; write a method in capitals and a URL, as "
                       "GET http://127.0.0.1:5000/health",
                       line);
    }
    size_t letters = strcspn(line, " \t");
    draft->method = strndup(line, letters);
    draft->url = strdup(line + letters + strspn(line + letters, " \t"));
    struct url url; /* checked now, so that the error names this line */
    return draft->method && draft->url ? url_parse(draft->url, &url, err) : out_of_memory(err);
}

static bool add_header(struct draft *draft, const char *line, struct err *err)
{
    if (is_request_line(line)) {
        return err_set(err, ERR_USAGE,
                       "\"%s\" follows a header of the target above; put a blank line before it",
                       line);
    }
    if (!targets_check_header(line, err)) {
        return false;
    }
    char *copy = strdup(line);
    if (!copy || !grow(&draft->headers, draft->header_count, sizeof(char *))) {
        free(copy);
        return out_of_memory(err);
    }
    draft->headers[draft->header_count++] = copy;
    return true;
}

struct reader {
    struct targets *targets;
    const struct request_defaults *defaults;
    struct draft draft;
    bool has_headers; /* a header or a comment came after the request line */
};

/* Takes one line without white space at its ends. */
static bool take_line(struct reader *reader, const char *line, struct err *err)
{
    struct draft *draft = &reader->draft;
    if (draft->method && !reader->has_headers && (!line[0] || is_request_line(line))) {
        /* the target above was a bare one, and is complete */
        if (!add_draft(reader->targets, draft, reader->defaults, err)) {
            return false;
        }
    }
    if (!draft->method) {
        reader->has_headers = false;
        return !line[0] || line[0] == '#' || begin_draft(draft, line, err);
    }
    if (!line[0]) {
        return add_draft(reader->targets, draft, reader->defaults, err);
    }
    if (line[0] == '@') {
        return targets_read_file(line + 1, &draft->body, &draft->body_length, err) &&
               add_draft(reader->targets, draft, reader->defaults, err);
    }
    reader->has_headers = true;
    return line[0] == '#' || add_header(draft, line, err);
}

static char *trim(char *line, size_t length)
{
    while (length > 0 && isspace((unsigned char)line[length - 1])) {
        line[--length] = '\0';
    }
    return line + strspn(line, " \t\r\v\f");
}

bool targets_read(struct targets *targets, FILE *in, const char *name,
                  const struct request_defaults *defaults, struct err *err)
{
    struct reader reader = {.targets = targets, .defaults = defaults};
    char *line = NULL;
    size_t size = 0;
    ssize_t length = 0;
    uint64_t number = 0;
    bool ok = true;
    *targets = (struct targets){0};
    while (ok && (length = getline(&line, &size, in)) >= 0) {
        number++;
        ok = strlen(line) == (size_t)length
                 ? take_line(&reader, trim(line, (size_t)length), err)
                 : err_set(err, ERR_USAGE, "there is a NUL byte in the line");
    }
    if (ok && ferror(in)) {
        ok = err_set(err, ERR_FAILED, "cannot read: %s", strerror(errno));
    }
    if (ok && reader.draft.method) {
        ok = add_draft(targets, &reader.draft, defaults, err);
    }
    if (!ok) {
        err_prefix(err, "%s:%" PRIu64, name, number);
    } else if (targets->count == 0) {
        ok = err_set(err, ERR_USAGE,
                     "%s: no targets to attack; write one a line, as GET http://127.0.0.1:5000/",
                     name);
    }
    free(line);
    draft_clear(&reader.draft);
    if (!ok) {
        targets_free(targets);
    }
    return ok;
}

bool targets_single(struct targets *targets, const char *url,
                    const struct request_defaults *defaults, struct err *err)
{
    *targets = (struct targets){0};
    struct draft draft = {.method = strdup("GET"), .url = strdup(url)};
    bool ok =
        draft.method && draft.url ? add_draft(targets, &draft, defaults, err) : out_of_memory(err);
    draft_clear(&draft);
    if (!ok) {
        targets_free(targets);
    }
    return ok;
}

void targets_free(struct targets *targets)
{
    for (size_t i = 0; i < targets->count; i++) {
        free(targets->list[i].name);
        free(targets->list[i].method);
        free(targets->list[i].url);
        free(targets->list[i].bytes);
    }
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        free(targets->endpoints[i].host);
    }
    free(targets->list);
    free(targets->requests);
    free(targets->endpoints);
    *targets = (struct targets){0};
}
