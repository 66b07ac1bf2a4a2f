/*
 * fuzz_form - any body as a form, for libFuzzer (`make fuzz`).
 *
 * The first line of the input is the Content-Type, the rest the body. What is checked beside the
 * sanitizers: names and values lie in the body; and fields that are written as a form again, in
 * either type, are read as the same fields.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/bytes.h"
#include "loadgen/web/form/form.h"

#define BOUNDARY "a boundary that is not in the values"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void require_inside(const char *text, const char *body, size_t length)
{
    require(text >= body && text + strlen(text) <= body + length);
}

static void require_same(const struct form *form, const struct form *again)
{
    require(form->count == again->count);
    for (size_t i = 0; i < form->count; i++) {
        require(strcmp(form->fields[i].name, again->fields[i].name) == 0);
        require(strcmp(form->fields[i].value, again->fields[i].value) == 0);
    }
}

static void encode(struct bytes *out, const char *text)
{
    char code[4];
    for (; *text; text++) {
        snprintf(code, sizeof code, "%%%02x", (unsigned char)*text);
        bytes_add_text(out, *text == ' ' ? "+" : code);
    }
}

static void check_urlencoded(const struct form *form)
{
    struct bytes body = {0};
    struct form again;
    for (size_t i = 0; i < form->count; i++) {
        encode(&body, form->fields[i].name);
        bytes_add_text(&body, "=");
        encode(&body, form->fields[i].value);
        bytes_add_text(&body, i + 1 < form->count ? "&" : "");
    }
    size_t length = body.length;
    bytes_add(&body, "", 1);
    require(form_read(&again, "application/x-www-form-urlencoded", body.at, length, NULL));
    require_same(form, &again);
    bytes_free(&body);
}

static void escape(struct bytes *out, const char *text)
{
    for (; *text; text++) {
        bytes_add_text(out, strchr("\"\\", *text) ? "\\" : "");
        bytes_add(out, text, 1);
    }
}

/* Names with line ends cannot be written, and values with the boundary. */
static bool can_be_parts(const struct form *form)
{
    bool can = form->count > 0;
    for (size_t i = 0; i < form->count; i++) {
        can = can && !strpbrk(form->fields[i].name, "\r\n");
        can = can && !strstr(form->fields[i].value, BOUNDARY);
        can = can && !strstr(form->fields[i].name, BOUNDARY);
    }
    return can;
}

static void check_multipart(const struct form *form)
{
    struct bytes body = {0};
    struct form again;
    for (size_t i = 0; i < form->count; i++) {
        bytes_add_text(&body, "--" BOUNDARY "\r\nContent-Disposition: form-data; name=\"");
        escape(&body, form->fields[i].name);
        bytes_add_text(&body, "\"\r\n\r\n");
        bytes_add_text(&body, form->fields[i].value);
        bytes_add_text(&body, "\r\n");
    }
    bytes_add_text(&body, "--" BOUNDARY "--\r\n");
    size_t length = body.length;
    bytes_add(&body, "", 1);
    require(
        form_read(&again, "multipart/form-data; boundary=\"" BOUNDARY "\"", body.at, length, NULL));
    require_same(form, &again);
    bytes_free(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint8_t none[1];
    const uint8_t *input = size > 0 ? data : none;
    const uint8_t *line_end = memchr(input, '\n', size);
    size_t line = line_end ? (size_t)(line_end - input) : size;
    size_t length = line_end ? size - line - 1 : 0;
    struct form form;
    struct err err = {0};
    /* Each of its exact size, so that a byte beyond it is found. */
    char *type = strndup((const char *)input, line);
    char *body = malloc(length + 1);
    require(type && body);
    memcpy(body, input + size - length, length);
    if (form_read(&form, type, body, length, &err)) {
        require(form.count <= FORM_FIELDS_MAX);
        for (size_t i = 0; i < form.count; i++) {
            require_inside(form.fields[i].name, body, length);
            require_inside(form.fields[i].value, body, length);
        }
        check_urlencoded(&form);
        if (can_be_parts(&form)) {
            check_multipart(&form);
        }
    } else {
        require(err.code == ERR_USAGE && err.text[0] != '\0');
    }
    free(type);
    free(body);
    return 0;
}
