#!/bin/sh
# Requests of scripts as the server gets them: cookies across redirects, headers, numbers, each method.
set -eu
. "$(dirname "$0")/lib.sh"

# logs what arrives, a line of JSON each; /set?NAME=VALUE... and /delete?NAME... set and delete cookies, and redirect to /after
cat >"$TMP/server.py" <<'PYTHON'
import http.server, json, sys, urllib.parse

log = open(sys.argv[1], "a", buffering=1)

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1 # one segment an answer

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode("latin-1")
        url = urllib.parse.urlsplit(self.path)
        headers = {}
        for name, value in self.headers.items():
            headers.setdefault(name.lower(), []).append(value)
        log.write(json.dumps({"method": self.command, "path": self.path, "headers": headers, "body": body}) + "\n")
        is_hop = url.path in ("/set", "/delete", "/go")
        self.send_response(302 if is_hop else 200)
        for name, value in urllib.parse.parse_qsl(url.query, keep_blank_values=True) if is_hop else ():
            end = "; Max-Age=0" if url.path == "/delete" else ""
            self.send_header("Set-Cookie", "%s=%s; Path=/%s" % (name, value, end))
        if is_hop:
            self.send_header("Location", "/after")
        self.send_header("Content-Length", "0" if is_hop or self.command == "HEAD" else "3")
        self.end_headers()
        if not is_hop and self.command != "HEAD":
            self.wfile.write(b"ok\n")

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = answer

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print(server.server_port, flush=True)
server.serve_forever()
PYTHON
python3 "$TMP/server.py" "$TMP/log" >"$TMP/port" 2>"$TMP/server.err" &
STARTED="$STARTED $!"
wait_for test -s "$TMP/port" || fail "no server: $(cat "$TMP/server.err")"
U=http://127.0.0.1:$(cat "$TMP/port")

# run FLAG...: one user of the scenario on stdin, without exceptions
run() { run_users 0 - -u 1 -t 30 -H "$U" "$@"; }

# a hop has the cookies that the redirect left: one that it deleted is not sent again, even if it was the last
run <<'LUA'
local Member = User {}
Member:task(function(self)
    self:get("/set?a=1&b=2")
    self:get("/delete?a")
    self:get("/delete?b")
    self:get("/set?c=3")
    self:stop_user()
end)
LUA
expect_eq "cookies over redirects" "$(arrived "[(r['path'], sorted('; '.join(sent(r, 'cookie')).split('; '))) for r in l]")" \
    "[('/set?a=1&b=2', ['']), ('/after', ['a=1', 'b=2']), ('/delete?a', ['a=1', 'b=2']), ('/after', ['b=2']), ('/delete?b', ['b=2']), ('/after', ['']), ('/set?c=3', ['']), ('/after', ['c=3'])]"

# a script reads its user's cookies
run <<'LUA'
local Member = User {}
Member:task(function(self)
    assert(self:cookie("csrftoken") == nil)
    self:get("/set?csrftoken=t1&empty=")
    assert(self:cookie("csrftoken") == "t1" and self:cookie("empty") == "" and not self:cookie("csrf"))
    self:post("/form", { headers = { ["X-CSRFToken"] = self:cookie("csrftoken") } })
    self:get("/set?csrftoken=t2")
    assert(self:cookie("csrftoken") == "t2")
    self:get("/delete?csrftoken")
    assert(not self:cookie("csrftoken"))
    self:get("/x", { cookies = { mine = "1" } })
    assert(self:cookie("mine") == "1" and not pcall(self.cookie, self) and not pcall(self.cookie, {}, "mine"))
    self:stop_user()
end)
LUA
expect_eq "a cookie in a header" "$(arrived "[sent(r, 'x-csrftoken') for r in l if r['path'] == '/form']")" "[['t1']]"

