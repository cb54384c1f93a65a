#!/usr/bin/env bash
# Every public header compiles on its own.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../include"
export FLAGS="-std=c++20 -fsyntax-only -Wall -Wextra -Wpedantic -Werror -DBOOST_ASIO_SEPARATE_COMPILATION -I."
find . -name '*.hpp' -print0 | xargs -0 -P "$(nproc)" -I{} sh -c \
  'printf "#include \"%s\"\n" "$1" | g++ $FLAGS -x c++ - || { echo "$1 does not stand alone"; exit 1; }' _ {}
