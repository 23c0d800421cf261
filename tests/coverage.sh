#!/bin/sh
# How many lines of the C in core/ and bindings/ the tests run: a build that counts, the C tests and the specs
# in it, and a summary. The aim is 90 % and more. `coverage.sh --lines` lists the lines that never ran.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
sh scripts/dev/deps.sh test
tree=$root/build/coverage
cmake --preset coverage >/dev/null
cmake --build --preset coverage -j "$(nproc)" >/dev/null
find "$tree" -name '*.gcda' -delete
for program in "$tree"/tests/core_test_* "$tree"/tests/bindings_test_*; do
  [ -x "$program" ] && { "$program" >/dev/null 2>&1 || echo "$(basename "$program") failed"; }
done
export HOME="$tree/home" LUA_CPATH="$tree/lua/?.so;;" KALITO_BUILD="$tree" KALITO_PROGRAM="$tree/kalito" \
  KALITO_TESTS="$tree/tests" KALITO_UNRESTRICTED="$tree/tests/unrestricted"
mkdir -p "$HOME"
# The jail's worker ends without writing its counts, and without files it could not: it is not counted here.
for file in tests/bindings/*_spec.lua tests/scripts/*_spec.lua tests/cli/*_spec.lua; do
  [ -f "$file" ] || continue
  busted --lua=/usr/bin/lua5.4 --output=TAP "$file" >/dev/null 2>&1 || echo "$file failed"
done
for layer in core bindings; do
  echo "== $layer"
  gcovr --root "$root" --filter "$layer/" --exclude 'bindings/worker.*' --object-directory "$tree" \
    --gcov-ignore-parse-errors "$tree" 2>/dev/null |
    if [ "${1:-}" = --lines ]; then cat; else awk '/%/ { printf "%-28s %5d %5d %s\n", $1, $2, $3, $4 }'; fi
done
