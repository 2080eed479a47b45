//! Every page in both themes and two widths: axe finds nothing, nothing complains, nothing is asked of another site,
//! nothing is wider than the screen.

use std::time::Duration;

use serde_json::Value;
use stockroom::base::secret::SecretString;
use stockroom::config::remote::{RemoteConfig, RemoteNet, RemoteStore, S3Config};
use stockroom::domain::email::{Email, LoginKey};
use stockroom::domain::ids::{UserFileId, UserId};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user::{User, UserStatus};
use stockroom::domain::user_file::{FileKind, UserFile};
use stockroom::services::commands::AdminCommand;
use stockroom::services::plans::commands as plans;
use stockroom::services::user_files::copies::catch_up;
use stockroom::services::users::FirstSignIn;
use stockroom::store::WriteTxn;
use stockroom::store::user_files::put_file;
use stockroom::store::users::{find_user_by_login, insert_user};

use crate::harness::PASSWORD;
use crate::site::{ADMIN, CUSTOMER, OPERATOR, STRANGER, Site, sample};
use crate::tab::{Script, Tab};

const AXE: &str = include_str!("vendor/axe-4.14.1.min.js");
const THEMES: [&str; 2] = ["light", "dark"];
const WIDTHS: [u32; 2] = [1280, 390];
/// Must choose a new password before anything else.
const NEWCOMER: &str = "new@example.com";

/// A page, who looks at it, and what it answers.
struct Visit {
    path: &'static str,
    status: u16,
    /// What is done there before it is looked at.
    act: &'static str,
}

const fn visit(path: &'static str) -> Visit {
    Visit { path, status: 200, act: "" }
}

/// A page of the plan that leads; its address goes on as this expression says.
macro_rules! of_plan {
    ($rest:literal) => {
        Visit {
            path: "/plan",
            status: 200,
            act: concat!("location.assign(document.querySelector('main tbody a').href + ", $rest, ")"),
        }
    };
}

const fn error(path: &'static str, status: u16) -> Visit {
    Visit { path, status, act: "" }
}

const VISITOR: &[Visit] = &[
    visit("/login"),
    visit("/login?signed-out=1"),
    visit("/login?next=/inventory"),
    visit("/admin-login"),
    error("/nowhere", 404),
    visit("/login?password-set=1"),
    visit("/register"),
    visit("/register/sent"),
    Visit {
        path: "/register",
        status: 422,
        act: "document.querySelector('main form').noValidate = true; \
              document.querySelector('#email').value = 'nobody'; \
              document.querySelector('main form').requestSubmit()",
    },
    visit("/forgot"),
    Visit {
        path: "/forgot",
        status: 200,
        act: "if (document.querySelector('#login')) { document.querySelector('#login').value = 'who@example.com'; \
              document.querySelector('main form').requestSubmit(); throw new TypeError() }",
    },
    visit("/code"),
    Visit {
        path: "/code",
        status: 422,
        act: "document.querySelector('#code').value = 'x'; document.querySelector('main form').requestSubmit()",
    },
    error("/reset?token=x", 410),
    error("/confirm?token=x", 410),
    visit("/help"),
    visit("/help/imports"),
    // Where there is an authority: `tls.rs`.
    error("/trust", 404),
    Visit {
        path: "/login",
        status: 422,
        act: "document.querySelector('#login').value = 'who@example.com'; \
              document.querySelector('#password').value = 'wrong'; \
              document.querySelector('main form').requestSubmit()",
    },
];

/// Everything open that can be opened.
const OPEN_ALL: &str =
    "for (const part of document.querySelectorAll('details:not([data-menu])')) part.open = true";

