//! Folders of users: what may be put there and by whom, what is shown first, what comes back, and whose contents stay.

use reqwest::{Method, StatusCode};
use stockroom::domain::permission::Role;
use stockroom::domain::scope::OwnerScope;
use stockroom::domain::user_file::UserFile;
use stockroom::jobs::chores::purge_all;

use crate::harness::{Answer, Browser, TestApp};
use crate::imports_page::id_of;
use crate::workbook_files::gzip;

const STOCK: &str = "Part;Customer;Qty\nCM-100;Acme;12\nCM-101;Acme;80\nCM-102;Acme;7\n";
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";
const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";

async fn send(browser: &mut Browser, files: &[(&str, &[u8])]) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let mut form = reqwest::multipart::Form::new().text("csrf", token);
    for (name, bytes) in files {
        let part = reqwest::multipart::Part::bytes(bytes.to_vec()).file_name((*name).to_owned());
        form = form.part("file", part);
    }
    let request = browser.request(Method::POST, "/files/upload").multipart(form);
    browser.send(request).await
}

/// Sends a table, keeps it, and says its address.
async fn keep(browser: &mut Browser, name: &str, bytes: &[u8]) -> String {
    let sent = send(browser, &[(name, bytes)]).await;
    assert_eq!(sent.status, StatusCode::SEE_OTHER, "{sent:?}");
    let page = sent.header("location").to_owned();
    let kept = browser.submit(&page, &format!("{page}/keep"), &[]).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{kept:?}");
    page
}

async fn site() -> (TestApp, Browser) {
    site_with(|_| {}).await
}

async fn site_with(configure: impl FnOnce(&mut stockroom::config::Config)) -> (TestApp, Browser) {
    let app = TestApp::start_with(configure).await;
    app.add_user("root@example.com", Role::Admin, OwnerScope::All);
    let customer = app.signed_in(Role::Customer, &["Acme"]).await;
    (app, customer)
}

fn contents(app: &TestApp) -> usize {
    let directories = std::fs::read_dir(app.data_dir().join("files")).unwrap().flatten();
    let directories = directories.filter(|entry| entry.file_name().len() == 2);
    directories.map(|entry| std::fs::read_dir(entry.path()).unwrap().count()).sum()
}

