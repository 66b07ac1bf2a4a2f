#include "loadgen/users/scenario/scenario.h"

#include <limits.h>
#include <lua5.4/lauxlib.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/blank.h"
#include "common/slice.h"
#include "loadgen/base/text/utf8.h"
#include "loadgen/users/files/feeds.h"
#include "loadgen/users/scenario/declare.h"

static bool begins(struct slice line, const char *word)
{
    size_t length = strlen(word);
    return line.length >= length && memcmp(line.at, word, length) == 0;
}

static bool ends_with_colon(struct slice line)
{
    return line.length > 0 && line.at[line.length - 1] == ':';
}

static bool is_line_of_python(struct slice line)
{
    return begins(line, "import ") || begins(line, "from ") || begins(line, "@task") ||
           ((begins(line, "class ") || begins(line, "def ")) && ends_with_colon(line));
}

static bool is_line_of_lua(struct slice line)
{
    static const char *const words[] = {"local ", "function ", "end)", "--"};
    bool is_one = line.length == 3 && begins(line, "end");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        is_one |= begins(line, words[i]);
    }
    return is_one;
}

/* For a text that is not Lua: true if it has lines of a locustfile and none of a scenario. */
static bool is_python(const struct bytes *text)
{
    bool has_python = false;
    const char *end = text->at + text->length;
    for (const char *at = text->at; at && at < end;) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = next ? next : end;
        blank_trim_range(&at, &line_end);
        const struct slice line = {at, (size_t)(line_end - at)};
        if (is_line_of_lua(line)) {
            return false;
        }
        has_python |= is_line_of_python(line);
        at = next ? next + 1 : NULL;
    }
    return has_python;
}

/* Sets the error for a text that Lua cannot load; `why` is Lua's error. */
static bool refuse_text(const struct scenario *scenario, const char *why, struct err *err)
{
    const char *dot = strrchr(scenario->path, '.');
    bool has_ending = dot && strcasecmp(dot, ".py") == 0;
    return has_ending || is_python(&scenario->text)
               ? err_set(err, ERR_USAGE,
                         "%s is a Python file; scenarios are written in Lua. docs/scenarios.md "
                         "translates each of Locust's constructs",
                         scenario->path)
               : err_set(err, ERR_USAGE, "%s", why);
}

static bool check_text(const struct scenario *scenario, struct err *err)
{
    const char *other = utf8_other_encoding(scenario->text.at, scenario->text.length);
    return !other || err_set(err, ERR_USAGE,
                             "%s is %s; convert it to UTF-8: iconv -f %s -t UTF-8 FILE >NEW_FILE",
                             scenario->path, other, other);
}

bool scenario_open(struct scenario *scenario, const char *path, size_t data_bytes, struct err *err)
{
    *scenario =
        (struct scenario){.path = path, .feeds = feeds_create(data_bytes, STATE_MORE_MEMORY)};
    return bytes_add_file(&scenario->text, path, err) && check_text(scenario, err);
}

bool scenario_open_given(struct scenario *scenario, const char *path, const struct given *given,
                         size_t data_bytes, struct err *err)
{
    const struct given_item *file = given_find(&given->files, path);
    *scenario = (struct scenario){
        .path = path, .feeds = feeds_create(data_bytes, STATE_MORE_MEMORY), .given = given};
    feeds_use(scenario->feeds, given);
    if (!file) {
        return err_set(err, ERR_FAILED, "%s: the scenario did not come with the order", path);
    }
    bytes_add(&scenario->text, file->bytes, file->length);
    return check_text(scenario, err);
}

void scenario_close(struct scenario *scenario)
{
    bytes_free(&scenario->text);
    feeds_destroy(scenario->feeds);
    scenario->feeds = NULL;
}

struct reading {
    struct classes *classes;
    const char *host;
    const struct classes_filter *filter;
    struct err *err;
    bool ok;
};

static int read_classes(lua_State *lua)
{
    struct reading *reading = lua_touserdata(lua, 1);
    lua_settop(lua, 0);
    reading->ok =
        classes_read(reading->classes, state_of(lua), reading->host, reading->filter, reading->err);
    return 0;
}

/* Loads the text after a byte order mark, which Lua's own loader skips, too. */
static int load(const struct scenario *scenario, lua_State *lua)
{
    char name[512];
    size_t mark = scenario->text.length >= 3 && memcmp(scenario->text.at, "\xef\xbb\xbf", 3) == 0;
    snprintf(name, sizeof name, "@%s", scenario->path);
    return luaL_loadbufferx(lua, (scenario->text.at ? scenario->text.at : "") + 3 * mark,
                            scenario->text.length - 3 * mark, name, "t");
}

const char *scenario_folder(const char *path, char folder[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    snprintf(folder, PATH_MAX, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    return folder;
}

static bool refuse_no_users(const struct scenario *scenario, const struct classes_filter *filter,
                            struct err *err)
{
    return err_set(err, ERR_USAGE, "%s: no users: %s", scenario->path,
                   filter->tags || filter->excluded_tags
                       ? "no task matches the tags"
                       : "declare a class, such as local Visitor = User { wait = between(1, 3) }");
}

bool scenario_load(const struct scenario *scenario, const char *host,
                   const struct classes_filter *filter, struct state *state,
                   struct classes *classes, struct err *err)
{
    lua_State *lua = state->lua;
    lua_State *coroutine = state_new_coroutine(state);
    if (load(scenario, coroutine) != LUA_OK) {
        return refuse_text(scenario, lua_tostring(coroutine, -1), err);
    }
    char folder[PATH_MAX];
    state->folder = scenario_folder(scenario->path, folder);
    state->feeds = scenario->feeds;
    state->given = scenario->given;
    state->arguments = &scenario->arguments;
    state_watch_return(state, coroutine, declare_name);
    enum state_result result = state_run(state, coroutine, 0, STATE_LOAD_NS);
    state->on_return = NULL;
    state->folder = NULL;
    state->feeds = NULL;
    state->arguments = NULL;
    if (result == STATE_FAILED) {
        err->is_quoted = true;
        return err_set(err, ERR_USAGE, "%s", state->error.at);
    }
    if (result == STATE_PAUSED) {
        return err_set(err, ERR_USAGE, "coroutine.yield outside of a coroutine of the script");
    }
    lua_pop(lua, 1);
    struct reading reading = {classes, host, filter, err, false};
    lua_pushcfunction(lua, read_classes);
    lua_pushlightuserdata(lua, &reading);
    if (lua_pcall(lua, 1, 0, 0) != LUA_OK) {
        err_set(err, ERR_USAGE, "%s", lua_tostring(lua, -1));
        lua_pop(lua, 1);
        return false;
    }
    return reading.ok && settings_check(&scenario->arguments, lua, err) &&
           (classes->count > 0 || refuse_no_users(scenario, filter, err));
}
