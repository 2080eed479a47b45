//! Plans as files: what is read is projected exactly, what is written is read again, and what is wrong is said with its line.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{PASSWORD, TestApp, stderr, stdout, stockroom};

fn site() -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("pw"), format!("{PASSWORD}\n")).unwrap();
    let init = ["init", "--admin-email", "ann@example.com", "--admin-password-file", "pw"];
    let made = stockroom(directory.path(), &init);
    assert!(made.status.success(), "{}", stderr(&made));
    directory
}

fn done(directory: &Path, args: &[&str]) -> String {
    let output = stockroom(directory, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    stdout(&output)
}

fn refused(directory: &Path, args: &[&str]) -> String {
    let output = stockroom(directory, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", stdout(&output));
    stderr(&output)
}

/// A number from a seed, as a die would give it (Numerical Recipes' linear congruence).
fn next(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *seed >> 33
}

/// Movements of some items over some days in hundredths, with the balance at the end of each day kept by hand.
struct Ledger {
    opening: Vec<(String, i64)>,
    /// Item, day, in, out, balance.
    days: Vec<(String, String, i64, i64, i64)>,
}

fn ledger(items: usize, days: i32) -> Ledger {
    let mut seed = 7;
    let first = jiff::civil::date(2025, 12, 30);
    let mut kept = Ledger { opening: Vec::new(), days: Vec::new() };
    for item in 0..items {
        let name = format!("{:03}", item * 7);
        let mut balance = next(&mut seed) as i64 % 5_000;
        kept.opening.push((name.clone(), balance));
        for day in 0..days {
            let date = first.checked_add(jiff::Span::new().days(day)).unwrap();
            let made = if next(&mut seed).is_multiple_of(3) { next(&mut seed) as i64 % 9_999 } else { 0 };
            let sold =
                if next(&mut seed).is_multiple_of(2) { next(&mut seed) as i64 % 7_777 - 500 } else { 0 };
            balance += made - sold;
            kept.days.push((name.clone(), date.to_string(), made, sold, balance));
        }
    }
    kept
}

fn hundredths(amount: i64) -> String {
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}{}.{:02}", amount.abs() / 100, amount.abs() % 100)
}

fn in_hundredths(text: &str) -> i64 {
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let sign = if whole.starts_with('-') { -1 } else { 1 };
    whole.trim_start_matches('-').parse::<i64>().unwrap() * 100 * sign
        + format!("{part:0<2}").parse::<i64>().unwrap() * sign
}

/// Rows of an exported file by item and day: projected and starting inventory.
fn exported(text: &str) -> std::collections::BTreeMap<(String, String), (i64, String)> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().iter().collect::<Vec<_>>().join(",");
    assert_eq!(
        header,
        "item,location,channel,date,production,sales,reported_inventory,projected_inventory,gap,starting_inventory,safety_stock"
    );
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        ((row[0].to_owned(), row[3].to_owned()), (in_hundredths(&row[7]), row[9].to_owned()))
    });
    rows.collect()
}

