//! The sheet of a plan under the keyboard.

use serde_json::json;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::plans::commands as plans;

use crate::crawl::axe;
use crate::harness::PASSWORD;
use crate::site::{ADMIN, Site, sign_in};
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
        "[...document.querySelectorAll('td[data-cell^=\"1|{measure}|\"]')].map((cell) => cell.querySelector('button')?.textContent).join(' ') === '{cells}'"
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
    // It is shown as it would be, and taken back or done.
    paste("9\tmany\t9\r\n");
    tab.wait_for("document.querySelectorAll('[data-sheet-asked] button').length === 2");
    shows(&tab, "production", "9 2 9");
    tab.click("[data-sheet-asked] button:last-child");
    shows(&tab, "production", "1 2 3");
    // Rows that would fall on projected stock are told, too.
    paste("1\t2\t3\r\n4\t5\t6\r\n7\t8\t9\r\n");
    tab.wait_for("document.querySelector('[data-sheet-asked]').textContent.includes('of projected stock, that would be left out: 3.')");
    tab.click("[data-sheet-asked] button:last-child");
    shows(&tab, "production", "1 2 3");
    paste("9\tmany\t9\r\n");
    tab.wait_for("document.querySelectorAll('[data-sheet-asked] button').length === 2");
    tab.click("[data-sheet-asked] button");
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
    other.wait_for("document.querySelector('[data-sheet-asked]').textContent.includes('Sales, 2026-01-01: yours 6, theirs 8.')");
    shows(&other, "sales", "8 4 1");
    other.click("[data-sheet-asked] button");
    shows(&other, "sales", "6 4 1");
}

#[test]
fn an_undo_names_the_cells_that_another_changed_since() {
    const PLANNER: &str = "paul@example.com";
    let site = Site::empty();
    site.add_user(PLANNER, Role::Planner, OwnerScope::All);
    let address = plan(&site);
    let (one, other) = (site.signed_in(ADMIN, Script::On), site.signed_in(PLANNER, Script::On));
    one.go(&address);
    one.click("td[data-cell='1|sales|2026-01-01']");
    one.press("ArrowRight", SHIFT);
    one.press("r", CONTROL);
    one.press("Delete", 0);
    shows(&one, "sales", "· · 1");
    one.wait_for("!document.querySelector('td[data-waits]')");
    other.go(&address);
    other.click("td[data-cell='1|sales|2026-01-02']");
    other.type_text("7");
    other.press("Enter", 0);
    other.wait_for("document.querySelector('[data-sheet-said]').textContent === 'Saved'");
    one.press("z", CONTROL);
    one.wait_for("document.querySelector('[data-sheet-said]').textContent.endsWith('stay as they are: A, Sales, 2026-01-02: 7')");
    shows(&one, "sales", "2 7 1");
}

#[test]
fn what_is_typed_is_on_screen_before_it_is_saved_and_waits_for_the_connection_in_another_tab_too() {
    let site = Site::empty();
    let address = plan(&site);
    let mut tab = site.signed_in(ADMIN, Script::On);
    tab.go(&address);
    tab.eval(
        "window.really = window.fetch; window.fetch = () => Promise.reject(new TypeError('no connection'))",
    );
    tab.click("td[data-cell='1|sales|2026-01-02']");
    tab.type_text("-0.30");
    tab.press("Tab", 0);
    // Without the server: exact, and only from the day on that was typed in.
    projected(&tab, "3 3.3 2.3");
    shows(&tab, "sales", "2 −0.30 1");
    tab.wait_for("document.querySelector('[data-sheet-said]').textContent.startsWith('Not saved yet')");
    // Another edit of the same cell waits behind it and does not collide with it.
    tab.click("td[data-cell='1|sales|2026-01-02']");
    tab.type_text("4.5");
    tab.press("Enter", 0);
    projected(&tab, "3 −1.5 −2.5");
    // As if this tab were closed now.
    let other = tab.beside();
    other.go(&address);
    other.wait_for("document.querySelector('[data-sheet-said]').textContent === 'Saved'");
    shows(&other, "sales", "2 4.5 1");
    other.wait_for("Object.keys(localStorage).every((key) => !key.startsWith('plan:'))");
    other.reload();
    shows(&other, "sales", "2 4.5 1");
    // What the other tab sent is not sent again when the connection is back, and nobody is asked about it.
    tab.eval("window.fetch = window.really");
    tab.wait_up_to(std::time::Duration::from_secs(30), "!document.querySelector('td[data-waits]')");
    shows(&tab, "sales", "2 4.5 1");
    tab.expect_peace();
}

