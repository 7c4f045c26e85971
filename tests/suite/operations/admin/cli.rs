//! The operator's commands, run as a member of `hub_admin`.

use std::process::Stdio;

use backlog_sim::seed;
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::io::AsyncWriteExt;

use crate::support::{
    hub::{OAUTH_CLIENT_ID, OAUTH_CLIENT_SECRET, REDIRECT_URI, TestHub, eventually},
    person::Person,
    process::program,
    role::TestRole,
    site::Site,
};

/// What a command said, and whether it went well.
struct Said {
    done: bool,
    out: String,
    err: String,
}

struct Operator<'a> {
    hub: &'a TestHub,
    role: &'a TestRole,
    with_keys: bool,
}

impl Operator<'_> {
    async fn run(&self, line: &str, input: &str) -> Said {
        let arguments: Vec<&str> = line.split(' ').collect();
        let mut command = program(&arguments);
        command
            .env("DATABASE_URL", self.role.url())
            .stdin(Stdio::piped());
        if self.with_keys {
            command.env("ENCRYPTION_KEYS", self.hub.keys.expose_secret());
        }
        let mut child = command.spawn().expect("the program starts");
        let mut stdin = child.stdin.take().expect("a pipe");
        // A command that reads nothing may have ended.
        drop(stdin.write_all(input.as_bytes()).await);
        drop(stdin);
        let output = child.wait_with_output().await.expect("it ends");
        let text = |bytes| String::from_utf8(bytes).expect("text");
        let said = Said {
            done: output.status.success(),
            out: text(output.stdout),
            err: text(output.stderr),
        };
        for secret in [OAUTH_CLIENT_SECRET, self.hub.keys.expose_secret()] {
            assert!(
                !said.out.contains(secret) && !said.err.contains(secret),
                "{line}"
            );
        }
        said
    }

    async fn does(&self, line: &str, input: &str) -> String {
        let said = self.run(line, input).await;
        assert!(said.done, "{line}: {}{}", said.out, said.err);
        said.out
    }

    async fn json(&self, line: &str, input: &str) -> Value {
        let out = self.does(&format!("{line} --json"), input).await;
        serde_json::from_str(&out).unwrap_or_else(|_| panic!("{line}: not JSON: {out}"))
    }

    async fn has_sealed(&self, slug: &str) {
        eventually("the secret is sealed", async || {
            self.json(&format!("space show {slug}"), "").await["secret"] == "sealed"
        })
        .await;
    }

    async fn fails(&self, line: &str, input: &str, says: &str) {
        let said = self.run(line, input).await;
        assert!(!said.done, "{line}: {}", said.out);
        assert!(said.err.contains(says), "{line}: {}", said.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
#[expect(clippy::too_many_lines, reason = "one sequence of steps")]
async fn an_operator_manages_spaces_clients_and_users_by_command() {
    let hub = TestHub::start().await;
    let role = TestRole::member_of("hub_admin", &hub.database).await;
    let site = hub.sim.url().as_str().trim_end_matches('/').to_owned();
    for (with_keys, slug) in [(false, "plain"), (true, "sealed")] {
        let operator = Operator {
            hub: &hub,
            role: &role,
            with_keys,
        };
        let add = format!("space add {slug} {site} --oauth-client-id {OAUTH_CLIENT_ID}");
        let input = format!("{OAUTH_CLIENT_SECRET}\n");
        let added = operator.json(&format!("{add} --name Acme"), &input).await;
        // Without keys a hub seals it, and the command waits for that for a while only.
        assert!(
            ["sealed", "waiting"].contains(&added["secret"].as_str().unwrap()),
            "{added}"
        );
        operator.has_sealed(slug).await;
        operator.fails(&add, &input, "there is a space").await;
        let here = Site::new(hub.url(&format!("/spaces/{slug}")));
        let tokens = Person::default().sign_in(&here, seed::DANIEL).await;

        let list = operator.does("space list", "").await;
        assert!(list.contains(slug) && list.contains("Acme"), "{list}");
        let update = format!("space update {slug} --read-only true --toolsets issue,wiki");
        operator.does(&format!("{update} --projects OPS"), "").await;
        let shown = operator.json(&format!("space show {slug}"), "").await;
        assert_eq!(shown["read_only"], true);
        assert_eq!(shown["toolsets"], serde_json::json!(["issue", "wiki"]));
        assert_eq!(shown["allowed_projects"], serde_json::json!(["OPS"]));
        assert_eq!(shown["people"], 1);
        let limit = format!("space update {slug} --tools get_issue,search");
        let limited = operator
            .json(&format!("{limit} --exclude-tools delete_issue"), "")
            .await;
        assert_eq!(limited["tools"], serde_json::json!(["get_issue", "search"]));
        assert_eq!(
            limited["exclude_tools"],
            serde_json::json!(["delete_issue"])
        );
        let wrong = format!("space update {slug} --name Other --exclude-tools delete_isue");
        operator.fails(&wrong, "", "delete_issue").await;
        let lift = format!("space update {slug} --name Acme --tools all --exclude-tools none");
        let lifted = operator.json(&lift, "").await;
        assert_eq!(lifted["tools"], serde_json::Value::Null);
        assert_eq!(lifted["exclude_tools"], serde_json::json!([]));
        assert_eq!(lifted["name"], "Acme");
        let allow = format!(
            "space update {slug} --client-policy listed --client-hosts Chat.example.com,*.corp.example"
        );
        let allowed = operator
            .json(&format!("{allow} --networks 127.0.0.0/8,2001:db8::/32"), "")
            .await;
        let allow = format!("space update {slug} --personal-tokens true");
        assert_eq!(operator.json(&allow, "").await["personal_tokens"], true);
        assert_eq!(allowed["client_policy"], "listed");
        assert_eq!(
            allowed["client_hosts"],
            serde_json::json!(["*.corp.example", "chat.example.com"])
        );
        assert_eq!(
            allowed["allowed_networks"],
            serde_json::json!(["127.0.0.0/8", "2001:db8::/32"])
        );
        let list = operator.does("space list", "").await;
        assert!(list.contains("listed clients"), "{list}");
        let wrong = format!("space update {slug} --name Other --client-hosts https://a.example");
        operator.fails(&wrong, "", "is not a host").await;
        let wrong = format!("space update {slug} --networks inside");
        operator.fails(&wrong, "", "is not a network").await;
        let lift = format!("space update {slug} --client-policy open --client-hosts none");
        let lifted = operator.json(&format!("{lift} --networks all"), "").await;
        assert_eq!(lifted["client_policy"], "open");
        assert_eq!(lifted["client_hosts"], serde_json::json!([]));
        assert_eq!(lifted["allowed_networks"], serde_json::Value::Null);
        assert_eq!(lifted["name"], "Acme");
        let sheet = operator.does(&format!("space show {slug}"), "").await;
        assert!(sheet.contains("read only             yes"), "{sheet}");
        operator
            .does(&format!("space set-secret {slug}"), &input)
            .await;
        assert!(sheet.contains("listed                no"), "{sheet}");
        let redirect_uri = format!("<MCP_SERVER_BASE_URL>/spaces/{slug}/callback");
        assert!(sheet.contains(&redirect_uri), "{sheet}");
        operator
            .does(&format!("space update {slug} --listed true"), "")
            .await;
        let shown = operator.json(&format!("space show {slug}"), "").await;
        assert_eq!(shown["listed"], true);
        assert_eq!(
            shown["redirect_uri"],
            format!("/spaces/{slug}/callback").as_str()
        );
        // Another site needs an application of its own.
        let taken = format!("space update {slug} --domain elsewhere.backlog.com --yes");
        operator.fails(&taken, &input, "for each site").await;
        let elsewhere = format!(
            "space update {slug} --domain elsewhere.backlog.com --oauth-client-id of-{slug}"
        );
        operator.fails(&elsewhere, &input, "--yes").await;
        let here = format!("space update {slug} --domain {site}");
        let kept = operator.json(&here, &input).await;
        assert_eq!(kept["live_grants"], 1, "{kept}");
        let moved = operator.json(&format!("{elsewhere} --yes"), &input).await;
        assert_eq!(moved["ended"], 1, "{moved}");
        operator.has_sealed(slug).await;
        let shown = operator.json(&format!("space show {slug}"), "").await;
        assert_eq!(shown["base_url"], "https://elsewhere.backlog.com");
        assert_eq!(shown["live_grants"], 0);
        let all = format!("grant list --space {slug}");
        assert_eq!(operator.json(&all, "").await, serde_json::json!([]));
        let ended = operator.json(&format!("{all} --all"), "").await;
        assert_eq!(ended[0]["revoked_reason"], "space_moved");
        operator.does(&format!("space disable {slug}"), "").await;
        let shown = operator.json(&format!("space show {slug}"), "").await;
        assert_eq!(shown["enabled"], false);
        operator.does(&format!("space enable {slug}"), "").await;
        let delete = format!("space delete {slug}");
        operator.fails(&delete, "y\n", "--yes").await;
        operator.does(&format!("{delete} --yes"), "").await;
        operator
            .fails(&format!("space show {slug}"), "", "unknown space")
            .await;
        drop(tokens);
    }

    let operator = Operator {
        hub: &hub,
        role: &role,
        with_keys: true,
    };
    let ids: Vec<_> = [seed::DANIEL, seed::MAJA, seed::KENTA].into();
    let mut clients = Vec::new();
    for id in &ids {
        clients.push(Person::default().sign_in(&hub, *id).await.client_id);
    }
    let grants = operator.json("grant list --space default", "").await;
    assert_eq!(grants.as_array().expect("a list").len(), 3);
    let table = operator.does("grant list", "").await;
    assert!(table.contains("Daniel Okafor"), "{table}");
    let revoke = format!("user revoke {} --space default", seed::DANIEL);
    operator.fails(&revoke, "", "--yes").await;
    assert_eq!(
        operator.json(&format!("{revoke} --yes"), "").await["ended"],
        1
    );
    let maja = operator
        .json(&format!("grant list --user {}", seed::MAJA), "")
        .await;
    let grant = maja[0]["id"].as_str().expect("an id").to_owned();
    operator
        .does(&format!("grant revoke {grant} --yes"), "")
        .await;
    let shown = operator
        .json(&format!("client show {}", clients[0]), "")
        .await;
    assert_eq!(shown["name"], "Test Client");
    let client = format!("client revoke {} --yes", clients[2]);
    assert_eq!(operator.json(&client, "").await["ended"], 1);
    operator.fails(&client, "", "there is no client").await;
    assert_eq!(operator.does("grant list", "").await, "None.\n");
    operator.does("client list", "").await;
    let secret = operator.json("client secret", "").await;
    let hash = secret["client_secret_hash"].as_str().expect("a hash");
    let registered = hub
        .value(&format!(
            "SELECT admin.register_client('Desk', '{{{REDIRECT_URI}}}',
                 token_endpoint_auth_method => 'client_secret_post',
                 client_secret_hash => '{hash}')"
        ))
        .await
        .expect("a client_id");
    let refused = hub
        .post_form(
            "/token",
            &[
                ("grant_type", "refresh_token"),
                ("client_id", &registered),
                (
                    "client_secret",
                    secret["client_secret"].as_str().expect("a secret"),
                ),
                ("refresh_token", "bmh_rt_x"),
            ],
        )
        .await;
    // The client is known by its secret; only the token is not.
    refused.oauth_error(400, "invalid_grant");
    operator.does("space revoke-grants default --yes", "").await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sealed_secret_is_made_from_what_is_typed_and_taken_by_sql() {
    let hub = TestHub::start().await;
    let role = TestRole::member_of("hub_admin", &hub.database).await;
    let operator = Operator {
        hub: &hub,
        role: &role,
        with_keys: true,
    };
    let site = hub.sim.url().as_str().trim_end_matches('/').to_owned();
    for space in [site.as_str(), "default"] {
        let sealed = operator
            .does(&format!("seal --space {space}"), OAUTH_CLIENT_SECRET)
            .await;
        let sealed = sealed.trim();
        assert!(sealed.starts_with("sealed:v1:test:"), "{sealed}");
        hub.sql(&format!(
            "SELECT admin.set_space_secret('default', '{sealed}')"
        ))
        .await;
        crate::support::hub::eventually("it is taken", async || {
            let state = "SELECT secret FROM admin.spaces";
            hub.value(state).await.as_deref() == Some("sealed")
        })
        .await;
        Person::default().sign_in(&hub, seed::DANIEL).await;
    }
    operator
        .fails("seal --space nowhere", "x", "unknown space")
        .await;
    operator
        .fails("seal --space default", "", "no secret was given")
        .await;
    let without = Operator {
        with_keys: false,
        ..operator
    };
    without
        .fails("seal --space default", "x", "ENCRYPTION_KEYS")
        .await;
    hub.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_may_not_and_a_schema_that_is_not_there_are_named() {
    let hub = TestHub::start().await;
    for (group, line) in [("hub_service", "space list"), ("pg_monitor", "grant list")] {
        let role = TestRole::member_of(group, &hub.database).await;
        let operator = Operator {
            hub: &hub,
            role: &role,
            with_keys: false,
        };
        operator.fails(line, "", "member of hub_admin").await;
    }
    let role = TestRole::member_of("pg_monitor", &hub.database).await;
    let operator = Operator {
        hub: &hub,
        role: &role,
        with_keys: true,
    };
    for line in ["cleanup", "keys list", "keys verify", "migrate", "doctor"] {
        let said = operator.run(line, "").await;
        let text = format!("{}{}", said.out, said.err);
        assert!(!said.done && !text.contains("at line"), "{line}: {text}");
        assert!(
            text.contains("it must be the owner of the tables"),
            "{line}: {text}"
        );
    }
    hub.sql("DROP SCHEMA admin CASCADE").await;
    let mut command = program(&["space", "list"]);
    command.env("DATABASE_URL", hub.database.url());
    let output = command.output().await.expect("it ends");
    let said = String::from_utf8(output.stderr).expect("text");
    assert!(said.contains("run `backlog-mcp-hub migrate`"), "{said}");
    hub.stop().await;
}
