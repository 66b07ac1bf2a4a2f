-- One kind of user, a wait, weighted GETs.
local Visitor = User { wait = between(1, 3), host = "http://127.0.0.1:9100" }

Visitor:task(3, "home", function(self)
    self:get("/")
end)

Visitor:task("list", function(self)
    self:get("/items", { params = { page = 1 } })
end)