#[test]
fn the_projection_is_the_known_balance_on_every_day_and_an_export_is_the_same_plan_again() {
    let directory = site();
    let at = directory.path();
    let kept = ledger(12, 120);
    let opening: std::collections::BTreeMap<_, _> = kept.opening.iter().cloned().collect();
    let mut file = "date;item;sales;production;starting_inventory\n".to_owned();
    for (item, date, made, sold, _) in &kept.days {
        let starting = if date == "2025-12-30" { hundredths(opening[item]) } else { String::new() };
        writeln!(file, "{date};{item};{};{};{starting}", hundredths(*sold), hundredths(*made)).unwrap();
    }
    fs::write(at.join("all.csv"), &file).unwrap();
    let made: Value = serde_json::from_str(&done(at, &["plan", "create", "Base", "--json"])).unwrap();
    assert_eq!((&made["is_leader"], &made["first"]), (&Value::Bool(true), &Value::Null));
    let unknown = refused(at, &["plan", "import", "Base", "all.csv"]);
    assert!(unknown.contains("line 2: there is no item “000”"), "{unknown}");
    let told: Value =
        serde_json::from_str(&done(at, &["plan", "import", "base", "all.csv", "--create-items", "--json"]))
            .unwrap();
    assert_eq!((&told["rows"], &told["lines"], &told["values"]), (&1440.into(), &12.into(), &2880.into()));
    let rows = exported(&done(at, &["plan", "export", "Base"]));
    assert_eq!(rows.len(), kept.days.len());
    for (item, date, _, _, balance) in &kept.days {
        assert_eq!(rows[&(item.clone(), date.clone())].0, *balance, "{item} on {date}");
    }
    assert_eq!(
        rows.values().filter(|(_, starting)| !starting.is_empty()).count(),
        12,
        "on the first row of each line"
    );
    // An item that looks like a formula is defused on the way out, and itself again on the way in.
    fs::write(at.join("odd.csv"), "item,date,sales\n=1+1,2026-01-01,1\n").unwrap();
    done(at, &["plan", "import", "Base", "odd.csv", "--create-items"]);
    assert!(done(at, &["plan", "export", "Base"]).contains("\n'=1+1,,,2026-01-01,"));
    // What was written is read again as the same plan, as text and as a workbook.
    for (name, file, format) in [("Again", "plan.csv", "csv"), ("Third", "plan.xlsx", "xlsx")] {
        done(at, &["plan", "export", "Base", "--format", format, "-o", file]);
        done(at, &["plan", "create", name]);
        done(at, &["plan", "import", name, file]);
        assert_eq!(done(at, &["plan", "export", name]), done(at, &["plan", "export", "Base"]), "{file}");
    }
    // Wide files too: a row for each measure, and what is projected is left out again.
    let wide = done(at, &["plan", "export", "Base", "--wide"]);
    let header = "item,location,channel,measure,starting_inventory,2025-12-30,2025-12-31,";
    assert!(wide.starts_with(header) && wide.contains("\n000,,,projected_inventory,,"), "{}", &wide[..300]);
    for (name, file, format) in [("Wide", "wide.csv", "csv"), ("Wide book", "wide.xlsx", "xlsx")] {
        done(at, &["plan", "export", "Base", "--wide", "--format", format, "-o", file]);
        done(at, &["plan", "create", name]);
        done(at, &["plan", "import", name, file]);
        assert_eq!(done(at, &["plan", "export", name]), done(at, &["plan", "export", "Base"]), "{file}");
    }
    let list: Value = serde_json::from_str(&done(at, &["plan", "list", "--json"])).unwrap();
    assert_eq!(list.as_array().unwrap().len(), 5);
    assert_eq!(
        (&list[0]["name"], &list[0]["first"], &list[0]["last"]),
        (&"Base".into(), &"2025-12-30".into(), &"2026-04-28".into())
    );
}

#[test]
fn files_of_one_measure_each_and_a_balance_of_the_day_before_make_the_same_plan() {
    let directory = site();
    let at = directory.path();
    let kept = ledger(5, 40);
    let of = |column: fn(&(String, String, i64, i64, i64)) -> i64| {
        let rows = kept.days.iter().filter(|row| column(row) != 0);
        rows.map(|row| format!("{},{},{}\n", row.0, row.1, hundredths(column(row))))
            .fold("sku,date,qty\n".to_owned(), |file, row| file + &row)
    };
    fs::write(at.join("production.csv"), of(|row| row.2)).unwrap();
    fs::write(at.join("sales.csv"), of(|row| row.3)).unwrap();
    let opening =
        kept.opening.iter().map(|(item, amount)| format!("{item},2025-12-29,{}\n", hundredths(*amount)));
    fs::write(at.join("opening.csv"), opening.fold("sku,date,qty\n".to_owned(), |file, row| file + &row))
        .unwrap();
    done(at, &["plan", "create", "Set"]);
    let lost = refused(at, &["plan", "import", "Set", "sales.csv"]);
    assert!(lost.contains("choose the measure"), "{lost}");
    for (file, measure) in
        [("opening.csv", "inventory"), ("production.csv", "production"), ("sales.csv", "sales")]
    {
        done(at, &["plan", "import", "Set", file, "--measure", measure, "--create-items"]);
    }
    let rows = exported(&done(at, &["plan", "export", "Set"]));
    assert!(rows.len() > 150, "{}", rows.len());
    for (item, date, _, _, balance) in &kept.days {
        if let Some((projected, _)) = rows.get(&(item.clone(), date.clone())) {
            assert_eq!(projected, balance, "{item} on {date}");
        }
    }
    assert!(!rows.keys().any(|(_, date)| date == "2025-12-29"), "the day before is no day of the plan");
}

