//! The servers that are compared, all in front of the same simulated Backlog.

use std::{
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use anyhow::Context;
use futures_util::future::try_join_all;
use secrecy::ExposeSecret;

use super::{
    cell::Server,
    sign_in::{self, Grant, Target},
};
use crate::{
    process::Process,
    store, upstream,
    world::{USER, World, free_address},
};

/// The tokens of a result, of both MCP servers.
pub(super) const MAX_TOKENS: &str = "50000";
/// The sign-ins at a time that make grants.
const AT_A_TIME: usize = 16;

/// A server that has started.
pub(super) struct Running {
    pub server: Server,
    pub address: SocketAddr,
    /// Where users sign in, if they do.
    pub target: Option<Arc<Target>>,
    process: Process,
    _directory: Option<Directory>,
}

impl Running {
    /// Starts a server.
    pub(super) async fn start(
        server: Server,
        world: &World,
        upstream: &Path,
    ) -> anyhow::Result<Self> {
        match server {
            Server::Hub => hub(world).await,
            Server::PassThrough => pass_through(world).await,
            Server::Nginx => nginx(world).await,
            Server::Upstream => backlog_mcp_server(world, upstream).await,
        }
    }

    /// Processor time so far.
    pub(super) fn cpu(&self) -> anyhow::Result<Duration> {
        self.process.cpu()
    }

    /// As many new grants, or Backlog's own token where there are none.
    pub(super) async fn grants(&self, world: &World, count: usize) -> anyhow::Result<Vec<Grant>> {
        match (self.server, &self.target) {
            (Server::Hub, _) => {
                let sessions = store::sessions(world, count).await?;
                let grant = |session: store::Session| Grant {
                    client_id: store::CLIENT_ID.to_owned(),
                    access: session.access.reveal().to_owned(),
                    refresh: session.refresh.reveal().to_owned(),
                };
                Ok(sessions.into_iter().map(grant).collect())
            }
            (_, Some(target)) => signed_in(target, count).await,
            (_, None) => {
                let token = world.backlog.token.expose_secret();
                let grant = Grant {
                    client_id: String::new(),
                    access: token.to_owned(),
                    refresh: String::new(),
                };
                Ok(vec![grant; count])
            }
        }
    }
}

async fn signed_in(target: &Target, count: usize) -> anyhow::Result<Vec<Grant>> {
    let mut grants = Vec::with_capacity(count);
    while grants.len() < count {
        let until = count.min(grants.len() + AT_A_TIME);
        let some = (grants.len()..until).map(|number| target.sign_in(number));
        grants.extend(try_join_all(some).await?);
    }
    Ok(grants)
}

async fn hub(world: &World) -> anyhow::Result<Running> {
    store::client(world).await?;
    let (process, _) = world.hub().await?;
    let users = world.backlog.users().await?;
    let target = Target::new(world.base_url.clone(), store::CLIENT_ID.to_owned(), users)?;
    Ok(Running {
        server: Server::Hub,
        address: world.address,
        target: Some(Arc::new(target)),
        process,
        _directory: None,
    })
}

async fn pass_through(world: &World) -> anyhow::Result<Running> {
    let backlog = world.backlog.url.as_str();
    let arguments = ["pass-through", "--backlog", backlog];
    let mut process = Process::start(&env::current_exe()?, &arguments, &[])?;
    let address = process.line().await?.parse()?;
    Ok(Running {
        server: Server::PassThrough,
        address,
        target: None,
        process,
        _directory: None,
    })
}

/// One process, whose processor time can be read. More would need a parent that ends them.
async fn nginx(world: &World) -> anyhow::Result<Running> {
    let program = find_nginx().context("nginx is not installed (or name it in NGINX)")?;
    let directory = Directory::new()?;
    let address = free_address()?;
    let backlog = world.backlog.url.socket_addrs(|| None)?;
    let backlog = backlog.first().context("no address of Backlog")?;
    let path = directory.0.display().to_string();
    let file = directory.0.join("nginx.conf");
    fs::write(&file, configuration(&path, address, *backlog))?;
    let file = file.display().to_string();
    let arguments = ["-p", &path, "-c", &file, "-e", "stderr"];
    let mut process = Process::start(&program, &arguments, &[])?;
    process.listening(address).await?;
    Ok(Running {
        server: Server::Nginx,
        address,
        target: None,
        process,
        _directory: Some(directory),
    })
}

fn find_nginx() -> Option<PathBuf> {
    let named = env::var_os("NGINX").map(PathBuf::from);
    // Debian installs it in a folder that `PATH` may lack.
    let usual = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/bin/nginx"];
    let usual = usual.into_iter().map(PathBuf::from);
    named.into_iter().chain(usual).find(|path| path.exists())
}

fn configuration(directory: &str, address: SocketAddr, backlog: SocketAddr) -> String {
    format!(
        "daemon off;
master_process off;
pid {directory}/nginx.pid;
worker_rlimit_nofile 8192;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    keepalive_requests 1000000000;
    upstream backlog {{
        server {backlog};
        keepalive 512;
        keepalive_requests 1000000000;
    }}
    server {{
        listen {address};
        location / {{
            proxy_pass http://backlog;
            proxy_http_version 1.1;
            proxy_set_header Connection \"\";
            proxy_buffer_size 16k;
            proxy_buffers 8 16k;
        }}
    }}
}}
"
    )
}

async fn backlog_mcp_server(world: &World, directory: &Path) -> anyhow::Result<Running> {
    upstream::install(directory).await?;
    let program = upstream::program(directory)?;
    let address = free_address()?;
    let base_url = format!("http://{address}");
    let port = address.port().to_string();
    let backlog = world.backlog.url.port().context("a port")?;
    let backlog = format!("127.0.0.1:{backlog}");
    let path = env::var("PATH").unwrap_or_default();
    let settings = [
        ("PATH", path.as_str()),
        ("NODE_ENV", "production"),
        ("MCP_TRANSPORT", "http"),
        ("MCP_HTTP_PORT", &port),
        ("MCP_HTTP_JSON_RESPONSE", "true"),
        ("MCP_SERVER_BASE_URL", &base_url),
        ("BACKLOG_DOMAIN", &backlog),
        ("BACKLOG_OAUTH_CLIENT_ID", "sim-client"),
        ("BACKLOG_OAUTH_CLIENT_SECRET", "sim-secret"),
        ("MAX_TOKENS", MAX_TOKENS),
    ];
    let arguments: Vec<_> = program.arguments.iter().map(String::as_str).collect();
    let mut process = Process::start(&program.node, &arguments, &settings)?;
    process.ready(&format!("{base_url}/health")).await?;
    let client = sign_in::register(&base_url).await?;
    // One who may see and change the issues of the calls. It keeps nothing by user.
    let users = vec![USER];
    Ok(Running {
        server: Server::Upstream,
        address,
        target: Some(Arc::new(Target::new(base_url, client, users)?)),
        process,
        _directory: None,
    })
}

/// A directory that ends with its server.
struct Directory(PathBuf);

impl Directory {
    fn new() -> anyhow::Result<Self> {
        let name = format!("benchmark-nginx-{}", std::process::id());
        let path = env::temp_dir().join(name);
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        // Its files are in a temporary directory.
        let _ = fs::remove_dir_all(&self.0);
    }
}