# a header of the script is sent once: its Cookie in place of the jar's, `auth` in place of its Authorization
run <<'LUA'
local Member = User { headers = { authorization = "Bearer default" } }
Member:task(function(self)
    self:get("/set?a=1")
    self:get("/own", { headers = { cookie = "mine=1" } })
    self:get("/none", { headers = { Cookie = false } })
    self:get("/go", { headers = { Cookie = "mine=2" } })
    self:get("/auth", { auth = { "u", "p" } })
    self:get("/auth", { auth = { "u", "p" }, headers = { AUTHORIZATION = "Bearer mine" } })
    self:get("/auth", { headers = { AUTHORIZATION = "Bearer mine" } })
    self.headers.Cookie = "always=1"
    self:get("/default")
    self:stop_user()
end)
LUA
expect_eq "headers of the script" "$(arrived "[(r['path'], sent(r, 'cookie'), sent(r, 'authorization')[0][:12], len(sent(r, 'authorization'))) for r in l[2:]]")" \
    "[('/own', ['mine=1'], 'Bearer defau', 1), ('/none', [], 'Bearer defau', 1), ('/go', ['mine=2'], 'Bearer defau', 1), ('/after', ['a=1'], 'Bearer defau', 1), ('/auth', ['a=1'], 'Basic dTpw', 1), ('/auth', ['a=1'], 'Basic dTpw', 1), ('/auth', ['a=1'], 'Bearer mine', 1), ('/default', ['always=1'], 'Bearer defau', 1)]"

# floats have as many digits as read back as the same number
run <<'LUA'
local Buyer = User {}
Buyer:task(function(self)
    self:post("/buy", { json = { price = 19.99, sum = 0.1 + 0.2, count = 3, half = 5 / 2, whole = 10 / 2 } })
    self:post("/buy", { form = { price = 19.99, sum = 0.1 + 0.2, list = { 1.5, 2 }, whole = 10 / 2 } })
    self:get("/buy", { params = { price = 1234567.891234567 } })
    self:post("/buy", { form = { price = 1 / 3 }, files = { f = "x" } })
    self:stop_user()
end)
LUA
expect_eq "floats" "$(arrived "[r['body'] or r['path'] for r in l[:3]], '0.3333333333333333\\r' in l[3]['body']")" \
    "(['{\"count\":3,\"half\":2.5,\"price\":19.99,\"sum\":0.30000000000000004,\"whole\":5.0}', 'list=1.5&list=2&price=19.99&sum=0.30000000000000004&whole=5.0', '/buy?price=1234567.891234567'], True)"

# each method; a request inside a coroutine of the script is refused, and says so
run <<'LUA'
local Caller = User {}
Caller:task(function(self)
    for _, method in ipairs { "get", "post", "put", "patch", "delete", "head", "options" } do
        local r = self[method](self, "/x", method ~= "head" and { body = method } or nil)
        assert(r.status == 200 and r.text == (method == "head" and "" or "ok\n"), method)
    end
    assert(self:request("patch", "/y", { json = {} }).ok)
    local inside = coroutine.wrap(function() return pcall(self.get, self, "/not-sent") end)
    local ok, why = inside()
    assert(not ok and why:find("GET: cannot be called in a coroutine of the script", 1, true), why)
    ok, why = coroutine.resume(coroutine.create(function() self:parallel { "/not-sent" } end))
    assert(not ok and why:find("parallel: cannot be called in a coroutine of the script", 1, true), why)
    local values = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
    assert(values() + values() == 3 and self:get("/z").ok) -- they may be used between requests
    self:stop_user()
end)
LUA
expect_eq "methods" "$(arrived "[(r['method'], r['path'], r['body']) for r in l]")" \
    "[('GET', '/x', 'get'), ('POST', '/x', 'post'), ('PUT', '/x', 'put'), ('PATCH', '/x', 'patch'), ('DELETE', '/x', 'delete'), ('HEAD', '/x', ''), ('OPTIONS', '/x', 'options'), ('PATCH', '/y', '{}'), ('GET', '/z', '')]"
