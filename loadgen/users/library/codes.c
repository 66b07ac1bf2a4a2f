#include "loadgen/users/library/codes.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/slice.h"
#include "loadgen/base/sha256.h"
#include "loadgen/base/text/base64.h"
#include "loadgen/base/text/percent.h"
#include "loadgen/users/lua/globals.h"
#include "loadgen/users/lua/state.h"

enum { BLOCK = 4, BASE64_GROUP = 3 };

static struct slice text_at(lua_State *lua, int argument)
{
    struct slice text;
    text.at = luaL_checklstring(lua, argument, &text.length);
    luaL_argcheck(lua, text.length <= CODES_BYTES_MAX, argument, "more than 16 MB");
    state_spend(lua, text.length);
    return text;
}

/* Returns the state's scratch buffer, emptied, with room for this many bytes. */
static struct bytes *scratch(lua_State *lua, size_t bytes)
{
    struct bytes *out = &state_of(lua)->body;
    state_check_room(lua, 2 * bytes); /* the buffer and the string */
    bytes_clear(out);
    return out;
}

static int push_scratch(lua_State *lua)
{
    struct state *state = state_of(lua);
    bool has_failed = state->body.has_failed;
    if (!has_failed) {
        lua_pushlstring(lua, state->body.at, state->body.length);
    }
    state_trim(state);
    return has_failed ? luaL_error(lua, "not enough memory") : 1;
}

static int refuse(lua_State *lua, const char *why)
{
    state_trim(state_of(lua));
    return luaL_error(lua, "%s", why);
}

/* base64url: the last two characters of the alphabet differ, and there is no padding. */

static void to_url(struct bytes *text)
{
    while (text->length > 0 && text->at[text->length - 1] == '=') {
        text->length--;
    }
    for (size_t i = 0; i < text->length; i++) {
        char c = text->at[i];
        text->at[i] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
}

/* Converts base64url to base64. False: the text contains characters that only base64 has. */
static bool from_url(struct slice text, struct bytes *out)
{
    for (size_t i = 0; i < text.length; i++) {
        char c = text.at[i];
        if (c == '+' || c == '/' || c == '=') {
            return false;
        }
        c = (char)(c == '-' ? '+' : c == '_' ? '/' : c);
        bytes_add(out, &c, 1);
    }
    bytes_add(out, "===", (BLOCK - text.length % BLOCK) % BLOCK);
    return true;
}

static int encode(lua_State *lua, bool is_url)
{
    struct slice text = text_at(lua, 1);
    struct bytes *out = scratch(lua, (text.length / BASE64_GROUP + 1) * BLOCK);
    base64_encode(text.at, text.length, out);
    if (is_url) {
        to_url(out);
    }
    return push_scratch(lua);
}

static int encode_base64(lua_State *lua)
{
    return encode(lua, false);
}

static int encode_base64url(lua_State *lua)
{
    return encode(lua, true);
}

static int decode_base64(lua_State *lua)
{
    struct slice text = text_at(lua, 1);
    struct bytes *out = scratch(lua, text.length);
    if (!base64_decode(text.at, text.length, out) && !out->has_failed) {
        return refuse(lua, "base64.decode: the text is not base64");
    }
    return push_scratch(lua);
}

static int decode_base64url(lua_State *lua)
{
    struct state *state = state_of(lua);
    struct slice text = text_at(lua, 1);
    struct bytes *out = scratch(lua, 2 * text.length + BLOCK);
    bytes_clear(&state->message);
    bool ok = from_url(text, &state->message) &&
              base64_decode(state->message.at, state->message.length, out);
    out->has_failed |= state->message.has_failed;
    if (!ok && !out->has_failed) {
        return refuse(lua, "base64url.decode: the text is not base64url");
    }
    return push_scratch(lua);
}

/* Hashes. */

/* Pushes a hash in the form that this argument names. */
static int push_hash(lua_State *lua, const unsigned char hash[SHA256_BYTES], int argument)
{
    static const char *const forms[] = {"hex", "base64", "base64url", "raw", NULL};
    enum { HEX, BASE64, BASE64URL, RAW };
    int form = luaL_checkoption(lua, argument, "hex", forms);
    char text[SHA256_TEXT];
    struct bytes *out = scratch(lua, sizeof text);
    switch (form) {
    case HEX:
        for (size_t i = 0; i < SHA256_BYTES; i++) {
            snprintf(text + 2 * i, 3, "%02x", hash[i]);
        }
        bytes_add(out, text, sizeof text - 1);
        break;
    case RAW:
        bytes_add(out, hash, SHA256_BYTES);
        break;
    default:
        base64_encode(hash, SHA256_BYTES, out);
        if (form == BASE64URL) {
            to_url(out);
        }
        break;
    }
    return push_scratch(lua);
}

static int sha256(lua_State *lua)
{
    unsigned char hash[SHA256_BYTES];
    struct slice text = text_at(lua, 1);
    sha256_digest(text.at, text.length, hash);
    return push_hash(lua, hash, 2);
}

static int hmac_sha256(lua_State *lua)
{
    unsigned char hash[SHA256_BYTES];
    struct slice key = text_at(lua, 1);
    struct slice text = text_at(lua, 2);
    sha256_hmac(key.at, key.length, text.at, text.length, hash);
    return push_hash(lua, hash, 3);
}

/* Parts of URLs. */

static int url_encode(lua_State *lua)
{
    struct slice text = text_at(lua, 1);
    percent_encode(text, scratch(lua, PERCENT_GROWTH * text.length));
    return push_scratch(lua);
}

static int url_decode(lua_State *lua)
{
    struct slice text = text_at(lua, 1);
    percent_decode(text, scratch(lua, text.length));
    return push_scratch(lua);
}

void codes_declare(lua_State *lua)
{
    static const luaL_Reg base64[] = {
        {"encode", encode_base64}, {"decode", decode_base64}, {NULL, NULL}};
    static const luaL_Reg base64url[] = {
        {"encode", encode_base64url}, {"decode", decode_base64url}, {NULL, NULL}};
    static const luaL_Reg functions[] = {
        {"sha256", sha256},
        {"hmac_sha256", hmac_sha256},
        {"url_encode", url_encode},
        {"url_decode", url_decode},
        {NULL, NULL},
    };
    globals_declare_table(lua, "base64", base64);
    globals_declare_table(lua, "base64url", base64url);
    globals_declare(lua, functions);
}
