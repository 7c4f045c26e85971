use std::process::ExitCode;

fn main() -> ExitCode {
    backlog_mcp_hub::cli::main()
}
