//! The end of a session: a warning two minutes ahead, a way to stay, and the way back.

use std::time::Duration;

use jiff::SignedDuration;

use crate::harness::PASSWORD;
use crate::inventory::wait_for_grid;
use crate::site::{CUSTOMER, Site, sign_in};
use crate::tab::Script;

/// How long a session of these tests lasts without a request.
const IDLE: Duration = Duration::from_mins(4);
const DIALOG: &str = "document.querySelector('#session-dialog').open";

fn site() -> Site {
    let site = Site::with(|config| config.session.idle = IDLE);
    site.publish("Inventory", "Part,Customer,Qty\nA-1,Acme Foods,5\n", &["owner=Customer"]);
    site
}

#[test]
fn two_minutes_before_the_session_ends_a_dialog_offers_to_stay() {
    let site = site();
    let mut tab = site.visitor(Script::On);
    tab.hurry();
    sign_in(&tab, CUSTOMER, PASSWORD);
    tab.wait_for_path("/inventory");
    wait_for_grid(&tab);
    // The page asks four seconds from now instead of 120; by then two minutes have passed on the site.
    assert!(!tab.is(DIALOG), "nothing is said too early");
    site.clock.advance(SignedDuration::from_secs(125));
    tab.wait_for(DIALOG);
    let left = "document.querySelector('[data-seconds-left]').textContent";
    tab.wait_for(&format!("{left} === '1:55'"));
    assert!(tab.is("document.activeElement.matches('[data-extend]')"), "Enter stays");
    // That the page asks changes nothing: time goes on.
    site.clock.advance(SignedDuration::from_secs(60));
    tab.wait_for(&format!("{left} === '0:55'"));
    tab.click("[data-extend]");
    tab.wait_for(&format!("!({DIALOG})"));
    site.clock.advance(SignedDuration::from_secs(100));
    assert_eq!(site.block_on(async { site.services().now() }), site.services().now());
    tab.go("/inventory");
    assert_eq!(tab.text_of("location.pathname"), "/inventory", "the session went on");
    tab.expect_peace();
}

#[test]
fn an_open_page_does_not_keep_the_session_and_leads_back_after_signing_in() {
    let site = site();
    let tab = site.visitor(Script::On);
    tab.hurry();
    sign_in(&tab, CUSTOMER, PASSWORD);
    tab.wait_for_path("/inventory");
    tab.go("/inventory?q=A-1");
    wait_for_grid(&tab);
    // Its polls run all the while.
    site.clock.advance(SignedDuration::from_secs(130));
    tab.wait_for(DIALOG);
    site.clock.advance(SignedDuration::from_secs(111));
    tab.wait_for_path("/login");
    assert_eq!(tab.text_of("new URLSearchParams(location.search).get('next')"), "/inventory?q=A-1");
    tab.fill("#login", CUSTOMER);
    tab.fill("#password", PASSWORD);
    tab.press("Enter", 0);
    tab.wait_for_path("/inventory");
    assert_eq!(tab.query(), "?q=A-1");
}

#[test]
fn a_page_does_not_leave_before_the_session_is_over() {
    let site = site();
    let tab = site.visitor(Script::On);
    tab.hurry();
    sign_in(&tab, CUSTOMER, PASSWORD);
    tab.wait_for_path("/inventory");
    wait_for_grid(&tab);
    tab.eval("window.isThisPage = true");
    // Less than a second is left, which is no whole second, and time stands still.
    site.clock.advance(SignedDuration::from_millis(239_600));
    tab.wait_for("document.querySelector('[data-seconds-left]').textContent === '0:00'");
    std::thread::sleep(Duration::from_millis(2_500));
    assert!(tab.is("window.isThisPage"), "a page that is loaded anew lengthens the session");
    site.clock.advance(SignedDuration::from_secs(1));
    tab.wait_for_path("/login");
}

#[test]
fn signing_out_in_one_tab_empties_the_others() {
    let site = site();
    let tab = site.signed_in(CUSTOMER, Script::On);
    wait_for_grid(&tab);
    let other = tab.beside();
    other.go("/inventory");
    wait_for_grid(&other);
    tab.click("header details[data-menu] > summary");
    tab.click("header form[data-sign-out] button");
    tab.wait_for_path("/login");
    other.wait_for_path("/login");
}

#[test]
fn a_session_that_ended_elsewhere_is_noticed_by_the_next_request_of_a_page() {
    let site = site();
    let tab = site.signed_in(CUSTOMER, Script::On);
    wait_for_grid(&tab);
    site.clock.advance(SignedDuration::from_secs(241));
    tab.fill("#global-search", "A-1");
    tab.wait_for_path("/login");
    assert!(tab.text_of("new URLSearchParams(location.search).get('next')").starts_with("/inventory"));
}
