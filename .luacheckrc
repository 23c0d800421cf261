std = "lua54+kalito"
-- A rule is replaced by assignment: kalito.policy.score = function(message) ... end
local policy = { read_only = false, other_fields = true }
stds.kalito = { read_globals = { kalito = { other_fields = true, fields = { policy = policy } } } }
max_line_length = 120
files["tests/**/*.lua"] = { std = "+busted" }
files["scripts/examples/*.lua"] = { read_globals = { "kalito", "arg" } }
files["scripts/meta/*.lua"] = { ignore = { "1.*", "2.*", "4.*" } }
files["scripts/words/*.lua"] = { max_line_length = false }