#[test]
fn a_wide_file_and_one_without_an_item_are_read_and_what_is_wrong_names_its_line() {
    let directory = site();
    let at = directory.path();
    let import = |file: &str, content: &str, more: &[&str]| {
        fs::write(at.join(file), content).unwrap();
        stockroom(at, &[&["plan", "import", "P", file, "--json"], more].concat())
    };
    done(at, &["plan", "create", "P", "--first", "2026-01-01", "--last", "2026-01-31"]);
    let wide = "item,location,measure,2026-01-05,2026-01-06,2026-02-01\nA,North,production,5,,1\nA,North,sales,,3,\n";
    let refused = stderr(&import("wide.csv", wide, &["--create-items"]));
    let said = "line 2: production of “A” on 2026-02-01: the plan goes from 2026-01-01 to 2026-01-31";
    assert!(refused.contains(said) && refused.contains("--keep-outside"), "{refused}");
    let told = import("wide.csv", wide, &["--create-items", "--keep-outside"]);
    let told: Value = serde_json::from_str(&stdout(&told)).unwrap_or_else(|_| panic!("{}", stderr(&told)));
    assert_eq!((&told["values"], &told["outside"], &told["new_lines"]), (&3.into(), &1.into(), &1.into()));
    let text = done(at, &["plan", "export", "P"]);
    assert!(text.contains("A,North,,2026-01-05,5,,,5,,,0\nA,North,,2026-01-06,,3,,2,,,0\n"), "{text}");
    // The only line of a plan is meant where a file names none.
    let one = import("one.csv", "date,production,sales,inventory\n2026-01-07,1,,9\n2026-01-08,,4,\n", &[]);
    assert!(one.status.success(), "{}", stderr(&one));
    // Dates with full stops are day, month and year, also with a short year.
    for (date, sold) in [("08.01.26", 5), ("13.01.26", 6), ("08.01.2026", 4)] {
        let short = import("short.csv", &format!("date,sales\n{date},{sold}\n"), &[]);
        assert!(short.status.success(), "{}", stderr(&short));
        let day = format!("2026-01-{},,{sold},", &date[..2]);
        assert!(done(at, &["plan", "export", "P"]).contains(&day), "{day}");
    }
    let text = done(at, &["plan", "export", "P"]);
    assert!(text.contains("2026-01-07,1,,9,3,6,,0\nA,North,,2026-01-08,,4,,-1,,,0\n"), "{text}");
    let before = text;
    for (content, said) in [
        (
            "item,location,date,sales\nA,North,2026-01-02,1\nA,North,2026-01-03,1\nA,North,2026-01-02,2\n",
            "sales of A / North on 2026-01-02 stands there twice: lines 2 and 4",
        ),
        (
            "item,location,date,sales\nA,North,2026-01-02,1\nA,North,2026-01-03,lots\n",
            "line 3: sales: “lots” is not a number",
        ),
        (
            "item,location,date,sales\nA,North,2026-01-02,1\nA,North,someday,2\n",
            "line 3: “someday” is no date",
        ),
        ("item,date,sales\nB,2026-01-02,1\n", "line 2: there is no item “B”"),
        ("item,sales\nA,1\n", "there is no column `date`"),
        (
            "item,date,sales\nA,03/01/2026,1\nA,04/01/2026,1\n",
            "the dates of `date`, such as 03/01/2026, can be read as day and month or as month and day",
        ),
        (
            "item,date,sales\nA,03/01/26,1\n",
            "such as 03/01/26, can be read as day and month or as month and day",
        ),
        (
            "item,date,sales\nA,26-01-03,1\n",
            "such as 26-01-03, can be read with the year in front or at the end",
        ),
        // Columns that may be days, and in which order.
        (
            "item,measure,01/02/2026,02/02/2026\nA,sales,1,2\n",
            "the columns “01/02/2026”, “02/02/2026” may be days, and there is more than one order",
        ),
        ("item,measure,13/02/2026,02/14/2026\nA,sales,1,2\n", "may be days"),
        (
            "item,measure,2026-01-02,02.01.2026\nA,sales,1,2\n",
            "the columns 3 and 4, “2026-01-02” and “02.01.2026”, are the same day",
        ),
        ("item,2026-01-02,2026-01-03\nA,1,2\n", "there is a column for each day but none that says"),
        ("item,02.01.2026,03.01.2026\nA,1,2\n", "there is a column for each day but none that says"),
        // A decimal comma without quotes is no fourth column, and no second `sales` is passed over.
        (
            "item,date,sales\nA,2026-01-02,1,5\n",
            "line 2: has a cell that no column name stands above, the 4th",
        ),
        ("item,date,sales,sales\nA,2026-01-02,1,2\n", "the columns 3 and 4 are both “sales”"),
        ("item,measure,2026-01-02,2026-01-02\nA,sales,1,2\n", "the columns 3 and 4 are both"),
        (
            "item,location,date,sales,starting_inventory\nA,North,2026-01-02,1,7\nA,North,2026-01-03,1,50\n",
            "line 3: starting_inventory of “A” is another one further up",
        ),
        ("item,date,colour\nA,2026-01-02,red\n", "there is no column `production`, `sales` or `inventory`"),
        ("item,location,date,safety_stock\nA,North,2026-01-02,-1\n", "must not be negative"),
    ] {
        let output = import("bad.csv", content, &[]);
        assert_eq!(output.status.code(), Some(1), "{content}");
        assert!(stderr(&output).contains(said), "{said}: {}", stderr(&output));
    }
    assert_eq!(done(at, &["plan", "export", "P"]), before, "of a file that is refused nothing is taken");
    let missing = stockroom(at, &["plan", "export", "Nothing"]);
    assert_eq!(missing.status.code(), Some(6), "{}", stderr(&missing));
}

