#!/bin/sh
# run.sh [--full] [STEP ...]: kalito against raw SQLite in C and better-sqlite3, see README.md.
# Steps: w1 w2 w3 w4 w5 w6 (all of them when none is named).
# Environment: BENCH_WORK (scratch), KALITO_PERF (the folder with the programs of the peers), ROUNDS.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=${BENCH_WORK:-${TMPDIR:-/tmp}/kalito-bench}
peers=${KALITO_PERF:-$root/../shared/perf}
rounds=${ROUNDS:-5}
bulk=20000 talk=100000 sessions=5000 contexts=2000 searches=100
if [ "${1:-}" = --full ]; then
    bulk=250000 talk=1000000
    shift
fi
[ $# -gt 0 ] || set -- w1 w2 w3 w4 w5 w6
mkdir -p "$work"
out=$work/results.jsonl
: >"$out"

say() {
    printf '%s\n' "$*" >&2
}

build() {
    say "building in $work"
    cmake -S "$root" -B "$work/build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_C_FLAGS_RELEASE=-O2 >"$work/build.log"
    cmake --build "$work/build" --target kalito_static module program >>"$work/build.log"
    flags="-std=gnu11 -O2 -Wall -I$root/core"
    cd "$here"
    cc $flags data.c -o "$work/data" -lm
    cc $flags start.c -o "$work/start"
    cc $flags bench.c raw.c -o "$work/raw" -lsqlite3
    cc $flags -DWITH_LUA $(pkg-config --cflags lua5.4) bench.c raw.c -o "$work/raw+lua" \
        -lsqlite3 $(pkg-config --libs lua5.4)
    cc $flags -Dmain=bench_main -c bench.c -o "$work/bench.o"
    cc $flags perf.c "$work/bench.o" -Wl,--wrap=kali_index_message -o "$work/perf" \
        "$work/build/libkalito.a" -lsqlite3 -luuid -lm
    cd "$work"
}

# The program of the peer comes from outside, the package from npm: version 12, as 13 crashes in Node 20.
find_peer() {
    bs3=$peers/peers/bs3.js
    if [ ! -f "$bs3" ]; then
        say "skipped: better-sqlite3, as $bs3 is not there (KALITO_PERF names the folder)"
    elif ! command -v node >/dev/null || ! command -v npm >/dev/null; then
        say "skipped: better-sqlite3, as node or npm is missing"
    elif install_peer; then
        return 0
    else
        say "skipped: better-sqlite3 could not be installed, see $work/npm.log"
    fi
    bs3=
}

install_peer() {
    export PERF_PEERS="$work/npm"
    built=$PERF_PEERS/node_modules/better-sqlite3/build/Release/better_sqlite3.node
    [ -f "$built" ] && return 0
    say "installing better-sqlite3 in $PERF_PEERS (it may be compiled: minutes)"
    mkdir -p "$PERF_PEERS"
    (
        cd "$PERF_PEERS"
        [ -f package.json ] || npm init -y
        npm install --no-audit --no-fund better-sqlite3@12
        [ -f "$built" ] || { npm install-scripts approve better-sqlite3 || true; }
        [ -f "$built" ] || npm rebuild better-sqlite3 --foreground-scripts
    ) >"$work/npm.log" 2>&1
    [ -f "$built" ]
}

data() {
    stamp="$bulk $talk $sessions $(cat "$root"/schema/*.sql "$here/data.c" | cksum)"
    [ "$(cat "$work/stamp" 2>/dev/null)" = "$stamp" ] && return
    say "making the data: $bulk and $talk messages"
    rm -f w3.db* w4.db* peer.db*
    "$work/data" "$work" "$bulk" "$talk" "$sessions"
    echo "$stamp" >"$work/stamp"
}

# session 1, 2 or 3 of the contexts: 100, 10,000 and all messages
big() {
    tail -3 sessions.txt | sed -n "$1p"
}

lua_contender() {
    LUA_CPATH="$work/build/lua/?.so;;" lua5.4 "$here/perf.lua" "$@"
}

# contender ROUND NAME VERB ...: one result line, with its round
contender() {
    round=$1 name=$2
    shift 2
    case $name in
    kalito) "$work/perf" "$@" ;;
    kalito-lua) lua_contender "$@" ;;
    raw) "$work/raw" "$@" ;;
    bs3) node "$bs3" "$@" ;;
    esac | sed "s/^{/{\"round\":$round,/" >>"$out"
}

