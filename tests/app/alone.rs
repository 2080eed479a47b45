//! The whole program by itself: in a root directory with nothing else in it (no /etc, /tmp, /dev or /proc), in a network
//! namespace that has the loopback alone. `STOCKROOM_RELEASE` names the binary (`tests/release` sets it); without it, it is the
//! one of this build, with the C library beside it.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::{env, fs, thread};

use reqwest::StatusCode;
use serde_json::{Value, json};

const INSIDE: &str = "STOCKROOM_TEST_INSIDE";
const PASSWORD: &str = "a long password for the first admin";
const STOCK: &str = "Part,Customer,Qty,Status\nA-1,Acme,5,Released\nA-2,Bolt,7,Hold\nA-3,Acme,11,Hold\n";

/// The root of the program.
struct Root {
    folder: tempfile::TempDir,
    /// It brings no libraries: it needs none.
    is_release: bool,
}

impl Root {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let release = env::var_os("STOCKROOM_RELEASE").map(PathBuf::from);
        let is_release = release.is_some();
        let binary = release.unwrap_or_else(|| env!("CARGO_BIN_EXE_stockroom").into());
        fs::copy(&binary, folder.path().join("stockroom")).unwrap();
        if !is_release {
            bring_libraries(&binary, folder.path());
        }
        fs::write(folder.path().join("password"), PASSWORD).unwrap();
        fs::write(folder.path().join("stock.csv"), STOCK).unwrap();
        Self { folder, is_release }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("chroot");
        command.arg(self.folder.path()).args(["/stockroom", "--data-dir", "/data"]).args(arguments);
        command.env_clear().env("PATH", env::var_os("PATH").unwrap()).stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let output = self.command(arguments).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        output
    }
}

/// The libraries that the program is linked to, and their loader, where it looks for them.
fn bring_libraries(binary: &Path, root: &Path) {
    let listed = Command::new("ldd").arg(binary).output().unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for library in listed.split_whitespace().filter(|word| word.starts_with('/')) {
        let to = root.join(library.trim_start_matches('/'));
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::copy(library, to).unwrap();
    }
}

/// A running server; killed where the test fails.
struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(root: &Root) -> Self {
        let mut child =
            root.command(&["serve", "--listen", "127.0.0.1:0"]).stderr(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.by_ref().map(Result::unwrap).find_map(|line| {
            let rest = &line[line.find("http://127.0.0.1:")?..];
            Some(rest.split_whitespace().next().unwrap().trim_end_matches('/').to_owned())
        });
        thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.expect("the server ended without an address") }
    }

    /// The conventional end.
    fn stop(mut self) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn signed_in(server: &Server, login: &str) -> reqwest::Client {
    let client = reqwest::Client::builder().cookie_store(true).no_proxy().build().unwrap();
    let asked = client.post(format!("{}/auth/login", server.address));
    let answer = asked.json(&json!({ "login": login, "password": PASSWORD })).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{:?}", answer.text().await);
    client
}

async fn text(client: &reqwest::Client, server: &Server, path: &str) -> String {
    let answer = client.get(format!("{}{path}", server.address)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{path}");
    String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned()
}

#[test]
fn the_main_job_is_done_in_an_empty_root_without_a_network() {
    if env::var_os(INSIDE).is_none() {
        let again = Command::new("unshare")
            .args(["--net", "--", "sh", "-c", "ip link set lo up && exec \"$@\"", "sh"])
            .arg(env::current_exe().unwrap())
            .args([
                "--exact",
                "alone::the_main_job_is_done_in_an_empty_root_without_a_network",
                "--nocapture",
            ])
            .env(INSIDE, "1")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&again.stdout), String::from_utf8_lossy(&again.stderr));
        assert!(again.status.success(), "{out}\n{err}");
        assert!(out.contains("1 passed"), "{out}");
        return;
    }
    let devices = fs::read_to_string("/proc/self/net/dev").unwrap();
    let devices: Vec<&str> =
        devices.lines().filter_map(|line| Some(line.split_once(':')?.0.trim())).collect();
    assert_eq!(devices, ["lo"], "this is no network of its own");

    let root = Root::new();
    root.run(&["init", "--admin-email", "admin@example.com", "--admin-password-file", "/password"]);
    root.run(&["import", "Inventory", "/stock.csv", "--set", "owner=Customer", "--yes"]);
    let customer = ["--role", "customer", "--owner", "Acme", "--password-file", "/password"];
    root.run(
        &[&["user", "add", "bob@acme.example", "--first-name", "Bob", "--last-name", "Ross"], &customer[..]]
            .concat(),
    );

    let server = Server::start(&root);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let bob = signed_in(&server, "bob@acme.example").await;
        let page = text(&bob, &server, "/inventory").await;
        assert!(page.contains("A-3") && !page.contains("A-2"), "{page}");
        let found = text(&bob, &server, "/api/v1/datasets/inventory/rows?q=qty:%3E6").await;
        let found: Value = serde_json::from_str(&found).unwrap();
        assert_eq!(found["matched"], 1, "{found}");
        let csv = text(&bob, &server, "/api/v1/datasets/inventory/export?format=csv").await;
        assert!(csv.contains("A-1") && !csv.contains("Bolt"), "{csv}");
        let workbook = text(&bob, &server, "/api/v1/datasets/inventory/export?format=xlsx").await;
        assert!(workbook.starts_with("PK"));
        text(&bob, &server, "/help?q=backup").await;

        let admin = signed_in(&server, "admin@example.com").await;
        let audit = text(&admin, &server, "/admin/audit").await;
        assert!(audit.contains("bob@acme.example"), "{audit}");
        fs::write(root.folder.path().join("more.csv"), STOCK.replace("A-1", "A-9")).unwrap();
        root.run(&["import", "Inventory", "/more.csv", "--yes"]);
        assert!(text(&bob, &server, "/inventory").await.contains("A-9"));
    });
    root.run(&["healthcheck", "--ready", "--listen", server.address.trim_start_matches("http://")]);
    server.stop();
    root.run(&["audit", "verify"]);
    root.run(&["backup", "create", "-o", "/data/backups/by-hand.backup"]);
    root.run(&["backup", "verify", "/data/backups/by-hand.backup"]);

    let mut there: Vec<String> = fs::read_dir(root.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| root.is_release || !["lib", "lib64", "usr"].contains(&name.as_str()))
        .collect();
    there.sort();
    assert_eq!(there, ["data", "more.csv", "password", "stock.csv", "stockroom"], "it wrote elsewhere");
}