#[test]
fn the_columns_of_a_wide_file_are_days_in_whatever_way_they_are_written_if_it_is_one() {
    let directory = site();
    let at = directory.path();
    for (name, columns) in [
        ("Dots", "13.11.2026,03.11.2026"),
        ("Short", "13.11.26,03.11.26"),
        ("American", "11/13/2026,11/03/2026"),
        ("British", "13/11/2026,03/11/2026"),
        ("Named", "13 Nov 2026,3 Nov 2026"),
        ("Mixed", "2026-11-13,03.11.2026"),
    ] {
        done(at, &["plan", "create", name]);
        fs::write(at.join("wide.csv"), format!("item,measure,{columns}\nA,production,5,\nA,sales,1,2\n"))
            .unwrap();
        done(at, &["plan", "import", name, "wide.csv", "--create-items"]);
        let text = done(at, &["plan", "export", name]);
        assert!(
            text.contains("A,,,2026-11-03,,2,") && text.contains("A,,,2026-11-13,5,1,"),
            "{name}: {text}"
        );
    }
    // The measure may be chosen instead of written.
    fs::write(at.join("wide.csv"), "item,01.12.2026,02.12.2026\nA,3,4\n").unwrap();
    done(at, &["plan", "import", "Dots", "wide.csv", "--measure", "sales"]);
    assert!(done(at, &["plan", "export", "Dots"]).contains("A,,,2026-12-02,,4,"));
}

#[test]
fn a_plan_that_follows_its_files_has_the_days_of_what_was_reported_too() {
    let directory = site();
    let at = directory.path();
    done(at, &["plan", "create", "P"]);
    let days_after = |content: &str| {
        fs::write(at.join("p.csv"), content).unwrap();
        done(at, &["plan", "import", "P", "p.csv", "--create-items"]);
        let list: Value = serde_json::from_str(&done(at, &["plan", "list", "--json"])).unwrap();
        format!("{}..{}", list[0]["first"], list[0]["last"]).replace('"', "")
    };
    let reports = "item,date,inventory\nHA,2026-01-05,50\nHN,2026-01-10,7\n";
    assert_eq!(days_after(reports), "2026-01-05..2026-01-10");
    // What was reported before anything moves is what lines begin with; the other days stay.
    assert_eq!(days_after("item,date,sales\nHA,2026-01-06,4\n"), "2026-01-06..2026-01-10");
    let text = done(at, &["plan", "export", "P"]);
    assert!(
        text.contains("HA,,,2026-01-06,,4,,46,,50,0\n") && text.contains("HN,,,2026-01-10,,,7,"),
        "{text}"
    );
    assert_eq!(
        days_after("item,date,inventory\nHA,2026-01-03,9\nHA,2026-01-12,40\n"),
        "2026-01-06..2026-01-12"
    );
    assert_eq!(days_after("item,date,safety_stock\nHA,2026-01-04,9\n"), "2026-01-04..2026-01-12");
    // A wide file of what moves has the days of its columns.
    let wide = "item,measure,2026-01-02,2026-01-03,2026-01-14\nHA,sales,,1,\n";
    assert_eq!(days_after(wide), "2026-01-02..2026-01-14");
}

