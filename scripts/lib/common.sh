# Sourced by the scripts: where the repository is, and how steps are shown.

repository=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

have() {
    command -v "$1" >/dev/null 2>&1
}

die() {
    printf '%s\n' "$@" >&2
    exit 1
}

# step TITLE COMMAND...: runs the command under a heading and says how long it took.
step() {
    local title=$1 started=$SECONDS
    shift
    printf '\n==> %s\n' "$title"
    "$@"
    printf '    %s: %d s\n' "$title" "$((SECONDS - started))"
}

# quietly COMMAND...: shows what the command printed only if it fails.
quietly() {
    local output
    output=$("$@" 2>&1) || die "$output" "failed: $*"
}

# checksum FILE...: one line that changes when a file does.
checksum() {
    cat "$@" | cksum
}