#[test]
fn what_is_typed_while_signed_out_waits_for_the_same_user_and_is_sent_once() {
    const PLANNER: &str = "paul@example.com";
    let site = Site::empty();
    site.add_user(PLANNER, Role::Planner, OwnerScope::All);
    let address = plan(&site);
    let tab = site.signed_in(ADMIN, Script::On);
    tab.go(&address);
    tab.eval(
        "window.answers = []; window.really = window.fetch; \
         window.fetch = async (...asked) => { const answer = await really(...asked); answers.push(answer.status); return answer; }",
    );
    // As when the session ends.
    let end = |tab: &Tab<'_>| tab.call("Network.clearBrowserCookies", json!({}));
    let come_back = || {
        tab.eval("answers = []; window.dispatchEvent(new Event('focus'))");
        tab.wait_for("answers.length > 0 && answers.every((status) => status === 401)");
        tab.wait_for("document.querySelector('[data-sheet-said]').textContent.includes('for you alone')");
    };
    end(&tab);
    tab.click("td[data-cell='1|sales|2026-01-01']");
    tab.type_text("7");
    tab.press("Enter", 0);
    tab.wait_for("document.querySelector('[data-sheet-said]').textContent.startsWith('You are signed out.')");
    tab.wait_for("document.querySelector('[data-sheet-said] button').textContent === 'Sign in'");
    // Another user in the same browser neither sees nor sends it, not even from the page that it was typed in.
    let other = tab.beside();
    sign_in(&other, PLANNER, PASSWORD);
    other.wait_for("location.pathname !== '/login' && document.readyState === 'complete'");
    other.go(&address);
    shows(&other, "sales", "2 4 1");
    assert_eq!(other.text_of("document.querySelector('[data-sheet-said]').textContent"), "");
    come_back();
    other.reload();
    shows(&other, "sales", "2 4 1");
    // A browser that was made to forget it is told again by the page, and does not take it for sent.
    other.eval("localStorage.clear()");
    come_back();
    tab.wait_for("Object.keys(localStorage).some((key) => key.startsWith('plan:'))");
    // The same user sends it, once.
    end(&tab);
    sign_in(&other, ADMIN, PASSWORD);
    other.wait_for("location.pathname !== '/login' && document.readyState === 'complete'");
    other.go(&address);
    other.wait_for("document.querySelector('[data-sheet-said]').textContent === 'Saved'");
    other.wait_for("document.querySelector('table[data-sheet]').dataset.edit === '1'");
    shows(&other, "sales", "7 4 1");
    assert!(other.is("Object.keys(localStorage).every((key) => !key.startsWith('plan:'))"));
    tab.eval("window.dispatchEvent(new Event('focus'))");
    tab.wait_for("!document.querySelector('td[data-waits]')");
    other.reload();
    assert_eq!(other.text_of("document.querySelector('table[data-sheet]').dataset.edit"), "1");
    shows(&other, "sales", "7 4 1");
}