#[test]
fn what_is_said_of_a_week_or_a_month_stands_where_the_sheet_puts_it_and_no_line_is_lost() {
    let directory = site();
    let at = directory.path();
    done(at, &["plan", "create", "P"]);
    let file =
        "item,date,production,sales,inventory\nA,2026-W53,7,1,50\nA,2027-02,28,,60\nA,2027-01-31,,,9\n";
    fs::write(at.join("p.csv"), file).unwrap();
    done(at, &["plan", "import", "P", "p.csv", "--create-items"]);
    let text = done(at, &["plan", "export", "P"]);
    // Flows on the first day, stock on the last, and the plan has all days of both.
    for said in
        ["A,,,2026-12-28,7,1,,", "A,,,2027-01-03,,,50,", "A,,,2027-02-01,28,,,", "A,,,2027-02-28,,,60,"]
    {
        assert!(text.contains(said), "{said}: {text}");
    }
    // A wide file has as many columns as a plan may have days.
    done(at, &["plan", "create", "Long", "--first", "2020-01-01", "--last", "2029-12-31"]);
    fs::write(at.join("long.csv"), "item,date,sales\nA,2020-01-01,1\nA,2029-12-31,2\n").unwrap();
    done(at, &["plan", "import", "Long", "long.csv"]);
    let long = done(at, &["plan", "export", "Long"]);
    for (name, file, format) in [("Long 2", "long-wide.csv", "csv"), ("Long 3", "long-wide.xlsx", "xlsx")] {
        done(at, &["plan", "export", "Long", "--wide", "--format", format, "-o", file]);
        done(at, &["plan", "create", name]);
        done(at, &["plan", "import", name, file]);
        assert_eq!(done(at, &["plan", "export", name]), long, "{file}");
    }
    // A line of which nothing is known but what was reported before has a row; and a safety stock goes on to be the item's.
    fs::write(at.join("items.csv"), "item,date,inventory\nB,2026-12-01,5\n").unwrap();
    done(at, &["plan", "import", "P", "items.csv", "--create-items"]);
    let text = done(at, &["plan", "export", "P"]);
    assert!(text.contains("B,,,2026-12-28,,,,5,,5,0\n"), "{text}");
    fs::write(at.join("out.csv"), &text).unwrap();
    done(at, &["plan", "create", "Again"]);
    let told: Value =
        serde_json::from_str(&done(at, &["plan", "import", "Again", "out.csv", "--json"])).unwrap();
    assert_eq!(told["lines"], 2, "{told}");
    assert_eq!(done(at, &["plan", "export", "Again"]), text);
}

#[tokio::test(flavor = "multi_thread")]
async fn beside_a_server_the_command_line_does_the_same() {
    let app = TestApp::start().await;
    let directory = app.data_dir();
    let files = tempfile::tempdir().unwrap();
    let file = files.path().join("p.csv");
    fs::write(&file, "item,date,production,sales\nA,2026-01-01,5,2\nA,2026-01-02,,4\n").unwrap();
    let file = file.to_str().unwrap().to_owned();
    let run = move |args: &[&str]| {
        let data_dir = directory.to_str().unwrap().to_owned();
        let args: Vec<String> =
            ["--data-dir", &data_dir].iter().chain(args).map(ToString::to_string).collect();
        tokio::task::spawn_blocking(move || {
            let args: Vec<&str> = args.iter().map(String::as_str).collect();
            stockroom(Path::new("."), &args)
        })
    };
    assert!(run(&["plan", "create", "Live"]).await.unwrap().status.success());
    let told = run(&["plan", "import", "leader", &file, "--create-items", "--json"]).await.unwrap();
    assert!(told.status.success(), "{}", stderr(&told));
    let text = run(&["plan", "export", "Live"]).await.unwrap();
    assert!(
        stdout(&text).ends_with("A,,,2026-01-01,5,2,,3,,,0\nA,,,2026-01-02,,4,,-1,,,0\n"),
        "{}",
        stdout(&text)
    );
    let twice = run(&["plan", "create", "LIVE"]).await.unwrap();
    assert!(stderr(&twice).contains("there is a plan “LIVE” already"), "{}", stderr(&twice));
    let missing = run(&["plan", "export", "Dead"]).await.unwrap();
    assert_eq!(missing.status.code(), Some(6), "{}", stderr(&missing));
}
