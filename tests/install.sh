#!/bin/sh
# Installs a build (install.sh BUILD) into a folder of its own and uses it from there: as a C library, shared,
# static and through CMake, as a Lua module, and as a program. Prints TAP.
set -u
build=$1
prefix=$(mktemp -d) || exit 1
trap 'rm -rf "$prefix"' EXIT
n=0

# says SENTENCE COMMAND...
says() {
  sentence=$1
  n=$((n + 1))
  shift
  if "$@" >"$prefix/out" 2>&1; then
    echo "ok $n - $sentence"
  else
    echo "not ok $n - $sentence"
    sed 's/^/#   /' "$prefix/out" | head -n 20
  fi
}

says "it installs" cmake --install "$build" --prefix "$prefix"

pc=$(find "$prefix" -name kalito.pc)
export PKG_CONFIG_PATH="${pc%/*}" LD_LIBRARY_PATH="${pc%/pkgconfig/*}"
module=$(find "$prefix" -name kalito.so)

cat >"$prefix/use.c" <<'END'
#include <kalito.h>
#include <stdio.h>

int main(void) {
    kal_store *store;
    kal_err err;
    if (kal_store_open(":memory:", NULL, &store, &err) != KAL_OK) return puts(err.message), 1;
    kal_session session = {.name = kal_text("Trip")};
    if (kal_session_add(store, &session, &err) != KAL_OK) return puts(err.message), 1;
    char id[40];
    snprintf(id, sizeof id, "%s", session.id.data);
    kal_message message = {
        .session = kal_text(id), .role = kal_text("user"), .text = kal_text("Where did we park?")};
    if (kal_message_add(store, &message, &err) != KAL_OK) return puts(err.message), 1;
    kal_request request = {.session = kal_text(id), .budget = 100};
    kal_context *context;
    if (kal_context_build(store, &request, &context, &err) != KAL_OK) return puts(err.message), 1;
    kal_prompt prompt;
    if (kal_context_message(context, 0, &prompt)) puts(prompt.content.data);
    kal_context_close(context);
    kal_store_close(store);
    return 0;
}
END

c_shared() {
  cc -std=c11 -Wall -Wextra -Werror "$prefix/use.c" -o "$prefix/use" \
    $(pkg-config --define-prefix --cflags --libs kalito) &&
    [ "$("$prefix/use")" = "Where did we park?" ] && ldd "$prefix/use" | grep -q libkalito
}
c_static() {
  cc -std=c11 "$prefix/use.c" -o "$prefix/use" $(pkg-config --define-prefix --cflags kalito) \
    "$(find "$prefix" -name libkalito.a)" $(pkg-config --libs sqlite3 uuid) -lm &&
    [ "$("$prefix/use")" = "Where did we park?" ] && ! ldd "$prefix/use" | grep -q libkalito
}
c_cmake() {
  mkdir -p "$prefix/cmake" &&
    printf '%s\n' 'cmake_minimum_required(VERSION 3.25)' 'project(use C)' 'find_package(kalito 0.1 REQUIRED)' \
      'add_executable(use ../use.c)' 'target_link_libraries(use kalito::kalito)' \
      >"$prefix/cmake/CMakeLists.txt" &&
    cmake -S "$prefix/cmake" -B "$prefix/cmake/build" -DCMAKE_PREFIX_PATH="$prefix" &&
    cmake --build "$prefix/cmake/build" && [ "$("$prefix/cmake/build/use")" = "Where did we park?" ]
}
exports() {
  # Nothing but the public names leaves the library.
  ! nm -D --defined-only "$(find "$prefix" -name 'libkalito.so.*.*')" | grep -v ' kal_'
}
no_lua() {
  ! ldd "$(find "$prefix" -name 'libkalito.so.*.*')" | grep -i 'lua\|curl'
}
lua() {
  LUA_CPATH="${module%/*}/?.so" lua5.4 -e '
    local kalito = require "kalito"
    local db <close> = assert(kalito.open(":memory:", { create = true }))
    local s = assert(db.session.add { name = "Trip" })
    assert(db.message.add { session = s.id, role = "user", text = "Where did we park?" })
    local n = 0
    for m in db.message.each { session = s.id } do n = n + #m.text end
    assert(n == 18)'
}
version() {
  LD_LIBRARY_PATH= "$prefix/bin/kalito" --version | grep -q '^kalito [0-9]'
}
light() {
  ! LD_LIBRARY_PATH= ldd "$prefix/bin/kalito" | grep curl
}
small() {
  [ "$(stat -c %s "$prefix/bin/kalito")" -lt 1000000 ]
}
scripts() {
  [ -f "$prefix/share/kalito/main.lua" ] && [ -f "$prefix/share/kalito/policies/score.lua" ] &&
    [ ! -e "$prefix/share/kalito/dev" ]
}

says "a C program is built with pkg-config and runs" c_shared
says "a C program is linked with the static library and runs" c_static
says "a C program finds the library with CMake and runs" c_cmake
says "the library exports the public names only" exports
says "the library is linked with neither Lua nor libcurl" no_lua
says "a stock lua5.4 requires the module" lua
says "the program tells its version" version
says "the program is not linked with libcurl" light
says "the program is smaller than a megabyte" small
says "the scripts are installed, those for developing are not" scripts
echo "1..$n"
