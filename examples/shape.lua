-- Steps: 2 users for 2 seconds, then 5 for 2 more, then back to 1. The shape ends the run, and replaces -u and -r.
-- A function can say how many users there are, too: Shape { tick = function(run_time, users) ... end }
local Visitor = User { wait = constant(0.2), host = "http://127.0.0.1:9100" }

Visitor:task("home", function(self)
    self:get("/")
end)

Shape {
    { duration = 2, users = 2, spawn_rate = 2 },
    { duration = 2, users = 5, spawn_rate = 5 },
    { duration = 1, users = 1, spawn_rate = 10 },
}
