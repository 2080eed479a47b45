//! The engine's budgets (DESIGN §5), measured on the real binary, with SQLite on the same file beside it:
//!
//! `cargo bench --bench engine [-- ROWS]` (1,000,000 rows unless said otherwise)
//!
//! Prints figures, asserts none: a time is a fact about a machine. What it does assert is that the answers are
//! those of a plain count.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rusqlite::Connection;

const BINARY: &str = env!("CARGO_BIN_EXE_stockroom");
const PASSWORD: &str = "seven-lamps-over-the-harbour";
const WORDS: [&str; 12] =
    ["a", "o", "12", "bolt", "CM-3", "hold", "lot", "blue", "mm", "9", "released", "ca"];
const SORTS: [&str; 6] = ["part", "-on_hand", "expires", "-lot", "unit_cost", "customer"];

fn line(what: &str, figure: &str, budget: &str) {
    println!("{what:<58} {figure:>22}   {budget}");
}

fn run(arguments: &[&str]) {
    let status =
        Command::new(BINARY).args(arguments).stderr(Stdio::null()).status().expect("the binary runs");
    assert!(status.success(), "stockroom {arguments:?}");
}

/// A field of `/proc/PID/status` in MB.
fn memory_mb(pid: u32, field: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(field)).unwrap_or(": 0 kB");
    line.trim_start_matches(':').trim().trim_end_matches("kB").trim().parse::<u64>().unwrap_or(0) >> 10
}

struct Server {
    child: Child,
    address: String,
}

