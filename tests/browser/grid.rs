//! The grid: scrolling through everything, by wheel, by jumps and by keys.

use std::fmt::Write as _;
use std::time::Duration;

use crate::inventory::wait_for_grid;
use crate::meter::METER;
use crate::site::{OPERATOR, Site};
use crate::tab::{CONTROL, Script, Tab};

/// Rows to scroll through.
fn rows() -> u32 {
    std::env::var("STOCKROOM_BROWSER_ROWS").map_or(100_000, |rows| rows.parse().unwrap())
}

fn is_in_view() -> &'static str {
    "(() => { const cell = document.getElementById('active-cell'); \
     const scroll = document.querySelector('.grid-scroll'); \
     if (!cell || scroll.getAttribute('aria-activedescendant') !== 'active-cell' || document.activeElement !== scroll) return false; \
     const a = cell.getBoundingClientRect(), b = scroll.getBoundingClientRect(); \
     return a.top >= b.top - 1 && a.bottom <= b.bottom + 1 && a.left >= b.left - 1 && a.right <= b.right + 1 })()"
}

fn active_row(tab: &Tab<'_>) -> u32 {
    tab.number("Number(document.getElementById('active-cell').parentNode.getAttribute('aria-rowindex')) - 2")
        as u32
}

#[test]
fn all_rows_are_reached_by_wheel_thumb_and_keys() {
    let total = rows();
    let site = Site::with_sample(total);
    let mut tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    assert_eq!(
        tab.text_of("document.querySelector('.grid-scroll').getAttribute('aria-rowcount')"),
        (total + 1).to_string()
    );

    the_wheel_never_shows_a_blank_frame(&tab);
    the_thumb_reaches_the_last_row(&tab, total);
    every_place_shows_the_rows_that_belong_there(&tab, total);
    keys_reach_every_row(&tab, total);
    few_rows_are_in_the_page(&tab);
    tab.expect_peace();
}

fn the_wheel_never_shows_a_blank_frame(tab: &Tab<'_>) {
    tab.mouse("mouseMoved", 700.0, 450.0, 0);
    tab.eval(METER);
    for _ in 0..120 {
        tab.wheel(700.0, 450.0, 120.0);
    }
    tab.eval("meter.stop = true");
    let (frames, blank) = (tab.count("meter.frames.length"), tab.count("meter.blank"));
    assert!(frames > 20, "only {frames} frames were drawn");
    assert_eq!(blank, 0, "of {frames} frames");
    assert!(tab.number("document.querySelector('.grid-scroll').scrollTop") > 5_000.0);
}

fn the_thumb_reaches_the_last_row(tab: &Tab<'_>, total: u32) {
    tab.eval("document.querySelector('.grid-scroll').scrollTop = 1e9");
    let last = format!("document.querySelector(\"tr[data-r='{}']:not(.waiting)\")", total - 1);
    tab.wait_for(&last);
    assert!(tab.is(&format!(
        "{last}.getBoundingClientRect().bottom <= document.querySelector('.grid-scroll').getBoundingClientRect().bottom + 1"
    )));
    let cell = tab.text_of(&format!("{last}.cells[2].textContent"));
    let api = tab.text_of(&format!(
        "fetch('/api/v1/datasets/inventory/rows?limit=1&offset={}').then((answer) => answer.text())",
        total - 1
    ));
    assert!(api.contains(&cell), "{cell} is not in {api}");
}

fn every_place_shows_the_rows_that_belong_there(tab: &Tab<'_>, total: u32) {
    for share in [0.1, 0.9, 0.333, 0.5, 0.77, 0.999, 0.0] {
        tab.eval(&format!(
            "(() => {{ const s = document.querySelector('.grid-scroll'); s.scrollTop = {share} * (s.scrollHeight - s.clientHeight) }})()"
        ));
        // What is at the top has the number that its place says, and cells.
        tab.wait_up_to(
            Duration::from_secs(10),
            &format!(
                "(() => {{ const b = document.querySelector('.grid-scroll').getBoundingClientRect(); \
                 const row = document.elementFromPoint(b.left + 60, b.top + b.height / 2)?.closest('tbody.window tr'); \
                 return row && !row.classList.contains('waiting') \
                   && Math.abs(Number(row.dataset.r) / {total} - {share}) < 0.02 }})()"
            ),
        );
    }
}

