//! Tables to be damaged, of several shapes so that nothing is fitted to one.

use super::Table;

/// Numbers that look random and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

fn table(header: &[&str], rows: usize, mut row: impl FnMut(usize, &mut Dice) -> Vec<String>) -> Table {
    let mut dice = Dice(7);
    let header = header.iter().map(|&name| name.to_owned()).collect();
    std::iter::once(header).chain((0..rows).map(|number| row(number, &mut dice))).collect()
}

/// All tables, `rows` rows each, by name.
pub(super) fn all(rows: usize) -> Vec<(&'static str, Table)> {
    vec![
        ("sales", sales(rows)),
        ("words", words(rows)),
        ("numbers", numbers(rows)),
        ("sparse", sparse(rows)),
        ("german", german(rows)),
        ("cyrillic", cyrillic(rows)),
    ]
}

fn sales(rows: usize) -> Table {
    const TEXTS: [&str; 7] = [
        "Steel bolt, hex head, zinc plated",
        "Monitor 24\", black, with cable",
        "Printer paper",
        "The \"quiet\" keyboard, wireless",
        "Chair, swivel",
        "Desk lamp; warm white",
        "Notebook A5, dotted",
    ];
    let header = ["DATE", "TIME", "Qty", "PRODUCTID", "Price", "Kind", "Description", "URL", "Comment"];
    table(&header, rows, |number, dice| {
        vec![
            format!("{:02}/{:02}/2019", 1 + dice.roll(12), 1 + dice.roll(28)),
            format!("{:02}:{:02}", dice.roll(24), dice.roll(60)),
            (1 + dice.roll(40)).to_string(),
            format!("P-{:05}", 1200 + number * 7),
            format!("{}.{:02}", dice.roll(900), dice.roll(100)),
            dice.pick(&["Hardware", "Office", "Display", "Furniture"]).to_owned(),
            dice.pick(&TEXTS).to_owned(),
            format!("http://shop.example.com/item?id={}&ref=a", dice.roll(9000)),
            dice.pick(&["", "", "second choice", "fragile, handle with care", "call \"Ann\" first", "ok"])
                .to_owned(),
        ]
    })
}

fn words(rows: usize) -> Table {
    let header = ["Name", "City", "Country", "Profession", "Remark"];
    table(&header, rows, |_, dice| {
        vec![
            format!(
                "{}, {}",
                dice.pick(&["Miller", "O'Neill", "Schmidt", "Rossi", "Novak"]),
                dice.pick(&["Ann", "Bob", "Carla", "Dmitri", "Eve", "Frank"])
            ),
            dice.pick(&["Paris", "Rome", "New York", "Oslo", "Lima"]).to_owned(),
            dice.pick(&["France", "Italy", "United States", "Norway", "Peru"]).to_owned(),
            dice.pick(&["baker", "smith", "teacher", "nurse", "pilot"]).to_owned(),
            dice.pick(&["speaks French, Dutch", "likes \"old\" trains, too", "none", "to be asked again"])
                .to_owned(),
        ]
    })
}

fn numbers(rows: usize) -> Table {
    let header = ["run", "temperature", "pressure", "flow", "voltage", "current"];
    table(&header, rows, |number, dice| {
        let mut reading = |scale: usize| format!("{}.{:03}", dice.roll(scale), dice.roll(1000));
        vec![(number + 1).to_string(), reading(90), reading(1100), reading(12), reading(5), reading(2)]
    })
}

fn sparse(rows: usize) -> Table {
    let header = ["Part", "Lot", "Serial", "Expiry", "Qty", "Bin", "Hold reason", "Checked by"];
    table(&header, rows, |number, dice| {
        let mut maybe = |text: String| if dice.roll(3) == 0 { text } else { String::new() };
        vec![
            format!("AX{:04}", number * 3),
            maybe(format!("L{number:03}")),
            maybe(format!("SN-{number}-77")),
            maybe(format!("2027-0{}-11", 1 + number % 9)),
            (number % 13 * 5).to_string(),
            maybe(format!("{}-{}", number % 5, number % 11)),
            maybe("waiting for \"QA\", second test".to_owned()),
            maybe("J. Doe".to_owned()),
        ]
    })
}

fn german(rows: usize) -> Table {
    let header = ["Artikel", "Bezeichnung", "Menge", "Preis", "Lager", "Datum", "Hinweis"];
    table(&header, rows, |number, dice| {
        vec![
            format!("{:06}", 4711 + number),
            dice.pick(&[
                "Schraube M6x30; verzinkt",
                "Mutter",
                "Größe \"L\", blau",
                "Öl, 5 l",
                "Kabel; schwarz, rund",
            ])
            .to_owned(),
            dice.roll(500).to_string(),
            format!("{},{:02}", dice.roll(80), dice.roll(100)),
            dice.pick(&["Köln", "Ulm", "Bad Tölz"]).to_owned(),
            format!("{:02}.{:02}.2024", 1 + dice.roll(28), 1 + dice.roll(12)),
            dice.pick(&["", "prüfen; dann sperren", "", "s. Anlage"]).to_owned(),
        ]
    })
}

fn cyrillic(rows: usize) -> Table {
    let header = ["Код", "Наименование", "Город", "Количество", "Примечание"];
    table(&header, rows, |number, dice| {
        vec![
            format!("{}-{}", dice.pick(&["АБ", "ВГ"]), 100 + number),
            dice.pick(&["Болт, стальной", "Гайка", "Лампа «Свет», белая", "Стол"]).to_owned(),
            dice.pick(&["Москва", "Казань", "Нижний Новгород"]).to_owned(),
            dice.roll(90).to_string(),
            dice.pick(&["", "хрупкое, осторожно", "в наличии", "под заказ"]).to_owned(),
        ]
    })
}
