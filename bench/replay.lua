-- Sends ready requests in order, each once. REPLAY is "port:file,port:file": one thread for each.
-- A file holds for each request a line with its length, then its bytes.
local targets = {}
for port, file in string.gmatch(os.getenv("REPLAY"), "(%d+):([^,]+)") do
  targets[#targets + 1] = {port = port, file = file}
end
local made = 0

function setup(thread)
  local target = targets[made % #targets + 1]
  made = made + 1
  thread:set("file", target.file)
  thread:set("port", target.port)
  thread.addr = wrk.lookup("127.0.0.1", target.port)[1]
end

local requests, at = {}, 0

function init(args)
  local input = io.open(file, "rb")
  while true do
    local length = input:read("*n")
    if not length then break end
    input:read(1)
    requests[#requests + 1] = input:read(length)
  end
  input:close()
end

function request()
  at = at + 1
  if at >= #requests then wrk.thread:stop() end
  return requests[math.min(at, #requests)]
end

function done(summary, latency, all)
  local said = '\nRESULT {"count": %d, "seconds": %f, "refused": %d, "broken": %d, "p50_ms": %f, "p99_ms": %f, "max_ms": %f}\n'
  local broken = summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format(said, summary.requests, summary.duration / 1e6, summary.errors.status, broken,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3))
end
