//! What the site talks to: nobody, unless somebody said so. Seen from the outside, by the calls that the program makes.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::StatusCode;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use stockroom::config::feeds::Allowed;
use stockroom::config::{Config, Sources};
use stockroom::domain::permission::Role;

use crate::harness::{Browser, PASSWORD, TestApp, stderr, stdout};

const STOCK: &str = "Part,Customer,Qty\nA-1,Acme,1\nA-2,Acme,2\nA-3,Acme,3\n";

#[tokio::test]
async fn with_defaults_nothing_is_listed() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    assert_eq!(admin.get("/api/v1/outbound").await.json(), json!({ "outbound": [] }));
    let page = admin.get("/admin/outbound").await.text;
    assert!(page.contains("This site talks to nobody"), "{page}");
    assert!(admin.get("/admin/system").await.text.contains("href=\"/admin/outbound\""));
    let mut auditor = app.signed_in(Role::Auditor, &[]).await;
    assert_eq!(auditor.get("/admin/outbound").await.status, StatusCode::OK);
}

#[tokio::test]
async fn whatever_is_configured_is_listed_with_where_it_was_said() {
    let text = "mail.mode = \"smtp\"\nsmtp.from = \"stock@example.com\"\nsmtp.host = \"mail.example\"\nsmtp.port = 2525\n\
        directory.servers = \"dc1.example\"\ndirectory.base_dn = \"DC=corp,DC=example\"\ndirectory.admin_group = \"admins\"\nfiles.remote = \"s3\"\n\
        s3.endpoint = \"https://s3.example:9000\"\ns3.bucket = \"stock\"\ns3.access_key_id = \"A\"\n\
        s3.secret_access_key = \"hush\"\nbackup.remote = \"s3\"\nwebhooks.allow = \"chat.example\"\n";
    let sources = Sources { file: Some(("stockroom.toml".into(), text.to_owned())), ..Sources::default() };
    let told = Config::load(&sources).unwrap();
    let app = TestApp::start_with(|config| {
        config.shown.clone_from(&told.shown);
        config.mail = told.mail.clone();
        config.directory.clone_from(&told.directory);
        config.remote.clone_from(&told.remote);
        config.backup.remote.clone_from(&told.backup.remote);
        config.webhooks.allow = vec![Allowed::Host("chat.example".to_owned())];
    })
    .await;
    app.import("Inventory", STOCK, &["owner=Customer"]).await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let body = json!({ "name": "Chat", "url": "https://chat.example/x", "events": ["import.failed"] });
    assert_eq!(admin.post("/api/v1/webhooks", &body).await.status, StatusCode::CREATED);
    let fields = [
        ("name", "ERP"),
        ("dataset", "inventory"),
        ("kind", "http"),
        ("url", "https://erp.example:8443/stock.csv?key=hush"),
        ("every", "60"),
    ];
    let made = admin.submit("/admin/sources/new", "/admin/sources/new", &fields).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{made:?}");
    let listed = admin.get("/api/v1/outbound").await;
    assert!(!listed.text.contains("hush"), "{listed:?}");
    let listed = listed.json();
    let seen: BTreeMap<&str, (&str, &str)> = listed["outbound"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap();
            (text("kind"), (text("target"), text("origin")))
        })
        .collect();
    assert_eq!(seen["mail"].0, "mail.example:2525");
    assert!(seen["mail"].1.contains("stockroom.toml"), "{listed}");
    assert!(seen["directory"].0.starts_with("dc1.example:"), "{listed}");
    assert_eq!(seen["copies"].0, "s3.example:9000");
    assert_eq!(seen["backups"].0, "s3.example:9000");
    assert_eq!(seen["source"], ("erp.example:8443", "/admin/sources"));
    assert_eq!(seen["webhook"], ("chat.example:443", "/admin/webhooks"));
    let page = admin.get("/admin/outbound").await.text;
    assert!(page.contains("mail.example:2525") && !page.contains("talks to nobody"), "{page}");
}

