-- Users at full speed that use scripts in every way, to find leaks: all kinds of requests and of answers, lists of
-- requests, cookies, judgements, task sets, errors, time-outs, tasks that end early. For target-api -test-endpoints.
local Any = User { wait = 0 }
local unclosable = setmetatable({}, { __close = function() error("not closed", 0) end })

function Any:on_start()
    self.headers["X-User"] = tostring(self.number)
end

Any:task(500, "look", function(self)
    local r <close> = self:get("/users_name/" .. random(0, 2), { name = "/users_name/{id}", params = { n = random(1, 9) }, check = true })
    if r:json().name == "nobody" or not r.headers["content-type"] then
        r:failure("who is %s?", r.text)
    end
end)

Any:task(100, "add", function(self)
    local cookies = { a = "1", ["c" .. random(1, 150)] = uuid() }
    local r = self:post("/add_users/", { json = { id = random(1, 9), name = "a b", age = "1" }, cookies = cookies })
    assert(r.ok and r.url:match("/add_users/$") and self:cookie("a") == "1")
end)

Any:task(20, "upload", function(self)
    local r <close> = self:post("/add_users/", { form = { kind = { "x", "y" } }, files = { f = { "a.txt", ("abc"):rep(1000), "text/plain" } }, check = true })
    if r.status == 422 then
        r:success()
    end
end)

Any:task(20, "several", function(self)
    local list = { "/health", { "GET", "/status/404", { check = true } }, { "HEAD", "/metadata", { auth = { "u", "p" } } }, "/bytes/70000" }
    for _, r in ipairs(self:parallel(list)) do
        local _ = r.text .. r.elapsed
    end
end)

local Flow = SequentialTaskSet {}
Flow:task("first", function(self)
    self:put("/status/204", { body = ("x"):rep(random(1, 5000)) })
end)
Flow:task("last", function(self)
    pcall(self.interrupt, self)
end)
Any:task(20, Flow)

Any:task(1, "late", function(self)
    local _ = self:get("/delay/20", { timeout = 0.001 }).error -- or an answer, if the thread was busy meanwhile
end)

Any:task(1, "wrong", function(self)
    self:get("/health", { check = true, name = "before an error" })
    error("an error", 0)
end)

Any:task(1, "given up", function(self)
    local x <close> = unclosable
    sleep(0)
    self:reschedule()
end)
