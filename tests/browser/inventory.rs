//! The inventory page: search, facets, chips, sort, columns, the way back, downloads.

use calamine::{Data, Reader, Xlsx, open_workbook};

use crate::harness::PASSWORD;
use crate::site::{CUSTOMER, OPERATOR, STRANGER, Site, sample, sign_in};
use crate::tab::{Script, Tab};

const ROWS: u32 = 400;

/// The sample as plain cells, to count in.
struct Sample {
    header: csv::StringRecord,
    rows: Vec<csv::StringRecord>,
}

impl Sample {
    fn new() -> Self {
        let bytes = sample(ROWS);
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        let header = reader.headers().unwrap().clone();
        Self { header, rows: reader.records().map(Result::unwrap).collect() }
    }

    fn column(&self, name: &str) -> usize {
        self.header.iter().position(|column| column == name).unwrap()
    }

    fn cell<'r>(&self, row: &'r csv::StringRecord, column: &str) -> &'r str {
        &row[self.column(column)]
    }

    fn count(&self, wanted: impl Fn(&csv::StringRecord) -> bool) -> usize {
        self.rows.iter().filter(|row| wanted(row)).count()
    }

    fn contains(row: &csv::StringRecord, text: &str) -> bool {
        row.iter().any(|cell| cell.to_lowercase().contains(text))
    }
}

/// Waits until the page shows so many of all rows, with all of its parts in place.
#[track_caller]
pub fn wait_for_rows(tab: &Tab<'_>, found: usize) {
    tab.wait_for(&format!(
        "document.querySelector('.rows-footer strong')?.textContent.replaceAll(',', '') === '{found}' \
         && !document.querySelector('.htmx-request, .htmx-swapping, .htmx-settling') \
         && document.readyState === 'complete'"
    ));
}

#[track_caller]
pub fn wait_for_grid(tab: &Tab<'_>) {
    tab.wait_for("document.querySelector('sr-grid[ready]')?.settled && document.readyState === 'complete'");
}