const OF_THE_OPERATOR: &[Visit] = &[
    visit("/help"),
    visit("/help?q=backup"),
    visit("/help?q=xyzzyplugh"),
    visit("/help/troubleshooting"),
    visit("/help/keyboard"),
    error("/help/nothing", 404),
    visit("/inventory"),
    Visit { path: "/inventory", status: 200, act: OPEN_ALL },
    Visit { path: "/inventory", status: 200, act: "document.querySelector('.columns-menu').open = true" },
    Visit { path: "/inventory", status: 200, act: "document.querySelector('.share-menu').open = true" },
    Visit { path: "/inventory", status: 200, act: "document.querySelector('.user-menu').open = true" },
    Visit { path: "/inventory", status: 200, act: "document.querySelector('.activity-menu').open = true" },
    Visit { path: "/inventory", status: 200, act: "document.querySelector('[data-news]').hidden = false" },
    Visit { path: "/inventory", status: 200, act: "document.querySelector('#session-dialog').showModal()" },
    Visit {
        path: "/inventory",
        status: 200,
        act: "document.querySelector('.grid-scroll').focus(); \
              document.querySelector('.grid-scroll').dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowDown', bubbles: true }))",
    },
    visit("/inventory?q=bolt+status:hold&match=any&f.uom=EA&f.uom=KG&sort=-expires&sort=part&more=customer"),
    visit("/inventory?q=xylophone+capacitro"),
    visit("/inventory?q=xylophone+foo:bar+part:capacitro"),
    visit("/inventory?facet=part&width=part%7E200"),
    visit("/inventory?print=1"),
    Visit {
        path: "/inventory",
        status: 200,
        act: "document.querySelector('.grid-scroll').focus(); for (const key of ['ArrowDown', 'Enter']) \
              document.querySelector('.grid-scroll').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))",
    },
    visit("/inventory?offset=100"),
    visit("/inventory?as_of=2099-01-01"),
    visit("/inventory?colour=red&f.nope=1"),
    error("/inventory?as_of=2000-01-01", 404),
    visit("/datasets/inventory/changes"),
    visit("/datasets/inventory/changes?kind=changed&q=xylophone"),
    visit("/datasets/second"),
    error("/datasets/nowhere", 404),
    visit("/imports"),
    visit("/files"),
    visit("/files?q=nothing"),
    visit("/files?show=deleted"),
    Visit { path: "/files", status: 200, act: "document.querySelector('main tbody a').click()" },
    error("/files/none", 404),
    visit("/account"),
    visit("/account?done=name"),
    visit("/account/password"),
    visit("/account/email"),
    visit("/account/links"),
    visit("/account/links?dataset=inventory&search=sort%3DPart"),
    visit("/account/tokens"),
    visit("/api/docs"),
    visit("/account/second-factor"),
    Visit {
        path: "/account/second-factor",
        status: 200,
        act: "document.querySelector('main form').requestSubmit()",
    },
    visit("/keys"),
    error("/admin/customers", 403),
    error("/imports/none", 404),
];

