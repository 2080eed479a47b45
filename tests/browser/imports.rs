//! Imports: a file, its preview, a corrected column, and what comes of it.

use crate::crawl::axe;
use crate::inventory::wait_for_rows;
use crate::site::{CUSTOMER, OPERATOR, Site, sample};
use crate::tab::{Script, Tab};

/// Days that may be read in two ways, a cost that customers should not see, and a cell that is no number.
const STOCK: &str = "Part,Description,Customer,Received,On hand,Cost\n\
    A-1,Hex bolt,Acme Foods,03/04/2026,5,0.10\n\
    A-2,Flat washer,Acme Foods,05/06/2026,12,0.20\n\
    A-3,Hex nut,Northwind Traders,07/08/2026,7,0.30\n\
    A-4,Split pin,Northwind Traders,01/02/2026,many,0.40\n";

/// The same with enough rows for a cell that is no number to be the odd one.
fn stock() -> String {
    let rows = (5..30).map(|n| format!("A-{n},Hex bolt,Globex,09/10/2026,{n},0.50\n"));
    STOCK.to_owned() + &rows.collect::<String>()
}

/// Sends the file and waits for its preview.
fn upload(site: &Site, tab: &Tab<'_>, csv: &[u8]) {
    let file = site.directory.path().join("stock.csv");
    std::fs::write(&file, csv).unwrap();
    tab.go("/imports");
    tab.choose_file("#file", &file);
    tab.click("[data-send] button");
    tab.wait_for("/^.imports.[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === 'complete'");
    wait_until_checked(tab);
}

fn wait_until_checked(tab: &Tab<'_>) {
    tab.wait_for(
        "document.querySelector('[formaction$=\"/publish\"]') && !document.querySelector('.htmx-request, .htmx-swapping') \
         && document.readyState === 'complete'",
    );
}

/// The `name` attribute of a column's choice.
fn named(tab: &Tab<'_>, field: &str, column: &str) -> String {
    let at = tab.number(&format!(
        "[...document.querySelectorAll('.mapping tbody th')].findIndex((name) => name.textContent.trim() === '{column}')"
    ));
    format!("[name='{field}.{at}']")
}

#[test]
fn a_file_is_previewed_corrected_and_published_with_and_without_script() {
    for script in [Script::On, Script::Off] {
        let site = Site::empty();
        let mut tab = site.signed_in(OPERATOR, script);
        upload(&site, &tab, stock().as_bytes());
        assert!(tab.is("document.querySelector('.first-rows').textContent.includes('Split pin')"));
        assert!(tab.is("document.querySelector('.first-rows .misfit')?.textContent.includes('many')"));
        // Until somebody says whose rows they are, nobody of limited scope sees any.
        assert!(tab.is("document.querySelector('.notice.warn') !== null"));

        let format = named(&tab, "format", "Received");
        let guessed = tab.text_of(&format!("document.querySelector(\"{format}\").value"));
        let other = if guessed == "mdy" { "dmy" } else { "mdy" };
        assert!(["mdy", "dmy"].contains(&guessed.as_str()), "{guessed}");
        correct(&tab, script, |tab| tab.choose(&format, other));
        assert_eq!(tab.text_of(&format!("document.querySelector(\"{format}\").value")), other);
        let owner = tab.text_of("[...document.querySelectorAll('#owner option')].find((option) => option.textContent === 'Customer').value");
        correct(&tab, script, |tab| tab.choose("#owner", &owner));
        wait_until_checked(&tab);
        let cost = named(&tab, "type", "Cost");
        let at = cost.trim_start_matches("[name='type.").trim_end_matches("']").to_owned();
        correct(&tab, script, |tab| tab.click(&format!("#hidden-{at}")));
        assert!(tab.is(&format!("document.querySelector('#hidden-{at}').checked")));
        assert!(tab.is("document.querySelector('#owner').selectedOptions[0].textContent === 'Customer'"));
        tab.expect_peace();

        wait_until_checked(&tab);
        tab.click("[formaction$='/publish']");
        tab.wait_for("document.querySelector('#import-status a[href=\"/inventory\"]')");
        let published = tab.text_of("document.querySelector('#status-title').textContent");
        assert!(published.contains("29"), "{published}");
        // The days are those of the corrected reading: four months or one day apart.
        let before_april = if other == "mdy" { 2 } else { 1 };
        tab.go("/inventory?q=received%3C2026-04-01");
        wait_for_rows(&tab, before_april);

        let customer = site.signed_in(CUSTOMER, script);
        wait_for_rows(&customer, 2);
        assert!(customer.is("!document.querySelector(\"th[data-column='Cost']\")"), "the column is hidden");
        assert!(customer.is("!document.body.textContent.includes('Northwind')"));
        tab.go("/imports");
        tab.wait_for("document.querySelector('.history').textContent.includes('stock.csv')");
        tab.expect_peace();
    }
}

