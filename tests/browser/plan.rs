//! The sheet of a plan under the keyboard.

use stockroom::services::plans::commands as plans;

use crate::crawl::axe;
use crate::site::{ADMIN, Site};
use crate::tab::{Script, Tab};

const CONTROL: u8 = 2;
const SHIFT: u8 = 8;

fn plan(site: &Site) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    let text =
        "item,date,production,sales\nA,2026-01-01,5,2\nA,2026-01-02,,4\nA,2026-01-03,,1\nB,2026-01-01,1,\n";
    std::fs::write(file.path(), text).unwrap();
    let plan = plans::make(site.services(), ("Base".to_owned(), String::new()), (None, None), false).unwrap();
    plans::bring(site.services(), file.path(), [("plan", plan.id.as_str()), ("create_items", "true")])
        .unwrap();
    format!("/plan/{}", plan.id)
}

/// The cells of a measure of the first line, as they read.
fn shows(tab: &Tab<'_>, measure: &str, cells: &str) {
    tab.wait_for(&format!(
        "[...document.querySelectorAll('td[data-cell^=\"1|{measure}|\"]')].map((cell) => cell.textContent.trim()).join(' ') === '{cells}'"
    ));
}

fn projected(tab: &Tab<'_>, cells: &str) {
    tab.wait_for(&format!(
        "[...document.querySelector('.plan-line').rows[2].cells].slice(1).map((cell) => cell.lastChild.textContent).join(' ') === '{cells}'"
    ));
}

#[test]
fn cells_are_typed_filled_pasted_undone_and_survive_a_reload() {
    let site = Site::empty();
    let address = plan(&site);
    let mut tab = site.signed_in(ADMIN, Script::On);
    tab.go(&address);
    axe(&tab);
    tab.click("td[data-cell='1|sales|2026-01-01']");
    assert_eq!(tab.text_of("location.pathname"), address, "the cursor is set and no form opened");
    // Typing begins at once; Tab and Enter save and go on.
    tab.type_text("7");
    tab.press("Tab", 0);
    shows(&tab, "sales", "7 4 1");
    projected(&tab, "−2 −6 −7");
    tab.wait_for("document.querySelector('[data-sheet-said]').textContent === 'Saved'");
    tab.type_text("0");
    tab.press("Enter", 0);
    shows(&tab, "sales", "7 0 1");
    // A range is filled from its first cell, and emptied.
    tab.click("td[data-cell='1|production|2026-01-01']");
    tab.press("ArrowRight", SHIFT);
    tab.press("ArrowRight", SHIFT);
    tab.press("r", CONTROL);
    shows(&tab, "production", "5 5 5");
    projected(&tab, "−2 3 7");
    tab.press("Delete", 0);
    shows(&tab, "production", "· · ·");
    tab.press("z", CONTROL);
    shows(&tab, "production", "5 5 5");
    tab.reload();
    tab.click("td[data-cell='1|production|2026-01-01']");
    tab.press("z", CONTROL);
    shows(&tab, "production", "5 · ·");
    tab.press("y", CONTROL);
    shows(&tab, "production", "5 5 5");
    // What a spreadsheet copies is put in from the cursor on; what is no number is asked about before.
    let paste = |text: &str| {
        tab.eval(&format!(
            "(() => {{ const clipboardData = new DataTransfer(); clipboardData.setData('text/plain', {text:?}); \
             document.activeElement.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData, bubbles: true, cancelable: true }})); }})()"
        ));
    };
    paste("1\t2\t3\r\n1,000.5\t\t-4\r\n");
    shows(&tab, "production", "1 2 3");
    shows(&tab, "sales", "1,000.5 · −4");
    paste("9\tmany\t9\r\n");
    tab.wait_for("document.querySelectorAll('[data-sheet-said] button').length === 2");
    shows(&tab, "production", "1 2 3");
    tab.click("[data-sheet-said] button");
    shows(&tab, "production", "9 2 9");
    // What is no number is not taken.
    tab.press("F2", 0);
    tab.type_text("x");
    tab.press("Enter", 0);
    shows(&tab, "production", "9 2 9");
    tab.expect_peace();
}

