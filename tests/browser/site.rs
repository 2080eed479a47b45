//! A site with data and users, and pages signed in to it.

use std::ops::Deref;
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use stockroom::config::Config;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use tokio::runtime::Runtime;

use crate::chromium::Chromium;
use crate::harness::{PASSWORD, TestApp};
use crate::tab::{Script, Tab};

/// Sees everything and imports.
pub const OPERATOR: &str = "olga@example.com";
/// May do everything.
pub const ADMIN: &str = "ada@example.com";
/// Sees the rows of one owner.
pub const CUSTOMER: &str = "carl@example.com";
/// Sees no row at all.
pub const STRANGER: &str = "nobody@example.com";

/// The Chromium that all tests share; each has a context of its own in it.
pub static CHROMIUM: LazyLock<Chromium> = LazyLock::new(|| Chromium::start(&[]));

/// A running site, and the threads that it runs on.
pub struct Site {
    app: Option<TestApp>,
    runtime: Runtime,
}

impl Site {
    /// Nobody is there yet.
    pub fn bare(configure: impl FnOnce(&mut Config)) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let app = runtime.block_on(TestApp::start_with(configure));
        Self { app: Some(app), runtime }
    }

    /// Users, and no data.
    pub fn empty() -> Self {
        Self::with(|_| {})
    }

    pub fn with(configure: impl FnOnce(&mut Config)) -> Self {
        let site = Self::bare(configure);
        site.add_user(OPERATOR, Role::Operator, OwnerScope::All);
        site.add_user(ADMIN, Role::Admin, OwnerScope::All);
        site.add_user(CUSTOMER, Role::Customer, OwnerScope::Owners(["Acme Foods".to_owned()].into()));
        site.add_user(STRANGER, Role::Customer, OwnerScope::Owners([].into()));
        site
    }

    /// Users, and a sample of so many rows.
    pub fn with_sample(rows: u32) -> Self {
        let site = Self::empty();
        site.publish("Inventory", sample(rows), &["owner=customer"]);
        site
    }

    /// Imports a file and waits until it is there.
    pub fn publish(&self, dataset: &str, csv: impl Into<Vec<u8>>, set: &[&str]) {
        let import = self.runtime.block_on(self.import(dataset, csv, set));
        assert_eq!(import["state"], "published", "{import}");
    }

    /// Runs what asks over HTTP without a browser.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.running.address)
    }

    pub fn visitor(&self, script: Script) -> Tab<'static> {
        Tab::open(&CHROMIUM, &self.origin(), script)
    }

    /// Signed in, on the page that comes first.
    pub fn signed_in(&self, who: &str, script: Script) -> Tab<'static> {
        let tab = self.visitor(script);
        sign_in(&tab, who, PASSWORD);
        tab.wait_for("location.pathname !== '/login' && document.readyState === 'complete'");
        tab
    }
}

impl Deref for Site {
    type Target = TestApp;

    fn deref(&self) -> &TestApp {
        self.app.as_ref().expect("it is there until the site is dropped")
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        if let Some(app) = self.app.take() {
            let TestApp { running, directory, .. } = app;
            self.runtime.block_on(running.shutdown());
            drop(directory);
        }
    }
}

/// Fills in the form at `/login` and sends it.
pub fn sign_in(tab: &Tab<'_>, who: &str, password: &str) {
    tab.go("/login");
    tab.fill("#login", who);
    tab.fill("#password", password);
    tab.click("main form button[type=submit]");
}

/// The sample of the program itself.
pub fn sample(rows: u32) -> Vec<u8> {
    let output = Command::new(env!("CARGO_BIN_EXE_stockroom"))
        .args(["sample", "--rows", &rows.to_string()])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert!(output.status.success());
    output.stdout
}
