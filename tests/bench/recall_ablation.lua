-- recall_ablation.lua: what each ingredient of the ranking is worth: the recall bench with one after the other
-- switched off. About 15 s a line.
--   lua5.4 tests/bench/recall_ablation.lua PROGRAM [BENCH]       BENCH: the folder of rb_bench.py, ../shared/recall
-- Prints a table of Markdown: LoCoMo R@10, B2k, MRR; RealMem R@10, B2k, session R@5.

local program, bench = arg[1] or "build/release/kalito", arg[2] or "../shared/recall"
local here = io.popen("pwd"):read "l"
if program:sub(1, 1) ~= "/" then program = here .. "/" .. program end

local NEIGHBOURS = [["before":0,"before_question":0,"after":0,"same2":0,"same2_question":0,]]
  .. [["spread2":0,"answer":0]]
local PLAIN = NEIGHBOURS .. [[,"proper":0,"question":0,"session":0,"related":0,"category":0,"proximity":0,]]
  .. [["speaker":0,"first_person":0,"when":0,"date":0,"day":0,"asking":0,"asking_assistant":0,"assistant":0,]]
  .. [["opening":0,"opening_share":0,]]
  .. [["recent":0,"idf_power":1,"b":0.75]]

local rows = {
  { "all", "" },
  { "neighbours, all", NEIGHBOURS },
  { "the question before an answer", [["before_question":0,"same2_question":0]] },
  { "the same speaker, two and four messages away", [["same2":0,"same2_question":0]] },
  { "a share of the score two away", [["spread2":0]] },
  { "an answer's score for its question", [["answer":0]] },
  { "the message after", [["after":0]] },
  { "more for names", [["proper":0]] },
  { "more for the sentence that asks", [["question":0]] },
  { "the session's score", [["session":0]] },
  { "less of an assistant's words in it", [["session_assistant":1]] },
  { "proximity", [["proximity":0]] },
  { "the named speaker", [["speaker":0,"first_person":0]] },
  { "first person", [["first_person":0]] },
  { "dates", [["date":0,"day":0]] },
  { "words of time", [["when":0]] },
  { "less for who only asks", [["asking":0,"asking_assistant":0]] },
  { "less for an assistant", [["assistant":0]] },
  { "the opening of a session", [["opening":0,"opening_share":0]] },
  { "its share of the session's best", [["opening_share":0]] },
  { "recent sessions, in a chat", [["recent":0]] },
  { "idf to the power of 1.5", [["idf_power":1]] },
  { "half the penalty of length", [["b":0.75]] },
  { "related words", [["related":0,"category":0]] },
  { "irregular forms", "", "forms" },
  { "stop words", "", "stop" },
  { "all of the above but stop words and forms", PLAIN },
}

local function quote(text)
  return "'" .. text:gsub("'", "'\\''") .. "'"
end

-- The columns of a run, by their names.
local function run(data, weights, without)
  local line = ("cd %s && PYTHONDONTWRITEBYTECODE=1 RECALL_WEIGHTS=%s RECALL_WITHOUT=%s python3 rb_bench.py contend"
    .. " --data %s --split tune --sync --cmd %s"):format(quote(bench), quote("{" .. weights .. "}"),
    quote(without or ""), data, quote(program .. " run " .. here .. "/tests/bench/recall.lua"))
  local pipe <close> = assert(io.popen(line))
  local names, values = {}, {}
  for text in pipe:lines() do
    if text:find "^%s+R@5" then
      for name in text:gmatch "%S+" do names[#names + 1] = name end
    elseif text:find "^recall.lua" then
      local i = 0
      for value in text:gsub("^%S+", ""):gmatch "%S+" do
        i = i + 1
        if names[i] then values[names[i]] = value end
      end
    end
  end
  return values
end

print "| without | LoCoMo R@10 | B2k | MRR | RealMem R@10 | B2k | sR@5 |"
print "|---|---|---|---|---|---|---|"
for _, row in ipairs(rows) do
  local a, b = run("locomo10", row[2], row[3]), run("realmem", row[2], row[3])
  print(("| %s | %s | %s | %s | %s | %s | %s |"):format(row[1], a["R@10"], a.B2k, a.MRR, b["R@10"], b.B2k, b["sR@5"]))
  io.stdout:flush()
end
