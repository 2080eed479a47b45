//! Nobody reads another owner's rows: every route as every role, every parameter as another owner.

use std::collections::BTreeMap;
use std::fmt::Write;

use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::domain::email::Email;
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::services::commands::{AdminCommand, AdminReply};
use stockroom::web::router;

use crate::harness::{Answer, Browser, TestApp, stderr, stdout, stockroom};

const SET: &[&str] = &[
    "owner=Customer",
    "hidden=Cost",
    "facet=Status,UOM,Bin,Customer",
    "type.Part=code",
    "type.On Hand=decimal",
    "role.On Hand=quantity",
    "type.Expires=date",
    "role.Expires=expiry",
];
const HEADER: &str = "Part,Description,Lot,Customer,Status,Bin,On Hand,UOM,Expires,Cost\n";
/// Acme's rows; `COST` stands for what the hidden column holds.
const OF_A: &str = "CM-31578-96,Folding carton blue,L-100,Acme,Released,A1-01,1200,ea,2026-12-01,COST1\n\
    CM-31578-97,Shrink sleeve,L-101,Acme,On hold,A1-02,80,ea,2027-05-01,COST2\n\
    AX-1,Desiccant 10 g,L-102,Acme,Released,B2-01,7.5,kg,2026-11-30,COST3\n";
/// Of the other owner: a mark in every cell, words that Acme's rows have too, and near spellings of those.
const OF_B: &str = "ZQPART-1,Zqdescription carton zqonly,ZQLOT-1,Zqowner,Zqstatus,ZQBIN-1,987654321,zqunit,2031-07-13,ZQCOST-1\n\
    CM-31578-98,Folding carton blue,ZQLOT-2,Zqowner,Released,A1-01,555000111,ea,2031-07-14,ZQCOST-2\n\
    CM-31578-96,Shrink cartoon sleeved,ZQLOT-3,Zqowner,On hold,A1-02,444000222,kg,2031-07-15,ZQCOST-3\n\
    ZQAX-1,Desiccants zqnear,ZQLOT-4,Acme2,Zqstatus,ZQBIN-2,333000444,zqunit,2031-07-16,ZQCOST-4\n\
    ZQAX-2,Desiccantz,ZQLOT-5,acme,Zqstatus,ZQBIN-3,not a number,zqunit,never,ZQCOST-5\n";
/// What may not be in an answer to Acme unless Acme's own request said it.
const MARKS: &[&str] = &[
    "zq",
    "cm-31578-98",
    "987654321",
    "555000111",
    "444000222",
    "333000444",
    "2031-07",
    "cartoon",
    "acme2",
    "desiccants",
    "desiccantz",
    "not a number",
    "never",
];
/// What a customer may not see of Acme's own rows either.
const HIDDEN: &[&str] = &["cost", "secret1", "secret2", "secret3"];

