//! Files of a user: sent, looked at with all rows before they are kept, deleted and brought back.

use crate::crawl::axe;
use crate::inventory::{wait_for_grid, wait_for_rows};
use crate::site::{ADMIN, CUSTOMER, Site};
use crate::tab::{Script, Tab};

fn table() -> String {
    let rows = (0..900).map(|n| format!("P-{n:04};{};{n}\n", ["Red", "Blue", "Green"][n % 3]));
    format!("Part;Colour;Qty\n{}", rows.collect::<Vec<_>>().concat())
}

fn send(site: &Site, tab: &Tab<'_>) {
    let file = site.directory.path().join("colours.csv");
    std::fs::write(&file, table()).unwrap();
    tab.go("/files");
    tab.choose_file("#file", &file);
    tab.click("[data-send] button");
    tab.wait_for("/^.files.[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === 'complete'");
}

#[test]
fn a_file_is_looked_through_kept_deleted_and_brought_back_with_and_without_script() {
    for script in [Script::On, Script::Off] {
        let site = Site::empty();
        let mut tab = site.signed_in(CUSTOMER, script);
        send(&site, &tab);
        let page = tab.text_of("location.pathname");
        tab.click("a[href$='/table']");
        if script == Script::On {
            wait_for_grid(&tab);
            axe(&tab);
            // The last row is reached by scrolling: it comes in a block of its own.
            tab.eval("document.querySelector('.grid-scroll').scrollTop = 1e6");
            tab.wait_for("document.querySelector('tbody.window').textContent.includes('P-0899')");
            assert!(
                tab.is("document.querySelector('[data-news]').hidden"),
                "nothing was published meanwhile"
            );
        }
        wait_for_rows(&tab, 900);
        tab.fill("#global-search", "colour:green");
        tab.press("Enter", 0);
        wait_for_rows(&tab, 300);
        assert_eq!(tab.text_of("location.pathname"), format!("{page}/table"));
        tab.click("main .page-head a.button[href^='/files/']");
        tab.wait_for_path(&page);
        tab.click("form[action$='/keep'] button");
        tab.wait_for_path("/files");
        tab.click("form[action$='/delete'] button");
        tab.wait_for("document.querySelector('form.notice[action$=\"/restore\"]')");
        tab.click("form.notice[action$='/restore'] button");
        tab.wait_for("document.querySelector('main tbody')?.textContent.includes('colours.csv')");
        tab.expect_peace();
    }
}

/// Publishes a table from a file of this name.
async fn publish_as(site: &Site, name: &str) {
    let mut operator = site.operator().await;
    let part = reqwest::multipart::Part::bytes(table().into_bytes()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new().part("file", part).text("confirm", "true");
    let token = operator.cookies.get("csrf").cloned().unwrap_or_default();
    let request = operator.request(reqwest::Method::POST, "/api/v1/datasets/Inventory/imports");
    let begun = operator.send(request.header("x-csrf-token", token).multipart(form)).await;
    let import = operator.import_ended(begun.json()["id"].as_str().unwrap()).await;
    assert_eq!(import["state"], "published", "{import}");
}

#[test]
fn a_name_of_two_hundred_letters_pushes_nothing_off_the_screen() {
    let site = Site::empty();
    let name = format!("{}.csv", "x".repeat(196));
    let file = site.directory.path().join(&name);
    std::fs::write(&file, table()).unwrap();
    let mut customer = site.signed_in(CUSTOMER, Script::On);
    customer.go("/files");
    customer.choose_file("#file", &file);
    customer.click("[data-send] button");
    customer
        .wait_for("/^.files.[0-9a-f-]{36}$/.test(location.pathname) && document.readyState === 'complete'");
    customer.click("form[action$='/keep'] button");
    customer.wait_for_path("/files");
    let mut admin = site.signed_in(ADMIN, Script::On);
    admin.go("/files/folders");
    let folder =
        admin.text_of("document.querySelector(\"main a[href^='/files/folders/']\").getAttribute('href')");
    site.block_on(publish_as(&site, &name));
    for width in [1280, 390] {
        for (tab, path) in [
            (&customer, "/files"),
            (&admin, &folder),
            (&admin, "/imports"),
            (&admin, "/datasets/inventory/history"),
        ] {
            tab.look(width, "light");
            tab.go(path);
            assert!(tab.is("document.querySelector('main tbody').textContent.includes('xxxx')"), "{path}");
            let over = tab.number(
                "Math.max(...[document.documentElement, ...document.querySelectorAll('.table-wrap')] \
                 .map((box) => box.scrollWidth - box.clientWidth))",
            );
            assert!(over < 1.0, "{path} at {width}: {over} px lie outside");
        }
    }
    customer.expect_peace();
    admin.expect_peace();
}