fn keys_reach_every_row(tab: &Tab<'_>, total: u32) {
    tab.eval("document.querySelector('.grid-scroll').focus()");
    tab.press("Home", CONTROL);
    tab.wait_for(is_in_view());
    assert_eq!(active_row(tab), 0);
    tab.press("End", CONTROL);
    tab.wait_for(&format!("{} && document.querySelector('sr-grid').settled", is_in_view()));
    assert_eq!(active_row(tab), total - 1);
    tab.press("PageUp", 0);
    tab.press("PageUp", 0);
    tab.press("ArrowUp", 0);
    tab.wait_for(is_in_view());
    let above = active_row(tab);
    assert!(above < total - 20 && above > total - 200, "row {above}");
    tab.press("Home", 0);
    tab.wait_for(is_in_view());
    assert_eq!(tab.text_of("document.getElementById('active-cell').getAttribute('aria-colindex')"), "1");
    for _ in 0..60 {
        tab.press("ArrowDown", 0);
    }
    tab.wait_for(is_in_view());
    assert_eq!(active_row(tab), (above + 60).min(total - 1));
    tab.press("Home", CONTROL);
    for _ in 0..60 {
        tab.press("ArrowDown", 0);
    }
    tab.wait_for(is_in_view());
    assert_eq!(active_row(tab), 60);
}

fn few_rows_are_in_the_page(tab: &Tab<'_>) {
    let drawn = tab.number("document.querySelectorAll('tbody.window tr').length");
    assert!(drawn < 120.0, "{drawn} rows are drawn");
}

#[test]
fn the_raw_value_of_a_cell_is_copied_and_a_row_with_tabs() {
    let site = Site::empty();
    site.publish("Inventory", "Part,Description,On hand,UoM\nA-1,Bolt,12500,EA\nB-1,Nut,7,EA\n", &[]);
    let mut tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    tab.eval("document.addEventListener('copy', (event) => { window.copied = event.clipboardData.getData('text/plain') })");
    tab.click("tr[data-r='0'] td:nth-child(3)");
    assert_eq!(tab.text_of("document.getElementById('active-cell').textContent"), "12,500");
    tab.press("c", CONTROL);
    tab.wait_for("window.copied === '12500'");
    tab.eval("document.querySelector('.grid-scroll').dispatchEvent(new KeyboardEvent('keydown', { key: 'C', ctrlKey: true, shiftKey: true, bubbles: true, cancelable: true }))");
    tab.wait_for("window.copied === 'A-1\\tBolt\\t12500\\tEA'");
    tab.expect_peace();
}

#[test]
fn narrow_screens_show_cards_that_scroll_through_everything() {
    let site = Site::with_sample(5_000);
    let mut tab = site.signed_in(OPERATOR, Script::On);
    tab.look(390, "light");
    tab.go("/inventory");
    wait_for_grid(&tab);
    let shown =
        "[...document.querySelector('tbody.window tr').cells].filter((cell) => cell.offsetHeight > 0).length";
    assert_eq!(tab.count(shown), 4, "four fields a card");
    let unit = "getComputedStyle(document.querySelector('td[data-unit]'), '::after').content";
    assert!(tab.is(&format!("/ \"EA\"|\" [A-Z]+\"/.test({unit})")), "{}", tab.text_of(unit));
    tab.click("tr[data-r='1'] td[data-card='2']");
    tab.wait_for("document.querySelector('.row-dialog').open");
    assert!(tab.count("document.querySelectorAll('.row-dialog dt').length") > 8, "all fields");
    tab.press("Escape", 0);
    tab.wait_for("!document.querySelector('.row-dialog').open");
    tab.press("Enter", 0);
    tab.wait_for("document.querySelector('.row-dialog').open");
    tab.press("Escape", 0);
    tab.eval("document.querySelector('.grid-scroll').scrollTop = 1e9");
    tab.wait_for("document.querySelector(\"tr[data-r='4999']:not(.waiting)\")");
    assert!(tab.is("document.documentElement.scrollWidth <= innerWidth"));
    tab.expect_peace();
}

