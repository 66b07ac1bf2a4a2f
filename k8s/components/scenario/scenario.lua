-- What the pod runs unless you put your own scenario here: users of target-api who look up names and add a user.
local Shopper = User { wait = between(1, 2.5) }

Shopper:task(3, "look up", { tags = { "read" } }, function(self)
    self:get("/users_name/" .. random(0, 2), { name = "/users_name/{id}" })
end)

Shopper:task("add", { tags = { "write" } }, function(self)
    self:post("/add_users/", { json = { id = 4, name = "user4", age = "100" } })
end)
