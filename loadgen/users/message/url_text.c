#include "loadgen/users/message/url_text.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/base/text/percent.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/message/pairs.h"

static void add_encoded(struct bytes *out, unsigned char c)
{
    char code[4];
    bytes_add(out, code, (size_t)snprintf(code, sizeof code, "%%%02X", c));
}

void url_text_add_path(struct bytes *out, struct slice text)
{
    for (size_t i = 0; i < text.length && text.at[i] != '#'; i++) {
        unsigned char c = (unsigned char)text.at[i];
        if (c <= ' ' || c >= 0x7f || strchr("\"<>\\^`{|}", c)) {
            add_encoded(out, c);
        } else {
            bytes_add(out, &text.at[i], 1);
        }
    }
}

/* Receives the pairs. */
struct query {
    lua_State *lua;
    struct bytes *out;
    size_t begin;
};

static void add_pair(void *context, struct slice key, struct slice value)
{
    const struct query *query = context;
    size_t length = key.length + value.length;
    state_spend(query->lua, URL_TEXT_STEPS * (1 + length));
    state_check_room(query->lua, query->out->length + URL_TEXT_GROWTH * length);
    if (query->out->length > query->begin) {
        bytes_add(query->out, "&", 1);
    }
    percent_encode(key, query->out);
    bytes_add(query->out, "=", 1);
    percent_encode(value, query->out);
}

void url_text_add_pairs(lua_State *lua, int index, const char *what, struct bytes *out)
{
    struct query query = {lua, out, out->length};
    pairs_visit(lua, index, what, add_pair, &query);
}
