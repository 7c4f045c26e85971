use std::process::ExitCode;

/// A call is many small, short-lived allocations: the system's allocator took a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    backlog_mcp_hub::cli::main()
}
