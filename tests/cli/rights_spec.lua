-- What kalito writes of conversations is for the user alone, whatever his mask says.
local command = dofile "tests/fixtures/command.lua"

describe("rights", function()
  local f
  before_each(function() f = command.folder() end)
  after_each(function() f:remove() end)

  for _, mask in ipairs { "000", "022", "0277" } do
    it("are 0600 for files and 0700 for folders under a mask of " .. mask, function()
      local status, out, err = f:shell(([[
        unset KALITO_DB; umask %s
        $KALITO init; $KALITO session new Trip; $KALITO add Trip Hello; $KALITO backup
        DB=data/kalito/kalito.db
        $KALITO -e 'local db = kalito.open(arg[1]); db.message.find(); os.execute "find data -printf \"%%m %%f\n\""' $DB
        $KALITO restore data/kalito/backups/*.db; $KALITO export --all --output data/all.jsonl
        $KALITO recover $DB data/saved.db
        find data -printf "%%m %%f\n"]]):format(mask))
      assert.are.equal(0, status, err)
      local seen = 0
      for mode, name in out:gmatch "(%d+) ([^\n]*)\n" do
        local file = name:find "%.db" or name:find "%.jsonl"
        if file or name == "kalito" or name == "backups" then
          seen = seen + 1
          assert.are.equal(file and "600" or "700", mode, name)
        end
      end
      assert.is_true(seen >= 12, out)
      assert.matches("600 kalito%.db%-wal", out)
      assert.matches("600 kalito%.db%-shm", out)
    end)
  end
end)