fresh() {
    rm -f bench.db*
    "$work/perf" init bench.db wal sessions.txt
}

# The peer has a search index of its own; what it measures here is its plain insert.
run_w1() {
    for r in $(seq "$rounds"); do
        for c in raw kalito kalito-lua; do
            fresh
            KB_FTS=1 KB_NAME=$c contender "$r" $c w1 wal-full bench.db corpus.tsv 400
        done
        [ -z "$bs3" ] || { fresh; contender "$r" bs3 w1 wal-full bench.db corpus.tsv 400; }
    done
}

run_w2() {
    for r in $(seq "$rounds"); do
        for c in raw kalito; do
            fresh
            contender "$r" $c w2 plain bench.db corpus.tsv "$bulk" 1000
        done
        [ -z "$bs3" ] || { fresh; contender "$r" bs3 w2 plain bench.db corpus.tsv "$bulk" 1000; }
        for c in raw kalito kalito-lua; do
            fresh
            KB_FTS=1 contender "$r" $c w2 index bench.db corpus.tsv "$bulk" 1000
        done
    done
}

contexts_db() {
    [ -f w3.db ] && return
    say "making a database of $sessions sessions, the longest of $talk messages"
    "$work/perf" load w3.db talk.tsv sessions.txt pool.tsv "$talk"
}

run_w3() {
    contexts_db
    for r in $(seq "$rounds"); do
        for k in 1 2 3; do
            for c in raw kalito kalito-lua ${bs3:+bs3}; do
                contender "$r" $c w3 "session$k" w3.db "$(big $k)" "$contexts"
            done
        done
    done
}

searches_db() {
    [ -f w4.db ] && return
    say "making a database of $talk messages in 1,000 sessions"
    "$work/perf" init made.db wal sessions.txt
    KB_FTS=1 "$work/perf" w2 made made.db talk.tsv "$talk" 1000 >/dev/null
    mv made.db w4.db
}

# The peer looks into an index of another name; its rows and words are the same.
peer_searches_db() {
    [ -f peer.db ] && return
    cp w4.db made.db
    (cd "$PERF_PEERS" && node -e "const db = require('better-sqlite3')('$work/made.db')
        db.exec(\`CREATE VIRTUAL TABLE messages_fts USING fts5(text, content=messages, content_rowid=id,
            tokenize='$(sqlite_tokenizer)'); INSERT INTO messages_fts(messages_fts) VALUES ('rebuild')\`)")
    mv made.db peer.db
}

# The tokenizer of the index, as the schema has it.
sqlite_tokenizer() {
    sed -n "s/.*tokenize *= *'\([^']*\)'.*/\1/p" "$root"/schema/*.sql | head -1
}

run_w4() {
    searches_db
    [ -z "$bs3" ] || peer_searches_db
    s=$(sed -n 5p sessions.txt)
    for r in $(seq "$rounds"); do
        for how in and or; do
            for c in raw kalito kalito-lua ${bs3:+bs3}; do
                file=w4.db
                [ $c != bs3 ] || file=peer.db
                contender "$r" $c w4 "$how" $file queries.txt $how "$searches"
                contender "$r" $c w4 "$how-session" $file queries.txt $how "$searches" "$s"
            done
        done
    done
}

run_w5() {
    lua_contender words >words.txt
    for r in $(seq "$rounds"); do
        for c in kalito kalito-lua; do
            contender "$r" $c w5 words.txt corpus.tsv "$bulk"
        done
    done
}

run_w6() {
    contexts_db
    s=$(big 2)
    set -- -- raw+lua "$work/raw+lua" w6 w3.db "$s" -- kalito "$work/perf" w6 w3.db "$s" \
        -- kalito-lua lua5.4 "$here/perf.lua" w6 w3.db "$s" \
        -- program "$work/build/kalito" --quiet --db w3.db context "$s" --budget 4000
    [ -z "$bs3" ] || set -- "$@" -- bs3 node "$bs3" w6 w3.db "$s"
    LUA_CPATH="$work/build/lua/?.so;;" "$work/start" "$((rounds * 4))" "$@" >>"$out"
}

build
find_peer
data
for step in "$@"; do
    say "$step"
    "run_$step"
done
lua5.4 "$here/report.lua" "$out"