fn stock(of_b: &str, costs: &str) -> String {
    format!("{HEADER}{}{of_b}", OF_A.replace("COST", costs))
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Who {
    Nobody,
    CustomerOfA,
    CustomerOfB,
    CustomerOfNone,
    Planner,
    Operator,
    Auditor,
    Admin,
}

impl Who {
    const ALL: [Self; 8] = [
        Self::Nobody,
        Self::CustomerOfA,
        Self::CustomerOfB,
        Self::CustomerOfNone,
        Self::Planner,
        Self::Operator,
        Self::Auditor,
        Self::Admin,
    ];

    /// A browser of this kind; every role but the other customers has Acme for its scope.
    async fn browser(self, app: &TestApp) -> Browser {
        let (role, owners): (Role, &[&str]) = match self {
            Self::Nobody => return app.browser(),
            Self::CustomerOfA => (Role::Customer, &["Acme"]),
            Self::CustomerOfB => (Role::Customer, &["Zqowner"]),
            Self::CustomerOfNone => (Role::Customer, &[]),
            Self::Planner => (Role::Planner, &["Acme"]),
            Self::Operator => (Role::Operator, &["Acme"]),
            Self::Auditor => (Role::Auditor, &["Acme"]),
            Self::Admin => (Role::Admin, &["Acme"]),
        };
        app.signed_in(role, owners).await
    }
}

/// Who may go where. Bodies are `{}`: whoever may is then told that they do not fit.
#[derive(Clone, Copy)]
enum Gate {
    /// Anybody, with this answer.
    Open(u16),
    /// Whoever is signed in.
    SignedIn(u16),
    /// Who may import.
    Importers(u16),
    /// Who manages users and the site.
    Admins(u16),
    /// Who may read the audit log.
    Auditors(u16),
    /// Who edits plans.
    Planners(u16),
    /// A page for visitors; whoever is signed in is sent on or gets the second answer.
    Visitors(u16, u16),
    /// A page for whoever is signed in; others go to the sign-in.
    Page(u16),
    /// A page for admins.
    AdminsPage(u16),
    /// A page for who may import.
    ImportersPage(u16),
    /// A page for who may read the audit log.
    AuditorsPage(u16),
    /// A page for who edits plans.
    PlannersPage(u16),
}

const GATES: &[(&str, &str, Gate)] = &[
    ("GET", "/", Gate::Open(303)),
    ("GET", "/a/{hash}/{*path}", Gate::Open(404)),
    ("GET", "/site.css", Gate::Open(200)),
    ("GET", "/logo/{logo}", Gate::Open(404)),
    ("GET", "/login", Gate::Visitors(200, 303)),
    ("POST", "/login", Gate::Open(422)),
    ("GET", "/login/code", Gate::Open(303)),
    ("POST", "/login/code", Gate::Open(422)),
    ("GET", "/register", Gate::Visitors(200, 303)),
    ("POST", "/register", Gate::Open(422)),
    ("GET", "/register/sent", Gate::Open(200)),
    ("POST", "/register/code", Gate::Open(422)),
    ("POST", "/register/resend", Gate::Open(410)),
    ("GET", "/confirm", Gate::Open(410)),
    ("POST", "/confirm", Gate::Open(410)),
    ("GET", "/forgot", Gate::Open(200)),
    ("POST", "/forgot", Gate::Open(422)),
    ("GET", "/reset", Gate::Open(410)),
    ("POST", "/reset", Gate::Open(410)),
    ("POST", "/reset/code", Gate::Open(422)),
    ("POST", "/reset/resend", Gate::Open(410)),
    ("GET", "/welcome", Gate::Open(410)),
    ("POST", "/welcome", Gate::Open(410)),
    ("POST", "/password-strength", Gate::Open(200)),
    ("GET", "/code", Gate::Open(200)),
    ("POST", "/code", Gate::Open(422)),
    ("GET", "/admin-login", Gate::Visitors(200, 303)),
    ("POST", "/admin-login", Gate::Open(422)),
    ("POST", "/logout", Gate::Page(303)),
    ("GET", "/api/openapi.json", Gate::Open(200)),
    ("POST", "/auth/login", Gate::Open(422)),
    ("GET", "/auth/me", Gate::SignedIn(200)),
    ("POST", "/auth/logout", Gate::SignedIn(204)),
    ("GET", "/api/docs", Gate::Page(200)),
    ("GET", "/api/docs/try", Gate::Page(404)),
    ("GET", "/session", Gate::Page(200)),
    ("GET", "/files", Gate::Page(200)),
    ("GET", "/files/upload", Gate::Page(200)),
    ("POST", "/files/upload", Gate::Page(422)),
    ("GET", "/files/folders", Gate::ImportersPage(200)),
    ("GET", "/files/folders/{folder}", Gate::ImportersPage(404)),
    ("GET", "/files/folders/{folder}/{file}", Gate::ImportersPage(404)),
    ("GET", "/files/folders/{folder}/{file}/table", Gate::ImportersPage(404)),
    ("GET", "/files/folders/{folder}/{file}/rows", Gate::ImportersPage(404)),
    ("GET", "/files/folders/{folder}/{file}/download", Gate::ImportersPage(404)),
    ("GET", "/files/folders/{folder}/{file}/import", Gate::ImportersPage(404)),
    ("POST", "/files/folders/{folder}/{file}/import", Gate::ImportersPage(404)),
    ("POST", "/files/folders/{folder}/{file}/copy", Gate::ImportersPage(404)),
    ("GET", "/files/{file}", Gate::Page(404)),
    ("GET", "/files/{file}/download", Gate::Page(404)),
    ("GET", "/files/{file}/table", Gate::Page(404)),
    ("GET", "/files/{file}/rows", Gate::Page(404)),
    ("GET", "/files/{file}/{action}", Gate::Page(303)),
    ("POST", "/files/{file}/{action}", Gate::Page(404)),
    ("GET", "/imports", Gate::ImportersPage(200)),
    ("POST", "/imports", Gate::ImportersPage(422)),
    ("GET", "/imports/activity", Gate::ImportersPage(200)),
    ("GET", "/imports/{import}", Gate::ImportersPage(200)),
    ("GET", "/imports/{import}/original", Gate::ImportersPage(404)),
    ("GET", "/imports/{import}/difference", Gate::ImportersPage(404)),
    ("GET", "/imports/{import}/difference.csv", Gate::ImportersPage(404)),
    ("GET", "/imports/{import}/status", Gate::ImportersPage(200)),
    ("GET", "/imports/{import}/settings", Gate::ImportersPage(303)),
    ("GET", "/imports/{import}/publish", Gate::ImportersPage(303)),
    ("GET", "/imports/{import}/cancel", Gate::ImportersPage(303)),
    ("GET", "/imports/{import}/again", Gate::ImportersPage(303)),
    ("POST", "/imports/{import}/settings", Gate::ImportersPage(422)),
    ("POST", "/imports/{import}/publish", Gate::ImportersPage(422)),
    ("POST", "/imports/{import}/cancel", Gate::ImportersPage(422)),
    ("POST", "/imports/{import}/again", Gate::ImportersPage(422)),
    ("GET", "/keys", Gate::Page(200)),
    ("GET", "/inventory", Gate::Page(200)),
    ("GET", "/datasets/{dataset}", Gate::Page(200)),
    ("GET", "/datasets/{dataset}/rows", Gate::Page(200)),
    ("GET", "/datasets/{dataset}/generation", Gate::Page(200)),
    ("GET", "/datasets/{dataset}/history", Gate::ImportersPage(200)),
    ("POST", "/datasets/{dataset}/history/{generation}", Gate::ImportersPage(404)),
    ("GET", "/datasets/{dataset}/profiles", Gate::ImportersPage(200)),
    ("POST", "/datasets/{dataset}/profiles", Gate::ImportersPage(422)),
    ("GET", "/datasets/{dataset}/profiles/{profile}", Gate::ImportersPage(404)),
    ("POST", "/datasets/{dataset}/profiles/{profile}", Gate::ImportersPage(404)),
    ("GET", "/datasets/{dataset}/profiles/{profile}/export", Gate::ImportersPage(404)),
    ("POST", "/datasets/{dataset}/profiles/{profile}/forget", Gate::ImportersPage(404)),
    ("GET", "/datasets/{dataset}/rules", Gate::ImportersPage(200)),
    ("POST", "/datasets/{dataset}/rules", Gate::ImportersPage(422)),
    ("GET", "/datasets/{dataset}/row", Gate::Page(404)),
    ("GET", "/datasets/{dataset}/changes", Gate::Page(200)),
    ("GET", "/datasets/{dataset}/changes.csv", Gate::Page(404)),
    ("GET", "/setup", Gate::Open(303)),
    ("POST", "/setup", Gate::Open(410)),
    ("GET", "/setup/data", Gate::AdminsPage(303)),
    ("POST", "/setup/sample", Gate::AdminsPage(303)),
    ("GET", "/change-password", Gate::Page(303)),
    ("POST", "/change-password", Gate::Page(303)),
    ("GET", "/account", Gate::Page(200)),
    ("POST", "/account/name", Gate::Page(303)),
    ("GET", "/account/password", Gate::Page(200)),
    ("POST", "/account/password", Gate::Page(422)),
    ("POST", "/account/avatar", Gate::Page(422)),
    ("POST", "/account/avatar/remove", Gate::Page(303)),
    ("GET", "/avatars/{avatar}", Gate::Page(404)),
    ("POST", "/account/question", Gate::Page(404)),
    ("POST", "/account/question/remove", Gate::Page(404)),
    ("GET", "/account/data", Gate::Page(200)),
    ("GET", "/account/second-factor", Gate::Page(200)),
    ("POST", "/account/second-factor/begin", Gate::Page(422)),
    ("POST", "/account/second-factor/confirm", Gate::Page(422)),
    ("GET", "/account/second-factor/codes", Gate::Page(303)),
    ("POST", "/account/second-factor/codes", Gate::Page(303)),
    ("GET", "/account/second-factor/off", Gate::Page(303)),
    ("POST", "/account/second-factor/off", Gate::Page(303)),
    ("POST", "/account/second-factor/trusted/end", Gate::Page(303)),
    ("POST", "/account/second-factor/trusted/{browser}/end", Gate::Page(303)),
    ("POST", "/account/password/code", Gate::Page(422)),
    ("GET", "/account/email", Gate::Page(200)),
    ("POST", "/account/email", Gate::Page(422)),
    ("POST", "/account/email/confirm", Gate::Page(410)),
    ("POST", "/admin/customers/{user}/tokens/{token}", Gate::AdminsPage(404)),
    ("POST", "/admin/customers/{user}/links/{link}", Gate::AdminsPage(404)),
    ("GET", "/account/links", Gate::Page(200)),
    ("POST", "/account/links", Gate::Page(422)),
    ("POST", "/account/links/{link}/revoke", Gate::Page(404)),
    ("GET", "/live/{token}/{name}", Gate::Open(404)),
    ("GET", "/account/tokens", Gate::Page(200)),
    ("POST", "/account/tokens", Gate::Page(422)),
    ("POST", "/account/tokens/{token}/revoke", Gate::Page(404)),
    ("GET", "/api/v1/links", Gate::SignedIn(200)),
    ("POST", "/api/v1/links", Gate::SignedIn(422)),
    ("DELETE", "/api/v1/links/{link}", Gate::SignedIn(404)),
    ("GET", "/api/v1/tokens", Gate::SignedIn(200)),
    ("POST", "/api/v1/tokens", Gate::SignedIn(422)),
    ("DELETE", "/api/v1/tokens/{token}", Gate::SignedIn(404)),
    ("POST", "/account/preferences", Gate::Page(422)),
    ("POST", "/account/theme", Gate::Page(422)),
    ("POST", "/account/density", Gate::Page(422)),
    ("POST", "/account/sessions/end-others", Gate::Page(303)),
    ("POST", "/account/sessions/{session}/end", Gate::Page(303)),
    ("GET", "/admin/customers", Gate::AdminsPage(200)),
    ("POST", "/admin/customers", Gate::AdminsPage(422)),
    ("GET", "/admin/customers/new", Gate::AdminsPage(200)),
    ("GET", "/admin/customers/import", Gate::AdminsPage(200)),
    ("POST", "/admin/customers/import", Gate::AdminsPage(422)),
    ("POST", "/admin/customers/import/run", Gate::AdminsPage(410)),
    ("GET", "/admin/customers/owners", Gate::AdminsPage(200)),
    ("GET", "/admin/customers/bulk", Gate::AdminsPage(422)),
    ("POST", "/admin/customers/bulk", Gate::AdminsPage(422)),
    ("GET", "/admin/customers/coverage", Gate::AdminsPage(200)),
    ("GET", "/admin/customers/coverage.csv", Gate::AdminsPage(200)),
    ("GET", "/admin/customers/{user}", Gate::AdminsPage(200)),
    ("POST", "/admin/customers/{user}", Gate::AdminsPage(422)),
    ("GET", "/admin/customers/{user}/{action}", Gate::AdminsPage(200)),
    ("POST", "/admin/customers/{user}/{action}", Gate::AdminsPage(422)),
    ("GET", "/admin/users", Gate::Open(308)),
    ("GET", "/admin/users/{*rest}", Gate::Open(308)),
    ("GET", "/admin/approvals", Gate::AdminsPage(200)),
    ("GET", "/admin/approvals/bulk", Gate::AdminsPage(303)),
    ("POST", "/admin/approvals/bulk", Gate::AdminsPage(303)),
    ("GET", "/admin/approvals/{request}", Gate::AdminsPage(404)),
    ("POST", "/admin/approvals/{request}", Gate::AdminsPage(404)),
    ("POST", "/admin/approvals/dismiss", Gate::AdminsPage(303)),
    ("GET", "/admin/outbound", Gate::AuditorsPage(200)),
    ("GET", "/admin/audit", Gate::AuditorsPage(200)),
    ("GET", "/admin/audit/export", Gate::AuditorsPage(200)),
    ("GET", "/admin/audit/head", Gate::AuditorsPage(200)),
    ("POST", "/admin/audit/head", Gate::AuditorsPage(303)),
    ("POST", "/admin/audit/verify", Gate::AuditorsPage(303)),
    ("GET", "/admin/audit/{seq}", Gate::AuditorsPage(200)),
    ("GET", "/admin/sessions", Gate::AdminsPage(200)),
    ("POST", "/admin/sessions/end-others", Gate::AdminsPage(303)),
    ("GET", "/admin/sessions/{session}/end", Gate::AdminsPage(303)),
    ("POST", "/admin/sessions/{session}/end", Gate::AdminsPage(303)),
    ("GET", "/admin/sessions/{session}/end-all", Gate::AdminsPage(303)),
    ("POST", "/admin/sessions/{session}/end-all", Gate::AdminsPage(303)),
    ("GET", "/admin/view-as", Gate::Page(303)),
    ("POST", "/admin/view-as/end", Gate::Page(303)),
    ("POST", "/admin/view-as/{target}", Gate::AdminsPage(404)),
    ("GET", "/activity", Gate::Page(200)),
    ("POST", "/activity/read", Gate::Page(303)),
    ("GET", "/admin/analytics", Gate::AuditorsPage(200)),
    ("GET", "/admin/analytics/{table}", Gate::AuditorsPage(404)),
    ("GET", "/admin", Gate::AdminsPage(200)),
    ("GET", "/admin/system", Gate::AdminsPage(200)),
    ("GET", "/admin/doctor", Gate::AdminsPage(200)),
    ("POST", "/admin/system/bundle", Gate::AdminsPage(200)),
    ("POST", "/admin/system/backups", Gate::AdminsPage(403)),
    ("POST", "/admin/system/backups/drill", Gate::AdminsPage(403)),
    ("GET", "/admin/system/backups/{name}", Gate::AdminsPage(404)),
    ("POST", "/admin/system/jobs/{job}/{action}", Gate::AdminsPage(404)),
    ("GET", "/admin/settings", Gate::AdminsPage(200)),
    ("POST", "/admin/settings", Gate::AdminsPage(303)),
    ("POST", "/admin/settings/logo", Gate::AdminsPage(422)),
    ("POST", "/admin/settings/logo/remove", Gate::AdminsPage(303)),
    ("GET", "/admin/webhooks", Gate::AdminsPage(200)),
    ("GET", "/admin/webhooks/new", Gate::AdminsPage(200)),
    ("POST", "/admin/webhooks/new", Gate::AdminsPage(422)),
    ("GET", "/admin/webhooks/{webhook}", Gate::AdminsPage(404)),
    ("POST", "/admin/webhooks/{webhook}", Gate::AdminsPage(404)),
    ("POST", "/admin/webhooks/{webhook}/ping", Gate::AdminsPage(404)),
    ("POST", "/admin/webhooks/{webhook}/rotate", Gate::AdminsPage(404)),
    ("POST", "/admin/webhooks/{webhook}/remove", Gate::AdminsPage(404)),
    ("POST", "/admin/webhooks/{webhook}/messages/{message}", Gate::AdminsPage(404)),
    ("GET", "/admin/webhooks/{webhook}/{action}", Gate::AdminsPage(404)),
    ("GET", "/admin/outbox", Gate::AdminsPage(200)),
    ("POST", "/admin/outbox/test", Gate::AdminsPage(422)),
    ("GET", "/admin/outbox/{mail}", Gate::AdminsPage(404)),
    ("POST", "/admin/outbox/{mail}/{action}", Gate::AdminsPage(404)),
    ("GET", "/admin/copies", Gate::AdminsPage(200)),
    ("POST", "/admin/copies/test", Gate::AdminsPage(409)),
    ("POST", "/admin/copies/retry", Gate::AdminsPage(303)),
    ("GET", "/admin/directory", Gate::AdminsPage(200)),
    ("POST", "/admin/directory/test", Gate::AdminsPage(404)),
    ("GET", "/admin/sources", Gate::ImportersPage(200)),
    ("GET", "/admin/sources/new", Gate::AdminsPage(200)),
    ("POST", "/admin/sources/new", Gate::AdminsPage(422)),
    ("GET", "/admin/sources/{source}", Gate::ImportersPage(404)),
    ("POST", "/admin/sources/{source}", Gate::AdminsPage(404)),
    ("POST", "/admin/sources/{source}/refresh", Gate::ImportersPage(404)),
    ("POST", "/admin/sources/{source}/test", Gate::AdminsPage(404)),
    ("POST", "/admin/sources/{source}/delete", Gate::AdminsPage(404)),
    ("GET", "/help", Gate::Open(200)),
    ("GET", "/help/{topic}", Gate::Open(404)),
    ("GET", "/trust", Gate::Open(404)),
    ("GET", "/trust/ca.crt", Gate::Open(404)),
    ("GET", "/healthz", Gate::Open(200)),
    ("GET", "/readyz", Gate::Open(200)),
    ("GET", "/metrics", Gate::Open(404)),
    ("POST", "/api/v1/auth/login", Gate::Open(422)),
    ("POST", "/api/v1/auth/logout", Gate::SignedIn(204)),
    ("GET", "/api/v1/auth/me", Gate::SignedIn(200)),
    ("POST", "/api/v1/auth/password", Gate::SignedIn(422)),
    ("GET", "/api/v1/datasets", Gate::SignedIn(200)),
    ("GET", "/api/v1/datasets/{dataset}", Gate::SignedIn(200)),
    ("GET", "/api/v1/datasets/{dataset}/rows", Gate::SignedIn(200)),
    ("GET", "/api/v1/datasets/{dataset}/changes", Gate::SignedIn(404)),
    ("GET", "/api/v1/datasets/{dataset}/row", Gate::SignedIn(404)),
    ("GET", "/api/v1/datasets/{dataset}/facets", Gate::SignedIn(200)),
    ("GET", "/api/v1/datasets/{dataset}/export", Gate::SignedIn(200)),
    ("POST", "/api/v1/datasets/{dataset}/owner", Gate::Importers(422)),
    ("POST", "/api/v1/datasets/{dataset}/imports", Gate::Importers(415)),
    ("GET", "/api/v1/users", Gate::Admins(200)),
    ("POST", "/api/v1/users", Gate::Admins(422)),
    ("GET", "/api/v1/users/coverage", Gate::Admins(200)),
    ("GET", "/api/v1/users/{user}", Gate::Admins(200)),
    ("PATCH", "/api/v1/users/{user}", Gate::Admins(200)),
    ("DELETE", "/api/v1/users/{user}", Gate::Admins(422)),
    ("POST", "/api/v1/users/{user}/approve", Gate::Admins(409)),
    ("POST", "/api/v1/users/{user}/reject", Gate::Admins(409)),
    ("POST", "/api/v1/users/{user}/disable", Gate::Admins(200)),
    ("POST", "/api/v1/users/{user}/enable", Gate::Admins(200)),
    ("POST", "/api/v1/users/{user}/unlock", Gate::Admins(200)),
    ("POST", "/api/v1/users/{user}/reset-second-factor", Gate::Admins(409)),
    ("POST", "/api/v1/users/{user}/require-second-factor", Gate::Admins(422)),
    ("POST", "/api/v1/users/{user}/end-sessions", Gate::Admins(200)),
    ("POST", "/api/v1/users/{user}/access", Gate::Admins(422)),
    ("GET", "/api/v1/approvals", Gate::Admins(200)),
    ("GET", "/api/v1/sessions", Gate::Admins(200)),
    ("DELETE", "/api/v1/sessions/{session}", Gate::Admins(404)),
    ("GET", "/api/v1/auth/sessions", Gate::SignedIn(200)),
    ("DELETE", "/api/v1/auth/sessions/{session}", Gate::SignedIn(204)),
    ("GET", "/api/v1/settings", Gate::Admins(200)),
    ("PATCH", "/api/v1/settings", Gate::Admins(200)),
    ("GET", "/api/v1/health", Gate::Admins(200)),
    ("POST", "/api/v1/jobs/{job}/retry", Gate::Admins(404)),
    ("DELETE", "/api/v1/jobs/{job}", Gate::Admins(404)),
    ("GET", "/api/v1/outbound", Gate::Auditors(200)),
    ("GET", "/api/v1/backups", Gate::Admins(200)),
    ("POST", "/api/v1/backups", Gate::Admins(403)),
    ("GET", "/api/v1/backups/{backup}", Gate::Admins(404)),
    ("GET", "/api/v1/audit", Gate::Auditors(200)),
    ("GET", "/api/v1/audit/export", Gate::Auditors(200)),
    ("POST", "/api/v1/audit/verify", Gate::Auditors(200)),
    ("GET", "/api/v1/audit/{seq}", Gate::Auditors(200)),
    ("GET", "/api/v1/files", Gate::SignedIn(200)),
    ("POST", "/api/v1/files", Gate::SignedIn(201)),
    ("GET", "/api/v1/files/{file}", Gate::SignedIn(404)),
    ("PATCH", "/api/v1/files/{file}", Gate::SignedIn(422)),
    ("DELETE", "/api/v1/files/{file}", Gate::SignedIn(404)),
    ("GET", "/api/v1/files/{file}/content", Gate::SignedIn(404)),
    ("POST", "/api/v1/files/{file}/restore", Gate::SignedIn(404)),
    ("GET", "/api/v1/imports", Gate::Importers(200)),
    ("GET", "/api/v1/imports/{import}", Gate::Importers(200)),
    ("POST", "/api/v1/imports/{import}/confirm", Gate::Importers(409)),
    ("POST", "/api/v1/imports/{import}/cancel", Gate::Importers(409)),
    ("GET", "/api/v1/imports/{import}/rejects", Gate::Importers(404)),
    ("GET", "/api/v1/webhooks", Gate::Admins(200)),
    ("POST", "/api/v1/webhooks", Gate::Admins(422)),
    ("GET", "/api/v1/webhooks/{webhook}", Gate::Admins(404)),
    ("PATCH", "/api/v1/webhooks/{webhook}", Gate::Admins(404)),
    ("DELETE", "/api/v1/webhooks/{webhook}", Gate::Admins(404)),
    ("POST", "/api/v1/webhooks/{webhook}/rotate", Gate::Admins(404)),
    ("POST", "/api/v1/webhooks/{webhook}/ping", Gate::Admins(404)),
    ("GET", "/api/v1/webhooks/{webhook}/messages", Gate::Admins(404)),
    ("POST", "/api/v1/webhooks/{webhook}/messages/{message}/resend", Gate::Admins(404)),
    ("GET", "/api/v1/sources", Gate::Importers(200)),
    ("POST", "/api/v1/sources/{source}/refresh", Gate::Importers(404)),
    ("GET", "/plan", Gate::Page(200)),
    ("POST", "/plan", Gate::PlannersPage(422)),
    ("GET", "/plan/{plan}", Gate::Page(404)),
    ("POST", "/plan/{plan}", Gate::PlannersPage(404)),
    ("POST", "/plan/{plan}/cell", Gate::PlannersPage(404)),
    ("POST", "/plan/{plan}/import", Gate::PlannersPage(404)),
    ("POST", "/plan/{plan}/lines", Gate::PlannersPage(404)),
    ("GET", "/plan/{plan}/lines/{line}/remove", Gate::PlannersPage(404)),
    ("POST", "/plan/{plan}/lines/{line}/remove", Gate::PlannersPage(404)),
    ("GET", "/plan/{plan}/chart", Gate::Page(404)),
    ("GET", "/plan/{plan}/chart.svg", Gate::Page(404)),
    ("GET", "/plan/{plan}/overview", Gate::Page(404)),
    ("GET", "/plan/{plan}/overview.xlsx", Gate::Page(404)),
    ("GET", "/plan/{plan}/sheet.xlsx", Gate::Page(404)),
    ("GET", "/plan/{plan}/compare", Gate::Page(404)),
    ("GET", "/plan/{plan}/accuracy", Gate::Page(404)),
    ("GET", "/plan/{plan}/settings", Gate::PlannersPage(404)),
    ("POST", "/plan/{plan}/settings", Gate::PlannersPage(404)),
    ("GET", "/plan/{plan}/delete", Gate::PlannersPage(404)),
    ("POST", "/plan/{plan}/delete", Gate::PlannersPage(404)),
    ("POST", "/plan/{plan}/restore", Gate::PlannersPage(404)),
    ("GET", "/plan/items", Gate::PlannersPage(200)),
    ("POST", "/plan/items", Gate::PlannersPage(422)),
    ("POST", "/plan/items/take", Gate::PlannersPage(303)),
    ("POST", "/plan/items/import", Gate::PlannersPage(422)),
    ("GET", "/plan/locations", Gate::PlannersPage(200)),
    ("POST", "/plan/locations", Gate::PlannersPage(422)),
    ("POST", "/plan/locations/import", Gate::PlannersPage(422)),
    ("GET", "/plan/channels", Gate::PlannersPage(200)),
    ("POST", "/plan/channels", Gate::PlannersPage(422)),
    ("POST", "/plan/channels/import", Gate::PlannersPage(422)),
    ("GET", "/plan/customers", Gate::PlannersPage(403)),
    ("POST", "/plan/customers", Gate::PlannersPage(403)),
    ("POST", "/plan/customers/import", Gate::PlannersPage(403)),
    ("GET", "/api/v1/items", Gate::Planners(200)),
    ("POST", "/api/v1/items", Gate::Planners(422)),
    ("GET", "/api/v1/items/export", Gate::Planners(200)),
    ("POST", "/api/v1/items/import", Gate::Planners(422)),
    ("POST", "/api/v1/items/take", Gate::Planners(200)),
    ("GET", "/api/v1/items/{sku}", Gate::Planners(404)),
    ("PATCH", "/api/v1/items/{sku}", Gate::Planners(404)),
    ("DELETE", "/api/v1/items/{sku}", Gate::Planners(404)),
    ("GET", "/api/v1/lists/{list}", Gate::Planners(404)),
    ("POST", "/api/v1/lists/{list}", Gate::Planners(422)),
    ("POST", "/api/v1/lists/{list}/import", Gate::Planners(404)),
    ("GET", "/api/v1/lists/{list}/export", Gate::Planners(404)),
    ("GET", "/api/v1/lists/{list}/{code}", Gate::Planners(404)),
    ("PATCH", "/api/v1/lists/{list}/{code}", Gate::Planners(404)),
    ("DELETE", "/api/v1/lists/{list}/{code}", Gate::Planners(404)),
    ("GET", "/api/v1/plans", Gate::SignedIn(200)),
    ("POST", "/api/v1/plans", Gate::Planners(422)),
    ("GET", "/api/v1/plans/{plan}", Gate::SignedIn(404)),
    ("PATCH", "/api/v1/plans/{plan}", Gate::Planners(404)),
    ("DELETE", "/api/v1/plans/{plan}", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/restore", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/leader", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/lock", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/unlock", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/archive", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/unarchive", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/copy", Gate::Planners(422)),
    ("POST", "/api/v1/plans/{plan}/stock", Gate::Planners(404)),
    ("GET", "/api/v1/plans/{plan}/lines", Gate::SignedIn(404)),
    ("POST", "/api/v1/plans/{plan}/lines", Gate::Planners(422)),
    ("PATCH", "/api/v1/plans/{plan}/lines/{line}", Gate::Planners(422)),
    ("DELETE", "/api/v1/plans/{plan}/lines/{line}", Gate::Planners(404)),
    ("GET", "/api/v1/plans/{plan}/projection", Gate::SignedIn(404)),
    ("GET", "/api/v1/plans/{plan}/cells", Gate::SignedIn(404)),
    ("PATCH", "/api/v1/plans/{plan}/cells", Gate::Planners(422)),
    ("POST", "/api/v1/plans/{plan}/undo", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/redo", Gate::Planners(404)),
    ("POST", "/api/v1/plans/{plan}/import", Gate::Planners(404)),
    ("GET", "/api/v1/plans/{plan}/export", Gate::SignedIn(404)),
    ("GET", "/api/v1/plans/{plan}/compare", Gate::SignedIn(404)),
    ("GET", "/api/v1/plans/{plan}/accuracy", Gate::SignedIn(404)),
];

fn expected(gate: Gate, who: Who) -> u16 {
    match gate {
        Gate::SignedIn(_) | Gate::Importers(_) | Gate::Planners(_) | Gate::Admins(_) | Gate::Auditors(_)
            if who == Who::Nobody =>
        {
            401
        }
        Gate::Page(_)
        | Gate::AdminsPage(_)
        | Gate::ImportersPage(_)
        | Gate::AuditorsPage(_)
        | Gate::PlannersPage(_)
            if who == Who::Nobody =>
        {
            303
        }
        Gate::Visitors(status, _) if who == Who::Nobody => status,
        Gate::Open(status) | Gate::SignedIn(status) | Gate::Visitors(_, status) | Gate::Page(status) => {
            status
        }
        Gate::Importers(status) | Gate::ImportersPage(status)
            if matches!(who, Who::Operator | Who::Admin) =>
        {
            status
        }
        Gate::Planners(status) | Gate::PlannersPage(status) if matches!(who, Who::Planner | Who::Admin) => {
            status
        }
        Gate::Admins(status) | Gate::AdminsPage(status) if who == Who::Admin => status,
        Gate::Auditors(status) | Gate::AuditorsPage(status) if matches!(who, Who::Auditor | Who::Admin) => {
            status
        }
        Gate::Importers(_)
        | Gate::Planners(_)
        | Gate::PlannersPage(_)
        | Gate::ImportersPage(_)
        | Gate::Admins(_)
        | Gate::Auditors(_)
        | Gate::AdminsPage(_)
        | Gate::AuditorsPage(_) => 403,
    }
}

async fn ask(browser: &mut Browser, method: &str, path: &str) -> Answer {
    if method == "GET" {
        browser.get(path).await
    } else if path.starts_with("/api") || path.starts_with("/auth") {
        browser.send_json(method.parse().unwrap(), path, &json!({})).await
    } else {
        browser.post_form(path, &[]).await
    }
}

fn marks(text: &str, said: &str) -> Vec<&'static str> {
    // Random letters of tokens (66 of them in one) spell anything sooner or later.
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || "_-.".contains(c);
    let text: String = text
        .split_inclusive(|c| !is_of_token(c))
        .filter(|word| word.trim_end_matches(|c| !is_of_token(c)).len() != 66)
        .collect();
    let (text, said) = (text.to_lowercase(), said.to_lowercase());
    MARKS.iter().chain(HIDDEN).copied().filter(|mark| text.contains(mark) && !said.contains(mark)).collect()
}

fn no_marks(text: &str, said: &str, about: &str) {
    let found = marks(text, said);
    assert!(found.is_empty(), "{about}: {found:?} of another owner in {text}");
}

#[tokio::test]
async fn every_route_answers_each_role_as_the_table_says_and_shows_no_foreign_rows() {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let user = app.add_user("ann@example.com", Role::Customer, OwnerScope::Owners([].into())).id.to_string();
    let import = app.import("Inventory", stock(OF_B, "SECRET"), SET).await;
    assert_eq!(import["state"], "published", "{import}");
    assert!(import.to_string().contains("not a number"), "the sender sees the problems: {import}");
    let known: BTreeMap<_, _> = GATES.iter().map(|(method, path, gate)| ((*method, *path), *gate)).collect();
    for address in router::addresses() {
        assert!(known.contains_key(&address), "{address:?} has no line in GATES: who may go there?");
    }
    assert_eq!(known.len(), router::addresses().len(), "GATES has a line for a route that is gone");
    for who in Who::ALL {
        let mut browser = who.browser(&app).await;
        // Signing out comes last.
        let (out, others): (Vec<_>, Vec<_>) =
            GATES.iter().copied().partition(|(_, path, _)| path.ends_with("/logout"));
        for (method, path, gate) in others.into_iter().chain(out) {
            if path.ends_with("/logout") {
                browser = who.browser(&app).await;
            }
            let real = path
                .replace("{dataset}", "inventory")
                .replace("{import}", import["id"].as_str().unwrap())
                .replace("{user}", &user)
                .replace("{mail}", "0")
                .replace("{seq}", "1")
                .replace("{line}", "1")
                .replace("{action}", "deactivate")
                .replace("{session}", "0")
                .replace("{target}", "nobody");
            let answer = ask(&mut browser, method, &real).await;
            assert_eq!(answer.status.as_u16(), expected(gate, who), "{who:?} {method} {path}: {answer:?}");
            if who != Who::CustomerOfB {
                // Who works here sees the hidden column, but of Acme's rows alone.
                let works_here = matches!(who, Who::Planner | Who::Operator | Who::Auditor | Who::Admin);
                let mut said = if works_here { HIDDEN.join(" ") } else { String::new() };
                // The list of users says what was granted to each: an admin's own words, no rows. It comes back where
                // nothing is chosen.
                let lists = [("GET", "/admin/customers"), ("GET", "/api/v1/users")];
                if lists.contains(&(method, path)) || path == "/admin/customers/bulk" {
                    said.push_str(" Zqowner");
                }
                // What settings are about is said in the program's own words.
                if path == "/api/v1/settings" {
                    said.push_str(" never");
                }
                // The audit log says what was granted to each, and what was chosen for an import.
                if path.starts_with("/admin/audit") || path.starts_with("/api/v1/audit") {
                    said.push_str(" Zqowner Cost");
                }
                // The secret of an app is random letters, which spell two of them now and then.
                if path.starts_with("/account/second-factor") {
                    said.push_str(" zq");
                }
                // A word to choose, and no row of anybody.
                if path.starts_with("/admin/settings") {
                    said.push_str(" never");
                }
                // A time zone, and no hidden column.
                if path.starts_with("/account") || path.starts_with("/admin/settings") {
                    said.push_str(" Costa_Rica");
                }
                no_marks(&answer.text, &said, &format!("{who:?} {method} {path}"));
            }
        }
    }
}

/// The address with something for every name in it.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn a_post_without_the_token_is_refused_on_every_route_that_needs_a_session() {
    let app = TestApp::start().await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    admin.cookies.remove("csrf");
    for (method, path, gate) in GATES {
        if *method != "GET" && !matches!(gate, Gate::Open(_)) {
            let path = filled(path).replace("/lines/x", "/lines/1");
            let answer = ask(&mut admin, method, &path).await;
            assert_eq!(answer.status, StatusCode::FORBIDDEN, "{path}: {answer:?}");
        }
        let is_known =
            |other: &str| GATES.iter().any(|(method, known, _)| (*method, *known) == (other, *path));
        let other = if *method == "GET" && !is_known("DELETE") { Method::DELETE } else { Method::PUT };
        let request = admin.request(other, &filled(path));
        assert_eq!(admin.send(request).await.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    assert_eq!(admin.me().await, StatusCode::OK, "nothing ended the session");
}

/// Every form of every parameter, with what Acme has, what only the other has, and what nobody has.
fn queries() -> Vec<Vec<(&'static str, String)>> {
    let mut all: Vec<Vec<(&str, String)>> = Vec::new();
    let words = [
        "carton",
        "Zqowner",
        "zqonly",
        "ZQPART-1",
        "CM-31578-96",
        "cm3157898",
        "CM 31578 98",
        "CM-3157",
        "1578-9",
        "Desiccantz",
        "desicant",
        "cartoon",
        "zqdescripton",
        "ZQPRT-1",
        "CM-31587-98",
        "987654321",
        "2031-07-13",
        "ZQCOST-1",
        "SECRET1",
        "OTHER1",
        "SECRET",
        "a",
        "z",
        "Acme",
        "acme",
        "Acme2",
        "never",
        "On hold",
        "\"On hold\"",
        "-carton",
        "-zqonly",
        "-Zqowner",
        "carton -ZQLOT-2",
        "customer:Zqowner",
        "customer:Acme",
        "-customer:Acme",
        "customer:acme",
        "owner:Zqowner",
        "part:ZQ*",
        "part:CM*",
        "bin:A1*",
        "bin:ZQBIN*",
        "lot:ZQLOT-1",
        "status:Zqstatus",
        "-status:Released",
        "status:\"On hold\"",
        "uom:zqunit",
        "on_hand:>100",
        "\"On Hand\":>300000000",
        "on_hand>100",
        "on_hand:987654321",
        "expires<2026-12-31",
        "expires>2031-01-01",
        "expires<30d",
        "expires:2031-07-13",
        "expires:2031",
        "expires:never",
        "cost:SECRET1",
        "cost:ZQCOST-1",
        "cost:*",
        "-cost:SECRET1",
        "cost>1",
        "Cost:OTHER1",
        "\"Cost\":SECRET1",
        "cost",
        "nosuchcolumn:zq",
        "customer:",
        ":",
        "\"",
        "-",
        "*",
        "",
        "carton zqonly",
        "carton sleeve",
        "_id:4",
        "_id:1",
    ];
    for word in words {
        for mode in ["all", "any"] {
            all.push(vec![("q", word.to_owned()), ("match", mode.to_owned())]);
        }
    }
    for (column, values) in [
        ("Customer", &["Zqowner", "Acme", "acme", "Acme2", ""][..]),
        ("Status", &["Zqstatus", "Released"]),
        ("Part", &["ZQPART-1", "CM-31578-96"]),
        ("UOM", &["zqunit", "ea", "kg"]),
        ("On Hand", &["987654321", "80"]),
        ("Expires", &["2031-07-13", "never"]),
        ("Cost", &["SECRET1", "OTHER1", "ZQCOST-1"]),
        ("cost", &["SECRET1"]),
        ("Nope", &["x"]),
        ("_id", &["4"]),
    ] {
        let filter: &'static str = Box::leak(format!("f.{column}").into_boxed_str());
        for value in values {
            all.push(vec![(filter, (*value).to_owned())]);
            all.push(vec![
                (filter, (*value).to_owned()),
                (filter, "Zqowner".to_owned()),
                ("q", "carton".to_owned()),
            ]);
        }
        for sort in [column.to_owned(), format!("-{column}"), format!("{column},-Part")] {
            all.push(vec![("sort", sort)]);
        }
        for prefix in ["", "z", "A", "S", "nothing"] {
            all.push(vec![("facet", column.to_owned()), ("facet_prefix", prefix.to_owned())]);
        }
        all.push(vec![
            ("facet", column.to_owned()),
            ("q", "carton".to_owned()),
            ("facet_limit", "2".to_owned()),
        ]);
        all.push(vec![("facet", column.to_owned()), ("f.Customer", "Zqowner".to_owned())]);
        all.push(vec![
            ("facet", column.to_owned()),
            ("f.Customer", "Zqowner".to_owned()),
            ("f.Customer", "Acme".to_owned()),
        ]);
    }
    for (offset, limit) in
        [("0", "1"), ("2", "1"), ("3", "100"), ("0", "1000"), ("18446744073709551615", "1000")]
    {
        all.push(vec![("offset", offset.to_owned()), ("limit", limit.to_owned())]);
    }
    all.push(vec![("limit", "1001".to_owned())]);
    all.push(vec![("owner", "Zqowner".to_owned())]);
    all.push(vec![("scope", "All".to_owned()), ("owners", "Zqowner".to_owned())]);
    all.push(vec![("generation", "1".to_owned())]);
    all
}

/// What an answer says, without what differs from one request to the next.
fn told(answer: &Answer) -> (StatusCode, String) {
    let mut json = answer.json();
    match json.as_object_mut() {
        Some(object) => {
            object.remove("request_id");
            (answer.status, json.to_string())
        }
        None => (answer.status, answer.text.clone()),
    }
}

/// The words of an answer in alphabetical order.
fn sorted(text: &str) -> String {
    let mut words: Vec<&str> =
        text.split([',', '\n', '<', '>', '{', '}', '[', ']', '(', ')']).map(str::trim).collect();
    words.sort_unstable();
    words.join(",")
}

/// A page without what differs from site to site and from request to request: address, user's id, tokens.
async fn shown(browser: &Browser, path: &str) -> (StatusCode, String) {
    let answer = browser.clone().get(path).await;
    let mut text = answer.text.replace(&browser.base, "");
    for mark in [
        "data-user=\"",
        "data-csrf=\"",
        "name=\"csrf\" value=\"",
        "X-CSRF-Token&quot;:&quot;",
        "<code id=\"error-details\">",
    ] {
        let mut rest = text.as_str();
        let mut kept = String::new();
        while let Some((before, after)) = rest.split_once(mark) {
            kept.push_str(before);
            rest = after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c));
        }
        kept.push_str(rest);
        text = kept;
    }
    (answer.status, text)
}

async fn workbook(browser: &Browser, path: &str) -> (StatusCode, String) {
    use calamine::Reader;
    let response = browser.request(Method::GET, path).send().await.unwrap();
    let status = response.status();
    let bytes = response.bytes().await.unwrap();
    if status != StatusCode::OK {
        return (status, String::new());
    }
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(bytes)).unwrap();
    let sheets = book.worksheets();
    (status, format!("{sheets:?}"))
}

