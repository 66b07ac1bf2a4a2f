-- Each user logs in with an account of its own; those who find none left end. Items are in turn, signed with a key.
--
--     loadgen run accounts.lua -u 4 -t 1m -arg currency=EUR
local accounts = feeder("accounts.csv", { order = "once" })
local items = feeder("items.json")
local currency = arg("currency", "USD", "currency of the orders")
local key = env("SIGNING_KEY", "secret")

local Buyer = User { wait = constant(0.2), host = "http://127.0.0.1:9100" }

function Buyer:on_start()
    self.account = accounts:next()
    self:post("/login", { json = { user = self.account.user } })
end

Buyer:task("order", function(self)
    local order = json.encode {
        item = items:next(),
        city = self.account.city,
        currency = currency,
        due = iso_date(add_time(os.time(), { days = 7 })),
        priority = choice({ "normal", "express" }, { 4, 1 }),
    }
    self:post("/items", {
        body = order,
        headers = { ["Content-Type"] = "application/json", ["X-Signature"] = hmac_sha256(key, order) },
    })
end)
