/*
 * fuzz_script_request - any values as what a script passes to requests, for libFuzzer (`make
 * fuzz`).
 *
 * One user of a scenario sends requests with arguments that are made from the input, until it is
 * used up: a method, a path, a table of options, and self.headers. An engine in place of the real
 * ones reads each request and answers it with the next bytes. What is checked beside the
 * sanitizers: a request is refused with an error, or is one well-formed HTTP/1.1 message that says
 * how long its body is; every answer that waits for a judgement is recorded once. In half of the
 * runs a listener judges and names the results. Between its requests, the user fires results.
 */
#include <lua5.4/lauxlib.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/text/utf8.h"
#include "loadgen/drive/endpoints.h"
#include "loadgen/http/answer/capture.h"
#include "loadgen/order/order.h"
#include "loadgen/order/plan.h"
#include "loadgen/pace/team.h"
#include "loadgen/target/catalogue.h"
#include "loadgen/target/request/message.h"
#include "loadgen/target/request/parts.h"
#include "loadgen/users/driver.h"
#include "loadgen/users/seat.h"

enum { MEMORY_MAX = 64 * 1024 * 1024, REQUESTS_MAX = 8, DEPTH_MAX = 4, ENTRIES_MAX = 5 };

static const char text[] =
    "if listens then\n"
    "  events.request.add_listener(function(request)\n"
    "    local _ = request.request_type, request.response_time,\n"
    "      request.response_length, request.exception, request.url\n"
    "    pcall(judge, request)\n"
    "    pcall(function() request.name = value() end)\n"
    "    assert(request.name ~= '')\n"
    "  end)\n"
    "end\n"
    "A = User { host = 'http://one.test:8080/base', wait = constant(0) }\n"
    "A:task(function(self)\n"
    "  self.headers = headers()\n"
    "  local r <close> = self:request(arguments())\n"
    "  local _ = r.ok, r.text, r.headers.x, r.url, r.error, r.elapsed\n"
    "  pcall(r.json, r)\n"
    "  pcall(judge, r)\n"
    "  local more = value()\n"
    "  local result = { request_type = 'WS', name = 'x', response_time = 1 }\n"
    "  if type(more) == 'table' then\n"
    "    for key, v in pairs(more) do result[key] = v end\n"
    "  end\n"
    "  pcall(events.request.fire, result)\n"
    "end)\n";

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

/* What is left of the input. */
struct input {
    const uint8_t *at;
    size_t length;
};

static uint8_t take(struct input *input)
{
    if (input->length == 0) {
        return 0;
    }
    input->length--;
    return *input->at++;
}

static struct slice take_text(struct input *input)
{
    size_t length = take(input);
    length = length < input->length ? length : input->length;
    const char *at = (const char *)input->at;
    input->at += length;
    input->length -= length;
    return (struct slice){at, length};
}

/* Values. */

static const char *const words[] = {
    "allow_redirects",
    "auth",
    "body",
    "check",
    "cookies",
    "form",
    "headers",
    "json",
    "name",
    "params",
    "request_type",
    "response_time",
    "response_length",
    "exception",
    "timeout",
    "Host",
    "User-Agent",
    "Content-Type",
    "Content-Length",
    "Connection",
    "Cookie",
    "/",
    "/a?b=c#d",
    "http://two.test/x",
    "https://[::1]:8443",
    "?q",
    "",
    "a\r\nb",
    "\xc3\xbc",
};
enum { WORDS = sizeof words / sizeof *words };

/* `whole` is the index of the table around all others, which can contain itself; 0: none so far. */
static void push_value(lua_State *lua, struct input *input, unsigned depth, int whole);

static void push_table(lua_State *lua, struct input *input, unsigned depth, int whole)
{
    unsigned count = take(input) % ENTRIES_MAX;
    lua_newtable(lua);
    whole = whole ? whole : lua_gettop(lua);
    for (unsigned i = 1; i <= count; i++) {
        uint8_t key = take(input);
        if (key < WORDS) {
            lua_pushstring(lua, words[key]);
        } else if (key < 128) {
            lua_pushinteger(lua, i);
        } else {
            struct slice name = take_text(input);
            lua_pushlstring(lua, name.at, name.length);
        }
        push_value(lua, input, depth + 1, whole);
        lua_rawset(lua, -3);
    }
}

