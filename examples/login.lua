-- Log in once, keep the token, send it with every request.
local Member = User { wait = between(0.5, 2), host = "http://127.0.0.1:9100" }

function Member:on_start()
    local r = self:post("/login", { json = { user = "u-" .. uuid():sub(1, 8) }, name = "[setup] login" })
    self.headers.Authorization = "Bearer " .. (r.ok and r:json().token or "")
end

Member:task("me", function(self)
    self:get("/me")
end)
