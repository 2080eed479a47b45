//! The first start: from the printed link to rows on the screen.

use stockroom::services::setup;

use crate::crawl::axe;
use crate::inventory::wait_for_grid;
use crate::site::Site;
use crate::tab::{Script, Tab};

const PASSWORD: &str = "seven lamps over the harbour";

/// A new site and the code that it prints.
fn new_site() -> (Site, String) {
    let site = Site::bare(|_| {});
    assert!(setup::open(site.services(), |_| {}).unwrap());
    let code = std::fs::read_to_string(setup::code_path(site.services())).unwrap();
    (site, code.trim().to_owned())
}

fn open(site: &Site, script: Script) -> Tab<'static> {
    site.visitor(script)
}

#[test]
fn a_new_site_is_set_up_and_shows_the_sample_with_and_without_script() {
    for script in [Script::On, Script::Off] {
        let (site, code) = new_site();
        let mut tab = open(&site, script);
        tab.go("/");
        tab.wait_for_path("/setup");
        tab.fill("#code", &code);
        tab.press("Enter", 0);
        tab.wait_for("document.querySelector('#site_name')");
        tab.fill("#site_name", "Harbour Stores");
        tab.fill("#email", "ada@example.com");
        tab.fill("#first_name", "Ada");
        tab.fill("#password", PASSWORD);
        tab.click("main form button.primary");
        tab.wait_for_path("/setup/data");
        tab.click("form[action='/setup/sample'] button");
        // It is imported while one looks; the page comes with it.
        tab.wait_for_path("/inventory");
        // On a machine with much to do it is a little later.
        tab.go_until("/inventory", "document.querySelectorAll('tbody.window tr').length > 10");
        assert!(tab.is("document.querySelector('.brand').textContent.includes('Harbour Stores')"));
        tab.expect_peace();
        // The link is void.
        let mut late = open(&site, script);
        late.go(&format!("/setup?code={code}"));
        assert!(late.is("!document.querySelector('#password')"));
        let complaints = late.complaints(410);
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

#[test]
fn the_set_up_can_be_left_and_taken_up_again_and_says_what_is_missing() {
    let (site, code) = new_site();
    for (width, theme) in [(1280, "light"), (390, "light"), (1280, "dark"), (390, "dark")] {
        let mut tab = open(&site, Script::On);
        tab.look(width, theme);
        tab.go("/setup");
        assert_eq!(axe(&tab), Vec::<String>::new());
        tab.go(&format!("/setup?code={code}"));
        assert_eq!(axe(&tab), Vec::<String>::new());
        tab.fill("#site_name", "Harbour Stores");
        tab.fill("#email", "no address");
        tab.fill("#password", "short");
        tab.click("main form button.primary");
        tab.wait_for("document.querySelector('[role=alert]') && document.readyState === 'complete'");
        assert_eq!(tab.text_of("document.querySelector('#site_name').value"), "Harbour Stores");
        assert_eq!(tab.text_of("document.querySelector('#password').value"), "");
        assert!(tab.is("document.documentElement.scrollWidth <= innerWidth"));
        assert_eq!(axe(&tab), Vec::<String>::new());
        let complaints = tab.complaints(422);
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
    let tab = open(&site, Script::On);
    tab.go(&format!("/setup?code={code}"));
    tab.fill("#email", "ada@example.com");
    tab.fill("#password", PASSWORD);
    tab.click("main form button.primary");
    tab.wait_for_path("/setup/data");
    assert_eq!(axe(&tab), Vec::<String>::new());
    tab.go("/");
    tab.wait_for("document.querySelector('.empty')");
    tab.go("/setup");
    tab.wait_for_path("/setup/data");
    tab.click("a.setup-choice");
    tab.wait_for_path("/imports");
    assert!(tab.is("document.querySelector('#file') !== null"));
}

#[test]
fn a_first_file_is_on_the_screen_after_the_set_up() {
    let (site, code) = new_site();
    let tab = open(&site, Script::On);
    tab.go(&format!("/setup?code={code}"));
    tab.fill("#email", "ada@example.com");
    tab.fill("#password", PASSWORD);
    tab.click("main form button.primary");
    tab.wait_for_path("/setup/data");
    tab.click("a.setup-choice");
    tab.wait_for_path("/imports");
    let file = site.directory.path().join("stock.csv");
    std::fs::write(&file, "Part,On hand\nA-1,5\nB-2,6\n").unwrap();
    tab.choose_file("#file", &file);
    tab.click("[data-send] button");
    tab.click("[formaction$='/publish']");
    tab.click("#import-status a[href='/inventory']");
    tab.wait_for_path("/inventory");
    wait_for_grid(&tab);
    assert_eq!(tab.count("document.querySelectorAll('tbody.window tr').length"), 2);
}