/// Texts of the cells of a column in the first rows that are drawn.
fn shown(tab: &Tab<'_>, column: &str) -> Vec<String> {
    let texts = tab.eval(&format!(
        "(() => {{ const at = document.querySelector('th[data-column=\"{column}\"]').cellIndex; \
         return [...document.querySelectorAll('tbody.window tr')].map((row) => row.cells[at].textContent) }})()"
    ));
    texts.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

fn chips(tab: &Tab<'_>) -> String {
    tab.text_of("[...document.querySelectorAll('.chip span')].map((chip) => chip.textContent).join(' | ')")
}

#[test]
fn rows_are_found_while_one_types() {
    let (site, all) = (Site::with_sample(ROWS), Sample::new());
    let mut tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    wait_for_rows(&tab, ROWS as usize);
    tab.press("k", crate::tab::CONTROL);
    tab.type_text("bolt");
    let bolts = all.count(|row| Sample::contains(row, "bolt"));
    wait_for_rows(&tab, bolts);
    tab.wait_for("location.search === '?q=bolt'");
    assert!(tab.is("document.activeElement.id === 'global-search'"), "the cursor stays where it is");
    tab.type_text(" status:hold");
    let held = all.count(|row| Sample::contains(row, "bolt") && all.cell(row, "status").contains("hold"));
    wait_for_rows(&tab, held);
    assert_eq!(chips(&tab), "“bolt” | Status contains “hold”");
    assert_eq!(tab.text_of("document.querySelector('#global-search').value"), "bolt status:hold");
    // A chip takes itself away.
    tab.eval("document.querySelectorAll('.chip a')[0].focus()");
    tab.click(".chip a[aria-label*='contains']");
    wait_for_rows(&tab, bolts);
    tab.wait_for("document.activeElement === document.querySelector('.chip a')");
    assert_eq!(tab.text_of("document.querySelector('#global-search').value"), "bolt");
    tab.expect_peace();
}

#[test]
fn a_search_works_without_script() {
    let (site, all) = (Site::with_sample(ROWS), Sample::new());
    let mut tab = site.signed_in(OPERATOR, Script::Off);
    tab.fill("#global-search", "bolt");
    tab.press("Enter", 0);
    let bolts = all.count(|row| Sample::contains(row, "bolt"));
    wait_for_rows(&tab, bolts);
    assert_eq!(chips(&tab), "“bolt”");
    tab.click("input[name='f.status'][value='Released']");
    tab.click("noscript button, [type=submit][form=view-form]");
    let released = all.count(|row| Sample::contains(row, "bolt") && all.cell(row, "status") == "Released");
    wait_for_rows(&tab, released);
    assert_eq!(tab.query(), "?q=bolt&f.status=Released");
    tab.click("th[data-column='part'] a");
    tab.wait_for("location.search.includes('sort=part')");
    wait_for_rows(&tab, released);
    let parts = shown(&tab, "part");
    assert!(parts.is_sorted(), "{parts:?}");
    tab.click(".chip a");
    wait_for_rows(&tab, all.count(|row| all.cell(row, "status") == "Released"));
    tab.click(".pager a[rel=next]");
    tab.wait_for("document.querySelector('tbody.window tr')?.dataset.r === '50'");
    tab.click(".pager a[rel=prev]");
    tab.wait_for("document.querySelector('tbody.window tr')?.dataset.r === '0'");
    tab.expect_peace();
}

#[test]
fn facets_narrow_each_other_and_show_what_is_left() {
    let (site, all) = (Site::with_sample(ROWS), Sample::new());
    let mut tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    tab.click("input[name='f.status'][value='On hold']");
    let held = all.count(|row| all.cell(row, "status") == "On hold");
    wait_for_rows(&tab, held);
    tab.click("input[name='f.status'][value='Quarantine']");
    let both = all.count(|row| ["On hold", "Quarantine"].contains(&all.cell(row, "status")));
    wait_for_rows(&tab, both);
    assert_eq!(tab.query(), "?f.status=On hold&f.status=Quarantine");
    assert_eq!(chips(&tab), "Status: On hold | Status: Quarantine");
    // Another facet counts under this choice.
    let pieces = all.count(|row| {
        ["On hold", "Quarantine"].contains(&all.cell(row, "status")) && all.cell(row, "uom") == "EA"
    });
    let said = tab.text_of("document.querySelector(\"input[name='f.uom'][value='EA']\").closest('label').querySelector('.facet-count').textContent");
    assert_eq!(said, pieces.to_string());
    tab.click("input[name='f.uom'][value='EA']");
    wait_for_rows(&tab, pieces);
    // One step back each, the boxes too.
    tab.back();
    wait_for_rows(&tab, both);
    tab.wait_for("!document.querySelector(\"input[name='f.uom'][value='EA']\").checked");
    tab.back();
    wait_for_rows(&tab, held);
    tab.forward();
    wait_for_rows(&tab, both);
    tab.wait_for("document.querySelector(\"input[name='f.status'][value='Quarantine']\").checked");
    tab.click(".clear-all");
    wait_for_rows(&tab, ROWS as usize);
    tab.expect_peace();
}

#[test]
fn a_header_sorts_and_shift_adds_another_column() {
    let (site, all) = (Site::with_sample(ROWS), Sample::new());
    let mut tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    tab.click("th[data-column='status'] a");
    tab.wait_for("location.search === '?sort=status'");
    tab.wait_for(
        "document.querySelector(\"th[data-column='status']\").getAttribute('aria-sort') === 'ascending'",
    );
    tab.shift_click("th[data-column='part'] a");
    tab.wait_for("location.search === '?sort=status&sort=part'");
    tab.wait_for("document.activeElement.closest('th')?.dataset.column === 'part'");
    tab.shift_click("th[data-column='part'] a");
    tab.wait_for("location.search === '?sort=status&sort=-part'");
    wait_for_grid(&tab);
    let mut wanted: Vec<(&str, std::cmp::Reverse<&str>)> = all
        .rows
        .iter()
        .map(|row| (all.cell(row, "status"), std::cmp::Reverse(all.cell(row, "part"))))
        .collect();
    wanted.sort();
    let parts = shown(&tab, "part");
    for (at, part) in parts.iter().enumerate() {
        assert_eq!(part, wanted[at].1.0, "row {at}");
    }
    tab.back();
    tab.wait_for("location.search === '?sort=status&sort=part'");
    tab.expect_peace();
}

#[test]
fn leaving_and_coming_back_restores_what_was_looked_at() {
    let site = Site::with_sample(ROWS);
    let tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    tab.go("/inventory?q=bolt&sort=-part");
    wait_for_grid(&tab);
    tab.go("/nowhere");
    tab.go("/inventory");
    tab.wait_for("location.search === '?q=bolt&sort=-part'");
    wait_for_grid(&tab);
    assert_eq!(tab.text_of("document.querySelector('#global-search').value"), "bolt");
    // Another page of the same person begins plainly; what this one looks at is its own.
    let other = tab.beside();
    other.go(&format!("{}/inventory", ""));
    wait_for_rows(&other, ROWS as usize);
}

#[test]
fn columns_are_hidden_moved_and_widened() {
    let site = Site::with_sample(ROWS);
    let mut tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    let headers = |tab: &Tab<'_>| {
        tab.text_of("[...document.querySelectorAll('thead th')].map((th) => th.dataset.column).join(' ')")
    };
    assert!(headers(&tab).starts_with("part description lot bin "), "{}", headers(&tab));
    tab.click(".columns-menu summary");
    tab.click("[aria-label='Hide Description']");
    tab.wait_for("!document.querySelector(\"th[data-column='description']\")");
    assert!(tab.is("document.querySelector('.columns-menu').open"), "the menu stays open");
    tab.click(".columns-menu a[title='Move Lot to the left']");
    tab.wait_for("document.querySelector('thead th').dataset.column === 'lot'");
    assert!(headers(&tab).starts_with("lot part bin "), "{}", headers(&tab));
    assert_eq!(
        tab.count("document.querySelectorAll('tbody.window tr:first-child td:not(.rest)').length"),
        13
    );
    tab.press("Escape", 0);
    tab.wait_for("!document.querySelector('.columns-menu').open");
    let width = "document.querySelector(\"th[data-column='part']\").getBoundingClientRect().width";
    let before = tab.number(width);
    tab.drag("th[data-column='part'] button.width", 80.0);
    let after = tab.number(width);
    assert!((after - before - 80.0).abs() < 4.0, "{before} became {after}");
    tab.wait_for("/[?&]width=part%7E\\d+$/.test(location.search)");
    tab.reload();
    wait_for_grid(&tab);
    assert!((tab.number(width) - after).abs() < 2.0, "{after} became {}", tab.number(width));
    tab.click(".columns-menu summary");
    tab.click(".columns-menu .menu-item");
    tab.wait_for("document.querySelector('thead th').dataset.column === 'part'");
    tab.expect_peace();
}

