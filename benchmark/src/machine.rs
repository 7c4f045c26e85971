//! The machine on which the figures were measured.

use std::fs;

use sqlx::PgPool;

/// One fact per line, as Markdown items.
pub(crate) async fn describe(db: &PgPool) -> anyhow::Result<Vec<String>> {
    let cpu = fs::read_to_string("/proc/cpuinfo")?;
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name"));
    let model = model.map_or("unknown", |rest| rest.trim_start_matches([' ', '\t', ':']));
    let cores = std::thread::available_parallelism()?;
    let memory = fs::read_to_string("/proc/meminfo")?;
    let kib = memory
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))
        .and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok())
        .unwrap_or_default();
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease")?;
    let postgres: String = sqlx::query_scalar("SHOW server_version")
        .fetch_one(db)
        .await?;
    let mut settings = Vec::new();
    for name in ["fsync", "synchronous_commit", "shared_buffers"] {
        let value: String = sqlx::query_scalar("SELECT current_setting($1)")
            .bind(name)
            .fetch_one(db)
            .await?;
        settings.push(format!("{name} = {value}"));
    }
    Ok(vec![
        format!(
            "{model}, {cores} cores, {} GiB of memory",
            kib / (1024 * 1024)
        ),
        format!("Linux {}", kernel.trim()),
        format!(
            "PostgreSQL {postgres} on the same machine ({})",
            settings.join(", ")
        ),
        "hub, simulated Backlog, pass-through, PostgreSQL and the load share the cores".to_owned(),
    ])
}
