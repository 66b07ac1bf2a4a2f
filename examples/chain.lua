-- An id from one answer goes into the next requests; a failure ends the chain.
local Buyer = User { wait = constant(0.2), host = "http://127.0.0.1:9100" }

Buyer:task("order", function(self)
    local made = self:post("/items", { json = { lines = { { sku = "nut", n = random(1, 5) } }, gift = null } })
    if made.status ~= 201 then
        return
    end
    local item = made:json().bytes
    self:get("/items/" .. item, { name = "/items/[id]" })
    self:delete("/items/" .. item, { name = "/items/[id]" })
end)
