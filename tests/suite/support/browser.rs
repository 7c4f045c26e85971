//! A real, headless Chromium, driven through ChromeDriver. Each browser has a driver, a
//! port and a profile of its own, which end with it.

use std::{
    fmt::Debug,
    io::{Read, Write},
    net::{Ipv4Addr, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use backlog_sim::Id;
use base64::{Engine, prelude::BASE64_STANDARD};
use fantoccini::{
    Client, ClientBuilder, Locator, elements::Element, error::CmdError,
    wd::WebDriverCompatibleCommand,
};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use super::{
    process::{DEADLINE, Port, until},
    tool,
};

const AXE: &str = "browser/node_modules/axe-core/axe.min.js";
const RUN_AXE: &str = "
    const done = arguments[0];
    const line = ({ id, help, nodes }) =>
        `${id}: ${help}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`;
    axe.run(document).then(
        ({ violations }) => done(violations.map(line)),
        (error) => done([`axe failed: ${error}`]),
    );";

pub(crate) struct Browser {
    client: Client,
    // Dropped in this order: the profile is in use until the driver has ended the browser.
    _driver: Driver,
    _profile: TempDir,
}

/// How a page is looked at.
#[derive(Clone, Copy)]
struct View {
    name: &'static str,
    width: u32,
    mobile: bool,
    scheme: &'static str,
}

const VIEWS: [View; 2] = [
    View {
        name: "desktop",
        width: 1200,
        mobile: false,
        scheme: "light",
    },
    View {
        name: "phone-dark",
        width: 390,
        mobile: true,
        scheme: "dark",
    },
];

/// The views in which the buttons have to be in sight.
const LAPTOP: View = View {
    name: "laptop",
    width: 1280,
    mobile: false,
    scheme: "light",
};
const PHONE: View = View {
    name: "phone",
    width: 390,
    mobile: true,
    scheme: "light",
};

impl Browser {
    /// Opens a browser whose person reads `language`, as in `Accept-Language`.
    pub(crate) async fn open(language: &str) -> Self {
        let profile = TempDir::new().expect("a directory for the profile");
        let driver = Driver::start().await;
        let capabilities = json!({
            "browserName": "chrome",
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "binary": tool::program("CHROMIUM"),
                "args": [
                    "--headless",
                    // Neither root nor most containers can have the sandbox.
                    "--no-sandbox",
                    "--disable-dev-shm-usage",
                    "--disable-gpu",
                    "--disable-quic",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--no-first-run",
                    format!("--user-data-dir={}", profile.path().display()),
                ],
                "prefs": { "intl.accept_languages": language },
            },
        });
        let Value::Object(capabilities) = capabilities else {
            unreachable!("an object")
        };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.port.url())
            .await
            .expect("a browser");
        Self {
            client,
            _driver: driver,
            _profile: profile,
        }
    }

    pub(crate) async fn goto(&self, url: &str) {
        self.client.goto(url).await.expect("a page");
    }

    /// The one element that a CSS selector finds, once it is there.
    pub(crate) async fn find(&self, selector: &str) -> Element {
        match self.wait_for(Locator::Css(selector)).await {
            Ok(element) => element,
            Err(error) => panic!(
                "{selector} is not on the page: {error}\n{}",
                self.source().await
            ),
        }
    }

    /// The element, also on the page that follows the one that was asked first.
    async fn wait_for(&self, locator: Locator<'_>) -> Result<Element, CmdError> {
        loop {
            let wait = self.client.wait().at_most(DEADLINE);
            match wait.for_element(locator).await {
                Err(error) if is_of_a_page_left(&error) => {}
                found => return found,
            }
        }
    }

    /// Clicks an element, even if it is drawn anew in between.
    pub(crate) async fn click(&self, selector: &str) {
        while let Err(error) = self.find(selector).await.click().await {
            assert!(error.is_stale_element_reference(), "{selector}: {error}");
        }
    }

    /// Types a text into a field, in place of what is there.
    pub(crate) async fn enter(&self, selector: &str, text: &str) {
        let field = self.find(selector).await;
        field.clear().await.expect("an empty field");
        field.send_keys(text).await.expect("a filled field");
    }

    /// Puts HTML into the page, as an attacker might manage to.
    pub(crate) async fn insert(&self, html: &str) {
        let script = "document.querySelector('main').insertAdjacentHTML('beforeend', arguments[0])";
        let done = self.client.execute(script, vec![json!(html)]).await;
        done.expect("an inserted element");
    }

    /// The first element with just this text, once it is there.
    pub(crate) async fn read(&self, text: &str) -> Element {
        let path = format!("//*[normalize-space(text())='{text}']");
        match self.wait_for(Locator::XPath(&path)).await {
            Ok(element) => element,
            Err(error) => panic!("no {text:?} is there: {error}\n{}", self.text().await),
        }
    }

    /// Clicks what has just this text, even if it is drawn anew in between.
    pub(crate) async fn press(&self, text: &str) {
        while let Err(error) = self.read(text).await.click().await {
            assert!(error.is_stale_element_reference(), "{text:?}: {error}");
        }
    }

    /// Turns a switch whose label begins like this; what is drawn covers the input.
    pub(crate) async fn toggle(&self, label: &str) {
        let selector = format!("input[role=switch][aria-label^='{label}']");
        self.find(&selector).await;
        let click = format!("document.querySelector(\"{selector}\").click()");
        self.client
            .execute(&click, Vec::new())
            .await
            .expect("a click");
    }

    /// What a person can read; nothing while a page is on its way. One command, as the
    /// page may change between two.
    pub(crate) async fn text(&self) -> String {
        let read = "return document.body ? document.body.innerText : ''";
        let text = self.client.execute(read, Vec::new()).await;
        // The page that was asked may be gone before it answers.
        text.ok()
            .and_then(|text| text.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// Runs a script in the page, as one of its own.
    pub(crate) async fn run(&self, script: &str) -> Value {
        let ran = self.client.execute(script, Vec::new()).await;
        ran.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// The name of the control that has the focus, or of its element.
    pub(crate) async fn focused(&self) -> String {
        let focused = "return document.activeElement.name || document.activeElement.localName";
        self.run(focused).await.as_str().expect("a name").to_owned()
    }

    /// Presses keys on a page where nothing has the focus.
    pub(crate) async fn type_keys(&self, keys: &str) {
        let actions = keys.chars().flat_map(|key| {
            let key = key.to_string();
            ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key }))
        });
        let actions = json!({ "actions": [{
            "type": "key",
            "id": "keyboard",
            "actions": actions.collect::<Vec<_>>(),
        }] });
        self.vendor("actions", actions).await;
    }

    /// Presses the tabulator key on a page where nothing has the focus.
    pub(crate) async fn press_tab(&self) {
        const TAB: &str = "\u{e004}";
        let page = self.find("body").await;
        page.send_keys(TAB).await.expect("a key");
    }

    /// Goes on in the other one of a page and its popup, once both are there.
    pub(crate) async fn switch_window(&self) {
        until("a popup is open", async || self.windows().await.len() == 2).await;
        let here = self.client.window().await.expect("a window");
        let other = self
            .windows()
            .await
            .into_iter()
            .find(|window| *window != here);
        let switched = self
            .client
            .switch_to_window(other.expect("two windows"))
            .await;
        switched.expect("the other window");
    }

    /// Closes the popup of the page now shown.
    pub(crate) async fn close_popup(&self) {
        self.run("window.popup.close()").await;
        until("the popup is closed", async || {
            self.windows().await.len() == 1
        })
        .await;
    }

    async fn windows(&self) -> Vec<fantoccini::wd::WindowHandle> {
        self.client.windows().await.expect("the windows")
    }

    pub(crate) async fn title(&self) -> String {
        self.client.title().await.expect("a title")
    }

    async fn source(&self) -> String {
        self.client.source().await.expect("a page")
    }

    /// Answers the consent page.
    pub(crate) async fn decide(&self, decision: &str) {
        self.click(&format!("button[name=decision][value={decision}]"))
            .await;
    }

    /// Approves on the consent page: reading and changing, if both are offered, without the levels
    /// that can be added.
    pub(crate) async fn approve(&self) {
        self.click("label:last-of-type input[name=access]").await;
        self.decide("approve").await;
    }

    /// Picks a user on Backlog's page, and agrees there.
    pub(crate) async fn agree_at_backlog(&self, user: Id) {
        self.click(&format!("input[name=user][value='{user}']"))
            .await;
        self.decide("approve").await;
    }

    /// The same, and confirms the name where the hub asks for that.
    pub(crate) async fn sign_in_at_backlog(&self, user: Id) {
        self.find("input[name=user]").await;
        let backlog = self.url().await.expect("a URL").origin();
        self.agree_at_backlog(user).await;
        let mut is_asked = false;
        until("the browser leaves Backlog", async || {
            // A popup may have closed itself.
            let here = self.url().await;
            is_asked = here.as_ref().is_some_and(|here| here.path() == "/sign-in");
            here.is_none_or(|here| here.origin() != backlog)
        })
        .await;
        if is_asked {
            self.decide("continue").await;
        }
    }

    /// The address of the page, while there is one.
    pub(crate) async fn url(&self) -> Option<Url> {
        self.client.current_url().await.ok()
    }

    /// From the authorization URL of a client to the page of its redirect URI.
    pub(crate) async fn sign_in(&self, url: &str, user: Id) {
        self.goto(url).await;
        self.approve().await;
        self.sign_in_at_backlog(user).await;
        until("the browser is back at the client", async || {
            self.title().await == "Signed in"
        })
        .await;
    }

    /// Asserts that the page now shown is accessible, fits the window and has caused no
    /// message in the console: on a desktop and, dark, on a phone. Leaves pictures.
    pub(crate) async fn inspect(&self, name: &str) {
        let axe = std::fs::read_to_string(tool::installed(AXE)).expect("axe");
        self.client.execute(&axe, Vec::new()).await.expect("axe");
        for view in VIEWS {
            self.show_as(view).await;
            let name = format!("{name}-{}", view.name);
            self.take_picture(&name).await;
            let violations = self.client.execute_async(RUN_AXE, Vec::new()).await;
            assert_eq!(violations.expect("axe's answer"), json!([]), "{name}");
            let overflow = "return document.documentElement.scrollWidth - window.innerWidth";
            let overflow = self.client.execute(overflow, Vec::new()).await;
            assert!(
                overflow
                    .expect("a number")
                    .as_i64()
                    .is_some_and(|px| px <= 0),
                "{name} is wider than the window"
            );
        }
        assert_eq!(self.console().await, Vec::<String>::new(), "{name}");
    }

    /// Asserts that the primary button is in sight without scrolling, on a laptop and a phone.
    pub(crate) async fn assert_button_in_sight(&self, name: &str) {
        for (view, most) in [(LAPTOP, 700), (PHONE, 800)] {
            self.show_as(view).await;
            let bottom = "return Math.ceil(document.querySelector('.primary')
                .getBoundingClientRect().bottom + window.scrollY)";
            let bottom = self.run(bottom).await.as_i64().expect("a number");
            let view = view.name;
            assert!(
                bottom <= most,
                "{name} on a {view}: the button ends at {bottom} px"
            );
        }
    }

    /// What the console has got since it was last asked: errors, and violations of the
    /// content security policy.
    pub(crate) async fn console(&self) -> Vec<String> {
        let entries = self.vendor("se/log", json!({ "type": "browser" })).await;
        let entries = entries.as_array().expect("a log");
        entries
            .iter()
            .map(|entry| format!("{} {}", entry["level"], entry["message"]))
            .collect()
    }

    async fn show_as(&self, view: View) {
        let scheme = json!([{ "name": "prefers-color-scheme", "value": view.scheme }]);
        self.devtools("Emulation.setEmulatedMedia", json!({ "features": scheme }))
            .await;
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            json!({
                "width": view.width,
                "height": 900,
                "deviceScaleFactor": 1,
                "mobile": view.mobile,
            }),
        )
        .await;
    }

    /// Leaves a picture of the whole page in `test-artifacts` of the target directory.
    async fn take_picture(&self, name: &str) {
        let picture = self
            .devtools(
                "Page.captureScreenshot",
                json!({ "captureBeyondViewport": true }),
            )
            .await;
        let data = picture["data"].as_str().expect("a picture");
        let bytes = BASE64_STANDARD.decode(data).expect("base64");
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent();
        let directory = target.expect("the target directory").join("test-artifacts");
        std::fs::create_dir_all(&directory).expect("a directory");
        std::fs::write(directory.join(format!("{name}.png")), bytes).expect("a file");
    }

    async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        self.vendor("goog/cdp/execute", body).await
    }

    async fn vendor(&self, path: &'static str, body: Value) -> Value {
        let answer: Result<Value, CmdError> =
            self.client.issue_cmd(VendorCommand { path, body }).await;
        answer.unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

/// Whether a command met a page that the browser was leaving. `ChromeDriver` says so with
/// an error that has no code of the `WebDriver` standard.
fn is_of_a_page_left(error: &CmdError) -> bool {
    match error {
        CmdError::NotW3C(Value::String(message)) => message == "aborted by navigation",
        error => error.is_stale_element_reference(),
    }
}

/// A command that ChromeDriver has beside the standard ones.
#[derive(Debug)]
struct VendorCommand {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for VendorCommand {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        let session = session.unwrap_or_default();
        base.join(&format!("session/{session}/{}", self.path))
    }

    fn method_and_body(&self, _: &Url) -> (http::Method, Option<String>) {
        (http::Method::POST, Some(self.body.to_string()))
    }
}

/// A running ChromeDriver; when dropped, it ends its browser and itself.
struct Driver {
    process: Child,
    port: Port,
}

impl Driver {
    async fn start() -> Self {
        let port = Port::reserve();
        let process = Command::new(tool::program("CHROMEDRIVER"))
            .arg(format!("--port={}", port.number))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .expect("ChromeDriver starts");
        let driver = Self { process, port };
        until("ChromeDriver is ready", async || driver.connect().is_ok()).await;
        driver
    }

    fn connect(&self) -> std::io::Result<TcpStream> {
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port.number))
    }

    /// Killed, it would leave the browser behind.
    fn shut_down(&self) -> std::io::Result<()> {
        let mut stream = self.connect()?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let host = format!("{}:{}", Ipv4Addr::LOCALHOST, self.port.number);
        write!(
            stream,
            "GET /shutdown HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        stream.read_to_end(&mut Vec::new()).map(|_| ())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Err(error) = self.shut_down() {
            eprintln!("ChromeDriver did not shut down: {error}");
        }
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
