#include "loadgen/command/runners/runner_error.h"

#include <stdbool.h>
#include <string.h>

#include "loadgen/command/flags/field_flags.h"
#include "loadgen/web/board/runner.h"

/* Objects whose fields may also be fields of an order. */
static const char *const objects[] = {"users.", "search.", "order."};

/* Removes the name of the object before each field of an order. */
static void cut_object(char *text, const char *object)
{
    size_t length = strlen(object);
    char *at = text;
    while ((at = strstr(at, object)) != NULL) {
        const char *name = at + length;
        bool is_word = at == text || at[-1] == ' ';
        if (is_word && run_has_field(name, strspn(name, "abcdefghijklmnopqrstuvwxyz_"))) {
            memmove(at, name, strlen(name) + 1);
        } else {
            at += length;
        }
    }
}

void runner_error_name(struct err *err)
{
    for (size_t i = 0; !err->is_quoted && i < sizeof objects / sizeof objects[0]; i++) {
        cut_object(err->text, objects[i]);
    }
    field_flags_name(err);
}
