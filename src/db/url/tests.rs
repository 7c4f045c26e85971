//! The effect of each parameter; and that no error or log contains a value.

use std::{
    io,
    sync::{Arc, Mutex},
};

use tracing_subscriber::fmt;

use super::*;

const SECRET: &str = "hunter2";

/// Every parameter of libpq 18 and sqlx, and some unknown names.
const NAMES: &[&str] = &[
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "passfile",
    "require_auth",
    "channel_binding",
    "connect_timeout",
    "client_encoding",
    "options",
    "options[search_path]",
    "application_name",
    "fallback_application_name",
    "keepalives",
    "keepalives_idle",
    "keepalives_interval",
    "keepalives_count",
    "tcp_user_timeout",
    "replication",
    "gssencmode",
    "sslmode",
    "ssl-mode",
    "requiressl",
    "sslnegotiation",
    "sslcompression",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "sslkeylogfile",
    "sslpassword",
    "sslcertmode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcrl",
    "sslcrldir",
    "sslsni",
    "requirepeer",
    "ssl_min_protocol_version",
    "ssl_max_protocol_version",
    "min_protocol_version",
    "max_protocol_version",
    "krbsrvname",
    "gsslib",
    "gssdelegation",
    "scram_client_key",
    "scram_server_key",
    "service",
    "servicefile",
    "target_session_attrs",
    "load_balance_hosts",
    "oauth_issuer",
    "oauth_client_id",
    "oauth_client_secret",
    "oauth_scope",
    "statement-cache-capacity",
    "ssl",
    "pasword",
    "passwd",
    "pgbouncer",
];

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn read(query: &str) -> Result<PgConnectOptions, UrlError> {
    options(&format!("postgres://hub@db.example/hub?{query}").into())
}

/// The error for a URL with these parameters.
fn problem(query: &str) -> String {
    let error = read(query).map(drop).unwrap_err();
    format!("DATABASE_URL {error}")
}

#[test]
fn no_value_of_a_parameter_is_ever_repeated() {
    let written = Written::default();
    let writer = written.clone();
    let logs = fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    // With one subscriber in the process, `tracing` asks that of the current thread about a line
    // that is new, and remembers the refusal of a thread that has none: of another test that meets
    // the line first. With two, it asks all of them.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    tracing::subscriber::with_default(logs, || {
        for name in NAMES {
            for value in [
                SECRET.to_owned(),
                format!("a,{SECRET}"),
                format!("{SECRET}#"),
            ] {
                for mode in ["", "sslmode=verify-full&", "password=x&"] {
                    let said = match read(&format!("{mode}{name}={value}")) {
                        Ok(_) => continue,
                        Err(error) => error.to_string(),
                    };
                    assert!(
                        !said.contains(SECRET),
                        "{name}={value} after {mode:?}: {said}"
                    );
                }
            }
        }
    });
    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a parameter of the database URL has no effect"));
    assert!(!log.contains(SECRET), "{log}");
}

#[test]
fn an_unknown_parameter_is_rejected_by_name() {
    assert_eq!(
        problem("pasword=hunter2"),
        "DATABASE_URL has the unknown parameter \"pasword\"; remove it or correct its name"
    );
    // Here the name may be the end of a password.
    for query in [
        "hunter2",
        "a%40b=c",
        "password=x&hunter2=y",
        "sslpassword=&hunter2=y",
    ] {
        let said = problem(query);
        assert!(said.contains("percent-encode"), "{query}: {said}");
        assert!(!said.contains(SECRET), "{said}");
    }
    let said = problem("sslpassword=hunter2");
    assert!(
        said.contains("sslpassword") && said.contains("decrypt"),
        "{said}"
    );
}

