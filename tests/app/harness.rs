//! A running site to test against, and a small browser.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use stockroom::app::{App, Deps, Running};
use stockroom::base::clock::ManualClock;
use stockroom::base::secret::SecretString;
use stockroom::config::Config;
use stockroom::domain::email::Email;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::jobs::Registry;
use stockroom::services::authorize::{Grant, ReadAudit};
use stockroom::services::commands::{AdminCommand, AdminReply, execute};
use stockroom::services::imports::WorkerProgram;
use stockroom::services::users::{FirstSignIn, UserView};
use stockroom::services::{Services, audit};

use crate::contract;

/// The password of every user that a test makes.
pub const PASSWORD: &str = "correct horse battery";

/// A running site.
pub struct TestApp {
    pub running: Running,
    pub clock: Arc<ManualClock>,
    pub directory: tempfile::TempDir,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub async fn start_with(configure: impl FnOnce(&mut Config)) -> Self {
        Self::start_full(configure, stockroom::app::registry()).await
    }

    /// A site on a loopback address, to try things out on: what `serve --dev` is.
    pub async fn start_for_trying() -> Self {
        Self::start_with_deps(|_| {}, stockroom::app::registry(), true).await
    }

    pub async fn start_full(configure: impl FnOnce(&mut Config), registry: Registry) -> Self {
        Self::start_with_deps(configure, registry, false).await
    }

    async fn start_with_deps(
        configure: impl FnOnce(&mut Config),
        registry: Registry,
        shows_links: bool,
    ) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new("2026-11-21T08:00:00Z".parse::<Timestamp>().unwrap()));
        let mut config = Config { data_dir: directory.path().join("data"), ..Config::default() };
        config.server.listen = "127.0.0.1:0".parse().unwrap();
        // The clock stands still, and tests ask again and again.
        config.server.api_requests_per_minute = 0;
        configure(&mut config);
        let deps = Deps { clock: clock.clone(), registry, worker: worker(), shows_links, ..Deps::default() };
        let running = App::start(config, deps).await.unwrap();
        Self { running, clock, directory }
    }

    /// Stops the site, does something to its data directory and starts it again.
    pub async fn restart_after(self, between: impl FnOnce(&Path)) -> Self {
        let Self { running, clock, directory } = self;
        let config = Config::clone(&running.services.config());
        running.shutdown().await;
        between(&config.data_dir);
        let deps = Deps {
            clock: clock.clone(),
            registry: stockroom::app::registry(),
            worker: worker(),
            ..Deps::default()
        };
        let running = App::start(config, deps).await.unwrap();
        Self { running, clock, directory }
    }

    pub fn data_dir(&self) -> std::path::PathBuf {
        self.directory.path().join("data")
    }

    pub fn services(&self) -> &Arc<Services> {
        &self.running.services
    }

    pub fn clock_now(&self) -> Timestamp {
        self.services().now()
    }

    pub fn advance_minutes(&self, minutes: i64) {
        self.clock.advance(SignedDuration::from_mins(minutes));
    }

    /// Makes stored files look old: only old ones are swept.
    pub fn age_files(&self) {
        for directory in std::fs::read_dir(self.data_dir().join("files")).unwrap().flatten() {
            if directory.file_name().len() == 2 {
                for file in std::fs::read_dir(directory.path()).unwrap().flatten() {
                    let file = std::fs::File::options().write(true).open(file.path()).unwrap();
                    file.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
                }
            }
        }
    }

    pub fn command(&self, command: AdminCommand) -> AdminReply {
        execute(self.services(), command)
    }

    /// The last 20 actions in the audit log, the latest first, as `root@example.com` reads them.
    pub fn actions(&self) -> Vec<String> {
        let root = stockroom::domain::email::LoginKey::of("root@example.com");
        let user = self.services().store.read(|r| stockroom::store::users::find_user_by_login(r, &root));
        let user: Result<_, stockroom::store::StoreError> = user;
        let grant = Grant::<ReadAudit>::check(&user.unwrap().unwrap(), None).unwrap();
        let events = audit::list(self.services(), &grant, None, 20).unwrap();
        events.into_iter().map(|event| event.action).collect()
    }

    /// Adds a user with [`PASSWORD`].
    pub fn add_user(&self, email: &str, role: Role, owners: OwnerScope) -> UserView {
        let reply = self.command(AdminCommand::UserAdd {
            email: Email::parse(email).unwrap(),
            first_name: None,
            last_name: None,
            mobile: None,
            username: None,
            roles: [role].into(),
            owners,
            password: SecretString::new(PASSWORD.to_owned()),
            first_sign_in: FirstSignIn::KeepsPassword,
        });
        match reply {
            AdminReply::User(user) => *user,
            other => panic!("{other:?}"),
        }
    }

    /// An admin's reset: the next sign-in has to change the password.
    pub fn give_password(&self, login: &str, password: &str) {
        self.command(AdminCommand::UserPasswd {
            login: login.to_owned(),
            password: SecretString::new(password.to_owned()),
            first_sign_in: FirstSignIn::ChangesPassword,
        });
    }

    pub fn browser(&self) -> Browser {
        Browser {
            client: reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap(),
            base: format!("http://{}", self.running.address),
            cookies: BTreeMap::new(),
        }
    }

    /// A browser signed in as a new user with this role and these owners.
    pub async fn signed_in(&self, role: Role, owners: &[&str]) -> Browser {
        let email = format!("{role}{}@example.com", self.count_users());
        let named = OwnerScope::Owners(owners.iter().map(|owner| (*owner).to_owned()).collect());
        // An admin manages nobody who sees more.
        let owners = if role == Role::Admin && owners.is_empty() { OwnerScope::All } else { named };
        self.add_user(&email, role, owners);
        let mut browser = self.browser();
        assert_eq!(browser.login(&email, PASSWORD).await.status, StatusCode::OK);
        browser
    }

    /// A browser signed in as an operator who sees everything.
    pub async fn operator(&self) -> Browser {
        let email = format!("operator{}@example.com", self.count_users());
        self.add_user(&email, Role::Operator, OwnerScope::All);
        let mut browser = self.browser();
        assert_eq!(browser.login(&email, PASSWORD).await.status, StatusCode::OK);
        browser
    }

    /// Uploads a file, publishes it and waits; returns the import as the API shows it at its end.
    pub async fn import(&self, dataset: &str, csv: impl Into<Vec<u8>>, set: &[&str]) -> Value {
        let mut operator = self.operator().await;
        let begun = operator.upload(dataset, csv, set, true).await;
        assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
        let import = operator.import_ended(begun.json()["id"].as_str().unwrap()).await;
        match import["held_back_by"].as_str() {
            // What the guard says is tested where it is meant.
            Some(_) => operator.publish_anyway(&import).await,
            None => import,
        }
    }

    fn count_users(&self) -> usize {
        match self.command(AdminCommand::UserList) {
            AdminReply::Users(users) => users.len(),
            other => panic!("{other:?}"),
        }
    }
}

