#!/bin/sh
# Fuzzes: builds the targets with clang, libFuzzer and sanitizers, and runs each for some seconds from the corpus.
#   sh tests/fault/fuzz.sh [SECONDS [TARGET...]]        default: 60 s, all targets
# Prints one TAP line for each. What it finds is left in build/fuzz/found; a file worth keeping goes to
# tests/fault/corpus/TARGET, where the normal tests run it.
set -u
cd "$(dirname "$0")/../.." || exit 1
seconds=${1:-60}
[ $# -gt 0 ] && shift
targets=${*:-open query text frame json import card stream}
build=${KALITO_FUZZ_BUILD:-build/fuzz}

cmake -G Ninja -B "$build" -S . -DCMAKE_C_COMPILER=clang -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS_DEBUG="-O1 -g" \
  -DKALITO_FUZZ=ON -DKALITO_SANITIZE=ON -DKALITO_TEST=ON >/dev/null || exit 1
for target in $targets; do
  ninja -C "$build" "fuzz_$target" >"$build/$target.log" 2>&1 || { tail -n 20 "$build/$target.log"; exit 1; }
done

number=0 bad=0
for target in $targets; do
  number=$((number + 1))
  mkdir -p "$build/corpus/$target" "$build/found"
  # Leaks are looked for at the end of a run; what is kept from run to run is no leak.
  "$build/tests/fault/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -max_len=16384 \
    -artifact_prefix="$build/found/$target-" "$build/corpus/$target" "tests/fault/corpus/$target" \
    >"$build/$target.log" 2>&1
  status=$?
  runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$build/$target.log")
  if [ $status = 0 ]; then
    echo "ok $number - $target: ${runs:-0} runs"
  else
    bad=1
    echo "not ok $number - $target"
    tail -n 40 "$build/$target.log"
  fi
done
echo "1..$number"
exit $bad
