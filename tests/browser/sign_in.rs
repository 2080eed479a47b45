//! Signing in and out.

use crate::harness::PASSWORD;
use crate::site::{CUSTOMER, OPERATOR, Site, sign_in};
use crate::tab::{Script, Tab};

const BOTH: [Script; 2] = [Script::On, Script::Off];

/// What the browser still holds of what was looked at. The address of the sign-in itself is no secret.
fn nothing_is_kept(tab: &Tab<'_>) -> bool {
    tab.is("!Object.values(sessionStorage).some((kept) => !kept.startsWith('/login')) && localStorage.length === 0")
}

#[test]
fn a_person_signs_in_and_out_with_and_without_script() {
    let site = Site::with_sample(200);
    for script in BOTH {
        let mut tab = site.signed_in(CUSTOMER, script);
        assert_eq!(tab.text_of("location.pathname"), "/inventory");
        assert!(tab.has_cookie("sid"));
        tab.click(".user-menu > summary");
        tab.click("header.top [data-sign-out] button");
        tab.wait_for_path("/login");
        assert!(tab.is("document.body.innerText.includes('You are signed out')"));
        assert!(!tab.has_cookie("sid") && !tab.has_cookie("csrf"), "{:?}", tab.cookies());
        assert!(nothing_is_kept(&tab), "nothing of the person stays");
        tab.go("/inventory");
        tab.wait_for_path("/login");
        tab.expect_peace();
    }
}

#[test]
fn a_wrong_password_keeps_the_name_and_says_no_more_than_it_must() {
    let site = Site::empty();
    for script in BOTH {
        let mut tab = site.visitor(script);
        for who in [OPERATOR, "who@example.com"] {
            sign_in(&tab, who, "not the password");
            tab.wait_for("document.querySelector('[role=alert]')");
            assert_eq!(
                tab.text_of("document.querySelector('[role=alert]').innerText.trim()"),
                "The email, user name or password is wrong."
            );
            assert_eq!(tab.text_of("document.querySelector('#login').value"), who);
            assert_eq!(tab.text_of("document.querySelector('#password').value"), "");
            site.advance_minutes(1);
        }
        if script == Script::On {
            tab.wait_for("document.activeElement.matches('[data-focus]')");
        }
        let complaints = tab.complaints(422);
        assert!(complaints.is_empty(), "{complaints:#?}");
    }
}

#[test]
fn after_signing_in_comes_the_page_that_was_asked_for() {
    let site = Site::with_sample(200);
    for script in BOTH {
        let tab = site.visitor(script);
        tab.go("/inventory?q=bolt&f.status=Released");
        tab.wait_for_path("/login");
        tab.fill("#login", OPERATOR);
        tab.fill("#password", PASSWORD);
        tab.press("Enter", 0);
        tab.wait_for_path("/inventory");
        assert_eq!(tab.query(), "?q=bolt&f.status=Released");
    }
}

#[test]
fn a_hostile_way_back_leads_to_the_start() {
    let site = Site::with_sample(200);
    let elsewhere = [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "javascript:alert(1)",
        "/%09/evil.example",
    ];
    for next in elsewhere {
        let mut tab = site.visitor(Script::On);
        tab.go(&format!("/login?next={next}"));
        tab.fill("#login", OPERATOR);
        tab.fill("#password", PASSWORD);
        tab.click("main form button[type=submit]");
        tab.wait_for_path("/inventory");
        tab.expect_peace();
    }
}

#[test]
fn signing_out_forgets_what_was_looked_at() {
    let site = Site::with_sample(200);
    let tab = site.signed_in(OPERATOR, Script::On);
    tab.go("/inventory?q=bolt");
    assert!(tab.is("Object.values(sessionStorage).some((kept) => kept.includes('bolt'))"));
    tab.click(".user-menu > summary");
    tab.click("header.top [data-sign-out] button");
    tab.wait_for_path("/login");
    assert!(nothing_is_kept(&tab));
    sign_in(&tab, CUSTOMER, PASSWORD);
    tab.wait_for_path("/inventory");
    assert_eq!(tab.query(), "");
    // The page before is not shown from memory to whoever sits down next.
    tab.back();
    tab.wait_for("document.readyState === 'complete' && !document.body.innerText.includes('olga')");
}

#[test]
fn a_password_can_be_shown_and_is_never_sent_as_shown_text() {
    let site = Site::empty();
    let tab = site.visitor(Script::On);
    tab.go("/login");
    tab.fill("#password", "secret words");
    tab.click("[data-show-password]");
    assert_eq!(tab.text_of("document.querySelector('#password').type"), "text");
    tab.click("[data-show-password]");
    assert_eq!(tab.text_of("document.querySelector('#password').type"), "password");
}

#[test]
fn the_wait_after_a_wrong_password_counts_down() {
    let site = Site::empty();
    let tab = site.visitor(Script::On);
    for _ in 0..2 {
        sign_in(&tab, OPERATOR, "not the password");
        tab.wait_for("document.querySelector('[role=alert]') && document.readyState === 'complete'");
    }
    assert!(tab.is("document.querySelector('main form button[type=submit]').disabled"));
    tab.wait_for("document.querySelector('[role=alert]').textContent.includes('You can try again now.')");
    assert!(tab.is("!document.querySelector('main form button[type=submit]').disabled"));
}
