#!/bin/sh
# demo.sh: from an empty machine to an explained context: installs what is needed, builds kalito, imports the bundled
# sample conversation, scores it by the Lua rule and shows what the next model call would be told, and why.
# Usage: sh scripts/dev/demo.sh [DATABASE]      (default: a temporary file that is removed at the end)
set -eu
cd "$(dirname "$0")/../.."
sh scripts/dev/deps.sh
[ -f build/release/build.ninja ] || cmake --preset release >/dev/null
cmake --build --preset release >/dev/null

if [ $# -gt 0 ]; then
    database=$1
else
    folder=$(mktemp -d)
    trap 'rm -rf "$folder"' EXIT
    trap 'exit 130' INT TERM
    database=$folder/demo.db
fi

# Shows a command as one would type it, then runs it.
kalito() {
    printf '\n$ kalito'
    for word; do
        case $word in *' '*) printf " '%s'" "$word" ;; *) printf ' %s' "$word" ;; esac
    done
    printf '\n'
    build/release/kalito --db "$database" "$@"
}

kalito init
kalito import scripts/examples/sample.jsonl
kalito session list
kalito score tidewatch --dry-run
kalito pin add 'Harbour house' 'Tam is allergic to cashew and pistachio'
kalito context 'Harbour house' 'Where did we put the boiler manual?' --budget 1500 --explain
kalito stats 'Harbour house'
