//! The second factor as a person meets it, with and without script.

use stockroom::domain::permission::Role;
use totp_rs::{Algorithm, Builder, Secret};

use crate::crawl::axe;
use crate::harness::PASSWORD;
use crate::site::{ADMIN, CUSTOMER, OPERATOR, Site, sign_in};
use crate::tab::{Script, Tab};

/// The code that an app shows which was given this secret.
fn code(site: &Site, secret: &str) -> String {
    const LETTERS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let (mut bits, mut count, mut seed) = (0_u64, 0, Vec::new());
    for letter in secret.chars().filter(|c| !c.is_whitespace()) {
        bits = bits << 5 | LETTERS.find(letter).unwrap() as u64;
        count += 5;
        if count >= 8 {
            count -= 8;
            seed.push((bits >> count) as u8);
        }
    }
    let secret = Secret::new_stack(seed.try_into().unwrap());
    let totp = Builder::new().with_algorithm(Algorithm::SHA1).with_secret(secret).build().unwrap();
    totp.generate(site.services().now().as_second() as u64).to_string()
}

const PRIMARY: &str = "main form button.primary";

/// Sets it up on the card that is open; the secret and the first recovery code.
fn set_up(site: &Site, tab: &Tab<'_>) -> (String, String) {
    // Where the site wants one, it comes right after signing in.
    if tab.is("document.querySelector('#current_password') !== null") {
        tab.fill("#current_password", PASSWORD);
    }
    tab.click(PRIMARY);
    tab.wait_for("document.querySelector('#totp-secret') && document.readyState === 'complete'");
    assert!(tab.is("document.querySelector('svg.qr path').getBoundingClientRect().width > 150"));
    let secret = tab.text_of("document.querySelector('#totp-secret').textContent");
    tab.fill("#code", &code(site, &secret));
    tab.click(PRIMARY);
    tab.wait_for(
        "document.querySelectorAll('#recovery-codes li').length === 10 && document.readyState === 'complete'",
    );
    let recovery = tab.text_of("document.querySelector('#recovery-codes code').textContent");
    site.advance_minutes(1);
    (secret, recovery)
}

#[test]
fn a_person_sets_it_up_and_signs_in_with_it() {
    for script in [Script::On, Script::Off] {
        let site = Site::with_sample(200);
        let mut tab = site.signed_in(CUSTOMER, script);
        tab.go("/account");
        tab.click("a[href='/account/second-factor']");
        tab.wait_for_path("/account/second-factor");
        let (secret, recovery) = set_up(&site, &tab);
        tab.expect_peace();
        tab.click("main a.primary");
        tab.wait_for_path("/account");
        assert!(tab.is("document.body.innerText.includes('10 of 10 left')"));

        let tab = site.visitor(script);
        sign_in(&tab, CUSTOMER, PASSWORD);
        tab.wait_for("document.querySelector('#code') && document.readyState === 'complete'");
        assert!(!tab.has_cookie("sid"), "nobody is signed in yet");
        tab.fill("#code", "000000");
        tab.click(PRIMARY);
        tab.wait_for("document.querySelector('[role=alert]') && document.readyState === 'complete'");
        assert_eq!(tab.text_of("document.querySelector('#code').value"), "");
        site.advance_minutes(1);
        tab.fill("#code", &code(&site, &secret));
        tab.click("input[name=trust]");
        tab.press("Enter", 0);
        tab.wait_for_path("/inventory");

        // Trusted from now on; elsewhere a recovery code gets in.
        let mut elsewhere = site.visitor(script);
        sign_in(&elsewhere, CUSTOMER, PASSWORD);
        elsewhere.wait_for("document.querySelector('#code') && document.readyState === 'complete'");
        elsewhere.click(".other-code summary");
        elsewhere.fill("#recovery_code", &recovery.to_lowercase());
        elsewhere.click(PRIMARY);
        elsewhere.wait_for_path("/inventory");
        elsewhere.expect_peace();
        let again = site.visitor(script);
        again.go("/login");
        drop(again);
        tab.click(".user-menu > summary");
        tab.click("header.top [data-sign-out] button");
        tab.wait_for_path("/login");
        sign_in(&tab, CUSTOMER, PASSWORD);
        tab.wait_for_path("/inventory");
    }
}

#[test]
fn who_must_have_one_is_led_to_it_and_then_goes_on() {
    for script in [Script::On, Script::Off] {
        let site = Site::with(|config| config.second_factor.required_roles = [Role::Operator].into());
        let tab = site.visitor(script);
        sign_in(&tab, OPERATOR, PASSWORD);
        tab.wait_for_path("/account/second-factor");
        tab.go("/inventory");
        tab.wait_for_path("/account/second-factor");
        set_up(&site, &tab);
        tab.go("/imports");
        tab.wait_for_path("/imports");
    }
}

#[test]
fn its_cards_are_clean_in_every_look() {
    let site = Site::empty();
    let mut tab = site.signed_in(ADMIN, Script::On);
    tab.go("/account/second-factor");
    let (secret, _) = set_up(&site, &tab);
    let mut found = Vec::new();
    for (width, theme) in [(1280, "light"), (1280, "dark"), (390, "light"), (390, "dark")] {
        tab.look(width, theme);
        let mut look = |tab: &Tab<'_>, what: &str| {
            found.extend(axe(tab).into_iter().map(|wrong| format!("{what} ({width}, {theme}): {wrong}")));
            if !tab.is("document.documentElement.scrollWidth <= innerWidth") {
                found.push(format!("{what} is wider than {width}"));
            }
        };
        for path in ["/account", "/account/second-factor/codes", "/account/second-factor/off"] {
            tab.go(path);
            look(&tab, path);
        }
        tab.go("/account/second-factor/codes");
        tab.fill("#code", &code(&site, &secret));
        tab.click(PRIMARY);
        tab.wait_for("document.querySelector('#recovery-codes') && document.readyState === 'complete'");
        look(&tab, "recovery codes");
        site.advance_minutes(1);
        let visitor = site.visitor(Script::On);
        visitor.look(width, theme);
        sign_in(&visitor, ADMIN, PASSWORD);
        visitor.wait_for("document.querySelector('#code') && document.readyState === 'complete'");
        visitor.click(".other-code summary");
        look(&visitor, "/login/code");
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    tab.expect_peace();
}