/// The program that reads files: tests run in another.
pub fn worker() -> WorkerProgram {
    WorkerProgram(env!("CARGO_BIN_EXE_stockroom").into())
}

/// An answer, read whole.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or(Value::Null)
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The stable name of the problem.
    pub fn problem(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        self.json()["type"].as_str().unwrap().trim_start_matches("urn:stockroom:problem:").to_owned()
    }
}

/// Keeps cookies and sends the token against cross-site requests, as our pages do.
#[derive(Clone)]
pub struct Browser {
    pub client: reqwest::Client,
    pub base: String,
    pub cookies: BTreeMap<String, String>,
}

impl Browser {
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if !self.cookies.is_empty() {
            let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            request = request.header("cookie", pairs.join("; "));
        }
        request
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().to_string(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let (pair, marks) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            if marks.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        let answer = Answer {
            status: response.status(),
            headers: response.headers().clone(),
            text: response.text().await.unwrap(),
        };
        let media = answer.headers.get("content-type").map_or("", |media| media.to_str().unwrap());
        contract::check(&method, &path, answer.status.as_u16(), media, &answer.text);
        answer
    }

    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    pub async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send_json(Method::POST, path, body).await
    }

    /// Sends JSON with the token against cross-site requests.
    pub async fn send_json(&mut self, method: Method, path: &str, body: &Value) -> Answer {
        let mut request = self.request(method, path).json(body);
        if let Some(token) = self.cookies.get("csrf") {
            request = request.header("x-csrf-token", token);
        }
        self.send(request).await
    }

    /// Sends a form as a page does, with the token against cross-site requests in it.
    pub async fn post_form(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = form_urlencoded::Serializer::new(String::new());
        if let Some(token) = self.cookies.get("csrf") {
            body.append_pair("csrf", token);
        }
        let body = body.extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.send(request).await
    }

    /// Opens a page and sends the form on it that goes to `action`, with its hidden fields, as a person would.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Answer {
        let shown = self.get(page).await;
        self.submit_on(&shown, action, fields).await
    }

    /// The same on a page that is open already.
    pub async fn submit_on(&mut self, page: &Answer, action: &str, fields: &[(&str, &str)]) -> Answer {
        let body = filled_form(&page.text, action, fields);
        let request = self
            .request(Method::POST, action)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body);
        self.send(request).await
    }

    pub async fn upload(
        &mut self,
        dataset: &str,
        csv: impl Into<Vec<u8>>,
        set: &[&str],
        confirm: bool,
    ) -> Answer {
        let file = reqwest::multipart::Part::bytes(csv.into()).file_name("stock.csv");
        let mut form =
            reqwest::multipart::Form::new().part("file", file).text("confirm", confirm.to_string());
        for pair in set {
            form = form.text("set", (*pair).to_owned());
        }
        let token = self.cookies.get("csrf").cloned().unwrap_or_default();
        let request = self
            .request(Method::POST, &format!("/api/v1/datasets/{dataset}/imports"))
            .header("x-csrf-token", token)
            .multipart(form);
        self.send(request).await
    }

    /// Waits until an import has ended or waits to be confirmed.
    pub async fn import_ended(&mut self, id: &str) -> Value {
        for _ in 0..2400 {
            let import = self.get(&format!("/api/v1/imports/{id}")).await.json();
            if ["published", "failed", "cancelled", "checked", "quarantined"]
                .contains(&import["state"].as_str().unwrap())
            {
                return import;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("import {id} does not end");
    }

    /// Publishes what is held back, and waits until that is done.
    pub async fn publish_anyway(&mut self, import: &Value) -> Value {
        let path = format!("/api/v1/imports/{}/confirm", import["id"].as_str().unwrap());
        let answer = self.post(&path, &json!({ "held_back_by": import["held_back_by"] })).await;
        assert_eq!(answer.status, StatusCode::OK, "{answer:?}");
        self.import_ended_final(import["id"].as_str().unwrap()).await
    }

    /// Waits until an import has ended for good.
    pub async fn import_ended_final(&mut self, id: &str) -> Value {
        for _ in 0..2400 {
            let import = self.import_ended(id).await;
            if import["confirmed"] == false
                || !["checked", "quarantined"].contains(&import["state"].as_str().unwrap())
            {
                return import;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("import {id} is not published");
    }

    pub async fn login(&mut self, login: &str, password: &str) -> Answer {
        let request = self
            .request(Method::POST, "/api/v1/auth/login")
            .json(&json!({ "login": login, "password": password }));
        self.send(request).await
    }

    pub async fn me(&mut self) -> StatusCode {
        self.get("/api/v1/auth/me").await.status
    }
}

/// Runs the real binary in `directory`, with nothing of our environment.
pub fn stockroom(directory: &Path, args: &[&str]) -> Output {
    stockroom_with(directory, args, &[])
}

pub fn stockroom_with(directory: &Path, args: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_stockroom"))
        .args(args)
        .current_dir(directory)
        .env_clear()
        .envs(environment.iter().copied())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap()
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The form that goes to `action`, filled in.
fn filled_form(page: &str, action: &str, fields: &[(&str, &str)]) -> String {
    let mut body = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &hidden_fields(page, action) {
        if fields.iter().all(|(known, _)| known != name) {
            body.append_pair(name, value);
        }
    }
    body.extend_pairs(fields).finish()
}

/// The hidden fields of the form that goes to `action`.
fn hidden_fields(page: &str, action: &str) -> Vec<(String, String)> {
    let wanted = format!("action=\"{action}\"");
    let is_sent = |tag: &str| tag.contains(&wanted) && !tag.contains("method=\"get\"");
    let form = page.split("<form").find(|form| form.split('>').next().is_some_and(is_sent));
    let form = form.unwrap_or_else(|| panic!("no form goes to {action}: {page}"));
    let form = form.split("</form>").next().unwrap();
    let attribute = |tag: &str, name: &str| -> String {
        let value = tag.split(&format!(" {name}=\"")).nth(1).and_then(|rest| rest.split('"').next());
        value
            .unwrap_or_default()
            .replace("&quot;", "\"")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    };
    form.split("<input")
        .skip(1)
        .map(|tag| tag.split('>').next().unwrap())
        .filter(|tag| tag.contains("type=\"hidden\""))
        .map(|tag| (attribute(tag, "name"), attribute(tag, "value")))
        .collect()
}

/// True where a text has this word by itself: ids and addresses have digits of their own.
pub fn says(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|part| part == word)
}
