std = "lua54+kalito"
stds.kalito = { read_globals = { "kalito" } }
max_line_length = 120
files["tests/**/*.lua"] = { std = "+busted" }
files["scripts/examples/*.lua"] = { read_globals = { "kalito", "arg" } }
files["scripts/meta/*.lua"] = { ignore = { "1.*", "2.*", "4.*" } }
files["scripts/words/*.lua"] = { max_line_length = false }