#[test]
fn a_cell_that_another_typed_in_meanwhile_is_asked_about() {
    let site = Site::empty();
    let address = plan(&site);
    let one = site.signed_in(ADMIN, Script::On);
    one.go(&address);
    let other = one.beside();
    other.go(&address);
    let set = |tab: &Tab<'_>, value: &str| {
        tab.click("td[data-cell='1|sales|2026-01-01']");
        tab.type_text(value);
        tab.press("Enter", 0);
    };
    set(&one, "8");
    shows(&one, "sales", "8 4 1");
    set(&other, "6");
    other.wait_for("document.querySelector('[data-sheet-said]').textContent.includes('2026-01-01: 6 / 8')");
    shows(&other, "sales", "8 4 1");
    other.click("[data-sheet-said] button");
    shows(&other, "sales", "6 4 1");
}

#[test]
fn a_chart_says_values_zooms_follows_the_sheet_and_becomes_a_picture() {
    let site = Site::empty();
    let address = plan(&site);
    let mut tab = site.signed_in(ADMIN, Script::On);
    tab.go(&address);
    let said = |text: &str| {
        tab.wait_for(&format!("document.querySelector('[data-chart-said]').textContent.includes({text:?})"));
    };
    let title = |text: &str| {
        tab.wait_for(&format!("document.querySelector('[data-chart] h3').textContent === {text:?}"))
    };
    title("A");
    said("Drag over days");
    // The day under the pointer: three days are a third of the drawing each.
    tab.eval("document.querySelector('[data-chart-plot]').scrollIntoView({ block: 'center' })");
    let (x, y) = (
        tab.number("(() => { const svg = document.querySelector('.wide-chart'), box = svg.getBoundingClientRect(); return box.left + box.width * (60 + 892 / 2) / 960; })()"),
        tab.number("(() => { const box = document.querySelector('.wide-chart').getBoundingClientRect(); return box.top + box.height / 2; })()"),
    );
    let day =
        tab.number("document.querySelector('.wide-chart').getBoundingClientRect().width * 892 / 960 / 3");
    tab.mouse("mouseMoved", x, y, 0);
    said("2026-01-02: Production – · Sales 4 · Projected −1");
    // Keys go from day to day.
    tab.eval("document.querySelector('[data-chart-plot]').focus()");
    tab.press("End", 0);
    said("2026-01-03:");
    tab.press("ArrowLeft", 0);
    said("2026-01-02:");
    // Dragging over the last two days leaves those.
    tab.drag(".wide-chart", day);
    tab.wait_for("document.querySelectorAll('[data-chart] tbody tr').length === 2");
    axe(&tab);
    // And back, in place.
    tab.eval("[...document.querySelectorAll('[data-chart-way]')].at(-1).click()");
    tab.wait_for("document.querySelectorAll('[data-chart] tbody tr').length === 3");
    assert_eq!(tab.text_of("location.pathname"), address);
    // What the sheet selects is drawn.
    tab.eval("document.dispatchEvent(new CustomEvent('sheet:lines', { detail: { lines: [2] } }))");
    title("B");
    tab.eval("document.dispatchEvent(new CustomEvent('sheet:lines', { detail: { lines: [2, 1] } }))");
    title("B, A");
    // A picture of it.
    tab.click("[data-chart-png]");
    let picture = std::fs::read(tab.downloaded()).unwrap();
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 5_000, "{} bytes", picture.len());
    tab.expect_peace();
}

#[test]
fn a_chart_is_looked_at_closer_without_script() {
    let site = Site::empty();
    let address = plan(&site);
    let mut tab = site.signed_in(ADMIN, Script::Off);
    tab.go(&format!("{address}/chart?lines=1"));
    let days = "document.querySelectorAll('[data-chart] tbody tr').length";
    assert_eq!(tab.count(days), 3);
    assert!(tab.is("document.querySelector('[data-chart-png]').hidden"), "it would do nothing");
    tab.go(&format!("{address}/chart?lines=1&from=2026-01-02&to=2026-01-02"));
    assert_eq!(tab.count(days), 1);
    tab.click("[data-chart-way]:last-of-type");
    tab.wait_for("document.querySelectorAll('[data-chart] tbody tr').length === 3");
    tab.expect_peace();
}
