# Sourced by the scripts: cargo-deny, installed once.

cargo_deny_version=0.20.2

install_cargo_deny() {
    if ! cargo deny --version >/dev/null 2>&1; then
        # An unoptimised build takes half the time, and checking takes a second anyway.
        env -u CARGO_TARGET_DIR CARGO_PROFILE_DEV_DEBUG=false \
            cargo install --locked --debug --quiet "cargo-deny@$cargo_deny_version"
    fi
}