#[test]
fn columns_are_chosen_without_script() {
    let site = Site::with_sample(ROWS);
    let tab = site.signed_in(OPERATOR, Script::Off);
    tab.click(".columns-menu summary");
    tab.click("[aria-label='Hide Description']");
    tab.wait_for("document.readyState === 'complete' && document.querySelector('th') && !document.querySelector(\"th[data-column='description']\")");
    tab.click(".columns-menu summary");
    tab.click("[aria-label='Show Description']");
    tab.wait_for("document.querySelector('thead th:last-of-type').dataset.column === 'description'");
}

#[test]
fn where_nothing_matches_the_page_says_what_to_drop() {
    let (site, all) = (Site::with_sample(ROWS), Sample::new());
    let mut tab = site.signed_in(OPERATOR, Script::On);
    tab.go("/inventory?q=bolt+xylophone");
    tab.wait_for("document.querySelector('.empty')");
    tab.click(".drop-list a");
    wait_for_rows(&tab, all.count(|row| Sample::contains(row, "bolt")));
    assert_eq!(tab.text_of("document.querySelector('#global-search').value"), "bolt");
    tab.go("/inventory?q=capacitro");
    tab.wait_for("document.querySelector('.empty a[href*=capacitor]')");
    tab.click(".empty a[href*=capacitor]");
    wait_for_rows(&tab, all.count(|row| Sample::contains(row, "capacitor")));
    tab.expect_peace();
}

#[test]
fn an_export_holds_exactly_what_is_shown() {
    let (site, all) = (Site::with_sample(ROWS), Sample::new());
    for script in [Script::On, Script::Off] {
        let tab = site.signed_in(CUSTOMER, script);
        tab.go("/inventory?f.status=Released&sort=-part");
        tab.wait_for("document.readyState === 'complete' && document.querySelector('.rows-footer strong')");
        let mut wanted: Vec<&str> = all
            .rows
            .iter()
            .filter(|row| all.cell(row, "customer") == "Acme Foods" && all.cell(row, "status") == "Released")
            .map(|row| all.cell(row, "lot"))
            .collect();
        wait_for_rows(&tab, wanted.len());
        let first = shown(&tab, "lot")[0].clone();
        tab.click("a[download][href*='format=xlsx']");
        let file = tab.downloaded();
        assert_eq!(file.extension().unwrap(), "xlsx");
        let mut book: Xlsx<_> = open_workbook(&file).unwrap();
        let sheet = book.worksheet_range_at(0).unwrap().unwrap();
        let mut rows = sheet.rows();
        let header = rows.find(|row| row.contains(&Data::String("lot".to_owned()))).unwrap();
        let at = header.iter().position(|cell| *cell == Data::String("lot".to_owned())).unwrap();
        let mut lots: Vec<String> = rows.map(|row| row[at].to_string()).collect();
        assert_eq!(lots[0], first, "sorted as the page is");
        lots.sort();
        wanted.sort_unstable();
        assert_eq!(lots, wanted);
    }
}

#[test]
fn who_sees_no_rows_is_told_why() {
    let site = Site::with_sample(ROWS);
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(STRANGER, script);
        tab.wait_for("document.querySelector('.empty')");
        assert!(tab.is("!document.body.innerText.includes('Acme')"));
        tab.expect_peace();
    }
}

