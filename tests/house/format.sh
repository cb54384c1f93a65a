#!/usr/bin/env bash
# Every C++ file is as clang-format leaves it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
find daemon include tests -name '*.[ch]pp' -print0 | xargs -0 clang-format-16 --dry-run --Werror
