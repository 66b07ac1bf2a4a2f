#include "loadgen/users/remedy.h"

#include <string.h>

#include "loadgen/users/lua/state.h"

void remedy_name_flag(const struct users_order *order, char *text)
{
    char remedy[] = STATE_MORE_MEMORY;
    char *at = order->name_flags ? strstr(text, remedy) : NULL;
    if (!at) {
        return;
    }
    order->name_flags(remedy); /* the text never becomes longer */
    size_t length = strlen(remedy);
    const char *rest = at + strlen(STATE_MORE_MEMORY);
    memcpy(at, remedy, length);
    memmove(at + length, rest, strlen(rest) + 1);
}

void remedy_add_exception(struct users_order *order, char *text)
{
    remedy_name_flag(order, text);
    exceptions_add(&order->exceptions, text);
}