#[test]
fn numbers_are_never_cut_and_the_table_fills_its_place() {
    let site = Site::empty();
    // The longest number is met by no sample, and has the most letters as it is shown.
    let mut csv = "part,description,qty,uom,price\n".to_owned();
    for row in 0..500 {
        let (qty, price) = if row == 333 { ("81663", "1234567.12345678") } else { ("7", "0.5") };
        writeln!(csv, "P-{row},Item number {row} of the list,{qty},EA,{price}").unwrap();
    }
    site.publish("Inventory", csv, &[]);
    for (script, width) in [(Script::On, 1280), (Script::On, 700), (Script::Off, 1280)] {
        let mut tab = site.signed_in(OPERATOR, script);
        tab.look(width, "light");
        tab.go("/inventory?sort=-qty");
        if script == Script::On {
            wait_for_grid(&tab);
        }
        let cut = "[...document.querySelectorAll('tbody.window td.n')].filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent).join(' ')";
        assert_eq!(tab.text_of(cut), "", "{script:?} {width}");
        assert!(tab.text_of("document.querySelector('tbody.window tr').textContent").contains("81,663"));
        let ends = "[...document.querySelectorAll('thead tr, thead tr > :last-child, tbody.window tr > :last-child')].map((part) => Math.round(part.getBoundingClientRect().right))";
        assert!(
            tab.is(&format!("new Set({ends}).size === 1 && {ends}[0] >= Math.round(document.querySelector('.grid-scroll').getBoundingClientRect().left + document.querySelector('.grid-scroll').clientWidth) - 1")),
            "{script:?} {width}: {}",
            tab.eval(ends)
        );
        tab.expect_peace();
    }
}

#[test]
fn keys_show_a_cell_whole_open_a_row_and_reach_the_headers() {
    let site = Site::empty();
    let long = "A description that is much longer than any column of a table would ever be ".repeat(3);
    site.publish("Inventory", format!("part,description,qty\nA-1,{long},1\nB-1,Short,2\n"), &[]);
    let mut tab = site.signed_in(OPERATOR, Script::On);
    wait_for_grid(&tab);
    tab.click("tr[data-r='0'] td:nth-child(2)");
    assert!(tab.is("document.getElementById('active-cell').title.startsWith('A description')"));
    tab.press("F2", 0);
    tab.wait_for("document.querySelector('.cell-whole')?.textContent.length > 200");
    tab.press("Escape", 0);
    tab.wait_for("!document.querySelector('.cell-whole')");
    tab.press("Enter", 0);
    tab.wait_for("document.querySelector('.row-dialog').open");
    let text = tab.text_of("document.querySelector('.row-dialog').innerText");
    assert!(text.contains("A-1") && text.contains("Description") && text.contains("Qty"), "{text}");
    tab.click(".row-dialog button");
    tab.wait_for("!document.querySelector('.row-dialog').open");
    tab.press("Enter", 0);
    tab.wait_for("document.querySelector('.row-dialog').open");
    tab.press("Escape", 0);
    tab.wait_for("!document.querySelector('.row-dialog').open");
    tab.wait_for("document.activeElement.matches('.grid-scroll')");
    tab.press("ArrowUp", 0);
    tab.wait_for("document.activeElement.closest('th')?.dataset.column === 'description'");
    tab.press("ArrowRight", 0);
    tab.wait_for("document.activeElement.closest('th')?.dataset.column === 'qty'");
    tab.press("Enter", 0);
    tab.wait_for("location.search === '?sort=qty'");
    tab.wait_for("document.activeElement.closest('th')?.dataset.column === 'qty'");
    tab.press("ArrowDown", 0);
    tab.wait_for("document.activeElement.matches('.grid-scroll') && document.getElementById('active-cell')?.textContent === '1'");
    tab.expect_peace();
}
