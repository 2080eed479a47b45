//! Standing load and abuse (issue 8), on the real binary over HTTP:
//!
//! `cargo bench --bench load [-- USERS ROWS SECONDS]` (500 users, 1,000,000 rows, 60 seconds unless said otherwise;
//! `STOCKROOM=path/to/stockroom` measures another binary)
//!
//! First so many signed-in users browse while files are imported one after the other. Then, while a single user goes on
//! browsing, others misbehave: slow senders, floods, idle connections, huge heads and bodies. Each user, and each who
//! misbehaves, comes from a loopback address of its own. Prints figures, asserts none but that the site answers.

#![expect(clippy::unwrap_used, reason = "what a measurement needs and does not get ends it")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::sleep;

const PASSWORD: &str = "seven lamps over the harbour";
const ADMIN: &str = "admin@example.com";
/// How long each way to misbehave goes on.
const ABUSE: Duration = Duration::from_secs(15);
const IDLE_CONNECTIONS: u32 = 10_000;
/// Connections of one address; a site lets so many in from one.
const OF_ONE_ADDRESS: u32 = 40;

fn line(what: &str, figure: &str, budget: &str) {
    println!("{what:<58} {figure:>46}   {budget}");
}

fn binary() -> PathBuf {
    std::env::var_os("STOCKROOM").map_or_else(|| env!("CARGO_BIN_EXE_stockroom").into(), PathBuf::from)
}

fn stockroom(data: &Path) -> Command {
    let mut command = Command::new(binary());
    command.arg("--data-dir").arg(data).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// The server, ended with the measurement.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(data: &Path) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        let child = stockroom(data).args(["serve", "--listen", &address.to_string()]).spawn().unwrap();
        let started = Instant::now();
        while std::net::TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < Duration::from_secs(30), "the server did not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Self { child, address }
    }

    /// Memory of its own, in MiB.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let of = |name: &str| {
            status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
        };
        of("RssAnon:").trim().trim_end_matches(" kB").parse::<u64>().unwrap_or(0) / 1024
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A generator of numbers that only have to differ.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

#[derive(Default)]
struct Taken {
    milliseconds: Mutex<Vec<f64>>,
    wrong: Mutex<BTreeMap<String, u64>>,
}

impl Taken {
    fn note(&self, begun: Instant, answer: Result<u16, String>) {
        match answer {
            Ok(status) if status < 400 => {
                self.milliseconds.lock().unwrap().push(begun.elapsed().as_secs_f64() * 1e3);
            }
            Ok(status) => *self.wrong.lock().unwrap().entry(status.to_string()).or_default() += 1,
            Err(what) => *self.wrong.lock().unwrap().entry(what).or_default() += 1,
        }
    }

    fn figure(&self) -> String {
        let mut taken = std::mem::take(&mut *self.milliseconds.lock().unwrap());
        let wrong = std::mem::take(&mut *self.wrong.lock().unwrap());
        if taken.is_empty() {
            return format!("no answers; wrong: {wrong:?}");
        }
        taken.sort_unstable_by(f64::total_cmp);
        let at = |share: usize| taken[(taken.len() - 1) * share / 100];
        let errors = if wrong.is_empty() { "no error".to_owned() } else { format!("{wrong:?}") };
        format!("{} asked, p50 {:.1} p99 {:.1} max {:.0} ms, {errors}", taken.len(), at(50), at(99), at(100))
    }
}

/// The address of the nth of a kind: 127.KIND.x.y.
fn source(kind: u8, nth: u32) -> IpAddr {
    let [.., high, low] = (nth + 1).to_be_bytes();
    IpAddr::V4(Ipv4Addr::new(127, kind, high, low))
}

async fn connection(to: SocketAddr, from: IpAddr) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(SocketAddr::new(from, 0))?;
    socket.connect(to).await
}

fn user(nth: u32) -> String {
    format!("user{nth}@example.com")
}