/// How it is seen from the outside what a program connects to.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Watch {
    /// Its calls are noted.
    Calls,
    /// It is in a network of its own that has nothing but loopback: the kernel counts what has no way out.
    Network,
}

/// Set where the test runs once more in a network of its own.
const INSIDE: &str = "STOCKROOM_TEST_NETWORK";

impl Watch {
    fn command(self, log: &Path, program: &str, args: &[&str], directory: &Path) -> Command {
        let mut command = match self {
            Self::Network => Command::new(program),
            Self::Calls => {
                let mut command = Command::new("strace");
                command.args(["-f", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg", "-o"]);
                command.arg(log).arg(program);
                command
            }
        };
        command.args(args).current_dir(directory).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).stdin(Stdio::null());
        command
    }

    /// What went elsewhere while the program ran that has this log; `before` is what was counted then.
    fn elsewhere(self, log: &Path, before: u64) -> Vec<String> {
        match self {
            Self::Calls => addresses_elsewhere(log),
            Self::Network => (before..without_a_way()).map(|number| format!("packet {number}")).collect(),
        }
    }

    /// The process of the program itself.
    fn process(self, child: &Child) -> Pid {
        if self == Self::Network {
            return Pid::from_child(child);
        }
        let path = format!("/proc/{0}/task/{0}/children", child.id());
        let children = std::fs::read_to_string(path).unwrap();
        Pid::from_raw(children.split_whitespace().next().unwrap().parse().unwrap()).unwrap()
    }
}

/// The addresses of the log that are not this machine's own.
fn addresses_elsewhere(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap();
    let is_own = |line: &str| {
        line.contains("inet_addr(\"127.") || line.contains("\"::1\"") || line.contains("\"::ffff:127.")
    };
    let names_one =
        |line: &&str| line.contains("sin_addr=") || line.contains("sin6_addr=") || line.contains("inet_pton");
    text.lines().filter(names_one).filter(|line| !is_own(line)).map(str::to_owned).collect()
}

/// What this network's kernel had no way for (`/proc/net/snmp`, `OutNoRoutes`).
fn without_a_way() -> u64 {
    let four = std::fs::read_to_string("/proc/self/net/snmp").unwrap();
    let mut lines = four.lines().filter_map(|line| line.strip_prefix("Ip: "));
    let (names, counts) = (lines.next().unwrap(), lines.next().unwrap());
    let mut pairs = names.split(' ').zip(counts.split(' '));
    let four: u64 = pairs.find(|(name, _)| *name == "OutNoRoutes").unwrap().1.parse().unwrap();
    let six = std::fs::read_to_string("/proc/self/net/snmp6").unwrap_or_default();
    let six = six.lines().find_map(|line| line.strip_prefix("Ip6OutNoRoutes"));
    four + six.map_or(0, |count| count.trim().parse::<u64>().unwrap())
}

/// By its calls where `strace` is there, else in a network of its own; with neither, the test fails.
#[tokio::test]
async fn the_main_job_connects_to_nothing_but_this_machine() {
    if std::env::var_os(INSIDE).is_some() {
        return main_job(Watch::Network).await;
    }
    if Command::new("strace").arg("-V").output().is_ok() {
        return main_job(Watch::Calls).await;
    }
    in_a_network_of_its_own();
}

/// The same seen in the other way, where the machine lets a user have a network of their own.
#[test]
#[ignore = "needs unshare and ip; the test above runs it where strace is missing"]
fn the_main_job_finds_no_way_out_of_a_network_of_its_own() {
    in_a_network_of_its_own();
}

fn in_a_network_of_its_own() {
    let test = "nothing_calls_home::the_main_job_connects_to_nothing_but_this_machine";
    let run = format!("ip link set lo up && exec \"$0\" --exact {test} --nocapture");
    let ran = Command::new("unshare")
        .args(["-rn", "--", "sh", "-c", &run])
        .arg(std::env::current_exe().unwrap())
        .env(INSIDE, "1")
        .output();
    let ran = ran.expect("this test needs strace, or unshare and ip: install strace and run it again");
    assert!(
        ran.status.success(),
        "strace is missing, and in a network of its own: {}{}",
        stdout(&ran),
        stderr(&ran)
    );
}

async fn main_job(watch: Watch) {
    let stockroom = env!("CARGO_BIN_EXE_stockroom");
    let directory = tempfile::tempdir().unwrap();
    let here = directory.path();
    let log = |name: &str| here.join(format!("{name}.strace"));
    std::fs::write(here.join("pw"), PASSWORD).unwrap();
    std::fs::write(here.join("stock.csv"), format!("{STOCK}A-4,Acme,4\n")).unwrap();
    // What looks at the calls sees one that goes elsewhere: without that, seeing none would say nothing.
    let control = "exec 3<>/dev/udp/192.0.2.1/9; echo x >&3";
    let count = || if watch == Watch::Network { without_a_way() } else { 0 };
    let before = count();
    let ran = watch.command(&log("control"), "bash", &["-c", control], here).output().unwrap();
    assert!(!watch.elsewhere(&log("control"), before).is_empty(), "the control is not seen: {ran:?}");
    let before = count();

    let init = ["init", "--admin-email", "root@example.com", "--admin-password-file", "pw"];
    let made = watch.command(&log("init"), stockroom, &init, here).output().unwrap();
    assert!(made.status.success(), "{made:?}");
    let serve = ["serve", "--listen", "127.0.0.1:0"];
    let mut tracer =
        watch.command(&log("serve"), stockroom, &serve, here).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(tracer.stderr.take().unwrap()).lines();
    let base = loop {
        let line = lines.next().expect("the server stays up").unwrap();
        if let Some(at) = line.find("http://127.0.0.1:") {
            break line[at..].trim_end_matches('/').to_owned();
        }
    };
    std::thread::spawn(move || lines.for_each(drop));
    let mut root = Browser { client: reqwest::Client::new(), base, cookies: BTreeMap::new() };
    assert_eq!(root.login("root@example.com", PASSWORD).await.status, StatusCode::OK);
    let begun = root.upload("Inventory", STOCK, &["owner=Customer"], true).await;
    assert_eq!(begun.status, StatusCode::ACCEPTED, "{begun:?}");
    let ended = root.import_ended(begun.json()["id"].as_str().unwrap()).await;
    assert_eq!(ended["state"], "published", "{ended}");
    for page in [
        "/inventory?q=A-1",
        "/admin",
        "/admin/system",
        "/admin/doctor",
        "/admin/outbound",
        "/api/docs",
        "/keys",
    ] {
        assert_eq!(root.get(page).await.status, StatusCode::OK, "{page}");
    }
    let file = root.get("/api/v1/datasets/inventory/export?format=csv").await;
    assert_eq!(file.text.lines().count(), 4, "{file:?}");
    assert_eq!(root.get("/api/v1/datasets/inventory/export?format=xlsx").await.status, StatusCode::OK);
    let import = watch
        .command(&log("import"), stockroom, &["import", "Inventory", "stock.csv", "--yes"], here)
        .output()
        .unwrap();
    assert!(import.status.success(), "{import:?}");
    let export = watch.command(&log("export"), stockroom, &["export", "Inventory"], here).output().unwrap();
    assert!(stdout(&export).contains("A-4"), "{export:?}");
    kill_process(watch.process(&tracer), Signal::TERM).unwrap();
    tracer.wait().unwrap();
    for name in ["init", "serve", "import", "export"] {
        assert_eq!(watch.elsewhere(&log(name), before), Vec::<String>::new(), "{name} talks to somebody");
    }
}
