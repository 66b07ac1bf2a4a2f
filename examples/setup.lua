-- Data that all users need, made once before the run, and a verdict on the numbers of the run.
local most_failures = arg("most_failures", 0.01, "fail ratio that is still accepted")

function test_start(self)
    local login = self:post("/login", { json = { user = "setup" } })
    local made = self:post("/items", { json = { sku = "nut" } })
    return { token = login:json().token, item = made:json().bytes }
end

local Reader = User { wait = constant(0.2), host = "http://127.0.0.1:9100" }

function Reader:on_start()
    self.headers["Authorization"] = "Bearer " .. self.setup.token
end

Reader:task("item", function(self)
    self:get("/items/" .. self.setup.item, { name = "/items/{id}" })
end)

function test_stop(self, run)
    self:delete("/items/" .. self.setup.item)
    local all = run.total
    print(("%d requests, %d failed, 95 %% within %.3f s"):format(all.requests, all.failures, all.p95))
    if all.fail_ratio > most_failures or all.p95 > 0.8 then quit(1) end
end
