# Sourced by .ci/run and script/test: runs stages and prints what each took.

HEAPQ_JOBS="${HEAPQ_JOBS:-$(nproc)}"
export HEAPQ_JOBS

announce() { printf '\n== %s\n' "$*"; }

# stage NAME COMMAND…: ends the script if the command fails.
stage() {
  local name="$1" began="$SECONDS" status=0
  shift
  announce "$name"
  "$@" || status=$?
  if [ "$status" != 0 ]; then
    printf '== %s: FAILED (exit code %d) after %d s\n' "$name" "$status" $((SECONDS - began)) >&2
    exit "$status"
  fi
  printf '== %s: %d s\n' "$name" $((SECONDS - began))
}