static void push_value(lua_State *lua, struct input *input, unsigned depth, int whole)
{
    uint8_t kind = take(input);
    double number = 0;
    struct slice bytes;
    luaL_checkstack(lua, 8, NULL);
    switch (depth < DEPTH_MAX ? kind % 12 : kind % 7) {
    case 0:
        lua_pushnil(lua);
        break;
    case 1:
        lua_pushboolean(lua, take(input) & 1);
        break;
    case 2:
        lua_pushinteger(lua, (int8_t)take(input));
        break;
    case 3:
        for (size_t i = 0; i < sizeof number; i++) {
            ((uint8_t *)&number)[i] = take(input);
        }
        lua_pushnumber(lua, number);
        break;
    case 4:
        lua_pushlightuserdata(lua, NULL); /* null */
        break;
    case 5:
        lua_pushstring(lua, words[take(input) % WORDS]);
        break;
    case 6:
        bytes = take_text(input);
        lua_pushlstring(lua, bytes.at, bytes.length);
        break;
    case 7:
        if (whole) {
            lua_pushvalue(lua, whole);
        } else {
            lua_pushnil(lua);
        }
        break;
    default:
        push_table(lua, input, depth, whole);
    }
}

/* headers() */
static int push_headers(lua_State *lua)
{
    lua_settop(lua, 0);
    push_value(lua, lua_touserdata(lua, lua_upvalueindex(1)), 1, 0);
    return 1;
}

/* value() */
static int push_any(lua_State *lua)
{
    lua_settop(lua, 0);
    push_value(lua, lua_touserdata(lua, lua_upvalueindex(1)), 0, 0);
    return 1;
}

/* arguments(): method, path, options */
static int push_arguments(lua_State *lua)
{
    static const char *const methods[] = {"GET", "post", "PUT", "DELETE", "HEAD", "PATCH", "M"};
    struct input *input = lua_touserdata(lua, lua_upvalueindex(1));
    uint8_t method = take(input);
    lua_settop(lua, 0);
    if (method < 224) {
        lua_pushstring(lua, methods[method % (sizeof methods / sizeof *methods)]);
    } else {
        push_value(lua, input, 1, 0);
    }
    push_value(lua, input, DEPTH_MAX, 0);
    if (take(input) & 7) {
        push_table(lua, input, 0, 0);
    } else {
        push_value(lua, input, 0, 0);
    }
    return 3;
}

/* judge(r) */
static int judge(lua_State *lua)
{
    struct input *input = lua_touserdata(lua, lua_upvalueindex(1));
    const char *method = take(input) & 1 ? "success" : "failure";
    lua_settop(lua, 1);
    lua_getfield(lua, 1, method);
    lua_insert(lua, 1);
    push_value(lua, input, 1, 0);
    push_value(lua, input, DEPTH_MAX, 0);
    lua_call(lua, 3, 0);
    return 0;
}

/* The engine. */

struct fake {
    struct engine engine;
    struct drive_thread thread;
    struct plan plan;
    struct team team;
    struct targets targets;
    struct catalogue catalogue;
    struct catalogue_table table;
    struct endpoints endpoints;
    struct input input;
    struct send send; /* the one in flight */
    bool has_send;
    unsigned requests;
    unsigned held;
    unsigned judged;
};

static const char version[] = " HTTP/1.1\r\n";

/* One message: as many lines as it says, each a header, and a body of the length that it says. */
static void check_request(const struct request *request, const struct endpoint *endpoint)
{
    struct parts parts;
    size_t lines = 0, hosts = 0, lengths = 0;
    unsigned long long length = 0;
    parts_of(request, &parts);
    require(message_is_token(parts.method) && parts.path.length > 0);
    require(memcmp(parts.path.at + parts.path.length, version, sizeof version - 1) == 0);
    for (size_t i = 0; i < parts.path.length; i++) {
        require((unsigned char)parts.path.at[i] > ' ' && (unsigned char)parts.path.at[i] < 0x7f);
    }
    for (struct slice rest = parts.headers; rest.length > 0; lines++) {
        struct slice line = parts_next_line(&rest);
        require(message_is_line(line));
        hosts += parts_line_is(line, "Host");
        require(!parts_line_is(line, "Transfer-Encoding"));
        if (parts_line_is(line, "Content-Length")) {
            lengths++;
            length = strtoull(line.at + strlen("Content-Length:"), NULL, 10);
        }
    }
    require(lines == parts.header_count && hosts == 1 && lengths <= 1);
    require(length == parts.body.length && !parts.is_chunked);
    require(parts.body.at + parts.body.length == request->bytes + request->length);
    require(endpoint->host[0]);
}

static void start(struct engine *engine, const struct send *send)
{
    struct fake *fake = (struct fake *)engine;
    require(!fake->has_send && send->request->endpoint < fake->endpoints.count);
    check_request(send->request, &fake->endpoints.list[send->request->endpoint]);
    fake->send = *send;
    fake->has_send = true;
    fake->requests++;
}

static void on_judged(struct drive_thread *thread, const struct exchange *exchange)
{
    struct fake *fake = (struct fake *)((char *)thread - offsetof(struct fake, thread));
    require(exchange->is_held);
    fake->judged++;
}

