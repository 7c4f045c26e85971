# Shortcuts; each is a script or a cargo command that also works without just.

# List the recipes
default:
    @just --list

# Everything a change must pass, as CI runs it
check:
    .ci/run

# All tests; arguments go to `cargo test` (just test -- NAME)
test *arguments:
    scripts/test {{ arguments }}

# Install what the tests need
setup:
    scripts/test --setup-only

# Format the code
fmt:
    cargo fmt --all

# Clippy, with warnings as errors
lint:
    cargo clippy --all-targets --workspace -- -D warnings

# The documentation of the code, with broken links as errors
doc:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps --document-private-items

# Write .sqlx/ after changing a query or a migration
sqlx-prepare:
    scripts/sqlx-prepare

# The budgets of docs/benchmarks.md; arguments name cases (just bench throughput)
bench *arguments:
    scripts/bench {{ arguments }}

# The instructions of six calls, compared with the committed ones (just instructions --update)
instructions *arguments:
    scripts/instructions {{ arguments }}

# What tasks cost an assistant, for docs/agent-efficiency.md; arguments number some (just efficiency 3)
efficiency *arguments:
    cargo run --package benchmark -- efficiency {{ arguments }}

# The long forms of the fault tests and of the fuzz targets; arguments name some (just soak kills)
soak *arguments:
    scripts/soak {{ arguments }}

# Build dist/*.deb and dist/*.rpm; needs cargo-deb and cargo-generate-rpm
packages target=`rustc -vV | sed -n 's/^host: //p'`:
    cargo build --release --locked --package backlog-mcp-hub --target {{ target }}
    scripts/release deb {{ target }}
    scripts/release rpm {{ target }}

# Run the hub against a simulated Backlog
demo:
    cargo run -- demo
