//! Indexes in a backup: carried where they are those of the restored data, and built again everywhere else.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::harness::{stderr, stdout, stockroom};
use crate::restore::{members, pack, set_up, with_member};

type Members = Vec<(String, Vec<u8>)>;

fn ok(directory: &Path, args: &[&str]) -> Value {
    let output = stockroom(directory, args);
    assert!(output.status.success(), "{args:?}: {}", stderr(&output));
    serde_json::from_str(&stdout(&output)).unwrap_or(Value::Null)
}

fn manifest(members: &mut Members) -> &mut Vec<u8> {
    &mut members.iter_mut().find(|(name, _)| name == "manifest.json").unwrap().1
}

/// Changes what the manifest says.
fn saying(members: &mut Members, change: impl FnOnce(&mut Value)) {
    let text = manifest(members);
    let mut value: Value = serde_json::from_slice(text).unwrap();
    change(&mut value);
    *text = serde_json::to_vec(&value).unwrap();
}

fn is_index(name: &str) -> bool {
    name.starts_with("index/")
}

/// The files of the only index, by name below its directory.
fn index_files(members: &Members) -> Vec<(String, Vec<u8>)> {
    let of_index = members.iter().filter(|(name, _)| is_index(name));
    of_index.map(|(name, bytes)| (name.splitn(4, '/').nth(3).unwrap().to_owned(), bytes.clone())).collect()
}

#[test]
fn indexes_are_carried_where_that_is_wanted_and_nothing_is_built() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    set_up(dir);
    ok(dir, &["backup", "create", "-o", "without.backup"]);
    ok(dir, &["backup", "create", "--with-index", "-o", "with.backup"]);
    let names = |file: &str| members(&dir.join(file)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert!(!names("without.backup").iter().any(|name| is_index(name)));
    assert!(names("with.backup").iter().any(|name| name.ends_with("/columns.bin")));
    assert_eq!(ok(dir, &["backup", "verify", "with.backup", "--json"])["is_whole"], true);
    let dry = ok(dir, &["--data-dir", "a", "restore", "with.backup", "--dry-run", "--json"]);
    assert_eq!((&dry["indexes"], &dry["rebuilds"]), (&json!(1), &json!(0)));
    let restored = ok(dir, &["--data-dir", "a", "restore", "with.backup", "--yes", "--json"]);
    assert_eq!((&restored["indexes"], &restored["rebuilds"]), (&json!(1), &json!(0)));
    let status = ok(dir, &["--data-dir", "a", "index", "status", "--json"]);
    assert_eq!((&status[0]["state"], &status[0]["rows"]), (&json!("ok"), &json!(1)));
    let restored = ok(dir, &["--data-dir", "b", "restore", "without.backup", "--yes", "--json"]);
    assert_eq!((&restored["indexes"], &restored["rebuilds"]), (&json!(0), &json!(1)));
}

#[test]
fn an_old_index_is_never_matched_to_new_data() {
    let directory = tempfile::tempdir().unwrap();
    let dir = directory.path();
    set_up(dir);
    ok(dir, &["backup", "create", "--with-index", "-o", "old.backup"]);
    fs::write(dir.join("stock.csv"), "Part,Customer,Qty\nA-1,ACME,1\nB-2,Bolt,2\n").unwrap();
    ok(dir, &["import", "Stock", "stock.csv", "--set", "owner=Customer", "--yes"]);
    ok(dir, &["backup", "create", "--with-index", "-o", "new.backup"]);
    let (old, new) = (members(&dir.join("old.backup")), members(&dir.join("new.backup")));
    let place = |members: &Members| {
        let found = members.iter().find(|(name, _)| name.ends_with("/columns.bin")).unwrap();
        found.0.strip_suffix("columns.bin").unwrap().to_owned()
    };
    let mut bare: Members = new.iter().filter(|(name, _)| !is_index(name)).cloned().collect();
    saying(&mut bare, |value| {
        let listed = value["members"].as_array_mut().unwrap();
        listed.retain(|member| !is_index(member["name"].as_str().unwrap()));
    });
    // The old index where the new one should be, said to be the new one, and said to be what it is.
    let mut swapped = bare.clone();
    let mut files = Vec::new();
    for (name, bytes) in index_files(&old) {
        swapped = with_member(&swapped, &format!("{}{name}", place(&new)), &bytes);
        files.push(name);
    }
    saying(&mut swapped, |value| value["indexes"][0]["files"] = json!(files));
    let mut honest = swapped.clone();
    saying(&mut honest, |value| value["indexes"][0]["rows"] = json!(1));
    // The new one with a bit that flipped before it was put in.
    let mut rotten = new.clone();
    let (name, mut bytes) = new.iter().find(|(name, _)| name.ends_with("/columns.bin")).cloned().unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    rotten = with_member(&rotten, &name, &bytes);
    // One file of it is not there.
    let mut torn = bare.clone();
    torn = with_member(&torn, &name, &new.iter().find(|(known, _)| *known == name).unwrap().1);
    // And nothing says what it is.
    let mut unsaid = new.clone();
    saying(&mut unsaid, |value| value["indexes"] = json!([]));
    for (what, members) in
        [("swapped", swapped), ("honest", honest), ("rotten", rotten), ("torn", torn), ("unsaid", unsaid)]
    {
        pack(&dir.join("made.backup"), &members).finish().unwrap();
        let args = ["--data-dir", what, "restore", "made.backup", "--yes", "--json"];
        let restored = ok(dir, &args);
        assert_eq!((&restored["indexes"], &restored["rebuilds"]), (&json!(0), &json!(1)), "{what}");
        let status = ok(dir, &["--data-dir", what, "index", "status", "--json"]);
        let current = status.as_array().unwrap().iter().find(|view| view["current"] == true).unwrap();
        assert_eq!(current["state"], "away", "{what}");
        ok(dir, &["--data-dir", what, "index", "rebuild", "stock"]);
    }
    let good = ok(dir, &["--data-dir", "good", "restore", "new.backup", "--yes", "--json"]);
    assert_eq!((&good["indexes"], &good["rebuilds"]), (&json!(1), &json!(0)));
    // What changed in the archive itself is damage, as everywhere.
    let mut other = new.clone();
    other.iter_mut().find(|(known, _)| *known == name).unwrap().1 = bytes;
    pack(&dir.join("made.backup"), &other).finish().unwrap();
    let refused = stockroom(dir, &["--data-dir", "damaged", "restore", "made.backup", "--yes"]);
    assert_eq!(refused.status.code(), Some(5), "{}", stderr(&refused));
}
