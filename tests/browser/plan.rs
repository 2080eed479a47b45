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