const OF_THE_ADMIN: &[Visit] = &[
    visit("/files"),
    visit("/files/folders"),
    visit("/inventory"),
    visit("/imports"),
    visit("/datasets/inventory/history"),
    Visit {
        path: "/datasets/inventory/history",
        status: 200,
        act: "document.querySelector('main td form').requestSubmit()",
    },
    visit("/datasets/inventory/profiles"),
    visit("/datasets/inventory/rules"),
    visit("/admin/customers"),
    visit("/admin/customers?q=nobody+like+that"),
    visit("/admin/customers?status=deactivated"),
    visit("/admin/customers/new"),
    Visit {
        path: "/admin/customers/new",
        status: 422,
        act: "document.querySelector('#email').value = 'carl@example.com'; \
              document.querySelector('form[data-user-form] .actions button.primary').click()",
    },
    Visit {
        path: "/admin/customers?q=carl",
        status: 200,
        act: "location.assign(document.querySelector('.users-table tbody a').href)",
    },
    Visit {
        path: "/admin/customers?q=carl",
        status: 200,
        act: "location.assign(document.querySelector('.users-table tbody a').href + '/deactivate')",
    },
    Visit {
        path: "/admin/customers?q=carl",
        status: 200,
        act: "location.assign(document.querySelector('.users-table tbody a').href + '/reset-password')",
    },
    Visit {
        path: "/admin/customers?q=carl",
        status: 200,
        act: "location.assign(document.querySelector('.users-table tbody a').href + '/delete')",
    },
    visit("/admin/customers?role=planner&owner=Acme"),
    visit("/admin/customers?give=Acme+Foods"),
    visit("/admin/customers/coverage"),
    visit("/admin/customers/bulk?action=delete&all=1"),
    visit("/admin/customers/bulk?action=give-owner&bulk_owner=Acme+Foods&all=1"),
    visit("/admin/customers/bulk?action=give-owner&bulk_owner=Acme+Fods&all=1"),
    error("/admin/customers/bulk?action=give-owner&all=1", 422),
    visit("/admin/customers?sort=-sign-in&only=sees-nothing"),
    Visit {
        path: "/admin/customers/bulk?action=reset-access&all=1&q=spare",
        status: 200,
        act: "document.querySelector('main form').requestSubmit()",
    },
    visit("/admin/approvals"),
    Visit {
        path: "/admin/approvals",
        status: 200,
        act: "location.assign(document.querySelector('a[data-decide]').href)",
    },
    Visit { path: "/admin/approvals", status: 200, act: "document.querySelector('a[data-decide]').click()" },
    Visit {
        path: "/admin/approvals",
        status: 200,
        act: "for (const box of document.querySelectorAll('input[name=user]')) box.checked = true; \
              document.querySelector('form[data-bulk]').requestSubmit()",
    },
    visit("/admin/audit"),
    visit("/admin/audit?actor=system&action=import.&from=2026-01-01&q=inventory"),
    visit("/admin/audit?q=nothing+like+that"),
    error("/admin/audit?from=yesterday", 422),
    visit("/admin/audit/1"),
    Visit {
        path: "/admin/audit?action=session.begin",
        status: 200,
        act: "location.assign(document.querySelector('.audit-table tbody a').href)",
    },
    Visit {
        path: "/admin/audit",
        status: 200,
        act: "document.querySelector('#audit-chain form').requestSubmit()",
    },
    Visit {
        path: "/admin/audit/head",
        status: 200,
        act: "document.querySelector('main form').requestSubmit()",
    },
    visit("/admin/audit/head"),
    visit("/admin/sessions"),
    visit("/admin/sessions?q=nobody+like+that"),
    Visit {
        path: "/admin/sessions",
        status: 200,
        act: "location.assign(document.querySelector('a[data-decide]').href)",
    },
    Visit { path: "/admin/sessions", status: 200, act: "document.querySelector('a[data-decide]').click()" },
    Visit { path: "/admin/analytics", status: 200, act: OPEN_ALL },
    visit("/admin/analytics?days=90"),
    visit("/activity"),
    visit("/admin"),
    visit("/admin/system"),
    visit("/admin/doctor"),
    visit("/admin/settings"),
    visit("/admin/outbound"),
    visit("/admin/webhooks"),
    visit("/admin/webhooks/new"),
    visit("/admin/outbox"),
    visit("/admin/outbox?state=failed"),
    visit("/admin/copies"),
    visit("/admin/copies?again=2"),
    Visit { path: "/admin/copies", status: 200, act: "document.querySelector('main td a').click()" },
    Visit { path: "/admin/directory", status: 200, act: OPEN_ALL },
    visit("/admin/sources"),
    visit("/admin/sources/new"),
    visit("/admin/sources/new?kind=command"),
    visit("/admin/sources/new?kind=sql"),
    visit("/plan"),
    Visit {
        path: "/plan",
        status: 422,
        act: "document.querySelector('#name').value = 'Base'; document.querySelector('main form').requestSubmit()",
    },
    Visit { path: "/plan", status: 200, act: "document.querySelector('main tbody a').click()" },
    Visit {
        path: "/plan",
        status: 200,
        act: "location.assign(document.querySelector('main tbody a').href + '?by=week&group=category&measures=all&cell=1|sales|2026-01-01')",
    },
    of_plan!("'?chart=2'"),
    of_plan!("'?cell=1|opening|'"),
    of_plan!("'/lines/1/remove'"),
    of_plan!("'/chart?by=day'"),
    of_plan!("'/chart?lines=99'"),
    of_plan!("'/overview'"),
    of_plan!("'/overview?q=zebra'"),
    of_plan!("'/compare'"),
    of_plan!(
        "'/compare?by=week&with=' + [...document.querySelectorAll('main tbody a')].find((a) => a.textContent.trim() === 'Scenario').pathname.split('/')[2]"
    ),
    of_plan!("'/accuracy'"),
    of_plan!("'/accuracy?from=2030-01-01'"),
    Visit {
        path: "/plan",
        status: 200,
        act: "location.assign(document.querySelector('main tbody a').href + '/settings?done=save')",
    },
    Visit {
        path: "/plan",
        status: 200,
        act: "location.assign(document.querySelector('main tbody a').href + '/delete')",
    },
    error("/plan/none", 404),
    visit("/plan/items"),
    Visit { path: "/plan/items", status: 200, act: "document.querySelector('main tbody a').click()" },
    visit("/plan/items?sku=A&ask=delete"),
    visit("/plan/items?q=nowhere"),
    Visit {
        path: "/plan/items?new=1",
        status: 422,
        act: "document.querySelector('#sku').value = 'A'; document.querySelector('#item form').requestSubmit()",
    },
    visit("/plan/locations"),
    visit("/plan/channels?new=1"),
    visit("/plan/customers?rows=2&added=1&changed=1"),
    visit("/account"),
];
const OF_THE_CUSTOMER: &[Visit] =
    &[visit("/inventory"), visit("/inventory?q=xylophone"), error("/imports", 403), visit("/account")];