#[test]
fn parameters_in_the_urls_of_providers_are_accepted() {
    for query in [
        "sslmode=require&channel_binding=require",
        "target_session_attrs=read-write",
        "target_session_attrs=primary&connect_timeout=10",
        "ssl=true",
        "sslmode=verify-full&sslrootcert=system",
        "sslrootcert=system",
        "gssencmode=disable&keepalives=1&keepalives_idle=30&application_name=x",
        "ssl_min_protocol_version=TLSv1.2",
        "options=-c%20statement_timeout%3D5000&options[lock_timeout]=1000",
        "sslmode=&connect_timeout=&password=",
    ] {
        read(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
    let said = problem("target_session_attrs=standby");
    assert!(said.contains("read-write or primary"), "{said}");
}

#[test]
fn the_tls_mode_is_the_one_of_libpq() {
    let mode = |query: &str| format!("{:?}", read(query).unwrap().get_ssl_mode());
    assert_eq!(mode("sslrootcert=system"), "VerifyFull");
    assert_eq!(mode("ssl=true"), "Require");
    assert_eq!(mode("sslmode=require"), "Require");
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("ca.pem");
    let path = file.to_str().unwrap();
    let certificate = rcgen::generate_simple_self_signed(["ca.example".to_owned()]).unwrap();
    std::fs::write(&file, certificate.cert.pem()).unwrap();
    assert_eq!(
        mode(&format!("sslmode=require&sslrootcert={path}")),
        "VerifyCa"
    );
    assert_eq!(mode(&format!("sslrootcert={path}")), "Prefer");

    for weak in ["disable", "prefer", "require", "verify-ca"] {
        let said = problem(&format!("sslrootcert=system&sslmode={weak}"));
        assert!(said.contains("sslmode=verify-full"), "{weak}: {said}");
    }
    assert_eq!(
        problem("sslmode=nonsense"),
        "DATABASE_URL has the parameter sslmode: expected disable, allow, prefer, require, \
         verify-ca or verify-full"
    );
}

#[test]
fn a_certificate_that_cannot_be_read_is_named_with_its_parameter() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let missing = path("missing.pem");
    let key = rcgen::generate_simple_self_signed(["hub.example".to_owned()]).unwrap();
    std::fs::write(path("hub.pem"), key.cert.pem()).unwrap();
    std::fs::write(path("hub.key"), key.signing_key.serialize_pem()).unwrap();
    std::fs::write(path("empty"), "").unwrap();
    let (certificate, key, empty) = (path("hub.pem"), path("hub.key"), path("empty"));

    for (query, name) in [
        (
            format!("sslmode=verify-full&sslrootcert={missing}"),
            "sslrootcert",
        ),
        (format!("sslmode=verify-ca&ssl-ca={missing}"), "ssl-ca"),
        (format!("sslcert={missing}&sslkey={key}"), "sslcert"),
        (format!("sslcert={certificate}&sslkey={missing}"), "sslkey"),
    ] {
        let said = problem(&query);
        let expected = format!("DATABASE_URL has the parameter {name}: cannot read {missing}: ");
        assert!(said.starts_with(&expected), "{said}");
    }
    for (query, part) in [
        (
            format!("sslmode=verify-full&sslrootcert={empty}"),
            "expected a certificate",
        ),
        (
            format!("sslcert={empty}&sslkey={key}"),
            "expected a certificate",
        ),
        (
            format!("sslcert={certificate}&sslkey={empty}"),
            "expected a private key",
        ),
        (format!("sslcert={certificate}"), "sslkey is required"),
        (format!("sslkey={key}"), "sslcert is required"),
    ] {
        let said = problem(&query);
        assert!(said.contains(part), "{query}: {said}");
    }
    // Without TLS, the files are not read.
    read(&format!(
        "sslmode=disable&sslcert={missing}&sslkey={missing}"
    ))
    .unwrap();
    read(&format!("sslcert={certificate}&sslkey={key}")).unwrap();
}

#[test]
fn several_hosts_and_other_mistakes_have_a_text_of_their_own() {
    let problem = |url: &str| options(&url.into()).map(drop).unwrap_err().to_string();
    for several in [
        "postgres://u:p@one:5432,two:5432/hub",
        "postgres://u:p@one,two/hub",
        "postgres:///hub?host=one,two&port=5432,5433",
        "postgres:///hub?port=5432,5433",
    ] {
        let said = problem(several);
        assert!(said.contains("several hosts"), "{several}: {said}");
    }
    assert!(problem("postgres://u:hunter2#x@h/hub").contains("PostgreSQL URL"));
    assert!(problem("postgres://u:p@h/hub#x").contains("%23"));
    assert!(problem("postgres:///hub?port=hunter2").contains("port: expected a number"));
    assert!(problem("postgres:///hub?hostaddr=hunter2").contains("expected an IP address"));
    for wrong in [
        "hunter2",
        "mysql://u:p@h/hub",
        "postgres://u:hunter2/x@h/hub",
        "",
    ] {
        let said = problem(wrong);
        assert!(
            said.contains("percent-encoded") && !said.contains(SECRET),
            "{said}"
        );
    }
}

#[test]
fn how_a_connection_is_protected_is_read_off_its_url() {
    let transport = |url: &str| {
        let read = transport(&url.to_owned().into());
        read.unwrap_or_else(|error| panic!("{url}: {error}"))
    };
    for url in [
        "postgres://hub@localhost/hub",
        "postgres://hub@127.0.0.1/hub?sslmode=disable",
        "postgres://hub@[::1]/hub",
        "postgres://hub@localhost/hub?host=/run/postgresql",
    ] {
        assert_eq!(transport(url), Transport::Local, "{url}");
    }
    for (mode, expected) in [
        ("", Transport::Plain),
        ("?sslmode=disable", Transport::Plain),
        ("?sslmode=allow", Transport::Plain),
        ("?sslmode=prefer", Transport::Plain),
        ("?sslmode=require", Transport::Unverified),
        ("?sslmode=verify-full", Transport::Verified),
    ] {
        let url = format!("postgres://hub@db.example.com/hub{mode}");
        assert_eq!(transport(&url), expected, "{url}");
    }
}
