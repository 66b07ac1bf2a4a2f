-- Readers and writers side by side, with a common base class. -T read runs the readers alone.
local Base = User { abstract = true, wait = between(0.2, 0.4), host = "http://127.0.0.1:9100" }

function Base:on_start()
    self.headers["X-Kind"] = self.name
end

local Reader = Base { weight = 4 }
Reader:task("items", { tags = { "read" } }, function(self)
    self:get("/items?page=" .. random(1, 9), { name = "/items" })
end)

local Writer = Base { weight = 1 }
Writer:task("add", { tags = { "write" } }, function(self)
    self:post("/items", { body = '{"raw": true}', headers = { ["Content-Type"] = "application/json" } })
end)