const OF_THE_STRANGER: &[Visit] = &[visit("/inventory")];
const OF_THE_NEWCOMER: &[Visit] = &[
    visit("/inventory"),
    Visit {
        path: "/change-password",
        status: 422,
        act: "document.querySelector('#current_password').value = 'x'; document.querySelector('#new_password').value = document.querySelector('#new_password_again').value = 'y'; \
              document.querySelector('main form').requestSubmit()",
    },
];

fn site() -> Site {
    let site = Site::with(|config| config.remote = Some(nowhere()));
    site.publish("Inventory", sample(300), &["owner=customer"]);
    // What it began with and what is live now differ.
    site.publish("Inventory", sample(290), &[]);
    site.publish("Second", "Part,Qty\nA-1,1\nB-2,2\n", &[]);
    site.command(AdminCommand::UserAdd {
        email: Email::parse(NEWCOMER).unwrap(),
        first_name: None,
        last_name: None,
        mobile: None,
        username: None,
        roles: [Role::Customer].into(),
        owners: OwnerScope::All,
        password: SecretString::new(PASSWORD.to_owned()),
        first_sign_in: FirstSignIn::ChangesPassword,
    });
    site.add_user("spare@example.com", Role::Customer, OwnerScope::All);
    site.services().store.write(|w| (0..2).try_for_each(|n| insert_user(w, &asker(n)))).unwrap();
    plan(&site);
    site.command(AdminCommand::BackupCreate { output: None, passphrase: None, with_index: false });
    // Files whose copies fail.
    for (n, who) in [OPERATOR, ADMIN, CUSTOMER].into_iter().enumerate() {
        site.services().store.write(|w| put_file(w, &document(w, n as u128, who))).unwrap();
    }
    catch_up(site.services()).unwrap();
    site
}

/// A plan with a line that runs out.
fn plan(site: &Site) {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        file.path(),
        "item,date,production,sales,inventory\nA,2026-01-01,5,2,\nA,2026-01-02,,4,1\n",
    )
    .unwrap();
    for name in ["Base", "Scenario"] {
        let plan =
            plans::make(site.services(), (name.to_owned(), String::new()), (None, None), false).unwrap();
        let pairs = [("plan", plan.id.as_str()), ("create_items", "true")];
        plans::bring(site.services(), file.path(), pairs).unwrap();
        // What the scenario has beside it.
        std::fs::write(
            file.path(),
            "item,date,production,sales,inventory\nA,2026-01-01,6,2,\nB,2026-01-02,,4,1\n",
        )
        .unwrap();
    }
}

