-- Say whether an answer is a success, and if not, why.
local Checker = User { wait = constant(0.2), host = "http://127.0.0.1:9100" }

Checker:task("items", function(self)
    local r <close> = self:get("/items?page=2", { name = "/items", check = true })
    if r.status == 404 then
        r:success() -- there may be no second page
    elseif r.status ~= 200 then
        r:failure("status %d", r.status)
    elseif not r:json().items then
        r:failure("no items")
    end
end)

Checker:task("stock", function(self)
    local r <close> = self:get("/stock?n=" .. random(1, 4), { name = "/stock", check = true })
    if r.text == "sold out\n" then
        r:failure("sold out")
    end
end)