/// The strongest form of the promise: with the other owner's rows and without, with these costs in the hidden column and
/// with those, a customer's answers are the same to the byte. So no count, no suggestion, no facet, no order and no error
/// depends on what may not be seen.
#[tokio::test]
async fn answers_do_not_depend_on_rows_and_columns_that_may_not_be_seen() {
    let with = TestApp::start().await;
    let without = TestApp::start().await;
    assert_eq!(with.import("Inventory", stock(OF_B, "SECRET"), SET).await["rows_published"], 8);
    assert_eq!(without.import("Inventory", stock("", "OTHER"), SET).await["rows_published"], 3);
    let mut one = with.signed_in(Role::Customer, &["Acme"]).await;
    let mut other = without.signed_in(Role::Customer, &["Acme"]).await;
    let mut differing = Vec::new();
    for pairs in queries() {
        // Nobody downloads that much at once.
        with.advance_minutes(1);
        without.advance_minutes(1);
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&pairs).finish();
        let said: Vec<&str> = pairs.iter().flat_map(|(name, value)| [*name, value]).collect();
        let said = said.join(" ");
        for route in ["rows", "facets", "export?format=csv", "export?format=jsonl"] {
            let separator = if route.contains('?') { '&' } else { '?' };
            let path = format!("/api/v1/datasets/inventory/{route}{separator}{query}");
            let (mut left, mut right) = (told(&one.get(&path).await), told(&other.get(&path).await));
            if pairs.iter().any(|(_, value)| value == "any") {
                // Rows of the same set in another order: rare words weigh more, and how rare a word is is counted in
                // the whole dataset, as SQLite's and Lucene's BM25 do.
                (left.1, right.1) = (sorted(&left.1), sorted(&right.1));
            }
            if left != right || !marks(&left.1, &said).is_empty() {
                differing.push(format!("{pairs:?} {route}:\n  {left:?}\n  {right:?}"));
            }
        }
        for page in ["/inventory", "/datasets/inventory/rows"] {
            let path = format!("{page}?{query}");
            let (mut left, mut right) = (shown(&one, &path).await, shown(&other, &path).await);
            if pairs.iter().any(|(_, value)| value == "any") {
                (left.1, right.1) = (sorted(&left.1), sorted(&right.1));
            }
            if left != right || !marks(&left.1, &said).is_empty() {
                differing.push(format!("{path}:\n  {left:?}\n  {right:?}"));
            }
        }
        let path = format!("/api/v1/datasets/inventory/export?format=xlsx&{query}");
        let (mut left, mut right) = (workbook(&one, &path).await, workbook(&other, &path).await);
        if pairs.iter().any(|(_, value)| value == "any") {
            (left.1, right.1) = (sorted(&left.1), sorted(&right.1));
        }
        if left != right || !marks(&left.1, &said).is_empty() {
            differing.push(format!("{path}:\n  {left:?}\n  {right:?}"));
        }
    }
    assert!(differing.is_empty(), "{} answers differ:\n{}", differing.len(), differing.join("\n"));
    for path in ["/api/v1/datasets", "/api/v1/datasets/inventory", "/api/v1/datasets/nope/rows"] {
        assert_eq!(told(&one.get(path).await), told(&other.get(path).await), "{path}");
    }
}