/// A store that nobody answers for.
fn nowhere() -> RemoteConfig {
    RemoteConfig {
        store: RemoteStore::S3(S3Config {
            endpoint: Some("https://127.0.0.1:1".to_owned()),
            region: "us-east-1".to_owned(),
            bucket: "stock".to_owned(),
            prefix: String::new(),
            access_key_id: "key".to_owned(),
            secret_access_key: SecretString::new("secret".to_owned()),
            path_style: true,
        }),
        net: RemoteNet { timeout: Duration::from_secs(5), ca_file: None, allow_http: false },
    }
}

fn document(w: &WriteTxn, n: u128, who: &str) -> UserFile {
    let user = find_user_by_login(w, &LoginKey::of(who)).unwrap().unwrap();
    UserFile {
        id: UserFileId(uuid::Uuid::from_u128(n)),
        user_id: user.id,
        name: "Delivery terms.pdf".to_owned(),
        sha256: format!("{n:064}"),
        bytes: 4_711,
        kind: FileKind::Pdf,
        added_at: jiff::Timestamp::UNIX_EPOCH,
        is_kept: true,
        deleted_at: None,
    }
}

/// Somebody who waits for an account.
fn asker(n: u128) -> User {
    let email = Email::parse(&format!("asker{n}@example.com")).unwrap();
    let id = UserId(uuid::Uuid::from_u128(n));
    User {
        status: UserStatus::Pending,
        roles: [Role::Customer].into(),
        ..User::new(id, email, jiff::Timestamp::UNIX_EPOCH)
    }
}

#[test]
fn every_page_is_clean_on_a_wide_light_screen() {
    crawl(&site(), WIDTHS[0], THEMES[0]);
}

#[test]
fn every_page_is_clean_on_a_wide_dark_screen() {
    crawl(&site(), WIDTHS[0], THEMES[1]);
}

#[test]
fn every_page_is_clean_on_a_narrow_light_screen() {
    crawl(&site(), WIDTHS[1], THEMES[0]);
}

#[test]
fn every_page_is_clean_on_a_narrow_dark_screen() {
    crawl(&site(), WIDTHS[1], THEMES[1]);
}

#[test]
fn a_site_without_data_is_clean_in_every_look() {
    let site = Site::empty();
    for (width, theme) in WIDTHS.iter().flat_map(|width| THEMES.map(|theme| (*width, theme))) {
        for who in [OPERATOR, CUSTOMER] {
            look_at(&site, who, width, theme, &[visit("/inventory")]);
        }
    }
}

/// Bytes that travel, compressed, for the scripts and the sheet of all pages together (issue 3).
const BUDGETS: [(&str, usize); 2] = [(".js", 40_000), (".css", 12_000)];

#[test]
fn scripts_and_sheet_of_all_pages_keep_to_their_budgets() {
    let site = site();
    let mut tab = site.signed_in(ADMIN, Script::On);
    let mut addresses = std::collections::BTreeSet::new();
    for path in ["/login", "/inventory", "/imports", "/account", "/admin/customers", "/admin/customers/new"] {
        tab.go(path);
        addresses.extend(tab.requests());
    }
    for (kind, most) in BUDGETS {
        let ours: Vec<_> = addresses.iter().filter(|address| address.ends_with(kind)).collect();
        assert!(!ours.is_empty(), "no {kind} in {addresses:?}");
        let bytes: usize = ours.iter().map(|address| site.block_on(compressed(address))).sum();
        assert!(bytes <= most, "{bytes} bytes of {kind}: {ours:?}");
    }
}

async fn compressed(address: &str) -> usize {
    let answer = reqwest::Client::new().get(address).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(answer.headers()["content-encoding"], "gzip", "{address}");
    answer.bytes().await.unwrap().len()
}

fn crawl(site: &Site, width: u32, theme: &str) {
    for (who, visits) in [
        ("", VISITOR),
        (OPERATOR, OF_THE_OPERATOR),
        (ADMIN, OF_THE_ADMIN),
        (CUSTOMER, OF_THE_CUSTOMER),
        (STRANGER, OF_THE_STRANGER),
        (NEWCOMER, OF_THE_NEWCOMER),
    ] {
        look_at(site, who, width, theme, visits);
    }
}

