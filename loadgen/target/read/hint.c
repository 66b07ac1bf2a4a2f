#include "loadgen/target/read/hint.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common/blank.h"

static bool begins_with(const char *line, const char *text)
{
    return strncasecmp(line, text, strlen(text)) == 0;
}

static bool is_url(const char *text)
{
    return begins_with(text, "http://") || begins_with(text, "https://");
}

/* "name=value&...": a form. */
static bool is_form(const char *line)
{
    size_t name = strcspn(line, "=");
    return line[name] && name > 0 && strcspn(line, ":/ \t") > name;
}

bool hint_is_body(const char *line)
{
    return strchr("{[<\"'", line[0]) || is_form(line);
}

/* Length of the method of a line "get http://..."; 0: it is none. */
static int lower_method(const char *line)
{
    static const char *const methods[] = {"get",     "head",  "post",  "put",    "delete",
                                          "options", "patch", "trace", "connect"};
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
        size_t length = strlen(methods[i]);
        if (begins_with(line, methods[i]) && blank_at(line + length)) {
            return (int)length;
        }
    }
    return 0;
}

/* "Name: value" */
static bool is_header(const char *line)
{
    size_t name = strcspn(line, ": \t");
    return name > 0 && line[name] == ':' && !is_url(line);
}

bool hint_no_target(const char *line, struct err *err)
{
    static const char below[] = "must follow its request line without a blank line";
    int method = lower_method(line);
    if (line[0] == '{' && strstr(line, "\"method\"") && strstr(line, "\"url\"")) {
        return err_set(
            err, ERR_USAGE,
            "\"%.200s\" does not begin a target of order.format http; targets in JSON need "
            "order.format json",
            line);
    }
    if (line[0] == '@') {
        return err_set(err, ERR_USAGE,
                       "\"%.200s\" does not begin a target; the @FILE of a body belongs below the "
                       "headers; without headers, it %s",
                       line, below);
    }
    if (hint_is_body(line)) {
        return err_set(err, ERR_USAGE,
                       "\"%.200s\" does not begin a target; if it is a body, put it in a file "
                       "and write @FILE right below the headers",
                       line);
    }
    if (method > 0) {
        return err_set(err, ERR_USAGE,
                       "\"%.200s\" does not begin a target; write the method \"%.*s\" in capitals",
                       line, method, line);
    }
    if (is_url(line)) {
        return err_set(err, ERR_USAGE,
                       "\"%.200s\" does not begin a target; write a method before it: GET %.200s",
                       line, line);
    }
    if (is_header(line)) {
        return err_set(err, ERR_USAGE, "\"%.200s\" does not begin a target; a header %s", line,
                       below);
    }
    return err_set(err, ERR_USAGE,
                   "\"%.300s\" does not begin a target; write a method in capitals and a URL, "
                   "such as GET http://127.0.0.1:5000/health",
                   line);
}

bool hint_inline_body(const char *line, struct err *err)
{
    return err_set(err, ERR_USAGE,
                   "\"%.200s\" is not a header; if it is a body, put it in a file and write @FILE "
                   "instead",
                   line);
}

bool hint_one_line(const char *line, int method_length, const char *url, struct err *err)
{
    int url_length = (int)strcspn(url, " \t");
    const char *rest = url + url_length;
    while (blank_at(rest) > 0) {
        rest += blank_at(rest);
    }
    int shown = url_length < 120 ? url_length : 120;
    if (begins_with(rest, "HTTP/") && !strpbrk(rest, " \t")) {
        return err_set(err, ERR_USAGE,
                       "the URL \"%.160s\" contains a space; remove %.20s: \"%.*s %.*s\"", url,
                       rest, method_length, line, shown, url);
    }
    int header = (int)strcspn(rest, "{['\"");
    const char *body = rest[header] ? rest + header : "the body";
    while (header > 0 && isspace((unsigned char)rest[header - 1])) {
        header--;
    }
    bool has_header = memchr(rest, ':', (size_t)header) != NULL;
    return err_set(err, ERR_USAGE,
                   "the URL \"%.160s\" contains a space; write the target on separate lines: "
                   "\"%.*s %.*s\", below it \"%.*s\", below that \"@FILE\", with %.60s in FILE (in "
                   "URLs, write spaces as %%20)",
                   url, method_length, line, shown, url,
                   has_header ? (header < 80 ? header : 80) : 11, has_header ? rest : "Name: value",
                   body);
}
