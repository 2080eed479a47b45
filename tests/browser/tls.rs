//! A site that speaks TLS with an authority of its own, in a Chromium that trusts it and in one that does not.

use std::path::Path;
use std::process::Command;

use rcgen::{CertificateParams, DistinguishedName, DnType, Issuer, KeyPair};
use serde_json::json;
use stockroom::base::clock::{Clock, SystemClock};
use stockroom::config::Config;
use stockroom::config::tls::TlsMode;
use stockroom::domain::certificate::CertificateKind;
use stockroom::services::authorize::By;
use stockroom::services::tls::{self, Wanted, authority};

use crate::chromium::Chromium;
use crate::crawl::axe;
use crate::harness::PASSWORD;
use crate::site::{ADMIN, CUSTOMER, Site, sign_in};
use crate::tab::{Script, Tab};

/// A site whose certificates are of today: browsers know no other clock.
fn site() -> Site {
    let site = Site::with(|config| config.tls.mode = TlsMode::Auto);
    site.clock.advance(SystemClock.now().duration_since(site.clock.now()));
    tls::make(site.services(), By::COMMAND_LINE, Wanted::AnotherAuthority).unwrap();
    site
}

/// A home in which this authority is trusted as `certutil` has it, which is what the page tells for Linux.
fn home_that_trusts(authority: &Path) -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join(".pki/nssdb");
    std::fs::create_dir_all(&database).unwrap();
    let database = format!("sql:{}", database.display());
    for arguments in [
        vec!["-N", "--empty-password"],
        vec!["-A", "-t", "C,,", "-n", "stockroom", "-i", authority.to_str().unwrap()],
    ] {
        let output = Command::new("certutil").args(["-d", &database]).args(&arguments).output();
        let output =
            output.expect("`certutil` is missing. Install libnss3-tools, or run tests/run, which does.");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    home
}

/// Where a page does not open: what Chromium says of it.
fn refusal(tab: &Tab<'_>, url: &str) -> String {
    tab.call("Page.navigate", json!({ "url": url }))["errorText"].as_str().unwrap_or_default().to_owned()
}

/// In both themes, on a screen and on a phone.
fn looks_well(tab: &Tab<'_>) {
    for (width, theme) in [(1280, "light"), (390, "dark")] {
        tab.look(width, theme);
        tab.reload();
        tab.eval(
            "for (const part of document.querySelectorAll('details:not([data-menu])')) part.open = true",
        );
        assert_eq!(axe(tab), Vec::<String>::new(), "{width} {theme}");
        let wider = tab.text_of(
            "[...document.querySelectorAll('main *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1) \
             .map((e) => e.outerHTML.slice(0, 80)).join('\\n')",
        );
        assert_eq!(wider, "", "{width}");
    }
}

