//! The audit log, searched and checked as a person would.

use stockroom::services::commands::AdminCommand;

use crate::site::{ADMIN, CUSTOMER, Site};
use crate::tab::Script;

#[test]
fn events_are_searched_opened_and_checked_with_and_without_script() {
    let site = Site::empty();
    site.command(AdminCommand::UserDisable { login: CUSTOMER.into() });
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(ADMIN, script);
        tab.click("nav.side a[href='/admin/audit']");
        tab.wait_for("document.querySelectorAll('.audit-table tbody tr').length > 4");
        tab.fill("#q", "carl@");
        if script == Script::Off {
            tab.click(".audit-filter button[type=submit]");
        }
        tab.wait_for(
            "document.querySelectorAll('.audit-table tbody tr').length === 2 \
             && document.querySelectorAll('.chip').length === 1 && document.readyState === 'complete' \
             && new URLSearchParams(location.search).get('q') === 'carl@' \
             && document.querySelector('#audit-exports a').href.includes('q=carl')",
        );
        tab.click(".audit-table tbody tr:first-child .who a");
        tab.wait_for(
            "document.readyState === 'complete' \
             && [...document.querySelectorAll('.audit-diff tr')].some((row) => \
             row.textContent.includes('status') && row.textContent.includes('Changed') \
             && row.textContent.includes('active') && row.textContent.includes('deactivated'))",
        );
        tab.click(".crumbs a");
        tab.wait_for_path("/admin/audit");
        tab.click("#audit-chain button");
        tab.wait_for("location.search === '?checked=1' && document.querySelector('#audit-chain .badge.ok')");
        tab.click(".page-head a[href='/admin/audit/head']");
        tab.wait_for_path("/admin/audit/head");
        tab.click("main form button");
        tab.wait_for("document.querySelector('.receipt pre')?.textContent.startsWith('v4.public.')");
        tab.expect_peace();
    }
}
