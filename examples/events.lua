-- Judge and group all requests in one place, record results of one's own, and log.
events.request.add_listener(function(request)
    request.name = request.name:gsub("^/items/%d+$", "/items/{id}") -- one row for all items
    if request.response and request.response.status == 404 then
        request:success() -- items come and go
    elseif request.response_time > 2000 then
        request:failure("took %.0f ms", request.response_time)
    end
end)

local Buyer = User { wait = constant(0.2) }

Buyer:task(3, "look", function(self)
    self:get("/items/" .. random(1, 1000))
    self:get("/gone")
end)

-- The whole flow has a row of its own: "Buyer flow order".
Buyer:task("order", function(self)
    local page = self:get("/items?page=1")
    local made = self:post("/items", { json = { sku = "nut" } })
    events.request.fire {
        request_type = "flow",
        name = "order",
        response_time = 1000 * (page.elapsed + made.elapsed),
        response_length = #made.text,
        exception = not made.ok and "not ordered: " .. made.status or nil,
    }
    log("ordered, %d bytes", #made.text)
end)