#[test]
fn the_sheet_is_folded_filtered_and_tells_what_happened_to_a_cell() {
    let site = Site::empty();
    let address = plan(&site);
    let mut tab = site.signed_in(ADMIN, Script::On);
    tab.go(&address);
    // What is projected is copied and not typed.
    tab.click("td[data-cell='1|projected|2026-01-01']");
    tab.type_text("5");
    tab.wait_for("document.querySelector('[data-sheet-said]').textContent.startsWith('What is projected is worked out')");
    tab.click("td[data-cell='1|sales|2026-01-01']");
    tab.press("ArrowDown", SHIFT);
    let copied = tab.text_of(
        "(() => { const clipboardData = new DataTransfer(); document.querySelector('.plan-wrap').dispatchEvent(new ClipboardEvent('copy', { clipboardData, bubbles: true, cancelable: true })); return clipboardData.getData('text/plain'); })()",
    );
    assert_eq!(copied, "2\n3");
    tab.press("Escape", 0);
    tab.click("td[data-cell='1|sales|2026-01-01']");
    tab.type_text("9");
    tab.press("Enter", 0);
    tab.wait_for("document.querySelector('[data-sheet-said]').textContent === 'Saved'");
    // The history of a cell, and the way back to what was imported.
    tab.click("td[data-cell='1|sales|2026-01-01']");
    tab.wait_for(
        "document.querySelector('[data-sheet-said]').textContent.startsWith('A, Sales, 2026-01-01: 9')",
    );
    tab.click("[data-sheet-said] button");
    tab.wait_for("document.querySelector('#cell table')?.textContent.includes('2 → 9')");
    axe(&tab);
    assert!(tab.is(&format!("document.querySelector('#cell tbody').textContent.includes({ADMIN:?})")));
    tab.click("#cell button[name=put_back]");
    tab.wait_for("document.querySelector('#cell') === null");
    shows(&tab, "sales", "2 4 1");
    // Folded, a line shows its stock alone; the address keeps it.
    tab.click(".plan-line .plan-fold");
    tab.wait_for("document.querySelector('.plan-line').rows.length === 1");
    tab.reload();
    tab.wait_for("document.querySelector('.plan-line').rows.length === 1");
    tab.click(".plan-line .plan-fold");
    tab.wait_for("document.querySelector('.plan-line').rows.length === 3");
    // A filter is used as soon as it is chosen.
    tab.click("[name=problems]");
    tab.wait_for("document.querySelectorAll('.plan-line').length === 1");
    tab.expect_peace();
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
        tab.wait_for(&format!("document.querySelector('[data-chart] h3').textContent === {text:?}"));
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
    // An edit is drawn as soon as it is saved; the cursor is then in the line that is drawn.
    tab.click("td[data-cell='1|sales|2026-01-03']");
    title("A");
    tab.type_text("8");
    tab.press("Tab", 0);
    tab.wait_for(
        "[...document.querySelectorAll('[data-chart] tbody tr')].at(-1).cells[2].textContent === '8'",
    );
    tab.click("[data-chart-line='2']");
    title("B");
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
    tab.click("[data-chart-way]:nth-last-of-type(2)");
    tab.wait_for("document.querySelectorAll('[data-chart] tbody tr').length === 3");
    tab.expect_peace();
}

#[test]
fn a_line_stays_where_it_is_typed_in_until_the_page_is_loaded_again() {
    let site = Site::empty();
    let address = plan(&site);
    let tab = site.signed_in(ADMIN, Script::On);
    // A runs out on the second day, B does not: A comes first, and of problems only A is there.
    for query in ["", "?problems=1"] {
        tab.go(&format!("{address}{query}"));
        tab.click("td[data-cell='1|production|2026-01-01']");
        // With the first value A runs out no more.
        for (value, saved) in [("90", "90 · ·"), ("91", "90 91 ·"), ("92", "90 91 92")] {
            tab.type_text(value);
            tab.press("Tab", 0);
            shows(&tab, "production", saved);
            tab.wait_for("document.querySelector('[data-sheet-said]').textContent === 'Saved'");
            // What came from the server after it.
            tab.wait_for("!document.querySelector('[data-waits]')");
        }
        shows(&tab, "production", "90 91 92");
        assert_eq!(tab.text_of("document.querySelector('.plan-line th strong').textContent"), "A", "{query}");
        tab.reload();
        let first = tab.text_of("document.querySelector('.plan-line th strong')?.textContent ?? 'none'");
        // On equal terms they stand in the order of their names.
        assert_eq!(first, if query.is_empty() { "A" } else { "none" });
        tab.go(&address);
        tab.click("td[data-cell='1|production|2026-01-01']");
        for _ in 0..3 {
            tab.press("z", CONTROL);
            tab.wait_for("!document.querySelector('[data-waits]')");
        }
        shows(&tab, "production", "5 · ·");
    }
}
