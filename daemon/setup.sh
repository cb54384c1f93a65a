# Sourced by ./daemon/run and ./tests/run: installs Debian packages that are missing, and says so.

say() { printf '%s\n' "$*" >&2; }

# What installs packages, as root: no server among them (nginx, prometheus) is started.
install_quietly='
  policy=/usr/sbin/policy-rc.d
  if [ ! -e "$policy" ]; then
    trap "rm -f $policy" EXIT
    printf "#!/bin/sh\nexit 101\n" >"$policy"
    chmod 755 "$policy"
  fi
  apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@"'

# need PACKAGE…: quick and silent where all are there.
need() {
  local missing=() package root=()
  for package in "$@"; do
    dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  say "Installing from Debian: ${missing[*]}"
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { say "These packages are missing, and without root or sudo they can not be installed."; return 1; }
    root=(sudo)
  fi
  local log
  log=$(mktemp)
  if ! "${root[@]}" bash -c "$install_quietly" install "${missing[@]}" >"$log" 2>&1; then
    say "apt-get failed:"
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

# What building the daemon takes.
build_packages=(
  g++ cmake ninja-build ccache libboost1.81-dev libssl-dev nlohmann-json3-dev libspdlog-dev libfmt-dev
  libyaml-cpp-dev libcli11-dev libsqlitecpp-dev libsqlite3-dev libsystemd-dev pkg-config ca-certificates
)

# build PRESET [TARGET…]: configures where needed, builds, prints only what went wrong.
build() {
  local preset=$1 tree="$top/build/$1" log
  shift
  mkdir -p "$tree"
  log="$tree/build.log"
  if [ ! -f "$tree/build.ninja" ] && ! (cd "$top" && cmake --preset "$preset") >"$log" 2>&1; then
    cat "$log" >&2
    return 1
  fi
  say "Building ($preset) in build/$preset"
  if ! cmake --build "$tree" ${1:+--target "$@"} -- -j"$(nproc)" >"$log" 2>&1; then
    tail -n 60 "$log" >&2
    return 1
  fi
}