#[test]
fn who_trusts_the_authority_signs_in_over_https_and_who_does_not_is_warned() {
    let site = site();
    let port = site.running.address.port();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ca.crt");

    // As a device does: over plain HTTP, where the page stands too.
    let stranger_home = tempfile::tempdir().unwrap();
    let home = format!("HOME={}", stranger_home.path().display());
    let stranger = Chromium::start(&["env", &home]);
    let mut tab = Tab::open(&stranger, &site.origin(), Script::On);
    tab.go("/trust");
    let fingerprint = tab.text_of("document.querySelector('[data-fingerprint]').textContent");
    let pem = tls::standing(site.services()).unwrap().authority.unwrap();
    assert_eq!(fingerprint, pem.fingerprint);
    assert!(tab.is("document.querySelector('svg.qr').getBoundingClientRect().width > 60"));
    assert!(
        tab.is("[...document.images].every((image) => image.complete) && document.styleSheets.length > 0")
    );
    looks_well(&tab);
    let complaints = tab.complaints(200);
    assert!(complaints.iter().all(|complaint| complaint.contains("Opener-Policy")), "{complaints:#?}");
    let fetched = tab.eval("fetch('/trust/ca.crt').then((answer) => answer.text())");
    let fetched = fetched.as_str().unwrap();
    assert_eq!(fetched, pem.pem);
    std::fs::write(&path, fetched).unwrap();
    let refused = refusal(&tab, &format!("https://localhost:{port}/login"));
    assert_eq!(refused, "net::ERR_CERT_AUTHORITY_INVALID");

    let home = home_that_trusts(&path);
    let home = format!("HOME={}", home.path().display());
    let chromium = Chromium::start(&["env", &home]);
    for host in ["localhost", "127.0.0.1"] {
        let mut tab = Tab::open(&chromium, &format!("https://{host}:{port}"), Script::On);
        sign_in(&tab, CUSTOMER, PASSWORD);
        tab.wait_for_path("/inventory");
        assert!(tab.is("isSecureContext && location.protocol === 'https:'"), "{host}");
        let cookies = tab.cookies();
        assert!(cookies.iter().any(|cookie| cookie["name"] == "__Host-sid"), "{cookies:?}");
        assert!(cookies.iter().all(|cookie| cookie["secure"] == true), "{cookies:?}");
        assert_eq!(tab.complaints(200), Vec::<String>::new(), "{host}");
    }
    // An old address leads there, and an admin sees how it stands and no banner.
    let tab = Tab::open(&chromium, &format!("http://localhost:{port}"), Script::On);
    sign_in(&tab, ADMIN, PASSWORD);
    tab.wait_for_path("/inventory");
    assert!(tab.is("location.protocol === 'https:' && !document.querySelector('#insecure-banner')"));
    tab.go("/admin/system");
    assert!(tab.text_of("document.body.textContent").contains(&fingerprint));
    looks_well(&tab);
}

#[test]
fn a_stolen_key_of_the_authority_is_no_other_site() {
    let site = site();
    let kept = authority::find(site.services(), CertificateKind::Authority).unwrap().unwrap();
    let key = authority::open_key(site.services(), CertificateKind::Authority, &kept).unwrap().unwrap();
    let mut of_authority = CertificateParams::default();
    of_authority.distinguished_name = DistinguishedName::new();
    let name = authority::common_name(&kept.certificate).unwrap();
    of_authority.distinguished_name.push(DnType::CommonName, name);
    let issuer = Issuer::new(of_authority, KeyPair::try_from(key).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        path
    };
    // Whoever has the key signs for whatever they like; here a site takes it for its own.
    let other = |name: &str| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let until = SystemClock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        params.not_before = rcgen::date_time_ymd(2024, 1, 1);
        params.not_after = rcgen::date_time_ymd(i32::from(until.year()) + 1, 1, 1);
        params.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let cert = write(&format!("{name}.crt"), &certificate.pem());
        let key = write(&format!("{name}.key"), &key.serialize_pem());
        Site::bare(move |config: &mut Config| {
            config.tls.mode = TlsMode::Files;
            (config.tls.cert, config.tls.key) = (Some(cert), Some(key));
            config.server.hosts = vec![name.to_owned()];
        })
    };
    let authority = write("ca.crt", &tls::standing(site.services()).unwrap().authority.unwrap().pem);
    let home = home_that_trusts(&authority);
    let home = format!("HOME={}", home.path().display());
    let everything_here = "--host-resolver-rules=MAP * 127.0.0.1";
    let chromium = Chromium::start_with(&["env", &home], &[everything_here]);
    for (name, refused) in [("other.lan", ""), ("bank.example", "net::ERR_CERT")] {
        let site = other(name);
        let url = format!("https://{name}:{}/login", site.running.address.port());
        let tab = Tab::open(&chromium, &site.origin(), Script::On);
        let said = refusal(&tab, &url);
        assert!(said.starts_with(refused) && said.is_empty() == refused.is_empty(), "{name}: {said}");
    }
}
