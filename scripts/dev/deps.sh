#!/bin/sh
# Installs what kalito needs on Debian 12 with apt: `deps.sh` to build and run it, `deps.sh test` to test
# it too. Does nothing when everything is there.
set -eu

build="build-essential cmake ninja-build pkg-config libsqlite3-dev sqlite3 lua5.4 liblua5.4-dev
  libcurl4-openssl-dev uuid-dev libjansson-dev libedit-dev zlib1g-dev"
tests="libcmocka-dev lua-busted lua-check clang clang-format libclang-rt-14-dev cppcheck gcovr valgrind
  bsdutils openssl"

case "${1:-build}" in
build) wanted=$build ;;
test) wanted="$build $tests" ;;
*) echo "usage: deps.sh [build|test]" >&2; exit 2 ;;
esac

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "deps.sh: needs a Debian system with apt; elsewhere install these by hand:" $wanted >&2
  exit 1
fi

missing=
for package in $wanted; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
  as_root=
elif command -v sudo >/dev/null; then
  as_root=sudo
else
  echo "deps.sh: these packages are missing, and only root (or sudo) can install them:$missing" >&2
  exit 1
fi

# In front of apt-get, because sudo does not hand the environment on.
apt="$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300"
echo "installing:$missing"
# Lists may be absent (a fresh image) or old: when they cannot be had, the install says what is missing.
$apt update || echo "deps.sh: apt-get update failed, trying with the lists at hand" >&2
if ! $apt install --no-install-recommends $missing; then
  echo "deps.sh: apt could not install:$missing" >&2
  exit 1
fi
