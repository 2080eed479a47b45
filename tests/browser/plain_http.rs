//! A site over plain HTTP as another machine sees it: no secure context, so no clipboard and no `Secure` cookies.

use std::process::Command;

use crate::chromium::Chromium;
use crate::harness::PASSWORD;
use crate::inventory::wait_for_grid;
use crate::site::{ADMIN, CUSTOMER, Site, sign_in};
use crate::tab::{CONTROL, Script, Tab};

/// A network of two: this machine, and a namespace in which Chromium is alone. Both ends go with it.
struct Network {
    name: String,
    link: String,
    /// The last part of the addresses' network, so that two runs do not meet.
    subnet: u32,
}

impl Network {
    fn new() -> Self {
        let id = std::process::id();
        // Linux cuts names of links off after 15 bytes.
        let network = Self { name: format!("stockroom-{id}"), link: format!("sr{id}"), subnet: id % 250 };
        assert!(
            Command::new("ip").arg("-V").output().is_ok(),
            "`ip` is missing. Install the package `iproute2`, or run tests/run, which does."
        );
        ip(&["netns", "add", &network.name]);
        let (ours, theirs) = (network.link.clone(), format!("{}b", network.link));
        ip(&["link", "add", &ours, "type", "veth", "peer", "name", &theirs, "netns", &network.name]);
        ip(&["addr", "add", &format!("{}/30", network.site()), "dev", &ours]);
        ip(&["link", "set", &ours, "up"]);
        ip(&["-n", &network.name, "addr", "add", &format!("10.203.{}.2/30", network.subnet), "dev", &theirs]);
        ip(&["-n", &network.name, "link", "set", &theirs, "up"]);
        network
    }

    /// The address of this machine, as the namespace sees it.
    fn site(&self) -> String {
        format!("10.203.{}.1", self.subnet)
    }
}

#[track_caller]
fn ip(arguments: &[&str]) {
    let output = Command::new("ip").args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "ip {}: {said}A network of its own needs root: run the tests as root.",
        arguments.join(" ")
    );
}

impl Drop for Network {
    fn drop(&mut self) {
        // The link's other end goes with either.
        let _ = Command::new("ip").args(["link", "del", &self.link]).output();
        let _ = Command::new("ip").args(["netns", "del", &self.name]).output();
    }
}

#[test]
fn over_plain_http_everything_works_without_a_secure_context() {
    let network = Network::new();
    let address = network.site();
    let site = Site::with(|config| config.server.listen = format!("{address}:0").parse().unwrap());
    site.publish(
        "Inventory",
        "Part,Customer,On hand,UoM\nA-1,Acme Foods,12500,EA\nB-1,Acme Foods,7,EA\n",
        &["owner=Customer"],
    );
    let chromium = Chromium::start(&["ip", "netns", "exec", &network.name]);

    let mut tab = Tab::open(&chromium, &site.origin(), Script::On);
    sign_in(&tab, CUSTOMER, PASSWORD);
    tab.wait_for_path("/inventory");
    wait_for_grid(&tab);
    assert_eq!(tab.text_of("location.hostname"), address);
    assert!(!tab.is("isSecureContext") && tab.is("navigator.clipboard === undefined"));
    let cookies = tab.cookies();
    assert!(cookies.iter().any(|cookie| cookie["name"] == "sid"), "{cookies:?}");
    assert!(cookies.iter().all(|cookie| cookie["secure"] == false), "{cookies:?}");
    assert!(tab.is("!document.querySelector('#insecure-banner')"), "the banner is the admins'");

    tab.click("#global-search");
    tab.type_text("A-1");
    tab.wait_for("document.querySelectorAll('tbody.window tr').length === 1");
    // A copy goes by the event that browsers send everywhere.
    tab.eval("document.addEventListener('copy', (event) => { window.copied = event.clipboardData.getData('text/plain') })");
    let at = tab.number("document.querySelector(\"th[data-column='On hand']\").cellIndex") as u32 + 1;
    tab.click(&format!("tr[data-r='0'] td:nth-child({at})"));
    tab.press("c", CONTROL);
    tab.wait_for("window.copied === '12500'");
    tab.click(".share-menu summary");
    tab.click("[data-copy-input]");
    tab.wait_for("document.querySelector('[data-copy-input]').textContent.includes('Copied')");
    assert!(tab.text_of("document.querySelector('#share-link').value").starts_with(&site.origin()));

    tab.press("Escape", 0);
    tab.click(".user-menu > summary");
    tab.click("header.top [data-sign-out] button");
    tab.wait_for_path("/login");
    assert!(!tab.has_cookie("sid"));
    let complaints = tab.complaints(200);
    let unexpected: Vec<_> = complaints.iter().filter(|complaint| !is_of_the_context(complaint)).collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");

    sign_in(&tab, ADMIN, PASSWORD);
    tab.wait_for_path("/inventory");
    tab.wait_for("document.querySelector('#insecure-banner')?.offsetHeight > 0");
}

/// Chromium says that it leaves these headers out where there is no secure context; nothing of ours depends on them.
fn is_of_the_context(complaint: &str) -> bool {
    complaint.contains("The Cross-Origin-Opener-Policy header has been ignored")
        || complaint.contains("Clear-Site-Data header on")
}