static void on_fired(struct drive_thread *thread, const struct exchange *exchange)
{
    (void)thread;
    require(exchange->is_fired && exchange->judgement != JUDGEMENT_NONE && exchange->code == 0);
    require(exchange->done_ns - exchange->intended_ns <= UINT64_C(3600) * NS_PER_S);
    require(utf8_is_text(exchange->reason));
}

/* Half of the requests get an answer: its headers and body are the next two texts. */
static void answer(struct fake *fake, struct driver *driver)
{
    struct capture capture = {0};
    struct exchange exchange;
    uint8_t how = take(&fake->input);
    exchange_begin(&exchange, &fake->send);
    exchange.outcome = how & 1 ? OUTCOME_ANSWERED : OUTCOME_TIMED_OUT;
    exchange.done_ns = clock_now_ns();
    exchange.is_held = fake->send.terms->is_judged;
    if (exchange.outcome == OUTCOME_ANSWERED) {
        struct slice headers = take_text(&fake->input);
        struct slice body = take_text(&fake->input);
        capture_begin(&capture, fake->send.terms->max_body);
        capture_header(&capture, headers.at, headers.length);
        capture_header_end(&capture);
        capture_body(&capture, body.at, body.length);
        exchange.code = (uint16_t)(200 + how);
        exchange.capture = &capture;
    }
    fake->held += exchange.is_held;
    fake->has_send = false;
    fake->thread.in_flight--;
    driver->type->answered(driver, &exchange);
    capture_fini(&capture);
}

static void run_user(struct fake *fake, struct driver *driver)
{
    struct seat *seat = (struct seat *)driver;
    static const struct {
        const char *name;
        lua_CFunction function;
    } list[] = {{"headers", push_headers},
                {"arguments", push_arguments},
                {"judge", judge},
                {"value", push_any}};
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        lua_pushlightuserdata(seat->state.lua, &fake->input);
        lua_pushcclosure(seat->state.lua, list[i].function, 1);
        lua_setglobal(seat->state.lua, list[i].name);
    }
    driver->type->begin(driver, UINT64_MAX);
    for (unsigned i = 0; i < 2 * REQUESTS_MAX && fake->input.length > 0; i++) {
        driver->type->go(driver, UINT64_MAX - 1);
        if (fake->has_send) {
            answer(fake, driver);
        }
    }
    driver->type->end_at(driver, 0);
    driver->type->go(driver, 0);
    if (fake->has_send) {
        answer(fake, driver);
    }
    require(driver->type->has_ended(driver, UINT64_MAX));
    require(fake->judged == fake->held);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct engine_type type = {.name = "fake", .start = start};
    static const struct terms terms = {.timeout_ns = NS_PER_S, .max_redirects = 10};
    struct fake *fake = calloc(1, sizeof *fake);
    require(fake != NULL);
    struct users_order users = {
        .scenario = {.path = "fuzz.lua"},
        .users = 1,
        .spawn_per_s = 1,
        .schedule = {.rate = {0, NS_PER_S}},
        .max_requests = UINT64_MAX,
        .max_iterations = UINT64_MAX,
        .max_bytes = MEMORY_MAX,
        .seed = 1,
    };
    const struct source source = {.state = &users, .ready_fd = -1};
    const struct order order = {&fake->plan, &fake->targets, &source};
    struct err err = {0};
    fake->engine.type = &type;
    fake->input = (struct input){data, size};
    fake->plan.keepalive = true;
    catalogue_init(&fake->catalogue, &fake->targets, true);
    catalogue_table_init(&fake->table, &fake->catalogue);
    require(endpoints_init(&fake->endpoints, &fake->targets));
    fake->team = (struct team){.threads = 1, .all = 1};
    fake->thread = (struct drive_thread){.team = &fake->team,
                                         .engine = &fake->engine,
                                         .endpoints = &fake->endpoints,
                                         .targets = &fake->table,
                                         .terms = &terms,
                                         .judged = on_judged,
                                         .fired = on_fired};
    bytes_add_text(&users.scenario.text, take(&fake->input) & 1 ? "listens = true\n" : "");
    bytes_add_text(&users.scenario.text, text);
    exceptions_init(&users.exceptions);
    struct drive *drive = driver_users.open(&order, &fake->team, &err);
    struct driver *driver = driver_users.create(drive, &fake->thread, &err);
    require(driver != NULL);
    run_user(fake, driver);
    driver_users.destroy(driver);
    driver_users.close(drive);
    exceptions_fini(&users.exceptions);
    scenario_close(&users.scenario);
    endpoints_fini(&fake->endpoints);
    catalogue_fini(&fake->catalogue);
    free(fake);
    return 0;
}
