#!/bin/sh
# Installs what is needed, builds, runs every test, and prints `N passed, N failed` as the last line.
#   sh tests/run.sh [--long] [--only NAME]
# --long makes the long runs long; --only runs the suites whose name begins with NAME, such as core/test_find,
# scripts, structure. Logs stay in build/log.
#
# Three trees: dev (sanitizers: the C tests, and the program in the tests of the command line), test (the same
# without sanitizers: the Lua module in stock programs) and release (what is installed: the jail, start-up).
# A spec says with `-- build: release` in its first lines that it needs another tree than its folder's.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$(pwd)

long= only=
while [ $# -gt 0 ]; do
  case $1 in
  --long) long=1 ;;
  --only) only=${2:?--only needs a name}; shift ;;
  *) echo "usage: run.sh [--long] [--only NAME]" >&2; exit 2 ;;
  esac
  shift
done

sh scripts/dev/deps.sh test || exit 1

log=$root/build/log
mkdir -p "$log"
passed=0 failed=0 skipped=0
# Nothing of the user's own may reach the tests, nor a test the user's own.
export HOME="$log/home" XDG_CONFIG_HOME="$log/home/.config" XDG_DATA_HOME="$log/home/.local/share"
unset KALITO_DB KALITO_PATH
# The sanitizer guesses where the thread-local memory of loaded modules lies, and its check for leaks dies when it
# guesses wrong: curl's modules make it do so in some places of memory.
export ASAN_OPTIONS=intercept_tls_get_addr=0
mkdir -p "$HOME"
limit=600
if [ "$long" ]; then export KALITO_LONG=1 KALITO_FULL=1; limit=14400; fi

now() {
  date +%s
}

wanted() {
  case $1 in "$only"*) return 0 ;; esac
  return 1
}