const ODD_OWNERS: &[&str] =
    &["All", "A|B", "A", "B", "", "acme", "Acme", "ACME", "12", "123", "1", "A,B", "%", "*", "Zoë", "Zoe"];

#[tokio::test]
async fn owners_are_exact_values_whatever_they_look_like() {
    let app = TestApp::start().await;
    let mut csv = "Part,Customer,Qty\n".to_owned();
    for (number, owner) in ODD_OWNERS.iter().enumerate() {
        for row in 0..=number {
            writeln!(csv, "P{number:02}-{row},\"{owner}\",1").unwrap();
        }
    }
    let import =
        app.import("Inventory", csv, &["owner=Customer", "type.Customer=text", "facet=Customer"]).await;
    assert_eq!(import["state"], "published", "{import}");
    for (number, owner) in ODD_OWNERS.iter().enumerate() {
        let mut browser = app.signed_in(Role::Customer, &[owner]).await;
        let rows = browser.get("/api/v1/datasets/inventory/rows").await.json();
        assert_eq!(rows["total"], number + 1, "{owner:?}: {rows}");
        assert!(
            rows["rows"].as_array().unwrap().iter().all(|row| row["Customer"] == *owner
                && row["Part"].as_str().unwrap().starts_with(&format!("P{number:02}-"))),
            "{owner:?}: {rows}"
        );
        let facets = browser.get("/api/v1/datasets/inventory/facets?facet=Customer").await.json();
        let expected = if owner.is_empty() { 0..2 } else { 1..2 };
        assert!(
            expected.contains(&facets["facets"]["Customer"].as_array().unwrap().len()),
            "{owner:?}: {facets}"
        );
        for everyone in ["All", "*", "", "%"] {
            let query =
                form_urlencoded::Serializer::new(String::new()).append_pair("f.Customer", everyone).finish();
            let found = browser.get(&format!("/api/v1/datasets/inventory/rows?{query}")).await.json();
            assert_eq!(
                found["matched"],
                if everyone == *owner { number + 1 } else { 0 },
                "{owner:?} {everyone:?}"
            );
        }
    }
    let mut two = app.signed_in(Role::Customer, &["12", "A|B"]).await;
    assert_eq!(two.get("/api/v1/datasets/inventory/rows").await.json()["total"], 9 + 2);
}