/// Notes on the page that it is about to be left, so that the next one is looked at and not what is between them.
const NOTE_LEAVING: &str = "\
    navigation.addEventListener('navigate', (event) => { \
        if (!event.destination.sameDocument && !event.downloadRequest) window.isLeaving = true; }); \
    addEventListener('submit', (event) => { if (!event.defaultPrevented) window.isLeaving = true; })";

fn look_at(site: &Site, who: &str, width: u32, theme: &str, visits: &[Visit]) {
    let mut found = Vec::new();
    if visits.is_empty() {
        return;
    }
    for script in [Script::On, Script::Off] {
        // Without script there is nothing to find by colour: axe is script.
        if script == Script::Off && theme == THEMES[1] {
            continue;
        }
        let mut tab = if who.is_empty() { site.visitor(script) } else { site.signed_in(who, script) };
        tab.look(width, theme);
        tab.complaints(200);
        for visit in visits {
            // What is done there is done by script.
            if script == Script::Off && !visit.act.is_empty() {
                continue;
            }
            let place = format!("{who} {} {} ({width}, {theme}, script {script:?})", visit.path, visit.act);
            tab.go(visit.path);
            if script == Script::On {
                tab.wait_for(
                    "!document.querySelector('sr-grid') || document.querySelector('sr-grid[ready]')?.settled",
                );
            }
            if !visit.act.is_empty() {
                tab.eval(NOTE_LEAVING);
                // A page that comes back to what was looked at changes its rows a moment after it is there.
                tab.wait_for(&format!(
                    "(() => {{ try {{ {}; return true; }} catch (error) {{ if (error instanceof TypeError) return false; throw error; }} }})()",
                    visit.act
                ));
                tab.wait_for("!window.isLeaving && document.readyState === 'complete'");
                if visit.status >= 400 {
                    tab.wait_for(
                        "document.querySelector('[role=alert]') && document.readyState === 'complete'",
                    );
                    site.advance_minutes(1);
                }
            }
            found.extend(
                wrong_with(&mut tab, visit, script).into_iter().map(|what| format!("{place}: {what}")),
            );
        }
    }
    assert!(found.is_empty(), "{} things are wrong:\n{}", found.len(), found.join("\n"));
}

fn wrong_with(tab: &mut Tab<'_>, visit: &Visit, script: Script) -> Vec<String> {
    let mut wrong = tab.complaints(visit.status);
    let status = tab.number("performance.getEntriesByType('navigation')[0].responseStatus") as u16;
    if status != visit.status {
        wrong.push(format!("answered {status} instead of {}", visit.status));
    }
    if !tab.is("document.documentElement.scrollWidth <= innerWidth") {
        let widest = tab.eval(
            "[...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > innerWidth + 1 \
             && !e.parentElement.closest('.grid-scroll')).slice(0, 5).map((e) => e.tagName + '.' + e.className).join(' ')",
        );
        wrong.push(format!("wider than the screen: {widest}"));
    }
    if tab.count("document.querySelectorAll('h1').length") != 1 {
        wrong.push("not one h1".to_owned());
    }
    if script == Script::On {
        wrong.extend(axe(tab));
        wrong.extend(tab.complaints(visit.status));
    }
    wrong
}

/// What axe finds wrong by WCAG 2.2 AA.
pub fn axe(tab: &Tab<'_>) -> Vec<String> {
    if !tab.is("typeof axe === 'object'") {
        tab.inject(AXE);
    }
    let found = tab.eval(
        "axe.run(document, { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }, \
         resultTypes: ['violations'] }).then((result) => result.violations.map((rule) => \
         rule.id + ': ' + rule.help + ' at ' + rule.nodes.slice(0, 3).map((node) => node.target.join(' ') + ' ' + node.any.concat(node.all).map((check) => check.message).join('; ')).join(' | ')))",
    );
    found.as_array().unwrap().iter().filter_map(Value::as_str).map(str::to_owned).collect()
}