# suite NAME COMMAND...: runs a command that prints TAP and counts its lines. A command that ends badly
# without a failed test counts as one, and so does one that says nothing.
suite() {
  name=$1 file=$log/$(echo "$1" | tr / -).tap
  shift
  wanted "$name" || return 0
  begun=$(now)
  timeout "$limit" "$@" >"$file" 2>&1 </dev/null
  status=$?
  set -- $(awk '
    /^ok .*# *[Ss][Kk][Ii][Pp]/ || /^ok [0-9]+ # SKIP/ { skipped++; next }
    /^ok / { passed++ }
    /^not ok / { failed++ }
    END { print passed + 0, failed + 0, skipped + 0 }' "$file")
  good=$1 bad=$2 left=$3
  if [ $bad = 0 ] && { [ $status != 0 ] || [ $((good + left)) = 0 ]; }; then bad=1; fi
  passed=$((passed + good)) failed=$((failed + bad)) skipped=$((skipped + left))
  printf '%-28s %5d passed, %d failed, %d skipped (%d s)\n' "$name" $good $bad $left $(($(now) - begun))
  [ $bad = 0 ] && return 0
  # What failed, and what it said; everything when that is not to be seen.
  if grep -q '^not ok ' "$file"; then
    awk '/^not ok /{show=1} /^ok /{show=0} show' "$file" | head -n 60
  else
    echo "  ended with status $status:"
    tail -n 30 "$file"
  fi
}

# check NAME COMMAND...: one test that passes when the command succeeds.
check() {
  name=$1
  shift
  suite "$name" sh -c 'said=$("$@" 2>&1) && echo "ok 1" || { echo "not ok 1"; echo "$said"; }' check "$@"
}

build() {
  [ -f "build/$1/build.ninja" ] || cmake --preset "$1" >"$log/configure-$1.log" 2>&1 || {
    cat "$log/configure-$1.log"
    return 1
  }
  # Quiet when all is well; warnings are errors in dev and test.
  cmake --build --preset "$1" -j "$(nproc)" >"$log/build-$1.log" 2>&1 || {
    grep -A 12 'FAILED\|error:' "$log/build-$1.log" | head -n 60
    return 1
  }
}

for tree in dev test release; do
  begun=$(now)
  if build $tree; then
    echo "built $tree ($(($(now) - begun)) s)"
  else
    echo "build $tree failed"
    failed=$((failed + 1))
  fi
done

# ---- what is written

sources() {
  git ls-files -- "$@" 2>/dev/null | grep . || find . -path ./build -prune -o -type f -print | sed 's|^\./||'
}
check format clang-format --dry-run -Werror $(sources | grep '^\(core\|bindings\)/.*\.[ch]$')
check luacheck luacheck --codes --no-color -q $(sources | grep '\.lua$' | grep -v '^tests/fault/jail/')
# Suppressed: fields of rows are reached by their offsets; what a function fills in through a pointer, or stores
# in a struct by a compound literal, is not seen; a request lends its callbacks a local while it runs.
check cppcheck cppcheck --quiet --std=c11 --language=c --enable=warning,portability --inline-suppr \
  --error-exitcode=1 -D__linux__ -Icore -Ibindings -j "$(nproc)" --suppress=missingIncludeSystem \
  --suppress=invalidPointerCast --suppress=legacyUninitvar --suppress=uninitvar --suppress=memleak:core/context/memo.c \
  --suppress=autoVariables:bindings/http.c core bindings
suite structure lua5.4 tests/structure.lua build/test

# ---- the C tests

for program in build/dev/tests/core_test_* build/dev/tests/bindings_test_*; do
  [ -x "$program" ] || continue
  name=$(basename "$program")
  suite "${name%%_*}/${name#*_}" env CMOCKA_MESSAGE_OUTPUT=TAP "$program"
done

# ---- faults: without sanitizers where processes are killed, much is repeated or memory is limited

for name in power io kill soak damage program commands; do
  suite fault/$name env CMOCKA_MESSAGE_OUTPUT=TAP build/test/tests/fault/fault_test_$name
done
for name in damage program; do
  suite fault/${name}_sanitized env CMOCKA_MESSAGE_OUTPUT=TAP build/dev/tests/fault/fault_test_$name
done
for folder in tests/fault/corpus/*; do
  target=$(basename "$folder")
  suite fault/fuzz_$target build/dev/tests/fault/fuzz_$target "$folder"/*
  [ "$long" ] && suite fault/fuzz_long_$target sh tests/fault/fuzz.sh 60 "$target"
done

# ---- the specs

tree_of() {
  said=$(head -n 5 "$1" | sed -n 's/^-- build: \([a-z]*\)$/\1/p')
  case ${said:-$2} in dev | test | release) echo "${said:-$2}" ;; *) echo test ;; esac
}

# The module of the dev tree cannot be loaded into a stock lua5.4; its program is what such specs want.
spec() {
  tree=$(tree_of "$2" "$3")
  module=$tree
  [ "$tree" = dev ] && module=test
  suite "$1" env KALITO_BUILD="$root/build/$tree" KALITO_PROGRAM="$root/build/$tree/kalito" \
    KALITO_UNRESTRICTED="$root/build/test/tests/unrestricted" KALITO_TESTS="$root/build/test/tests" \
    LUA_CPATH="$root/build/$module/lua/?.so;;" \
    busted --lua=/usr/bin/lua5.4 --output=TAP "$2"
}

for pair in bindings:test scripts:test cli:dev fault:release; do
  folder=${pair%:*}
  for file in tests/"$folder"/*_spec.lua; do
    [ -f "$file" ] && spec "$folder/$(basename "$file" .lua)" "$file" "${pair#*:}"
  done
done

# ---- what is installed

suite install sh tests/install.sh build/release

if [ $skipped = 0 ]; then
  echo "$passed passed, $failed failed"
else
  echo "$passed passed, $failed failed, $skipped skipped"
fi
[ $failed = 0 ]