/// A site with rows and users, each of whom sees some owners; returns the file as well.
fn site(directory: &Path, users: u32, rows: u64) -> (Server, PathBuf) {
    let (data, file) = (directory.join("data"), directory.join("inventory.csv"));
    let mut out = std::io::BufWriter::new(fs::File::create(&file).unwrap());
    stockroom::cli::sample::write_sample(rows, 1, &mut out).unwrap();
    drop(out);
    let password = directory.join("password");
    fs::write(&password, PASSWORD).unwrap();
    let run = |command: &mut Command| assert!(command.status().unwrap().success(), "{command:?}");
    run(stockroom(&data).args(["init", "--admin-email", ADMIN, "--admin-password-file"]).arg(&password));
    let import = ["--set", "owner=customer", "--yes"];
    run(stockroom(&data).args(["import", "Inventory"]).arg(&file).args(import));

    let text = fs::read_to_string(&file).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let at = lines.next().unwrap().iter().position(|name| name.trim_matches('"') == "customer").unwrap();
    let owners: BTreeSet<&str> = lines
        .take(20_000)
        .filter_map(|cells| cells.get(at).copied())
        .filter(|name| !name.contains('"'))
        .collect();
    let owners: Vec<&str> = owners.into_iter().collect();
    let hash = Command::new(binary())
        .arg("hash-password")
        .stdin(fs::File::open(&password).unwrap())
        .output()
        .unwrap();
    let hash = String::from_utf8(hash.stdout).unwrap();
    let mut list = String::from("email,first_name,last_name,roles,owners,password_hash\n");
    for nth in 0..users {
        let owner = owners[nth as usize % owners.len()];
        let _ = writeln!(list, "{},User,{nth},customer,{owner},\"{}\"", user(nth), hash.trim());
    }
    let users = directory.join("users.csv");
    fs::write(&users, list).unwrap();
    run(stockroom(&data).args(["user", "import"]).arg(&users));
    (Server::start(&data), file)
}

fn client(from: IpAddr) -> reqwest::Client {
    let client = reqwest::Client::builder().cookie_store(true).local_address(from).no_proxy();
    client.timeout(Duration::from_secs(30)).build().unwrap()
}

async fn sign_in(origin: &str, client: &reqwest::Client, login: &str) {
    let login = serde_json::json!({ "login": login, "password": PASSWORD });
    let answer = client.post(format!("{origin}/api/v1/auth/login")).json(&login).send().await.unwrap();
    assert!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap());
}

/// What somebody who browses asks for next.
fn step(numbers: &mut Numbers) -> String {
    const WORDS: [&str; 8] = ["bolt", "steel", "seal", "M8", "ceramic", "valve", "released", "A-1"];
    const STATUS: [&str; 3] = ["Released", "Hold", "Quarantine"];
    let word = WORDS[numbers.next(8) as usize];
    let status = STATUS[numbers.next(3) as usize];
    match numbers.next(100) {
        0..30 => format!("/datasets/inventory/rows?limit=100&offset={}", numbers.next(2_000)),
        30..55 => format!("/inventory?q={word}{}", numbers.next(100)),
        55..75 => format!("/inventory?f.status={status}&sort=-on_hand"),
        75..85 => "/inventory".to_owned(),
        85..90 => "/account".to_owned(),
        90..95 => format!("/datasets/inventory/rows?limit=100&q={word}&sort=-expires"),
        95..98 => format!("/api/v1/datasets/inventory/rows?q={word}&limit=20"),
        _ => format!("/api/v1/datasets/inventory/export?format=csv&q={word}{}", numbers.next(100)),
    }
}

async fn ask(origin: &str, client: &reqwest::Client, path: &str, taken: &Taken) {
    let begun = Instant::now();
    let answer = async {
        let answer = client.get(format!("{origin}{path}")).send().await?;
        let status = answer.status().as_u16();
        answer.bytes().await?;
        Ok::<_, reqwest::Error>(status)
    };
    taken.note(begun, answer.await.map_err(|error| format!("{path}: {error:?}")));
}

