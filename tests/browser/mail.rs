//! What comes by mail, from the form to the sign-in, with and without script.

use std::net::TcpListener;

use stockroom::config::accounts::SignupMode;

use crate::harness::PASSWORD;
use crate::mailbox::{Mailbox, with_links};
use crate::site::{Site, sign_in};
use crate::tab::{Script, Tab};

const NEW_PASSWORD: &str = "nine herons by the weir";
const BUTTON: &str = "main form button.primary";

fn site() -> Site {
    Site::with(|config| {
        with_links(config);
        // Links name another address than the one that is reached here, so this one is named beside it.
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        config.server.listen.set_port(port);
        config.server.allowed_origins.push(format!("http://127.0.0.1:{port}"));
        config.accounts.signup = SignupMode::Confirm;
    })
}

fn wait_for_text(tab: &Tab<'_>, text: &str) {
    tab.wait_for(&format!(
        "document.readyState === 'complete' && document.body.innerText.includes({})",
        serde_json::to_string(text).unwrap()
    ));
}

#[test]
fn an_account_is_asked_for_and_confirmed_and_its_password_forgotten() {
    for script in [Script::On, Script::Off] {
        let site = site();
        let mut mails = Mailbox::default();
        let mut tab = site.visitor(script);
        tab.go("/login");
        tab.click("a[href='/register']");
        tab.wait_for_path("/register");
        tab.fill("#first_name", "Nora");
        tab.fill("#last_name", "North");
        tab.fill("#email", "nora@example.com");
        tab.fill("#password", PASSWORD);
        tab.click(BUTTON);
        tab.wait_for_path("/register/sent");
        let mail = site.block_on(mails.next(&site, "nora@example.com", "Confirm"));
        tab.fill("#code", &mail.code());
        tab.click(BUTTON);
        wait_for_text(&tab, "Your account is ready");
        tab.expect_peace();
        sign_in(&tab, "nora@example.com", PASSWORD);
        tab.wait_for_path("/inventory");

        // Forgotten: asked in this browser, the link opened in another.
        let tab = site.visitor(script);
        tab.go("/login");
        tab.click("a[href='/forgot']");
        tab.wait_for_path("/forgot");
        tab.fill("#login", "nora@example.com");
        tab.click(BUTTON);
        tab.wait_for_path("/reset");
        let mail = site.block_on(mails.next(&site, "nora@example.com", "password"));
        let mut reader = site.visitor(script);
        reader.go(&mail.link());
        reader.fill("#new_password", NEW_PASSWORD);
        reader.fill("#new_password_again", NEW_PASSWORD);
        reader.click(BUTTON);
        reader.wait_for("location.pathname === '/login' && document.querySelector('.notice.ok')");
        reader.expect_peace();
        sign_in(&reader, "nora@example.com", NEW_PASSWORD);
        reader.wait_for_path("/inventory");
    }
}

#[test]
fn a_link_opened_in_another_browser_asks_for_names_and_a_password() {
    for script in [Script::On, Script::Off] {
        let site = site();
        let mut mails = Mailbox::default();
        let tab = site.visitor(script);
        tab.go("/register");
        tab.fill("#first_name", "Eve");
        tab.fill("#last_name", "Elsewhere");
        tab.fill("#email", "nils@example.com");
        tab.fill("#password", PASSWORD);
        tab.click(BUTTON);
        tab.wait_for_path("/register/sent");
        let mail = site.block_on(mails.next(&site, "nils@example.com", "Confirm"));
        let mut reader = site.visitor(script);
        reader.go(&mail.link());
        assert_eq!(reader.text_of("document.querySelector('#first_name').value"), "Eve");
        reader.fill("#first_name", "Nils");
        reader.fill("#last_name", "North");
        reader.fill("#password", NEW_PASSWORD);
        reader.click(BUTTON);
        wait_for_text(&reader, "Your account is ready");
        reader.expect_peace();
        sign_in(&reader, "nils@example.com", NEW_PASSWORD);
        reader.wait_for_path("/inventory");
        assert!(reader.is("document.querySelector('.user-menu').innerText.includes('Nils North')"));
    }
}