impl Server {
    fn start(data: &str) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("it is bound").to_string();
        drop(listener);
        let child = Command::new(BINARY)
            .args(["--data-dir", data, "serve", "--listen", &address])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary runs");
        Self { child, address }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn percentiles(taken: &mut [Duration]) -> String {
    taken.sort_unstable();
    let at = |share: usize| taken[(taken.len() - 1) * share / 100];
    format!("p50 {:.1} p99 {:.1} ms", at(50).as_secs_f64() * 1e3, at(99).as_secs_f64() * 1e3)
}

/// The same file a day later: every twentieth row has another quantity, every hundredth is gone.
fn next_day(file: &Path, next: &Path) -> u64 {
    let lines = BufReader::new(File::open(file).expect("the sample is there")).lines();
    let mut out = BufWriter::new(File::create(next).expect("the next file is made"));
    let mut rows = 0;
    for (number, line) in lines.enumerate() {
        let mut line = line.expect("the sample is text");
        if number > 0 && number % 100 == 0 {
            continue;
        }
        if number > 0 && number % 20 == 7 {
            // The eighth column is the quantity on hand; the cells before it hold no commas in most rows.
            let cells: Vec<&str> = line.split(',').collect();
            if cells.len() == 14 {
                let mut cells = cells;
                let quantity = number.to_string();
                cells[7] = &quantity;
                line = cells.join(",");
            }
        }
        rows += u64::from(number > 0);
        writeln!(out, "{line}").expect("the next file is written");
    }
    out.flush().expect("the next file is written");
    rows
}

fn import(data: &str, file: &Path, rows: u64, what: &str) -> f64 {
    let started = Instant::now();
    let output = Command::new(BINARY)
        .args(["--data-dir", data, "--log-level", "info", "import", "Inventory"])
        .arg(file)
        .args(["--set", "owner=customer", "--set", "key=part,lot,po,bin", "--yes", "--anyway", "--json"])
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let took = started.elapsed();
    let answer: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(answer["rows_published"], rows);
    let rate = rows as f64 / took.as_secs_f64();
    line(
        what,
        &format!("{:.1} s = {rate:.0} rows/s", took.as_secs_f64()),
        ">= 50,000, aim 100,000 rows/s",
    );
    let peak = answer["peak_bytes"].as_u64().map_or(0, |bytes| bytes >> 20);
    line("  peak memory of the child", &format!("{peak} MB"), "<= 600 MB");
    took.as_secs_f64()
}

/// What changed, and a generation that is no longer live.
async fn earlier(client: &reqwest::Client, base: &str) {
    let started = Instant::now();
    get(client, &format!("{base}/datasets/inventory/changes")).await;
    let first = started.elapsed().as_secs_f64();
    let mut taken = Vec::new();
    for page in 1..=50 {
        let started = Instant::now();
        get(client, &format!("{base}/datasets/inventory/changes?page={page}")).await;
        taken.push(started.elapsed());
    }
    line("difference of two generations, first page", &format!("{first:.2} s"), "<= 1 s");
    line("  its other pages", &percentiles(&mut taken), "");
    let mut taken = Vec::new();
    for time in 0..50 {
        let started = Instant::now();
        let generation = time % 2 + 1;
        get(client, &format!("{base}/datasets/inventory/rows?generation={generation}&limit=100")).await;
        taken.push(started.elapsed());
    }
    line("rows of another generation, to and fro", &percentiles(&mut taken), "<= 50 ms");
}

async fn get(client: &reqwest::Client, url: &str) -> bytes::Bytes {
    let response = client.get(url).send().await.expect("an answer");
    assert!(response.status().is_success(), "{url}: {}", response.status());
    response.bytes().await.expect("a body")
}

async fn serve(data: &str, rows: u64) {
    let started = Instant::now();
    let server = Server::start(data);
    let client = reqwest::Client::builder().cookie_store(true).build().expect("a client");
    let base = format!("http://{}", server.address);
    while client.get(format!("{base}/readyz")).send().await.is_err() {
        tokio::time::sleep(Duration::from_millis(2)).await;
        assert!(started.elapsed() < Duration::from_secs(30), "the server did not start");
    }
    line("start to ready", &format!("{:.2} s", started.elapsed().as_secs_f64()), "<= 0.5 s");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let pid = server.child.id();
    line("idle memory (RssAnon)", &format!("{} MB", memory_mb(pid, "RssAnon")), "<= 80 MB");
    let login = serde_json::json!({"login": "bench@example.com", "password": PASSWORD});
    let answer =
        client.post(format!("{base}/api/v1/auth/login")).json(&login).send().await.expect("an answer");
    assert!(answer.status().is_success());
    earlier(&client, &base).await;
    let api = format!("{base}/api/v1/datasets/inventory");
    // What a page of the inventory needs: count, 100 rows, sort, totals, four facets; nothing asked before.
    for (name, typed) in
        [("inventory fragment, something typed", true), ("inventory fragment, nothing typed", false)]
    {
        let mut taken = Vec::new();
        for time in 0..300_u64 {
            let sort = SORTS[time as usize % SORTS.len()];
            let query = if typed {
                format!("{}+{}", WORDS[time as usize % WORDS.len()], time % 90 + 10)
            } else {
                String::new()
            };
            let offset = if typed { 0 } else { time * 7_919 % rows };
            let asked = Instant::now();
            let facets = "facet=status&facet=uom&facet=customer&facet=bin&facet_limit=50";
            let (first, second) = (
                format!("{api}/rows?q={query}&sort={sort}&offset={offset}&limit=100"),
                format!("{api}/facets?q={query}&{facets}"),
            );
            get(&client, &first).await;
            get(&client, &second).await;
            taken.push(asked.elapsed());
        }
        line(name, &percentiles(&mut taken), "p50 <= 10, p99 <= 40 ms");
    }
    for (name, query) in [
        ("  of it: 100 rows sorted", "rows?sort=lot&limit=100"),
        ("  of it: one facet", "facets?facet=status&q=-zzz"),
        ("  of it: facet of many values", "facets?facet=bin&facet_limit=50&q=-zzz"),
        ("  of it: count of a text", "rows?q=released&limit=0&sort=part"),
    ] {
        let mut taken = Vec::new();
        for time in 0..50 {
            // A word that stands nowhere makes each question a new one.
            let asked = Instant::now();
            get(
                &client,
                &format!("{api}/{query}{}", query.find("q=-").map_or(String::new(), |_| format!("{time}"))),
            )
            .await;
            taken.push(asked.elapsed());
        }
        line(name, &percentiles(&mut taken), "");
    }
    let mut taken = Vec::new();
    for word in WORDS {
        let asked = Instant::now();
        get(&client, &format!("{api}/rows?q={word}&limit=100")).await;
        taken.push(asked.elapsed());
    }
    line("best match first, a word for the first time", &percentiles(&mut taken), "");
    let before = memory_mb(pid, "VmHWM");
    for (what, query, budget) in
        [("XLSX of 100,000 rows", "&q=_limit_", "<= 2 s, <= 150 MB"), ("CSV of all rows", "", "")]
    {
        let format = if query.is_empty() { "csv" } else { "xlsx" };
        // About one row in ten: the lots that end in 7.
        let query = if query.is_empty() { String::new() } else { "&q=lot:*7".to_owned() };
        let asked = Instant::now();
        let bytes = get(&client, &format!("{api}/export?format={format}{query}")).await;
        line(what, &format!("{:.2} s, {} MB", asked.elapsed().as_secs_f64(), bytes.len() >> 20), budget);
        if format == "xlsx" {
            let more = memory_mb(pid, "VmHWM").saturating_sub(before);
            line("  memory on top", &format!("{more} MB"), "");
        }
    }
    line("memory after all this (RssAnon)", &format!("{} MB", memory_mb(pid, "RssAnon")), "");
}

/// The same file in SQLite: a table, an index a column that is sorted by, and a trigram index of all text.
fn sqlite(dir: &Path, file: &Path, rows: u64) -> f64 {
    let database = Connection::open(dir.join("sqlite.db")).expect("SQLite opens");
    database
        .execute_batch("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF;")
        .expect("SQLite takes the fastest settings");
    let started = Instant::now();
    let mut reader = csv::Reader::from_path(file).expect("the file opens");
    let headers: Vec<String> = reader.headers().expect("it has a header").iter().map(str::to_owned).collect();
    let names = headers.join(", ");
    database
        .execute_batch(&format!(
            "CREATE TABLE stock ({names}); CREATE VIRTUAL TABLE words USING fts5({names}, content='stock', tokenize='trigram');"
        ))
        .expect("the tables are made");
    database.execute_batch("BEGIN").expect("a transaction");
    {
        let marks = vec!["?"; headers.len()].join(", ");
        let mut insert = database.prepare(&format!("INSERT INTO stock VALUES ({marks})")).expect("it parses");
        for record in reader.records() {
            let record = record.expect("the sample is well formed");
            insert.execute(rusqlite::params_from_iter(record.iter())).expect("the row fits");
        }
    }
    database.execute_batch("COMMIT; INSERT INTO words(words) VALUES ('rebuild');").expect("SQLite indexes");
    let loaded = started.elapsed().as_secs_f64();
    line("SQLite: load and index (FTS5 trigram)", &format!("{loaded:.1} s"), "");
    let count: i64 = database.query_row("SELECT count(*) FROM stock", [], |row| row.get(0)).expect("a count");
    assert_eq!(count as u64, rows);
    let time = |name: &str, sql: &str| {
        let mut taken: Vec<Duration> = (0..9)
            .map(|_| {
                let asked = Instant::now();
                let mut statement = database.prepare(sql).expect("it parses");
                let mut found = statement.query([]).expect("it runs");
                while found.next().expect("a row").is_some() {}
                asked.elapsed()
            })
            .collect();
        line(name, &percentiles(&mut taken), "");
    };
    time("SQLite: 100 rows sorted", "SELECT * FROM stock ORDER BY lot COLLATE NOCASE LIMIT 100");
    time("SQLite: one facet", "SELECT status, count(*) FROM stock GROUP BY 1 ORDER BY 2 DESC");
    time(
        "SQLite: facet of many values",
        "SELECT bin, count(*) FROM stock GROUP BY 1 ORDER BY 2 DESC LIMIT 50",
    );
    time("SQLite: count of a text", "SELECT count(*) FROM words WHERE words MATCH '\"released\"'");
    loaded
}

fn cores() -> String {
    let model = File::open("/proc/cpuinfo")
        .ok()
        .and_then(|file| {
            BufReader::new(file).lines().map_while(Result::ok).find_map(|line| {
                Some(line.strip_prefix("model name")?.trim_start_matches([' ', '\t', ':']).to_owned())
            })
        })
        .unwrap_or_default();
    format!("{} cores, {model}", std::thread::available_parallelism().map_or(0, usize::from))
}

fn main() {
    let rows: u64 = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000_000);
    let dir = tempfile::tempdir().expect("a temporary directory");
    let file = dir.path().join("inventory.csv");
    let mut out = BufWriter::new(File::create(&file).expect("the sample is made"));
    stockroom::cli::sample::write_sample(rows, 1, &mut out).expect("the sample is written");
    out.flush().expect("the sample is written");
    let bytes = fs::metadata(&file).expect("the sample is there").len();
    println!("{}; {rows} rows x 14 columns, {} MB\n", cores(), bytes >> 20);
    let data = dir.path().join("data").to_string_lossy().into_owned();
    let password = dir.path().join("password");
    fs::write(&password, PASSWORD).expect("the password is written");
    run(&[
        "--data-dir",
        &data,
        "init",
        "--admin-email",
        "bench@example.com",
        "--admin-password-file",
        &password.to_string_lossy(),
    ]);
    let ours = import(&data, &file, rows, "import, file to published");
    let next = dir.path().join("next.csv");
    let left = next_day(&file, &next);
    import(&data, &next, left, "the next one, with guard and difference");
    let binary = fs::metadata(BINARY).expect("the binary is there").len() >> 20;
    line("binary", &format!("{binary} MB"), "<= 30 MB");
    tokio::runtime::Runtime::new().expect("a runtime").block_on(serve(&data, rows));
    println!();
    let theirs = sqlite(dir.path(), &file, rows);
    line("import against SQLite", &format!("{:.1} times as fast", theirs / ours), "several times");
}