async fn browsing(server: &Server, data: &Path, file: &Path, users: u32, seconds: u64) {
    let origin = Arc::new(format!("http://{}", server.address));
    let begun = Instant::now();
    let mut clients = Vec::new();
    for nth in 0..users {
        let client = client(source(1, nth));
        sign_in(&origin, &client, &user(nth)).await;
        clients.push(client);
    }
    line(&format!("{users} users signed in"), &format!("{:.1} s", begun.elapsed().as_secs_f64()), "");
    let before = server.memory();
    let (taken, stop) = (Arc::new(Taken::default()), Arc::new(AtomicBool::new(false)));
    let mut tasks = Vec::new();
    for (nth, client) in (0_u64..).zip(clients) {
        let (origin, taken, stop) = (Arc::clone(&origin), Arc::clone(&taken), Arc::clone(&stop));
        tasks.push(tokio::spawn(async move {
            let mut numbers = Numbers(nth);
            sleep(Duration::from_millis(numbers.next(5_000))).await;
            while !stop.load(Ordering::Relaxed) {
                ask(&origin, &client, &step(&mut numbers), &taken).await;
                // A person reads before the next click.
                sleep(Duration::from_millis(2_000 + numbers.next(6_000))).await;
            }
        }));
    }
    let (mut imports, begun) = (0, Instant::now());
    while begun.elapsed() < Duration::from_secs(seconds) {
        let mut import = stockroom(data);
        import.args(["import", "Inventory"]).arg(file).args(["--yes", "--anyway"]);
        let done = tokio::task::spawn_blocking(move || import.status().unwrap().success()).await.unwrap();
        assert!(done, "the import failed");
        imports += 1;
        // The same bytes again would be no import.
        let mut more = fs::OpenOptions::new().append(true).open(file).unwrap();
        std::io::Write::write_all(&mut more, last_line(file, imports).as_bytes()).unwrap();
    }
    stop.store(true, Ordering::Relaxed);
    for task in tasks {
        task.await.unwrap();
    }
    line(&format!("browsing meanwhile, {imports} imports"), &taken.figure(), "p99 <= 250 ms, no error");
    line("memory before, after", &format!("{before} MiB, {} MiB", server.memory()), "");
}

/// One more row, made of the last one.
fn last_line(file: &Path, nth: u32) -> String {
    let text = fs::read_to_string(file).unwrap();
    let last = text.lines().next_back().unwrap();
    let (_, rest) = last.split_once(',').unwrap();
    format!("LOAD-{nth},{rest}\n")
}

/// What others do until they are told to stop; each task counts what it did.
#[derive(Clone, Copy)]
enum Abuse {
    Nothing,
    SlowHeads,
    Floods,
    Idle,
    HugeHeads,
    HugeBodies,
}

