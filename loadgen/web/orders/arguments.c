#include "loadgen/web/orders/arguments.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/json/json_bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/target/request/secret.h"

enum {
    NUMBER_TEXT = 40,
    DIGITS_EXACT = 15,  /* that a double keeps */
    DIGITS_ENOUGH = 17, /* to tell all doubles apart */
};

static const char *name_at(const json_t *declared, size_t i)
{
    return json_string_value(json_object_get(json_array_get(declared, i), "name"));
}

bool arguments_has(const json_t *declared, const char *name)
{
    for (size_t i = 0; i < json_array_size(declared); i++) {
        if (strcmp(name_at(declared, i), name) == 0) {
            return true;
        }
    }
    return false;
}

bool arguments_add(struct run_arguments *arguments, const char *name, const char *value,
                   struct err *err)
{
    size_t room = sizeof arguments->list - arguments->length;
    size_t length = strlen(name) + 1 + strlen(value) + 1;
    if (!utf8_is_text(value)) {
        return err_set(err, ERR_USAGE, "the value has control characters or invalid UTF-8");
    }
    if (length > room) {
        return err_set(err, ERR_USAGE, "the arguments are longer than %d bytes",
                       RUN_ARGUMENTS_BYTES);
    }
    snprintf(arguments->list + arguments->length, room, "%s=%s", name, value);
    arguments->length += length;
    return true;
}

/* With as few digits as tell it from other numbers: 1.1 and not 1.1000000000000001. */
static void print_real(double value, char text[NUMBER_TEXT])
{
    for (int digits = DIGITS_EXACT; digits <= DIGITS_ENOUGH; digits++) {
        snprintf(text, NUMBER_TEXT, "%.*g", digits, value);
        if (strtod(text, NULL) == value) {
            return;
        }
    }
}

/* "the scenario declares: shards, token" */
static bool refuse_name(const json_t *declared, struct err *err)
{
    char list[256] = "";
    size_t used = 0;
    size_t count = json_array_size(declared);
    for (size_t i = 0; i < count && used < sizeof list; i++) {
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", i > 0 ? ", " : "",
                                 name_at(declared, i));
    }
    return count > 0 ? err_set(err, ERR_USAGE, "unknown argument; the scenario declares: %s", list)
                     : err_set(err, ERR_USAGE, "the scenario declares no arguments");
}

bool arguments_add_json(struct run_arguments *arguments, const json_t *declared, const char *name,
                        const json_t *value, struct err *err)
{
    char number[NUMBER_TEXT];
    const char *text = json_string_value(value);
    if (!arguments_has(declared, name)) {
        return refuse_name(declared, err);
    }
    if (json_is_integer(value)) {
        snprintf(number, sizeof number, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        text = number;
    } else if (json_is_real(value)) {
        print_real(json_real_value(value), number);
        text = number;
    } else if (json_is_boolean(value)) {
        text = json_is_true(value) ? "true" : "false";
    }
    return text ? arguments_add(arguments, name, text, err)
                : err_set(err, ERR_USAGE, "expected a string, a number, true or false");
}

json_t *arguments_to_json(const struct run_arguments *arguments)
{
    json_t *json = json_object();
    const char *end = arguments->list + arguments->length;
    for (const char *at = arguments->list; at < end; at += strlen(at) + 1) {
        const struct slice name = {at, strcspn(at, "=")};
        char *key = memory_of(strndup(name.at, name.length));
        json_object_set_new(json, key,
                            secret_is_name(name) ? json_string("***")
                                                 : json_clean(slice_of(at + name.length + 1)));
        free(key);
    }
    return json;
}

const char *arguments_find_named(const json_t *declared, const char *text, const char **rest)
{
    for (size_t i = 0; i < json_array_size(declared); i++) {
        char named[128];
        int length = snprintf(named, sizeof named, ": %s: ", name_at(declared, i));
        const char *at = strstr(text, named);
        if (at) {
            *rest = at + length;
            return name_at(declared, i);
        }
    }
    return NULL;
}