#[tokio::test]
async fn a_scope_taken_away_and_an_account_switched_off_count_from_the_next_request() {
    let app = TestApp::start().await;
    app.import("Inventory", stock(OF_B, "SECRET"), SET).await;
    let rows = "/api/v1/datasets/inventory/rows";
    let user =
        app.add_user("moves@example.com", Role::Customer, OwnerScope::Owners(["Acme".to_owned()].into()));
    app.signed_in(Role::Admin, &[]).await;
    let mut old = app.browser();
    old.login("moves@example.com", crate::harness::PASSWORD).await;
    assert_eq!(old.get(rows).await.json()["total"], 3);
    let change = |owners: &[&str]| {
        let owners = Some(OwnerScope::Owners(owners.iter().map(|owner| (*owner).to_owned()).collect()));
        let login = user.email.to_string();
        let reply = app.command(AdminCommand::UserRole { login, roles: [].into(), owners });
        assert!(matches!(reply, AdminReply::User(_)), "{reply:?}");
    };
    change(&["Zqowner"]);
    for (method, path, gate) in GATES {
        if !matches!(gate, Gate::Open(_)) {
            let answer =
                ask(&mut old, method, &path.replace("{dataset}", "inventory").replace("{import}", "x")).await;
            let void = expected(*gate, Who::Nobody);
            assert_eq!(answer.status.as_u16(), void, "the old session is void: {path}");
        }
    }
    let mut new = app.browser();
    new.login("moves@example.com", crate::harness::PASSWORD).await;
    assert_eq!(new.get(rows).await.json()["total"], 3);
    assert!(!new.get(rows).await.text.contains("\"Acme\""));
    // The next generation holds other rows under the same owners: the scope goes with it.
    let next = format!(
        "{HEADER}NEW-1,New,L,Zqowner,Released,A1,1,ea,2027-01-01,1\nNEW-2,New,L,Acme,Released,A1,1,ea,2027-01-01,1\n"
    );
    app.import("Inventory", next.clone(), SET).await;
    let now = new.get(rows).await;
    assert!(now.json()["total"] == 1 && now.text.contains("NEW-1") && !now.text.contains("NEW-2"), "{now:?}");
    // The owner column is another one from now on: what was an owner is none there.
    app.import("Inventory", next, &["owner=Bin", "hidden=Cost"]).await;
    assert_eq!(new.get(rows).await.json()["total"], 0);
    let disable = AdminCommand::UserDisable { login: Email::parse("moves@example.com").unwrap().to_string() };
    assert!(matches!(app.command(disable), AdminReply::User(_)));
    assert_eq!(new.get(rows).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(app.browser().login("moves@example.com", crate::harness::PASSWORD).await.status, 403);
}

#[tokio::test]
async fn an_operator_of_one_owner_does_not_read_the_cells_of_others_in_their_imports() {
    let app = TestApp::start().await;
    let csv =
        format!("{}ZQBAD,zq,zq,Zqowner,zq,zq,1,zq,2027-01-01,1,zqsurplus,more\n", stock(OF_B, "SECRET"));
    let import = app.import("Inventory", csv.clone(), SET).await;
    let path = format!("/api/v1/imports/{}", import["id"].as_str().unwrap());
    let mut narrow = app.signed_in(Role::Operator, &["Acme"]).await;
    let seen = narrow.get(&path).await;
    assert_eq!((&seen.json()["problems"], &seen.json()["rows_rejected"]), (&json!([]), &json!(1)));
    no_marks(&seen.text, &HIDDEN.join(" "), &path);
    assert_eq!(narrow.get(&format!("{path}/rejects")).await.status, StatusCode::NOT_FOUND);
    let mut wide = app.operator().await;
    assert!(wide.get(&format!("{path}/rejects")).await.text.contains("zqsurplus"));
    // Whoever sent the file has it: they see what is wrong with it.
    let own = narrow.upload("Other", csv, SET, true).await.json();
    let own = narrow.import_ended(own["id"].as_str().unwrap()).await;
    assert!(!own["problems"].as_array().unwrap().is_empty(), "{own}");
    let rejects = narrow.get(&format!("/api/v1/imports/{}/rejects", own["id"].as_str().unwrap())).await;
    assert!(rejects.text.contains("zqsurplus"));
    assert_eq!(narrow.get("/api/v1/datasets/other/rows").await.json()["total"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_of_one_owner_holds_only_theirs_with_and_without_a_server() {
    let app = TestApp::start().await;
    let blanks = format!("{}BLANK-1,Nobody's,L-1,,Released,A1,1,ea,2027-01-01,1\n", stock(OF_B, "SECRET"));
    app.import("Inventory", blanks, SET).await;
    let export = |directory: std::path::PathBuf, args: &'static [&'static str]| async move {
        tokio::task::spawn_blocking(move || {
            let output = stockroom(&directory, &[&["export", "Inventory"], args].concat());
            assert!(output.status.success(), "{}", stderr(&output));
            stdout(&output)
        })
        .await
        .unwrap()
    };
    let check = |directory: std::path::PathBuf| async move {
        for format in ["csv", "jsonl"] {
            let args: &'static [&'static str] = match format {
                "csv" => &["--owner", "Acme", "--format", "csv"],
                _ => &["--owner", "Acme", "--format", "jsonl"],
            };
            let text = export(directory.clone(), args).await;
            assert!(text.contains("CM-31578-97"), "{text}");
            no_marks(&text, "", format);
        }
        let blank = export(directory.clone(), &["--owner", ""]).await;
        assert!(
            blank.contains("BLANK-1") && blank.lines().count() == 2,
            "no owner is an owner, not everybody: {blank}"
        );
        assert_eq!(export(directory.clone(), &["--owner", "All"]).await.lines().count(), 1);
        let all = export(directory, &[]).await;
        assert!(all.contains("ZQPART-1") && all.contains("SECRET1"), "the machine's owner sees everything");
    };
    check(app.directory.path().to_owned()).await;
    let TestApp { running, directory, .. } = app;
    running.shutdown().await;
    check(directory.path().to_owned()).await;
}
