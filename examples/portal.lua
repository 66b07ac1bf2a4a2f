-- A session cookie, a hidden field, a redirect, an upload. For a certificate that nobody signed: -insecure
--
--     loadgen run portal.lua -u 5 -t 1m -H https://127.0.0.1:8443 -insecure
local Portal = User { wait = constant(0.3), host = "http://127.0.0.1:9100" }

function Portal:on_start()
    local csrf = hidden_field(self:get("/").text, "csrf") or ""
    self:post("/login", { form = { user = "eva", csrf = csrf }, headers = { Referer = "/" } })
end

Portal:task("send", function(self)
    self:post("/upload", { files = { f = { "a.txt", "abc", "text/plain" } }, form = { kind = "x" }, timeout = 5 })
    if not self:cookie("session") then
        self:stop_user()
    end
end)

Portal:task("me", function(self)
    local r = self:get("/me", { timeout = 5 })
    if r.status == 401 then
        self:stop_user()
    end
    self:get("/redirect")
end)