/// Changes something in the form and waits for the preview that follows it.
fn correct(tab: &Tab<'_>, script: Script, change: impl FnOnce(&Tab<'_>)) {
    tab.eval("document.querySelector('#import').dataset.before = '1'");
    tab.eval("window.answered = false");
    if script == Script::On {
        tab.eval("document.body.addEventListener('htmx:afterSettle', (event) => { if (event.detail.target?.id === 'import') window.answered = true })");
        change(tab);
        tab.wait_for("window.answered");
    } else {
        change(tab);
        tab.click("#mapping button[type=submit]");
        tab.wait_for("window.answered === undefined && document.readyState === 'complete'");
    }
    wait_until_checked(tab);
}

#[test]
fn the_owner_column_that_is_recognised_is_taken_with_one_button() {
    let site = Site::empty();
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(OPERATOR, script);
        upload(&site, &tab, stock().as_bytes());
        assert_eq!(tab.text_of("document.querySelector('#owner').value"), "");
        assert!(
            tab.is("document.querySelector('[name=use_owner]').getBoundingClientRect().bottom \
                    <= document.querySelector('[formaction$=\"/publish\"]').getBoundingClientRect().top"),
            "right above what publishes"
        );
        tab.click("[name=use_owner]");
        tab.wait_for("!document.querySelector('[name=use_owner]') && document.readyState === 'complete'");
        wait_until_checked(&tab);
        assert_eq!(
            tab.text_of("document.querySelector('#owner').selectedOptions[0].textContent"),
            "Customer"
        );
        assert!(tab.is("!document.querySelector('.owner-warning')"));
        tab.expect_peace();
    }
}

#[test]
fn a_header_that_changed_is_asked_about_with_one_button_and_the_row_tells_its_history() {
    for script in [Script::On, Script::Off] {
        let site = Site::empty();
        site.publish("Inventory", stock(), &["owner=Customer", "key=Part"]);
        let mut tab = site.signed_in(OPERATOR, script);
        let renamed = stock().replace("On hand", "Qty on hand").replace("03/04/2026,5,", "03/04/2026,6,");
        upload(&site, &tab, renamed.as_bytes());
        assert!(tab.is("document.querySelector('[data-changed]').textContent.includes('On hand')"));
        assert!(
            tab.is("!document.querySelector('#columns-before').open"),
            "what is as it was is folded away"
        );
        tab.click("[name=is_called]");
        tab.wait_for("!document.querySelector('[data-changed]') && document.readyState === 'complete'");
        wait_until_checked(&tab);
        assert!(
            tab.is("document.querySelector('#columns-before').open"),
            "it stays open for who changes things"
        );
        tab.click("[formaction$='/publish']");
        tab.wait_for("document.querySelector('a[href=\"/inventory\"], a[href=\"/datasets/inventory\"]') && document.querySelector('#import-status')?.textContent.includes('published') && document.readyState === 'complete'");
        // The next one of its shape needs nobody.
        let file = site.directory.path().join("stock.csv");
        std::fs::write(&file, renamed.replace("2026,6,", "2026,7,")).unwrap();
        tab.go("/imports");
        tab.click("[name=publish]");
        tab.choose_file("#file", &file);
        tab.click("[data-send] button");
        tab.wait_for("document.querySelector('#import-status')?.textContent.includes('published') && document.readyState === 'complete'");
        if script == Script::On {
            tab.go("/inventory");
            wait_for_rows(&tab, 29);
            tab.click("tr[data-r='0'] td:nth-child(2)");
            tab.press("Enter", 0);
            tab.wait_for("document.querySelector('.row-dialog').open");
            tab.click("[data-row-history]");
        } else {
            tab.go("/datasets/inventory/row?Part=A-1");
        }
        tab.wait_for("location.pathname.endsWith('/row') && document.readyState === 'complete'");
        let told = tab.text_of("document.querySelector('main table').innerText");
        assert!(told.contains("Qty") || told.contains("On hand"), "{told}");
        assert!(tab.is("document.querySelectorAll('main tbody tr').length === 3"), "{told}");
        assert!(tab.is("document.querySelector('main svg .chart-line') !== null"));
        tab.expect_peace();
    }
}