#[tokio::test]
async fn a_table_is_seen_first_then_kept_renamed_downloaded_deleted_and_brought_back() {
    let (app, mut customer) = site().await;
    let empty = customer.get("/files").await;
    assert!(empty.text.contains("No files yet") && empty.text.contains("1 GiB used"), "{empty:?}");

    let sent = send(&mut customer, &[("stock.csv", STOCK.as_bytes())]).await;
    let page = sent.header("location").to_owned();
    let seen = customer.get(&page).await;
    assert!(seen.text.contains("CM-101") && seen.text.contains("not kept yet"), "{seen:?}");
    assert!(customer.get("/files").await.text.contains("Not kept yet"));
    let kept = customer.submit(&page, &format!("{page}/keep"), &[]).await;
    assert_eq!(kept.header("location"), format!("/files?kept={}", id_of(&page)));
    assert!(customer.get(kept.header("location")).await.text.contains("stock.csv is in your folder"));
    assert!(customer.get(&page).await.text.contains("CM-101"), "it opens again");

    for wrong in ["", "a/b", "a\u{202E}b", &"x".repeat(201)] {
        let refused = customer.submit(&page, &format!("{page}/rename"), &[("name", wrong)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
    let name = "Größe \"<b>\" & co.csv";
    let renamed = customer.submit(&page, &format!("{page}/rename"), &[("name", name)]).await;
    assert_eq!(renamed.status, StatusCode::SEE_OTHER, "{renamed:?}");
    let list = customer.get("/files?q=gr%C3%B6sse&sort=-size").await;
    assert!(list.text.contains("Größe &quot;&lt;b&gt;&quot; &amp; co.csv"), "{list:?}");

    let download = customer.get(&format!("{page}/download")).await;
    assert_eq!(download.text, STOCK);
    assert_eq!(download.header("content-type"), "application/octet-stream");
    assert_eq!(download.header("x-content-type-options"), "nosniff");
    assert!(download.header("content-security-policy").starts_with("sandbox"));
    assert_eq!(download.header("cross-origin-resource-policy"), "same-origin");
    assert_eq!(download.header("content-length"), STOCK.len().to_string());
    let disposition = download.header("content-disposition");
    assert!(disposition.starts_with("attachment; filename=\"Gr__e__"), "{disposition}");
    assert!(disposition.contains("filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%22%3Cb%3E"), "{disposition}");

    let early = customer.post_form(&format!("{page}/erase"), &[]).await;
    assert_eq!(early.status, StatusCode::CONFLICT, "first it is deleted: {early:?}");
    let deleted = customer.submit(&page, &format!("{page}/delete"), &[]).await;
    let told = customer.get(deleted.header("location")).await;
    assert!(told.text.contains("was deleted") && told.text.contains("Undo"), "{told:?}");
    let back = customer.submit_on(&told, &format!("{page}/restore"), &[]).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER, "{back:?}");
    assert_eq!(customer.get(&format!("{page}/download")).await.text, STOCK);
    customer.submit(&page, &format!("{page}/delete"), &[]).await;
    let data = customer.get("/account/data").await;
    assert!(data.json()["files"][0]["deleted_at"].is_string(), "{data:?}");
    assert!(customer.get("/files?show=deleted").await.text.contains("for 30 days"));
    customer.submit("/files?show=deleted", &format!("{page}/erase"), &[]).await;
    assert_eq!(customer.get(&page).await.status, StatusCode::NOT_FOUND);
    assert_eq!(contents(&app), 0, "nothing needs it");
    let actions = app.actions();
    for action in ["add", "keep", "rename", "delete", "restore", "erase"] {
        assert!(actions.contains(&format!("file.{action}")), "{action}: {actions:?}");
    }
}

#[tokio::test]
async fn content_says_what_a_file_is_and_names_are_only_names() {
    let (_app, mut customer) = site().await;
    let several: &[(&str, &[u8])] = &[
        ("../../../etc/cron.d/\u{202E}fdp.csv", PDF),
        ("picture.csv", PNG),
        ("page.csv", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("program.pdf", b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0"),
        ("empty.csv", b""),
        ("stock.png", STOCK.as_bytes()),
        ("stock.bin", &gzip(STOCK.as_bytes())),
    ];
    let sent = send(&mut customer, several).await;
    assert_eq!(sent.status, StatusCode::UNPROCESSABLE_ENTITY, "{sent:?}");
    for refused in ["page.csv: ", "program.pdf: ", "empty.csv: "] {
        assert!(sent.text.contains(refused), "{refused} in {sent:?}");
    }
    let list = customer.get("/files?sort=name").await.text;
    assert!(
        list.contains("\u{FFFD}fdp.csv") && !list.contains('\u{202E}') && !list.contains("cron.d"),
        "{list}"
    );
    for (name, kind) in [
        ("fdp.csv", "PDF"),
        ("picture.csv", "PNG picture"),
        ("stock.png", "Table (text)"),
        ("stock.bin", "Table (packed)"),
    ] {
        let row = list.split("<tr>").find(|row| row.contains(name)).unwrap();
        assert!(row.contains(kind), "{row}");
    }
    for absent in ["page.csv", "program.pdf", "empty.csv"] {
        assert!(!list.contains(absent), "{absent}");
    }
}

#[tokio::test]
async fn a_name_that_is_not_utf_8_is_taken_as_far_as_it_can_be_read() {
    let (_app, mut customer) = site().await;
    let token = customer.cookies["csrf"].clone();
    let mut body = format!(
        "--b\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--b\r\nContent-Disposition: form-data; \
         name=\"file\"; filename=\"Gr"
    )
    .into_bytes();
    // `Größe "2".pdf` as Latin-1 has it.
    body.extend_from_slice(b"\xF6\xDFe \\\"2\\\".pdf\"\r\nContent-Type: application/pdf\r\n\r\n");
    body.extend_from_slice(PDF);
    body.extend_from_slice(b"\r\n--b--\r\n");
    let request = customer
        .request(Method::POST, "/files/upload")
        .header("content-type", "multipart/form-data; boundary=b")
        .body(body);
    let sent = customer.send(request).await;
    assert_eq!(sent.header("location"), "/files?sent=1", "{sent:?}");
    let list = customer.get("/files").await;
    assert!(list.text.contains("Gr\u{FFFD}\u{FFFD}e &quot;2&quot;.pdf"), "{list:?}");
}

#[tokio::test]
async fn the_quota_holds_also_where_two_come_at_once_and_nothing_stays_of_what_is_refused() {
    let (app, mut customer) = site_with(|config| config.files.quota_bytes = 100_000).await;
    let (mut one, mut two) = (customer.clone(), customer.clone());
    let big = |mark: u8| [PDF, &vec![mark; 60_000]].concat();
    let (a, b) = (big(b'a'), big(b'b'));
    let files_a = [("a.pdf", a.as_slice())];
    let files_b = [("b.pdf", b.as_slice())];
    let (first, second) = tokio::join!(send(&mut one, &files_a), send(&mut two, &files_b));
    let fit = [&first, &second].iter().filter(|answer| answer.status == StatusCode::SEE_OTHER).count();
    assert_eq!(fit, 1, "{first:?} {second:?}");
    assert_eq!(contents(&app), 1);
    let full = send(&mut customer, &files_b).await;
    assert!(
        full.status == StatusCode::UNPROCESSABLE_ENTITY && full.text.contains("Your folder has "),
        "{full:?}"
    );
    assert!(full.text.contains("KiB left") && full.text.contains(" of 97.6 KiB used"), "{full:?}");
    // What is left is said before anything is chosen, and a limit that is out of reach is nobody's next step.
    assert!(full.text.contains("At most 39 KiB"), "{full:?}");
    assert!(full.text.contains("which is what is left of your space"), "{full:?}");
}

#[tokio::test]
async fn who_cannot_change_settings_is_sent_to_the_office() {
    let (app, mut customer) = site_with(|config| {
        config.import.max_upload_bytes = 1 << 20;
        config.import.max_columns = 2;
    })
    .await;
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    for (browser, told, other) in [
        (&mut customer, "or ask the office", "import."),
        (&mut admin, "raise `import.max_columns`", "ask the office"),
    ] {
        let wide = send(browser, &[("stock.csv", STOCK.as_bytes())]).await;
        assert_eq!(wide.status, StatusCode::UNPROCESSABLE_ENTITY, "{wide:?}");
        assert!(wide.text.contains(told) && !wide.text.contains(other), "{wide:?}");
    }
    let large = send(&mut customer, &[("a.pdf", &vec![b'a'; 3 << 20])]).await;
    assert_eq!(large.status, StatusCode::UNPROCESSABLE_ENTITY, "{large:?}");
    assert!(large.text.contains("larger than 1 MiB; split it, or ask the office"), "{large:?}");
    let page = customer.get("/files").await;
    assert!(page.text.contains("larger than 1 MiB. Split it, or ask the office."), "{page:?}");
}

#[tokio::test]
async fn types_and_roles_are_the_sites_choice() {
    let (app, mut customer) = site_with(|config| {
        config.files.types = [stockroom::domain::user_file::FileClass::Pdf].into();
        config.files.roles = [Role::Customer].into();
    })
    .await;
    let refused = send(&mut customer, &[("stock.csv", STOCK.as_bytes())]).await;
    assert!(refused.text.contains("keeps pdf alone"), "{refused:?}");
    assert_eq!(send(&mut customer, &[("a.pdf", PDF)]).await.status, StatusCode::SEE_OTHER);
    let mut planner = app.signed_in(Role::Planner, &["Acme"]).await;
    assert_eq!(planner.get("/files").await.status, StatusCode::NOT_FOUND);
    assert_eq!(send(&mut planner, &[("a.pdf", PDF)]).await.status, StatusCode::NOT_FOUND);
    assert!(!planner.get("/inventory").await.text.contains("href=\"/files\""));
    assert!(customer.get("/inventory").await.text.contains("href=\"/files\""));
}

#[tokio::test]
async fn a_table_opens_in_the_grid_before_and_after_it_is_kept_with_search_filters_and_sort() {
    let (app, mut customer) = site().await;
    let rows = (0..700)
        .map(|n| format!("P-{n:04};{};{}\n", ["Red", "Blue"][n % 2], 700 - n))
        .collect::<Vec<_>>()
        .concat();
    let sent = send(&mut customer, &[("colours.csv", format!("Part;Colour;Qty\n{rows}").as_bytes())]).await;
    let page = sent.header("location").to_owned();
    assert!(customer.get(&page).await.text.contains(&format!("{page}/table")));
    let table = customer.get(&format!("{page}/table")).await;
    assert_eq!(table.status, StatusCode::OK, "{table:?}");
    assert!(table.text.contains("<sr-grid") && table.text.contains("total=\"700\""), "{}", table.text);
    assert!(table.text.contains(&format!("src=\"{page}/rows?")), "{}", table.text);
    for other in ["/api/v1/datasets", "/datasets/", "as_of"] {
        assert!(!table.text.contains(other), "{other} is for datasets: {}", table.text);
    }
    let found = customer.get(&format!("{page}/table?q=colour:red&sort=qty")).await.text;
    assert!(found.contains("total=\"350\""), "{found}");
    let first = found.split("<tbody").nth(1).unwrap();
    assert!(first.find("P-0698").unwrap() < first.find("P-0696").unwrap(), "{first}");
    assert!(!found.contains("data-unknown"), "{found}");
    for name in ["colour", "as_of"] {
        let wrong = customer.get(&format!("{page}/table?{name}=2026-11-20")).await.text;
        let notice = wrong.split("data-unknown").nth(1).unwrap_or_else(|| panic!("{name}: {wrong}"));
        assert!(notice.split("</div>").next().unwrap().contains(name), "{notice}");
    }
    let block = customer.get(&format!("{page}/rows?offset=650&limit=200")).await;
    assert_eq!(block.header("x-generation"), "0", "the rows of the page are of the same one");
    let block = block.text;
    assert_eq!(block.matches("<tr").count(), 50, "{block}");
    assert!(block.contains("P-0699") && !block.contains("P-0649"), "{block}");
    customer.submit(&page, &format!("{page}/keep"), &[]).await;
    assert_eq!(customer.get(&format!("{page}/table")).await.status, StatusCode::OK);
    // Who looks after the user sees it too, and that is written down.
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let folder = folder_of(&mut admin).await;
    let seen = admin.get(&format!("{folder}/{}/table", id_of(&page))).await;
    assert!(seen.text.contains("P-0001") && !seen.text.contains("data-unknown"), "{seen:?}");
    let wrong = admin.get(&format!("{folder}/{}/table?colour=red", id_of(&page))).await.text;
    assert!(wrong.contains("data-unknown"), "{wrong}");
    assert!(app.actions().contains(&"file.read".to_owned()));
    let block = admin.get(&format!("{folder}/{}/rows?offset=1&limit=1", id_of(&page))).await.text;
    assert!(block.contains("P-0001"), "{block}");
    // Nothing of it stays when the file goes for good.
    let tables = app.data_dir().join("index/files");
    assert_eq!(std::fs::read_dir(&tables).unwrap().count(), 1);
    customer.post_form(&format!("{page}/delete"), &[]).await;
    customer.post_form(&format!("{page}/erase"), &[]).await;
    assert_eq!(customer.get(&format!("{page}/table")).await.status, StatusCode::NOT_FOUND);
    purge_all(app.services()).unwrap();
    assert_eq!(std::fs::read_dir(&tables).unwrap().count(), 0);
    // What is no table has none.
    send(&mut customer, &[("a.png", PNG)]).await;
    let list = customer.get("/files").await.text;
    let id = list
        .split("href=\"/files/")
        .find_map(|rest| rest.split_once("\">")?.1.contains("a.png").then_some(rest));
    let picture = format!("/files/{}/table", id.unwrap().split('"').next().unwrap());
    assert_eq!(customer.get(&picture).await.status, StatusCode::NOT_FOUND, "{picture}");
}

#[tokio::test]
async fn others_find_nothing_and_who_looks_as_the_user_gets_no_copies() {
    let (app, mut customer) = site().await;
    let page = keep(&mut customer, "stock.csv", STOCK.as_bytes()).await;
    let id = app.add_user("zoe@example.com", Role::Customer, OwnerScope::Owners(["Zq".to_owned()].into())).id;
    let mut other = app.signed_in(Role::Customer, &["Acme"]).await;
    for path in ["", "/download", "/table", "/rows"].map(|end| format!("{page}{end}")) {
        assert_eq!(other.get(&path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for act in ["keep", "delete", "restore", "erase", "rename"] {
        let answer = other.post_form(&format!("{page}/{act}"), &[("name", "mine")]).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{act}");
    }
    // An admin of one owner does not reach those of another.
    let mut narrow = app.signed_in(Role::Admin, &["Acme"]).await;
    assert_eq!(narrow.get(&format!("/files/folders/{id}")).await.status, StatusCode::NOT_FOUND);
    let folder = folder_of(&mut narrow).await;
    let path = format!("{folder}/{}", id_of(&page));
    assert!(narrow.get(&path).await.text.contains("CM-101"));
    assert_eq!(narrow.get(&format!("{path}/download")).await.text, STOCK);
    assert!(app.actions().contains(&"file.read".to_owned()), "somebody else took a copy");
    // An operator who does not see every owner has no business there.
    let mut operator = app.signed_in(Role::Operator, &["Acme"]).await;
    assert_eq!(operator.get(&path).await.status, StatusCode::NOT_FOUND);
    let folders = operator.get("/files/folders").await;
    assert_eq!(folders.status, StatusCode::OK, "{folders:?}");
    assert!(folders.text.contains("Nobody keeps files yet"), "no name, no size: {folders:?}");
    assert_eq!(operator.get(&folder).await.status, StatusCode::NOT_FOUND);

    let user = folder.rsplit('/').next().unwrap();
    narrow.post_form(&format!("/admin/view-as/{user}"), &[]).await;
    for path in ["/files", &page, &format!("{page}/download"), &format!("{path}/download")] {
        let answer = narrow.get(path).await;
        assert_eq!(
            (answer.status, answer.header("location")),
            (StatusCode::SEE_OTHER, "/admin/view-as"),
            "{path}"
        );
    }
    assert!(!narrow.get("/inventory").await.text.contains("href=\"/files\""));
    let told = narrow.get("/admin/view-as").await;
    assert!(told.text.contains("their files and their own account are no part of it"), "{told:?}");
}

/// The only folder there is.
async fn folder_of(browser: &mut Browser) -> String {
    let list = browser.get("/files/folders").await.text;
    let rest = list.split_once("href=\"/files/folders/").unwrap_or_else(|| panic!("{list}")).1;
    format!("/files/folders/{}", rest.split_once('"').unwrap().0)
}

#[tokio::test]
async fn an_operator_makes_an_import_of_it_and_each_keeps_the_content_for_the_other() {
    let (app, mut customer) = site().await;
    let page = keep(&mut customer, "stock.csv", STOCK.as_bytes()).await;
    let mut operator = app.operator().await;
    let path = format!("{}/{}", folder_of(&mut operator).await, id_of(&page));
    assert!(operator.get(&path).await.text.contains("Import into"));
    let form = format!("{path}/import");
    let unnamed = operator.submit(&form, &form, &[("dataset", "+"), ("new_dataset", "")]).await;
    assert_eq!(unnamed.status, StatusCode::UNPROCESSABLE_ENTITY, "{unnamed:?}");
    let begun = operator.submit(&form, &form, &[("dataset", "+"), ("new_dataset", "Stock")]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{begun:?}");
    let import = begun.header("location").to_owned();
    assert!(operator.get(&import).await.text.contains("CM-101"));
    let ended = operator.import_ended(id_of(&import)).await;
    assert_eq!(ended["file"], "stock.csv", "{ended}");

    // The import goes, the file stays.
    let cancelled = operator.post_form(&format!("{import}/cancel"), &[]).await;
    assert_eq!(cancelled.status, StatusCode::SEE_OTHER, "{cancelled:?}");
    app.age_files();
    purge_all(app.services()).unwrap();
    assert_eq!(customer.get(&format!("{page}/download")).await.text, STOCK);

    // The same content twice: one goes, the other stays.
    let twin = keep(&mut customer, "twin.csv", STOCK.as_bytes()).await;
    customer.post_form(&format!("{page}/delete"), &[]).await;
    customer.post_form(&format!("{page}/erase"), &[]).await;
    assert_eq!(customer.get(&format!("{twin}/download")).await.text, STOCK);

    // The file goes, the import of it stays.
    let form = format!("{}/{}/import", folder_of(&mut operator).await, id_of(&twin));
    let begun = operator.submit(&form, &form, &[("dataset", "+"), ("new_dataset", "Again")]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER, "{begun:?}");
    customer.post_form(&format!("{twin}/delete"), &[]).await;
    customer.post_form(&format!("{twin}/erase"), &[]).await;
    assert_eq!(contents(&app), 1);
}

#[tokio::test]
async fn what_nobody_decides_about_and_what_was_deleted_long_ago_goes() {
    let (app, mut customer) = site().await;
    send(&mut customer, &[("undecided.csv", STOCK.as_bytes())]).await;
    let kept = keep(&mut customer, "kept.csv", "A;B\n1;2\n3;4\n".as_bytes()).await;
    let gone = keep(&mut customer, "gone.csv", "A;B\n5;6\n7;8\n".as_bytes()).await;
    customer.post_form(&format!("{gone}/delete"), &[]).await;
    assert_eq!(contents(&app), 3);
    app.advance_minutes(61);
    app.age_files();
    purge_all(app.services()).unwrap();
    assert_eq!(contents(&app), 2, "what nobody kept");
    app.advance_minutes(30 * 24 * 60);
    purge_all(app.services()).unwrap();
    assert_eq!(contents(&app), 1, "what was deleted");
    let mut admin = app.signed_in(Role::Admin, &[]).await;
    let folder = folder_of(&mut admin).await;
    let path = format!("{folder}/{}", id_of(&kept));
    assert_eq!(admin.get(&path).await.status, StatusCode::OK);
    let user = folder.rsplit('/').next().unwrap();
    let question = format!("/admin/customers/{user}/delete");
    let email = "customer1@example.com";
    let deleted = admin.submit(&question, &question, &[("confirm_email", email)]).await;
    assert_eq!(deleted.status, StatusCode::SEE_OTHER, "{deleted:?}");
    purge_all(app.services()).unwrap();
    assert_eq!(contents(&app), 0, "the user's files went with them");
}

#[tokio::test]
async fn a_folder_of_ten_thousand_files_is_shown_in_pages() {
    let (app, mut customer) = site().await;
    send(&mut customer, &[("first.pdf", PDF)]).await;
    let first: Result<_, stockroom::store::StoreError> =
        app.services().store.read(stockroom::store::user_files::list_all_files);
    let first = first.unwrap().remove(0);
    let written: Result<_, stockroom::store::StoreError> = app.services().store.write(|w| {
        (1..10_000_u32).try_for_each(|n| {
            let id = stockroom::domain::ids::UserFileId(uuid::Uuid::from_u128(u128::from(n)));
            let file = UserFile { id, name: format!("file {n:05}.pdf"), ..first.clone() };
            stockroom::store::user_files::put_file(w, &file)
        })
    });
    written.unwrap();
    let list = customer.get("/files?sort=name&page=100").await.text;
    assert!(
        list.contains("10,000 files") && list.contains("file 09999.pdf") && list.contains("page=99"),
        "{list}"
    );
    assert_eq!(list.matches("<tr>").count(), 101, "a page holds a hundred and the head");
    let found = customer.get("/files?q=04711").await.text;
    assert!(found.contains("1 file<") && found.contains("file 04711.pdf"), "{found}");
    let full = send(&mut customer, &[("one more.pdf", b"%PDF-1.5")]).await;
    assert!(full.text.contains("folder holds 10000 files"), "{full:?}");
}
