//! The budgets of the pages (issue 3), measured on the real binary, over HTTP and in a real Chromium:
//!
//! `cargo bench --bench pages [-- ROWS]` (1,000,000 rows unless said otherwise)
//!
//! Prints figures, asserts none: a time is a fact about a machine.

#![expect(clippy::unwrap_used, reason = "what a measurement needs and does not get ends it")]

#[path = "../browser/chromium.rs"]
mod chromium;
#[path = "../browser/meter.rs"]
mod meter;
#[path = "../browser/tab.rs"]
#[expect(dead_code, reason = "a measurement needs less of it than the tests")]
mod tab;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chromium::Chromium;
use tab::{CONTROL, Script, Tab};

const BINARY: &str = env!("CARGO_BIN_EXE_stockroom");
const LOGIN: &str = "bench@example.com";
const PASSWORD: &str = "seven-lamps-over-the-harbour";
/// How often each page is asked for.
const ASKED: usize = 40;
/// How many fragments of rows are asked for, in each way of looking.
const FRAGMENTS: u64 = 200;
/// Pages of the site and ways of looking at its largest.
const PAGES: [&str; 9] = [
    "/login",
    "/inventory",
    "/inventory?q=bolt",
    "/inventory?q=ceramic+released&sort=-expires",
    "/inventory?f.status=Released&f.uom=EA&sort=part",
    "/imports",
    "/account",
    "/admin/customers",
    "/admin/customers/new",
];
const VIEWS: [&str; 4] = ["", "&q=bolt", "&sort=-expires&sort=part", "&f.status=Released&sort=on_hand"];

fn line(what: &str, figure: &str, budget: &str) {
    println!("{what:<58} {figure:>34}   {budget}");
}