#[test]
fn a_newer_file_is_announced_and_rows_stay_in_place_until_it_is_asked_for() {
    let site = Site::with_sample(ROWS);
    let mut tab = site.visitor(Script::On);
    tab.hurry();
    sign_in(&tab, OPERATOR, PASSWORD);
    tab.wait_for_path("/inventory");
    wait_for_grid(&tab);
    site.publish("Inventory", sample(300), &[]);
    tab.wait_for("!document.querySelector('[data-news]').hidden");
    tab.wait_for("document.querySelector('[data-news]').innerText.includes('has 300 rows for you')");
    tab.eval("document.querySelector('.grid-scroll').scrollTop = 1e9");
    tab.wait_for("document.querySelector(\"tr[data-r='399']:not(.waiting)\")");
    wait_for_rows(&tab, ROWS as usize);
    tab.click("[data-news] a");
    wait_for_rows(&tab, 300);
    tab.wait_for("document.querySelector('[data-news]').hidden");
    tab.expect_peace();
}

#[test]
fn a_column_becomes_a_filter_that_has_the_focus() {
    let site = Site::with_sample(ROWS);
    for width in [1280, 390] {
        let mut tab = site.signed_in(OPERATOR, Script::On);
        tab.look(width, "light");
        tab.go("/inventory");
        wait_for_grid(&tab);
        tab.click(".columns-menu summary");
        tab.click(".columns-menu [data-facet-link='part']");
        tab.wait_for("document.activeElement.dataset.facet === 'part'");
        assert!(tab.is("document.querySelector('.facet') === document.activeElement"), "it stands first");
        assert!(tab.is("document.activeElement.querySelectorAll('input').length === 8"));
        let place = "document.activeElement.getBoundingClientRect()";
        assert!(tab.is(&format!("{place}.top > 0 && {place}.top < innerHeight")));
        assert!(tab.is("!document.querySelector('.columns-menu').open"));
        tab.click("[data-facet='part'] .facet-clear");
        tab.wait_for("!document.querySelector(\"[data-facet='part']\")");
        tab.expect_peace();
    }
}

#[test]
fn narrow_screens_open_their_filters_from_the_toolbar() {
    let site = Site::with_sample(ROWS);
    let mut tab = site.signed_in(OPERATOR, Script::On);
    tab.look(390, "light");
    tab.go("/inventory");
    wait_for_grid(&tab);
    assert!(tab.is(
        "!document.querySelector('.facets').open && document.querySelector('.facets').offsetHeight === 0"
    ));
    tab.click(".filters-link");
    tab.wait_for("document.querySelector('.facets').open && document.activeElement.closest('.facets')");
    tab.click(".facet input");
    tab.wait_for("location.search.includes('f.status=')");
    assert!(tab.is("document.querySelector('.facets').open"), "they stay open");
    tab.expect_peace();
}

#[test]
fn rows_are_sorted_by_several_columns_and_cards_opened_without_script() {
    let site = Site::with_sample(ROWS);
    let tab = site.signed_in(OPERATOR, Script::Off);
    tab.go("/inventory?sort=status");
    tab.click(".sort-menu summary");
    tab.click(".sort-menu [title='Then by Part']");
    tab.wait_for("location.search === '?sort=status&sort=part' && document.readyState === 'complete'");
    tab.look(390, "light");
    tab.go("/inventory");
    let shown =
        "[...document.querySelector('tbody.window tr').cells].filter((cell) => cell.offsetHeight > 0).length";
    assert_eq!(tab.count(shown), 4);
    tab.click("tbody.window .card-more summary");
    tab.wait_for(&format!("{shown} > 8"));
    tab.click(".filters-link");
    tab.wait_for("location.hash === '#filters'");
    assert!(tab.is("document.querySelector('.facets').getBoundingClientRect().top < innerHeight"));
}

#[test]
fn up_to_five_hundred_rows_are_printed() {
    let site = Site::with_sample(600);
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(OPERATOR, script);
        tab.go("/inventory?sort=part");
        if script == Script::On {
            wait_for_grid(&tab);
            tab.press("p", crate::tab::CONTROL);
        } else {
            tab.click(".print-link");
        }
        tab.wait_for("location.search === '?sort=part&print=1' && document.readyState === 'complete'");
        assert_eq!(tab.count("document.querySelectorAll('.print-table tbody tr').length"), 500);
        let text = tab.text_of("document.querySelector('main').innerText");
        assert!(text.contains("500 of 600 rows printed") && text.contains(OPERATOR), "{text}");
        let paper = tab.call("Page.printToPDF", serde_json::json!({ "preferCSSPageSize": true }));
        assert!(paper["data"].as_str().unwrap().len() > 10_000);
        tab.expect_peace();
    }
}
