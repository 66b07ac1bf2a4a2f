-- Functions chosen by weight, and a flow whose steps run in order.
local function home(self)
    self:get("/")
end

local Flow = SequentialTaskSet {}

Flow:task("first", function(self)
    self:get("/items?page=1")
end)

Flow:task("last", function(self)
    self:post("/items", { form = { item = "nut" } })
    self:interrupt()
end)

local Shop = User { wait = constant(0.2), host = "http://127.0.0.1:9100" }
Shop:task(3, "home", home)
Shop:task(1, Flow)
