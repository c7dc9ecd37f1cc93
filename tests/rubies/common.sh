# Shared by tests/rubies/prepare and tests/rubies/run; sourced by bash.

readonly RUBIES_HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
readonly RUBIES_REPO="$(cd "$RUBIES_HERE/../.." && pwd)"
readonly RUBIES_CACHE="${HEAP_DUMP_RUBIES_DIR:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/heap_dump/rubies}"

# What every system gets besides its Ruby: what builds the gem and runs its
# tests. A change here makes new systems (see system_name).
readonly RUBIES_TOOLS="g++,make,pkg-config,libyajl-dev,libzstd-dev,zlib1g-dev,rake,rake-compiler,ruby-minitest,procps,gdb"
# Raise it when prepare itself changes in a way that old systems lack.
readonly RUBIES_RECIPE=1

readonly EXIT_SKIPPED=77  # what ctest and automake take for "skipped"

say() { printf '%s\n' "$*" >&2; }
fail() { say "rubies: $*"; exit 1; }
skip() { printf 'skipped: %s\n' "$*"; exit "$EXIT_SKIPPED"; }

known_rubies() { awk '!/^#/ && NF { print $1 }' "$RUBIES_HERE/catalog"; }

# Sets SUITE, FROM, INTERPRETER and PACKAGES for Ruby $1.
look_up() {
  local line
  line="$(awk -v ruby="$1" '!/^#/ && $1 == ruby' "$RUBIES_HERE/catalog")"
  [ -n "$line" ] || fail "no Ruby $1 in the catalog; it has: $(known_rubies | tr '\n' ' ')"
  read -r _ SUITE FROM INTERPRETER PACKAGES <<<"$line"
}

# The folder of Ruby $1's system. Its name holds a digest of all that it is
# made of, so that a changed recipe is never served by an older system.
system_folder() {
  look_up "$1"
  local digest
  digest="$(printf '%s ' "$RUBIES_RECIPE" "$SUITE" "$FROM" "$PACKAGES" "$RUBIES_TOOLS" |
    sha256sum | cut -c1-12)"
  printf '%s/%s-%s-%s\n' "$RUBIES_CACHE" "$1" "$SUITE" "$digest"
}

# Whether the host's own interpreter is Ruby $1 and has what the tests need.
host_has() {
  look_up "$1"
  command -v "$INTERPRETER" >/dev/null &&
    "$INTERPRETER" -rmkmf -rminitest -e 'exit RUBY_ENGINE == "ruby"' >/dev/null 2>&1
}