async fn misbehave(abuse: Abuse, to: SocketAddr, nth: u32, stop: Arc<AtomicBool>, done: Arc<AtomicU64>) {
    let goes_on = || !stop.load(Ordering::Relaxed);
    match abuse {
        Abuse::Nothing => {}
        Abuse::SlowHeads => {
            while goes_on() {
                let Ok(mut stream) = connection(to, source(2, nth)).await else { continue };
                done.fetch_add(1, Ordering::Relaxed);
                let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\nX: ").await;
                while goes_on() && stream.write_all(b"x").await.is_ok() {
                    sleep(Duration::from_secs(1)).await;
                }
            }
        }
        Abuse::Floods => {
            let mut numbers = Numbers(nth.into());
            while goes_on() {
                let from = source(3, u32::try_from(numbers.next(200)).unwrap());
                if let Ok(mut stream) = connection(to, from).await {
                    let _ = stream.write_all(b"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
                    done.fetch_add(1, Ordering::Relaxed);
                }
            }
        }
        Abuse::Idle => {
            let mut held = Vec::new();
            for _ in 0..OF_ONE_ADDRESS {
                if let Ok(stream) = connection(to, source(4, nth)).await {
                    done.fetch_add(1, Ordering::Relaxed);
                    held.push(stream);
                }
            }
            while goes_on() {
                sleep(Duration::from_millis(200)).await;
            }
        }
        Abuse::HugeHeads => {
            while goes_on() {
                let Ok(mut stream) = connection(to, source(5, nth)).await else { continue };
                done.fetch_add(1, Ordering::Relaxed);
                let _ = stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await;
                let head = vec![b'x'; 64 * 1024];
                for _ in 0..16 {
                    if stream.write_all(b"X-A: ").await.is_err() || stream.write_all(&head).await.is_err() {
                        break;
                    }
                }
                sleep(Duration::from_millis(50)).await;
            }
        }
        Abuse::HugeBodies => {
            while goes_on() {
                let Ok(mut stream) = connection(to, source(6, nth)).await else { continue };
                done.fetch_add(1, Ordering::Relaxed);
                let head = "POST /api/v1/auth/login HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                            Content-Length: 1000000000\r\n\r\n";
                let _ = stream.write_all(head.as_bytes()).await;
                let body = vec![b' '; 64 * 1024];
                while goes_on() && stream.write_all(&body).await.is_ok() {}
                let mut answer = [0; 1024];
                let _ = tokio::time::timeout(Duration::from_millis(100), stream.read(&mut answer)).await;
            }
        }
    }
}

async fn abuse(server: &Server, name: &str, kind: Abuse, tasks: u32) {
    let origin = format!("http://{}", server.address);
    let good = client(source(7, 0));
    sign_in(&origin, &good, ADMIN).await;
    let before = server.memory();
    let (stop, done) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let others: Vec<_> = (0..tasks)
        .map(|nth| tokio::spawn(misbehave(kind, server.address, nth, Arc::clone(&stop), Arc::clone(&done))))
        .collect();
    sleep(Duration::from_secs(2)).await;
    let (taken, mut numbers, begun, mut most) = (Taken::default(), Numbers(7), Instant::now(), before);
    while begun.elapsed() < ABUSE {
        let path = match numbers.next(3) {
            0 => "/inventory".to_owned(),
            1 => format!("/datasets/inventory/rows?limit=100&offset={}", numbers.next(100_000)),
            _ => format!("/inventory?q=bolt{}", numbers.next(50)),
        };
        ask(&origin, &good, &path, &taken).await;
        most = most.max(server.memory());
        sleep(Duration::from_millis(20)).await;
    }
    stop.store(true, Ordering::Relaxed);
    for other in others {
        other.abort();
    }
    let name = format!("{name} ({})", done.load(Ordering::Relaxed));
    line(&name, &taken.figure(), "p99 <= 50 ms");
    line("  memory", &format!("{before} MiB, at most {most} MiB"), "+ 64 MiB at most");
    sleep(Duration::from_secs(1)).await;
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let mut given =
        std::env::args().skip(1).filter_map(|argument| argument.replace('_', "").parse::<u64>().ok());
    let users = u32::try_from(given.next().unwrap_or(500)).unwrap();
    let (rows, seconds) = (given.next().unwrap_or(1_000_000), given.next().unwrap_or(60));
    let directory = tempfile::tempdir().unwrap();
    let (server, file) = site(directory.path(), users, rows);
    line("rows, start", &format!("{rows}, {} MiB", server.memory()), "");
    browsing(&server, &directory.path().join("data"), &file, users, seconds).await;
    abuse(&server, "one user alone", Abuse::Nothing, 1).await;
    abuse(&server, "beside slow senders", Abuse::SlowHeads, 500).await;
    abuse(&server, "beside a flood of connections", Abuse::Floods, 8).await;
    abuse(&server, "beside idle connections", Abuse::Idle, IDLE_CONNECTIONS / OF_ONE_ADDRESS).await;
    abuse(&server, "beside huge heads", Abuse::HugeHeads, 20).await;
    abuse(&server, "beside huge bodies", Abuse::HugeBodies, 20).await;
}