#[test]
fn what_is_wrong_with_a_file_is_said_before_anything_is_kept() {
    let site = Site::empty();
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(OPERATOR, script);
        tab.go("/imports");
        tab.click("[data-send] button");
        tab.wait_for("document.querySelector('#upload [role=alert]')?.textContent.includes('Choose a file')");
        let empty = site.directory.path().join("empty.csv");
        std::fs::write(&empty, "").unwrap();
        tab.choose_file("#file", &empty);
        tab.click("[data-send] button");
        tab.wait_for("document.querySelector('#upload [role=alert]')?.textContent.includes('empty')");
        let complaints = tab.complaints(422);
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

#[test]
fn an_import_that_is_cancelled_publishes_nothing() {
    let site = Site::empty();
    for script in [Script::On, Script::Off] {
        let tab = site.signed_in(OPERATOR, script);
        upload(&site, &tab, stock().as_bytes());
        tab.click("form[action$='/cancel'] button");
        tab.wait_for("document.querySelector('#import-status') && !document.querySelector('form[action$=\"/cancel\"]') && document.readyState === 'complete'");
        tab.go("/inventory");
        tab.wait_for("document.querySelector('.empty')");
    }
}

#[test]
fn an_import_goes_on_while_its_page_is_left() {
    let site = Site::empty();
    let tab = site.signed_in(OPERATOR, Script::On);
    upload(&site, &tab, &sample(20_000));
    let page = tab.text_of("location.pathname");
    tab.click("[formaction$='/publish']");
    tab.wait_for("!document.querySelector('[formaction$=\"/publish\"]')");
    tab.go("/nowhere");
    tab.go(&page);
    tab.wait_for("document.querySelector('#import-status a[href=\"/inventory\"]')");
    tab.click("#import-status a[href='/inventory']");
    wait_for_rows(&tab, 20_000);
}

#[test]
fn hostile_names_and_cells_are_shown_as_they_are_in_the_preview() {
    let site = Site::empty();
    let name = "<img src=x onerror=alert(1)>.csv";
    let csv = "Part,\"<script>alert(1)</script>\",Qty\nA-1,\"\"\"><svg onload=alert(1)>\",5\nA-2,{{7*7}},x\nA-3,y,6\nA-4,y,6\n";
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(OPERATOR, script);
        let file = site.directory.path().join(name);
        std::fs::write(&file, csv).unwrap();
        tab.go("/imports");
        tab.choose_file("#file", &file);
        tab.click("[data-send] button");
        tab.wait_for(
            "/^.imports.[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === 'complete'",
        );
        wait_until_checked(&tab);
        let shown = tab.text_of("document.querySelector('main').textContent");
        for text in [name, "<script>alert(1)</script>", "\"><svg onload=alert(1)>", "{{7*7}}"] {
            assert!(shown.contains(text), "{text} is not in {shown}");
        }
        assert!(tab.is("!document.querySelector('main img, main script, main svg[onload]')"));
        if script == Script::On {
            assert_eq!(axe(&tab), Vec::<String>::new());
        }
        tab.click("[formaction$='/publish']");
        tab.wait_for("document.querySelector('#import-status a[href=\"/inventory\"]')");
        tab.go("/imports");
        assert!(tab.text_of("document.querySelector('.history').textContent").contains(name));
        tab.expect_peace();
    }
}

#[test]
fn the_preview_is_clean_in_every_look() {
    let site = Site::empty();
    let mut tab = site.signed_in(OPERATOR, Script::On);
    upload(&site, &tab, stock().as_bytes());
    let page = tab.text_of("location.pathname");
    let looks = [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")];
    for published in [false, true] {
        for (width, theme) in looks {
            tab.look(width, theme);
            tab.go(&page);
            tab.eval("for (const part of document.querySelectorAll('main details')) part.open = true");
            let mut wrong = axe(&tab);
            if !tab.is("document.documentElement.scrollWidth <= innerWidth") {
                wrong.push("wider than the screen".to_owned());
            }
            assert_eq!(wrong, Vec::<String>::new(), "{width} {theme}, published: {published}");
        }
        if !published {
            tab.click("[formaction$='/publish']");
            tab.wait_for("document.querySelector('#import-status a[href=\"/inventory\"]')");
        }
    }
    tab.expect_peace();
}
