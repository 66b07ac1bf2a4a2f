-- The workload of Google's tutorial on load tests with Locust and Kubernetes, for target-api -sample-webapp.
local Device = User { host = "http://127.0.0.1:5000" }

function Device:on_start()
    self.deviceid = uuid()
end

Device:task(1, "login", function(self)
    self:post("/login", { form = { deviceid = self.deviceid } })
end)

Device:task(999, "metrics", function(self)
    self:post("/metrics", { form = { deviceid = self.deviceid, timestamp = os.date("%Y-%m-%d %H:%M:%S") } })
end)
