#include "loadgen/command/flags/field_flags.h"

#include <stdbool.h>
#include <string.h>

#include "loadgen/command/flags/attack_flags.h"
#include "loadgen/command/flags/capacity_flags.h"
#include "loadgen/command/flags/run_flags.h"

/* True if there is a flag for the field, whose name has _ instead of -. */
static bool has_flag(const struct cli_flag *flags, const char *name, size_t length)
{
    for (const struct cli_flag *flag = flags; flag->name || flag->help; flag++) {
        size_t i = 0;
        while (flag->name && i < length &&
               (flag->name[i] == '-' ? '_' : flag->name[i]) == name[i]) {
            i++;
        }
        if (flag->name && i == length && flag->name[i] == '\0') {
            return true;
        }
    }
    return false;
}

void field_flags_name_object(char *text, const char *object, const struct cli_flag *flags)
{
    char *at = text;
    while ((at = strstr(at, object)) != NULL) {
        char *name = at + strlen(object);
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz_");
        bool is_word = at == text || at[-1] == ' ';
        if (!is_word || !has_flag(flags, name, length)) {
            at = name;
            continue;
        }
        for (size_t i = 0; i < length; i++) {
            name[i] = (char)(name[i] == '_' ? '-' : name[i]);
        }
        *at = '-';
        memmove(at + 1, name, strlen(name) + 1);
        at += 1 + length;
    }
}

void field_flags_name_text(char *text)
{
    field_flags_name_object(text, "order.", attack_cli.flags);
    field_flags_name_object(text, "search.", capacity_cli.flags);
    field_flags_name_object(text, "users.", run_cli.flags);
    field_flags_name_object(text, "cluster.", attack_cli.flags);
}

void field_flags_name(struct err *err)
{
    if (!err->is_quoted) {
        field_flags_name_text(err->text);
    }
}
