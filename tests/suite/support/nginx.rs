//! nginx with the configuration that `deploy/nginx` offers: only its names and ports are
//! replaced by ones of this machine.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
};

use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::{
    process::{Port, until},
    tool::program,
};

const OFFERED: &str = "deploy/nginx/replicas.conf";
/// What the offered configuration logs, in the directory of a test.
const OFFERED_LOG: &str = "offered.log";

/// In front of some replicas. Stopped when dropped.
pub(crate) struct Nginx {
    pub port: Port,
    directory: TempDir,
    process: Child,
}

/// Who answered a request: as the access log says.
#[derive(Debug)]
pub(crate) struct Served {
    pub path: String,
    /// The replicas that were tried, the last one being the one that answered.
    pub replicas: Vec<u16>,
}

impl Nginx {
    /// Starts it in front of the replicas at these ports, which need not be there yet.
    pub(crate) async fn start(replicas: &[Port]) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let port = Port::reserve();
        let site = offered(replicas, port.number, directory.path());
        std::fs::write(directory.path().join("replicas.conf"), site).expect("a file");
        let main = directory.path().join("nginx.conf");
        std::fs::write(&main, around(directory.path())).expect("a file");
        let process = Command::new(program("NGINX"))
            .arg("-p")
            .arg(directory.path())
            .arg("-c")
            .arg(&main)
            .arg("-e")
            .arg(directory.path().join("error.log"))
            // It would take the path for a list of sockets to inherit.
            .env_remove("NGINX")
            .stdin(Stdio::null())
            .spawn()
            .expect("nginx starts");
        let mut nginx = Self {
            port,
            directory,
            process,
        };
        until("nginx listens", async || {
            let ended = nginx.process.try_wait().expect("a state");
            assert_eq!(ended, None, "nginx: {}", nginx.file("error.log"));
            let address = ("127.0.0.1", nginx.port.number);
            TcpStream::connect(address).await.is_ok()
        })
        .await;
        nginx
    }

    /// The requests that it has passed on, in the order of their ends.
    pub(crate) fn served(&self) -> Vec<Served> {
        let log = self.file("access.log");
        log.lines()
            .map(|line| {
                let (path, replicas) = line.split_once(' ').expect("path and replicas");
                let port = |address: &str| address.rsplit(':').next()?.parse().ok();
                Served {
                    path: path.to_owned(),
                    replicas: replicas.split(", ").filter_map(port).collect(),
                }
            })
            .collect()
    }

    /// The log that the offered configuration writes.
    pub(crate) fn access_log(&self) -> String {
        self.file(OFFERED_LOG)
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.directory.path().join(name)).unwrap_or_default()
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("--- nginx said:\n{}---", self.file("error.log"));
        }
        // Its workers go with it only if it is asked.
        let id = self.process.id().try_into().expect("a process id");
        let _ = kill(Pid::from_raw(id), Signal::SIGTERM);
        let _ = self.process.wait();
    }
}

/// The offered configuration with these ports, and its logs in this directory.
fn offered(replicas: &[Port], listen: u16, directory: &Path) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(OFFERED);
    let offered = std::fs::read_to_string(path).expect(OFFERED);
    let server = regex::Regex::new(r"(?m)^ *server hub-\d+:3333(.*);\n").expect("a pattern");
    let first = server.captures(&offered).expect("a replica")[1].to_owned();
    let servers: String = replicas
        .iter()
        .map(|port| format!("    server 127.0.0.1:{}{first};\n", port.number))
        .collect();
    let without = server.replace_all(&offered, "");
    let upstream = "upstream hub {\n";
    assert!(without.contains(upstream) && without.contains("listen 8080;"));
    let directory = directory.display();
    let logs = "access_log /var/log/nginx/access.log without_query;";
    assert!(without.contains(logs) && without.contains("error_log /var/log/nginx/error.log"));
    without
        .replace(
            logs,
            &format!(
                "access_log {directory}/{OFFERED_LOG} without_query;
                 access_log {directory}/access.log served;"
            ),
        )
        .replace(
            "/var/log/nginx/error.log",
            &format!("{directory}/error.log"),
        )
        .replace(upstream, &format!("{upstream}{servers}"))
        .replace("listen 8080;", &format!("listen 127.0.0.1:{listen};"))
}

/// What a distribution has around a site, with every file in one directory.
fn around(directory: &Path) -> String {
    let user = match nix::unistd::geteuid().is_root() {
        true => "user root;",
        false => "",
    };
    let directory = directory.display();
    format!(
        "daemon off;
         {user}
         worker_processes 1;
         pid {directory}/nginx.pid;
         error_log {directory}/error.log;
         events {{ worker_connections 1024; }}
         http {{
             log_format served '$uri $upstream_addr';
             access_log {directory}/access.log served;
             client_body_temp_path {directory}/body;
             proxy_temp_path {directory}/proxy;
             fastcgi_temp_path {directory}/fastcgi;
             uwsgi_temp_path {directory}/uwsgi;
             scgi_temp_path {directory}/scgi;
             include {directory}/replicas.conf;
         }}"
    )
}
