/*
 * fuzz_script_json - any bytes as JSON that a script reads, for libFuzzer (`make fuzz`).
 *
 * What is checked beside the sanitizers: a text is read or refused as jansson does, and what was
 * read is written as the same values, with keys in order, unless it is nested too deeply.
 */
#include <jansson.h>
#include <lua5.4/lauxlib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/users/lua/json.h"
#include "loadgen/users/lua/state.h"
#include "loadgen/users/words.h"

enum { MEMORY_MAX = 64 * 1024 * 1024 };

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* What was read, written again. */
static int read_and_write(lua_State *lua)
{
    struct bytes *out = &state_of(lua)->body;
    size_t length = 0;
    const char *text = lua_tolstring(lua, 1, &length);
    json_decode(lua, text, length, "fuzz");
    bytes_clear(out);
    json_encode(lua, -1, out);
    return 0;
}

static void check_written(const struct bytes *out, json_t *json)
{
    const size_t any = JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_t *written = json_loadb(out->at, out->length, any, NULL);
    char *text = json_dumps(json, JSON_SORT_KEYS | JSON_ENCODE_ANY);
    char *again = json_dumps(written, JSON_ENCODE_ANY); /* in the order of the text */
    require(text && again && strcmp(text, again) == 0);
    free(text);
    free(again);
    json_decref(written);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct state state;
    struct err err = {0};
    require(words_open(&state, MEMORY_MAX, 1, &err));
    lua_State *coroutine = lua_newthread(state.lua);
    lua_pushcfunction(coroutine, read_and_write);
    lua_pushlstring(coroutine, (const char *)data, size);
    json_t *json = json_loadb((const char *)data, size, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    if (state_run(&state, coroutine, 1, STATE_RUN_NS) == STATE_RETURNED) {
        check_written(&state.body, json);
    } else {
        require(strstr(state.error.at, json ? "nested too deeply" : "fuzz: line "));
    }
    json_decref(json);
    state_close(&state);
    return 0;
}