fn stockroom(data: &Path) -> Command {
    let mut command = Command::new(BINARY);
    command.arg("--data-dir").arg(data).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The server, ended with the measurement.
struct Server {
    child: Child,
    origin: String,
}

impl Server {
    fn start(data: &Path) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        drop(listener);
        let child = stockroom(data).args(["serve", "--listen", &address]).spawn().unwrap();
        let started = Instant::now();
        while std::net::TcpStream::connect(&address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the server did not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { child, origin: format!("http://{address}") }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn milliseconds(mut taken: Vec<f64>) -> String {
    taken.sort_unstable_by(f64::total_cmp);
    let at = |share: usize| taken[(taken.len() - 1) * share / 100];
    format!("p50 {:.1} p99 {:.1} max {:.1} ms", at(50), at(99), at(100))
}

fn site(directory: &Path, rows: u64) -> Server {
    let (data, file, password) =
        (directory.join("data"), directory.join("inventory.csv"), directory.join("password"));
    let mut out = std::io::BufWriter::new(fs::File::create(&file).unwrap());
    stockroom::cli::sample::write_sample(rows, 1, &mut out).unwrap();
    drop(out);
    fs::write(&password, PASSWORD).unwrap();
    let init = ["init", "--admin-email", LOGIN, "--admin-password-file"];
    assert!(stockroom(&data).args(init).arg(&password).status().unwrap().success());
    let import = stockroom(&data)
        .args(["import", "Inventory"])
        .arg(&file)
        .args(["--set", "owner=customer", "--yes"])
        .status();
    assert!(import.unwrap().success());
    Server::start(&data)
}

async fn over_http(origin: &str, rows: u64) {
    let client = reqwest::Client::builder().cookie_store(true).build().unwrap();
    let login = serde_json::json!({ "login": LOGIN, "password": PASSWORD });
    let answer = client.post(format!("{origin}/api/v1/auth/login")).json(&login).send().await.unwrap();
    assert!(answer.status().is_success());
    for page in PAGES {
        let mut taken = Vec::new();
        for _ in 0..ASKED {
            let begun = Instant::now();
            let answer = client.get(format!("{origin}{page}")).send().await.unwrap();
            taken.push(begun.elapsed().as_secs_f64() * 1e3);
            assert!(answer.status().is_success(), "{page}: {}", answer.status());
            answer.bytes().await.unwrap();
        }
        let first = taken[0];
        line(
            &format!("first byte, {page}"),
            &format!("first {first:.1}, {}", milliseconds(taken)),
            "<= 50 ms",
        );
    }
    for view in VIEWS {
        let mut taken = Vec::new();
        for step in 0..FRAGMENTS {
            // Far apart, so that nothing that was just read helps.
            let offset = step.wrapping_mul(0x9E37_79B9_7F4A_7C15) % rows;
            let address = format!("{origin}/datasets/inventory/rows?limit=100&offset={offset}{view}");
            let begun = Instant::now();
            let answer = client.get(address).send().await.unwrap();
            assert!(answer.status().is_success());
            answer.bytes().await.unwrap();
            taken.push(begun.elapsed().as_secs_f64() * 1e3);
        }
        line(&format!("100 rows anywhere, whole answer, {view:?}"), &milliseconds(taken), "p99 <= 40 ms");
    }
}

/// Bytes of the scripts and sheets that the pages load, compressed as they travel.
async fn sizes(origin: &str, tab: &mut Tab<'_>) {
    tab.requests();
    let mut all = BTreeSet::new();
    for page in ["/login", "/inventory", "/imports", "/account", "/admin/customers", "/admin/customers/new"] {
        tab.go(page);
        all.extend(tab.requests());
    }
    let elsewhere: Vec<_> = all.iter().filter(|url| !url.starts_with(origin)).collect();
    line("requests off the origin", &format!("{} {elsewhere:?}", elsewhere.len()), "0");
    let client = reqwest::Client::new();
    for (kind, budget) in [(".js", "<= 40 KB"), (".css", "<= 12 KB")] {
        let (mut bytes, mut files) = (0, 0);
        for url in all.iter().filter(|url| url.ends_with(kind)) {
            let answer = client.get(url).header("accept-encoding", "gzip").send().await.unwrap();
            bytes += answer.bytes().await.unwrap().len();
            files += 1;
        }
        line(
            &format!("{kind} of all pages, {files} files, gzipped"),
            &format!("{:.1} KB", bytes as f64 / 1e3),
            budget,
        );
    }
}

fn grid(tab: &Tab<'_>) {
    let ready = "document.querySelector('sr-grid[ready]')?.settled && document.readyState === 'complete'";
    tab.go("/inventory");
    tab.wait_for(ready);
    // Warm: the first frames of a fresh browser are not the grid's.
    for _ in 0..30 {
        tab.wheel(700.0, 450.0, 120.0);
    }
    tab.wait_for(ready);
    for (name, by, steps) in [("wheel, 120 px a step", 120.0, 400), ("wheel, 600 px a step", 600.0, 200)] {
        tab.eval(meter::METER);
        for _ in 0..steps {
            tab.wheel(700.0, 450.0, by);
        }
        tab.eval("meter.stop = true");
        let frames = tab.eval("meter.frames.slice(2)");
        let frames: Vec<f64> =
            frames.as_array().unwrap().iter().filter_map(serde_json::Value::as_f64).collect();
        let mut sorted = frames.clone();
        sorted.sort_unstable_by(f64::total_cmp);
        let p95 = sorted[sorted.len() * 95 / 100];
        let figure = format!("p95 {p95:.1}, {}", milliseconds(frames));
        line(&format!("{name}: frames"), &figure, "p95 <= 35 ms");
        let (blank, waiting) = (tab.number("meter.blank"), tab.number("meter.waiting"));
        let figure = format!("{blank} blank, {waiting} waiting of {}", sorted.len());
        line("  frames without rows, with rows still to come", &figure, "0 blank");
    }
    let mut taken = Vec::new();
    for step in 1..=40_u32 {
        let share = f64::from(step.wrapping_mul(2_654_435_769) >> 8) / f64::from(1 << 24);
        taken.push(tab.number(&format!(
            "(async () => {{ const s = document.querySelector('.grid-scroll'), g = document.querySelector('sr-grid'); \
             const begun = performance.now(); s.scrollTop = {share} * (s.scrollHeight - s.clientHeight); \
             for (let frame = 0; ; frame++) {{ await new Promise(requestAnimationFrame); \
             if (frame > 1 && g.settled) return performance.now() - begun; }} }})()"
        )));
    }
    line("jump to any place, until its rows are there", &milliseconds(taken), "<= 150 ms");
    let mut taken = Vec::new();
    tab.eval("document.querySelector('.grid-scroll').focus()");
    for key in ["End", "Home"].repeat(5) {
        let begun = Instant::now();
        tab.press(key, CONTROL);
        tab.wait_for("document.querySelector('sr-grid').settled && document.getElementById('active-cell')");
        taken.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    line("Ctrl+End and Ctrl+Home, until the row is there", &milliseconds(taken), "<= 150 ms");
}

/// From a key in the search until the rows that it finds are drawn, without the pause that waits for the next key.
fn search(tab: &Tab<'_>) {
    tab.go("/inventory");
    tab.wait_for("document.querySelector('sr-grid[ready]')?.settled && document.readyState === 'complete'");
    tab.click("#global-search");
    let mut taken = Vec::new();
    for letter in "hex bolt released".chars() {
        let before = tab.text_of("document.querySelector('.view-data').dataset.q");
        tab.eval("window.begun = performance.now(); window.ended = 0; \
            document.body.addEventListener('htmx:afterSettle', () => { window.ended = performance.now() }, { once: true })");
        tab.type_text(&letter.to_string());
        tab.wait_for("window.ended > 0");
        if before != tab.text_of("document.querySelector('.view-data').dataset.q") {
            taken.push(tab.number("window.ended - window.begun"));
        }
    }
    line("a letter in the search, until its rows are there", &milliseconds(taken), "with a pause of 120 ms");
}

fn main() {
    let rows: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let directory = tempfile::tempdir().unwrap();
    println!("{rows} rows x 14 columns, {} processors\n", std::thread::available_parallelism().unwrap());
    let server = site(directory.path(), rows);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(over_http(&server.origin, rows));
    let chromium = Chromium::start(&[]);
    let mut tab = Tab::open(&chromium, &server.origin, Script::On);
    tab.go("/login");
    tab.fill("#login", LOGIN);
    tab.fill("#password", PASSWORD);
    tab.click("main form button[type=submit]");
    tab.wait_for_path("/inventory");
    runtime.block_on(sizes(&server.origin, &mut tab));
    grid(&tab);
    search(&tab);
}
