//! The engine's budgets (DESIGN §5), measured: `cargo bench --bench engine [-- ROWS [FILE]]`.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use stockroom::domain::limits::ImportLimits;
use stockroom::domain::record::Record;
use stockroom::domain::scope::Scope;
use stockroom::ingest;
use stockroom::search::build::Builder;
use stockroom::search::facets::FacetOptions;
use stockroom::search::generation::Generation;
use stockroom::search::view::{Filter, MatchMode, SearchRequest, SortKey};

fn build(file: &Path, dir: &Path) -> u32 {
    let limits = ImportLimits::default();
    let started = Instant::now();
    let inspection = ingest::inspect(file, &ingest::Hints::default(), &limits).expect("the sample reads");
    println!("inspect                {:>10.1?}", started.elapsed());
    for column in &inspection.profile.columns {
        println!("    {:<12} {:?} {:?}", column.name, column.column_type, column.role);
    }
    let mut reader = ingest::RowReader::open(file, &inspection.profile, &limits).expect("the sample opens");
    let mut builder = Builder::create(dir, &inspection.profile.columns).expect("a fresh directory");
    let (mut record, mut untyped) = (Record::default(), Vec::new());
    loop {
        match reader.next(&mut record).expect("the sample reads") {
            ingest::Next::Row => builder.add(&record, &mut untyped).expect("the row fits"),
            ingest::Next::Rejected(reject) => panic!("rejected: {reject:?}"),
            ingest::Next::End => break,
        }
    }
    println!("rows read and added    {:>10.1?}", started.elapsed());
    let rows = builder.finish().expect("the disk has room");
    let took = started.elapsed();
    println!("built                  {took:>10.1?}  {:.0} rows/s", f64::from(rows) / took.as_secs_f64());
    rows
}

fn percentiles(name: &str, mut run: impl FnMut(usize), times: usize) {
    let mut taken: Vec<Duration> = (0..times)
        .map(|time| {
            let started = Instant::now();
            run(time);
            started.elapsed()
        })
        .collect();
    taken.sort_unstable();
    println!(
        "{name:<38} p50 {:>9.2?}  p99 {:>9.2?}  first {:>9.2?}",
        taken[times / 2],
        taken[times * 99 / 100],
        taken[times - 1]
    );
}

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| !argument.starts_with("--"));
    let file = PathBuf::from(arguments.next().expect("a file"));
    let dir = tempfile::tempdir().expect("a temporary directory");
    build(&file, &dir.path().join("1"));
    let size: u64 = walk(dir.path());
    println!("generation on disk     {:>7} MB", size >> 20);
    let started = Instant::now();
    let generation = Generation::open(&dir.path().join("1"), Some("customer"), 64 << 20).expect("it opens");
    println!("open                   {:>10.1?}", started.elapsed());
    let view = generation.view(&Scope::everything());
    let today = jiff::civil::date(2026, 11, 21);
    let base = SearchRequest::everything(today);
    let words = [
        "a", "o", "12", "sleeve", "CM-30", "hold", "µm", "lot00", "blue", "photo 4", "käse", "9", "released",
        "3", "ca", "ea",
    ];
    percentiles(
        "any word, count",
        |time| {
            let request = SearchRequest {
                query: format!("{}{}", words[time % words.len()], if time < words.len() { "" } else { " 1" }),
                sort: vec![SortKey { column: "part".into(), descending: false }],
                ..base.clone()
            };
            assert!(view.search(&request).expect("a result").matched > 0);
        },
        words.len() * 2,
    );
    for word in words {
        let request = SearchRequest { query: format!("-{word}"), ..base.clone() };
        let started = Instant::now();
        let found = view.search(&request).expect("a result");
        println!("    -{word:<10} {:>8} {:>9.2?}", found.matched, started.elapsed());
    }
    for word in words {
        let request = SearchRequest { query: word.to_owned(), ..base.clone() };
        let started = Instant::now();
        let found = view.search(&request).expect("a result");
        let all = started.elapsed();
        let request = SearchRequest { mode: MatchMode::Any, ..request };
        let started = Instant::now();
        let any = view.search(&request).expect("a result");
        println!(
            "    best {word:<10} {:>8} {all:>9.2?}   any {:>8} {:>9.2?}",
            found.matched,
            any.matched,
            started.elapsed()
        );
    }
    let facets = ["status", "uom", "customer", "bin"];
    percentiles(
        "fragment: count, 100 rows, sort, 4 facets",
        |time| {
            let columns = ["part", "-on_hand", "expires", "-lot", "unit_cost"];
            let column = columns[time % columns.len()];
            let request = SearchRequest {
                query: format!("{} {}", words[time % words.len()], time % 90 + 10),
                filters: vec![Filter { column: "status".into(), values: vec!["Released".into()] }],
                sort: vec![SortKey {
                    column: column.trim_start_matches('-').into(),
                    descending: column.starts_with('-'),
                }],
                ..base.clone()
            };
            let found = view.search(&request).expect("a result");
            let rows = view.window(&found, found.matched / 2, 100);
            std::hint::black_box(
                rows.iter().map(|row| row.cells().map(str::len).sum::<usize>()).sum::<usize>(),
            );
            for facet in facets {
                view.facet(&request, facet, FacetOptions { prefix: "", limit: 50 }).expect("a facet");
            }
            view.totals(&found);
        },
        400,
    );
    percentiles(
        "fragment, nothing typed",
        |time| {
            let column = ["part", "lot", "on_hand", "expires"][time % 4];
            let request = SearchRequest {
                sort: vec![SortKey { column: column.into(), descending: time % 8 > 3 }],
                ..base.clone()
            };
            let found = view.search(&request).expect("a result");
            std::hint::black_box(view.window(&found, (time as u64 * 7919 * 31) % found.matched, 100).len());
            for facet in facets {
                view.facet(&request, facet, FacetOptions { prefix: "", limit: 50 }).expect("a facet");
            }
            view.totals(&found);
        },
        400,
    );
}

fn walk(dir: &Path) -> u64 {
    std::fs::read_dir(dir)
        .expect("readable")
        .flatten()
        .map(|entry| {
            let meta = entry.metadata().expect("readable");
            if meta.is_dir() { walk(&entry.path()) } else { meta.len() }
        })
        .sum()
}
