//! A result equals a plain scan of the table.

use proptest::prelude::*;

use super::{Built, build, column, everything, ids, query, table};
use crate::domain::column::{Column, ColumnType};
use crate::domain::fold::{fold, squeeze};

fn columns() -> Vec<Column> {
    vec![column("Part", ColumnType::Code), column("Name", ColumnType::Text), column("Note", ColumnType::Text)]
}

fn scan(rows: &[Vec<String>], word: &str) -> Vec<u64> {
    let needle = fold(word);
    let hits = |keep: &dyn Fn(&[String]) -> bool| -> Vec<u64> {
        (1..).zip(rows).filter(|(_, row)| keep(row)).map(|(id, _)| id).collect()
    };
    let plain = hits(&|row| row.iter().any(|cell| fold(cell).contains(&needle)));
    let bare = squeeze(&needle);
    // A code with other punctuation, where nothing has the text as it was typed.
    if plain.is_empty() && bare.len() > 1 {
        hits(&|row| squeeze(&fold(&row[0])).contains(&bare))
    } else {
        plain
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn every_word_in_any_column_any_script(
        rows in prop::collection::vec(prop::collection::vec("[aAbBéß1-9Ω℃电阻 ./-]{0,6}", 3), 0..60),
        words in prop::collection::vec("[aAbéß1-9Ω℃电阻./]{1,3}", 1..4),
    ) {
        let built = build(&columns(), &rows);
        let text = words.join(" ");
        let mut expected: Vec<u64> = (1..=rows.len() as u64).collect();
        for word in &words {
            let scanned = scan(&rows, word);
            expected.retain(|id| scanned.contains(id));
        }
        let mut found = ids(&everything(&built), &query(&text));
        found.sort_unstable();
        prop_assert_eq!(found, expected);
    }

    #[test]
    fn no_query_panics(text in "\\PC{0,40}", rows in prop::collection::vec(prop::collection::vec("\\PC{0,5}", 3), 0..5)) {
        let built = build(&columns(), &rows);
        let view = everything(&built);
        for request in [query(&text), super::any(&text), query(&format!("part:{text}")), query(&format!("note<{text}"))] {
            let found = view.search(&request).unwrap();
            view.suggestions(&request, &found).unwrap();
        }
    }
}

fn stock() -> Built {
    table(
        &[
            column("Bin", ColumnType::Code),
            column("Status", ColumnType::Text),
            column("On Hand", ColumnType::Text),
        ],
        &[
            &["A1-01", "On hold", "10"],
            &["A1-02", "Released", "20"],
            &["B2-01", "on hold again", ""],
            &["A10", "He said \"27\"\" tall\"", " "],
        ],
    )
}

#[test]
fn columns_phrases_pieces_negation_and_blanks() {
    let built = stock();
    let view = everything(&built);
    for (text, expected) in [
        ("bin:A1*", vec![1, 2, 4]),
        ("bin:*01", vec![1, 3]),
        ("bin:=a1-01", vec![1]),
        ("status:\"On hold\"", vec![1, 3]),
        ("STATUS:hold -again", vec![1]),
        ("-released", vec![1, 3, 4]),
        ("on_hand:\"\"", vec![3, 4]),
        ("\"on hand\":=", vec![3, 4]),
        ("\"on hold\"", vec![1, 3]),
        ("27\"", vec![4]),
        ("nothing:here", vec![]),
        ("bin:>A1-01", vec![2, 3, 4]),
        ("bin:a1-01..a1-02", vec![1, 2]),
        ("status:", vec![]),
        ("bin:>", vec![]),
        ("\"on ho", vec![1, 3]),
        ("", vec![1, 2, 3, 4]),
    ] {
        let mut found = ids(&view, &query(text));
        found.sort_unstable();
        assert_eq!(found, expected, "{text}");
    }
}
