-- The host from the environment, and a verdict as the exit status: 0, or 99 if a limit was exceeded.
--
--     TARGET=http://127.0.0.1:9100 loadgen run limits.lua -u 5 -t 1m -slo 'errors<=1%,p95<800ms'
local Probe = User { wait = constant(0.2), host = os.getenv("TARGET") or "http://127.0.0.1:9100" }

Probe:task("home", function(self)
    self:get("/")
end)
