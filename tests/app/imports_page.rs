//! The imports pages as a browser without script uses them: upload, preview, a corrected column, publishing; and what
//! must not happen on the way.

use reqwest::{Method, StatusCode};
use serde_json::json;
use stockroom::domain::permission::Role;

use crate::harness::{Answer, Browser, TestApp};

const STOCK: &str = "Part No;Description;Customer;Qty;Expires;Remark\n\
    CM-100;Folding carton;Acme;1.234,50;31.12.2026;a\n\
    CM-101;Shrink sleeve;Acme;80;01.05.2027;b\n\
    CM-102;Desiccant;Blue;7,5;13.13.2026;c\n\
    CM-103;Carton;Blue;12;13.10.2026;d;one;more\n\
    CM-104;Carton;Blue;3;13.10.2026;e\n";

/// A site whose first user is an admin, with an operator at the browser.
async fn site() -> (TestApp, Browser) {
    let app = TestApp::start().await;
    app.signed_in(Role::Admin, &[]).await;
    let operator = app.operator().await;
    (app, operator)
}

/// Sends the form with a file as a page does: the token first, the file last.
async fn upload(browser: &mut Browser, dataset: &str, name: &str, file: impl Into<Vec<u8>>) -> Answer {
    upload_into(browser, "+", dataset, name, file).await
}

/// The same into a dataset that is there, or with `+` into a new one.
pub async fn upload_into(
    browser: &mut Browser,
    chosen: &str,
    dataset: &str,
    name: &str,
    file: impl Into<Vec<u8>>,
) -> Answer {
    let token = browser.cookies.get("csrf").cloned().unwrap_or_default();
    let file = reqwest::multipart::Part::bytes(file.into()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new()
        .text("csrf", token)
        .text("dataset", chosen.to_owned())
        .text("new_dataset", dataset.to_owned())
        .part("file", file);
    let request = browser.request(Method::POST, "/imports").multipart(form);
    browser.send(request).await
}

/// Uploads, and the path of the import's page.
async fn begin(browser: &mut Browser, dataset: &str, file: impl Into<Vec<u8>>) -> String {
    let answer = upload(browser, dataset, "stock.csv", file).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{answer:?}");
    answer.header("location").to_owned()
}

pub fn id_of(page: &str) -> &str {
    page.rsplit('/').next().unwrap()
}

fn attribute<'t>(tag: &'t str, name: &str) -> Option<&'t str> {
    let rest = tag.split_once(&format!(" {name}=\""))?.1;
    Some(rest.split_once('"')?.0)
}

/// The fields of the form in which the file's reading is set, as a browser would send them.
pub fn fields(html: &str) -> Vec<(String, String)> {
    let form =
        html.split_once("<form class=\"stack\" id=\"mapping\"").unwrap().1.split_once("</form>").unwrap().0;
    let mut fields = Vec::new();
    let mut select = None;
    for tag in form.split('<').skip(1) {
        let tag = tag.split_once('>').unwrap().0;
        let value = attribute(tag, "value").unwrap_or_default().replace("&quot;", "\"").replace("&amp;", "&");
        if tag.starts_with("select") {
            select = attribute(tag, "name");
        } else if tag.starts_with("option") && tag.ends_with(" selected") {
            fields.push((select.unwrap().to_owned(), value));
        } else if tag.starts_with("input") {
            let is_sent = matches!(attribute(tag, "type"), Some("hidden" | "text"))
                || format!("{tag} ").contains(" checked ");
            if is_sent {
                fields.push((attribute(tag, "name").unwrap().to_owned(), value));
            }
        }
    }
    fields
}

/// The same with some changed; the token is the browser's own.
pub async fn send(
    browser: &mut Browser,
    path: &str,
    mut fields: Vec<(String, String)>,
    changes: &[(&str, &str)],
) -> Answer {
    fields.retain(|(name, _)| name != "csrf");
    for (name, value) in changes {
        match fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => (*value).clone_into(&mut field.1),
            None => fields.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    let fields: Vec<(&str, &str)> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    browser.post_form(path, &fields).await
}

#[tokio::test]
async fn a_file_is_uploaded_looked_at_corrected_and_published_without_script() {
    let (_app, mut browser) = site().await;
    let empty = browser.get("/imports").await;
    assert!(empty.text.contains("No files yet"), "{}", empty.text);
    let page = begin(&mut browser, "Stock", STOCK).await;
    let shown = browser.get(&page).await;
    for part in [
        "Semicolon ;",
        "CM-102",
        "Rejected",
        "8 cells for 6 columns",
        "customers see nothing",
        "looks like it",
    ] {
        assert!(shown.text.contains(part), "no {part} in {}", shown.text);
    }
    // A day that is none makes the expiry text; a person knows better, and the order of day and month is found.
    let found = fields(&shown.text);
    assert!(found.contains(&("type.4".into(), "code".into())), "{found:?}");
    assert!(found.contains(&("format.3".into(), "1.234,5".into())), "{found:?}");
    let corrections = [
        ("type.0", "text"),
        ("type.3", "code"),
        ("type.4", "date"),
        ("owner", "2"),
        ("hidden", "5"),
        ("role.0", "part"),
        ("key", "0"),
    ];
    let changed = send(&mut browser, &format!("{page}/settings"), found, &corrections).await;
    let location = changed.header("location");
    assert_eq!((changed.status, location), (StatusCode::SEE_OTHER, page.as_str()), "{changed:?}");
    let dated = fields(&browser.get(&page).await.text);
    assert!(dated.contains(&("format.4".into(), "dmy".into())), "{dated:?}");
    // A type that comes back gets the format that fits its cells.
    let back = browser.get(&page).await;
    assert!(back.text.contains("Set by you") && !back.text.contains("customers see nothing"));
    let changed =
        send(&mut browser, &format!("{page}/settings"), fields(&back.text), &[("type.3", "decimal")]).await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER);
    let back = browser.get(&page).await;
    assert!(fields(&back.text).contains(&("format.3".into(), "1.234,5".into())));
    let checked = browser.import_ended(id_of(&page)).await;
    assert_eq!(
        (&checked["state"], &checked["rows_rejected"], &checked["owner"]),
        (&json!("checked"), &json!(1), &json!("Customer")),
        "{checked}"
    );
    let ready = browser.get(&page).await;
    for part in ["Publish 4 rows", "Download the rejected row", "13.13.2026", "Expires <strong"] {
        assert!(ready.text.contains(part), "no {part} in {}", ready.text);
    }
    let published = send(&mut browser, &format!("{page}/publish"), fields(&ready.text), &[]).await;
    assert_eq!(published.status, StatusCode::SEE_OTHER, "{published:?}");
    assert_eq!(browser.import_ended_final(id_of(&page)).await["state"], "published");
    let done = browser.get(&page).await;
    assert!(
        done.text.contains("4 rows published in Stock") && done.text.contains("href=\"/datasets/stock\"")
    );
    let rows = browser.get("/api/v1/datasets/stock/rows?q=qty>1000").await.json();
    assert_eq!((&rows["matched"], &rows["rows"][0]["Part No"]), (&json!(1), &json!("CM-100")), "{rows}");
    let columns = browser.get("/api/v1/datasets/stock").await.json();
    let column = |name: &str| {
        columns["columns"].as_array().unwrap().iter().find(|column| column["name"] == name).unwrap().clone()
    };
    assert_eq!(
        (&column("Part No")["type"], &column("Qty")["type"]),
        (&json!("text"), &json!("decimal")),
        "{columns}"
    );
    let history = browser.get("/imports").await;
    assert!(history.text.contains("stock.csv") && history.text.contains("Published"));
    // The next file of the dataset is read the same way, and the page says so.
    let next = upload_into(&mut browser, "stock", "", "stock.csv", STOCK).await;
    let next = browser.get(next.header("location")).await;
    assert!(next.text.contains("as it was remembered") && next.text.contains("As last time"));
    assert!(fields(&next.text).contains(&("type.0".into(), "text".into())));
}

#[tokio::test]
async fn columns_that_name_every_row_are_offered_as_the_key() {
    let (_app, mut browser) = site().await;
    let row = |n: usize| format!("P{:02},L{},A-{n},{}\n", n / 2, n % 2, n * 3);
    let file = (0..30).map(row).fold("Part,Lot,Bin,On hand\n".to_owned(), |file, row| file + &row);
    let page = begin(&mut browser, "Stock", file.clone()).await;
    browser.import_ended(id_of(&page)).await;
    let shown = browser.get(&page).await.text;
    assert!(shown.contains("“Part” + “Lot” together are different in every row"), "{shown}");
    let is_key = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert!(!fields(&shown).contains(&is_key("key", "0")), "a guess is not taken by itself");
    let used = send(&mut browser, &format!("{page}/settings"), fields(&shown), &[("use_key", "0,1")]).await;
    assert_eq!(used.header("location"), page, "{used:?}");
    browser.import_ended(id_of(&page)).await;
    let keyed = browser.get(&page).await.text;
    assert!(!keyed.contains("data-suggested-key"), "it has one now");
    for (place, expected) in [("0", true), ("1", true), ("2", false)] {
        assert_eq!(fields(&keyed).contains(&is_key("key", place)), expected, "column {place}");
    }
    // With few rows, or rows that share what names them, nothing is said.
    let twice = file.replace(",L1,", ",L0,");
    let page = begin(&mut browser, "Other", twice.replace("Bin", "Note")).await;
    browser.import_ended(id_of(&page)).await;
    assert!(!browser.get(&page).await.text.contains("data-suggested-key"));
}

#[tokio::test]
async fn an_owner_column_that_is_recognised_is_one_press_away_and_a_shrunken_file_is_noticed() {
    let (_app, mut browser) = site().await;
    let stock = STOCK.replace("Customer", "Kunde");
    let page = begin(&mut browser, "Stock", stock.clone()).await;
    browser.import_ended(id_of(&page)).await;
    let shown = browser.get(&page).await.text;
    assert!(
        fields(&shown).contains(&("owner".into(), String::new())),
        "nobody sees rows until a person says whose"
    );
    let (warning, publish) = (shown.find("Use “Kunde”").unwrap(), shown.find("Publish 4 rows").unwrap());
    assert!(warning < publish && !shown.contains("fewer rows"), "{shown}");
    let used = send(
        &mut browser,
        &format!("{page}/settings"),
        fields(&shown),
        &[("use_owner", "2"), ("hidden", "2")],
    )
    .await;
    assert_eq!(used.header("location"), page, "{used:?}");
    assert_eq!(browser.import_ended(id_of(&page)).await["owner"], "Kunde");
    let owned = browser.get(&page).await.text;
    assert!(!owned.contains("Use “Kunde”") && !owned.contains("customers see nothing"), "{owned}");
    let published = send(&mut browser, &format!("{page}/publish"), fields(&owned), &[]).await;
    assert_eq!(published.header("location"), page, "{published:?}");
    browser.import_ended_final(id_of(&page)).await;
    // The next file has lost rows, and the owner column another name.
    let short = stock.replace("Kunde", "Kd").lines().take(3).collect::<Vec<_>>().join("\n");
    let next = upload_into(&mut browser, "stock", "", "stock.csv", short).await.header("location").to_owned();
    browser.import_ended(id_of(&next)).await;
    for path in [next.clone(), format!("{next}/status?at=waiting")] {
        let shown = browser.get(&path).await.text;
        for part in ["50 % fewer rows than Stock shows now: 4 → 2", "owner column was “Kunde”"] {
            assert!(shown.contains(part), "no {part} in {path}: {shown}");
        }
        assert!(!shown.contains("use_owner"), "nothing looks like it");
    }
    let shown = fields(&browser.get(&next).await.text);
    let strange = send(&mut browser, &format!("{next}/settings"), shown, &[("use_owner", "x")]).await;
    assert_eq!(strange.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn publishing_what_is_still_being_checked_says_to_wait() {
    let (_app, mut browser) = site().await;
    let rows = "P-1;x;Acme;1;01.01.2026;y\n".repeat(400_000);
    let page = begin(&mut browser, "Stock", format!("{STOCK}{rows}")).await;
    let early = fields(&browser.get(&page).await.text);
    let answer = send(&mut browser, &format!("{page}/publish"), early, &[]).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.text.contains("still being checked: wait until"), "{}", answer.text);
    let activity = browser.get("/imports/activity?list=1").await.text;
    assert!(activity.contains("stock.csv") && activity.contains("<progress"), "{activity}");
    assert_eq!(browser.import_ended(id_of(&page)).await["state"], "checked");
    let mut idle = browser.get("/imports/activity").await.text;
    while idle.contains("<progress") {
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        idle = browser.get("/imports/activity").await.text;
    }
    assert!(idle.contains("No import is at work") && !idle.contains("hx-get"), "{idle}");
}

#[tokio::test]
async fn choices_that_the_preview_did_not_show_are_shown_before_they_are_published() {
    let (_app, mut browser) = site().await;
    let page = begin(&mut browser, "Stock", STOCK).await;
    browser.import_ended(id_of(&page)).await;
    let found = fields(&browser.get(&page).await.text);
    let first = send(&mut browser, &format!("{page}/publish"), found.clone(), &[("owner", "2")]).await;
    assert_eq!(first.header("location"), format!("{page}?changed=1"));
    let shown = browser.get(first.header("location")).await;
    assert!(shown.text.contains("were not in the preview yet"));
    assert_eq!(browser.import_ended(id_of(&page)).await["state"], "checked");
    let hidden = fields(&browser.get(&page).await.text);
    let owner =
        send(&mut browser, &format!("{page}/settings"), hidden, &[("owner", "1"), ("hidden", "1")]).await;
    assert!(owner.status == 422 && owner.text.contains("cannot be hidden"), "{}", owner.text);
    for wrong in [("delimiter", "::"), ("type.0", "wood"), ("encoding", "klingon")] {
        let found = fields(&browser.get(&page).await.text);
        let answer = send(&mut browser, &format!("{page}/settings"), found, &[wrong]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{wrong:?}");
    }
}

#[tokio::test]
async fn nothing_is_stored_without_the_token_or_the_permission() {
    let (app, mut browser) = site().await;
    let stored = |app: &TestApp| {
        let files = walk(&app.data_dir().join("files"));
        assert!(files.iter().all(|file| !file.contains("incoming")), "{files:?}");
        files.len()
    };
    for token in [None, Some("nonsense"), Some("")] {
        let mut form = reqwest::multipart::Form::new();
        if let Some(token) = token {
            form = form.text("csrf", token);
        }
        let file = reqwest::multipart::Part::bytes(STOCK.as_bytes()).file_name("stock.csv");
        let form = form.text("dataset", "Inventory").part("file", file);
        let request = browser.request(Method::POST, "/imports").multipart(form);
        assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN, "{token:?}");
    }
    // The token comes after the file: too late.
    let token = browser.cookies["csrf"].clone();
    let file = reqwest::multipart::Part::bytes(STOCK.as_bytes()).file_name("stock.csv");
    let form = reqwest::multipart::Form::new().part("file", file).text("csrf", token);
    let request = browser.request(Method::POST, "/imports").multipart(form);
    assert_eq!(browser.send(request).await.status, StatusCode::FORBIDDEN);
    let mut customer = app.signed_in(Role::Customer, &["Acme"]).await;
    assert_eq!(upload(&mut customer, "Stock", "a.csv", STOCK).await.status, StatusCode::FORBIDDEN);
    assert_eq!(upload(&mut app.browser(), "Stock", "a.csv", STOCK).await.header("location"), "/login");
    assert_eq!(stored(&app), 0);
    assert!(browser.get("/api/v1/datasets").await.json()["datasets"].as_array().unwrap().is_empty());
}

fn walk(directory: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() { walk(&path) } else { vec![path.display().to_string()] }
        })
        .collect()
}

#[tokio::test]
async fn a_file_that_cannot_be_imported_is_refused_beside_the_form_and_nothing_of_it_stays() {
    let app = TestApp::start_with(|config| config.import.max_upload_bytes = 2 << 20).await;
    app.signed_in(Role::Admin, &[]).await;
    let mut browser = app.operator().await;
    let binary = [b"PK\x03\x04".as_slice(), &[0; 5_000]].concat();
    let cases: [(&str, &str, Vec<u8>, u16, &str); 6] = [
        ("Stock", "a.csv", Vec::new(), 422, "The file is empty"),
        ("Stock", "a.csv", b"\n\n\n".to_vec(), 422, "The file is empty"),
        ("Stock", "a.xlsx", binary, 422, "Excel workbook"),
        ("///", "a.csv", STOCK.into(), 422, "The name of a dataset needs letters"),
        ("Stock", "a.csv", vec![b'a'; (2 << 20) + 4_096], 413, "larger than 2 MiB"),
        ("Stock", "a.csv", vec![b'a'; 6 << 20], 413, "larger than 2 MiB"),
    ];
    for (dataset, name, file, status, message) in cases {
        let answer = upload(&mut browser, dataset, name, file).await;
        assert_eq!(answer.status.as_u16(), status, "{message}: {answer:?}");
        assert!(
            answer.text.contains(message) && answer.text.contains("id=\"upload\""),
            "{message}: {}",
            answer.text
        );
        assert_eq!(walk(&app.data_dir().join("files")), Vec::<String>::new(), "{message}");
    }
    let none = browser.post_form("/imports", &[("dataset", "Inventory")]).await;
    assert!(none.status == 422 && none.text.contains("Choose a file first"));
    let none = upload(&mut browser, "Stock", "", Vec::new()).await;
    assert!(none.status == 422 && none.text.contains("Choose a file first"), "{}", none.text);
    assert!(browser.get("/imports").await.text.contains("No files yet"), "no import was begun");
    assert!(browser.get("/api/v1/datasets").await.json()["datasets"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn an_upload_that_breaks_off_leaves_nothing() {
    use std::io::Write;
    let (app, browser) = site().await;
    let token = &browser.cookies["csrf"];
    let cookies: Vec<_> = browser.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let mut stream = std::net::TcpStream::connect(app.running.address).unwrap();
    write!(
        stream,
        "POST /imports HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\ncontent-type: multipart/form-data; boundary=x\r\n\
         content-length: 1000000\r\n\r\n--x\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--x\r\n\
         content-disposition: form-data; name=\"dataset\"\r\n\r\nInventory\r\n--x\r\n\
         content-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nPart,Qty\n",
        app.running.address,
        cookies.join("; ")
    )
    .unwrap();
    let incoming = app.data_dir().join("files/incoming");
    let is_there = || std::fs::read_dir(&incoming).is_ok_and(|mut entries| entries.next().is_some());
    for wanted in [true, false] {
        for _ in 0..200 {
            if is_there() == wanted {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        assert_eq!(is_there(), wanted);
        if wanted {
            stream.shutdown(std::net::Shutdown::Both).unwrap();
        }
    }
}

#[tokio::test]
async fn hostile_text_stays_text_wherever_it_comes_from() {
    let (_app, mut browser) = site().await;
    let hostile = "<script>alert(1)</script>";
    let file = format!(
        "{hostile},\"\"\"><img src=x onerror=alert(2)>\",Qty,Customer\n{hostile},x,1,\"'\"\"><b>\"\n{hostile},y,{hostile},b\n\
         {hostile},{hostile},3,b,{hostile}\n"
    );
    let answer = upload(&mut browser, "<b>Bold</b> name", "<img src=x onerror=alert(3)>.csv", file).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "a slash in a name: {answer:?}");
    assert!(answer.text.contains("&lt;b&gt;Bold") && !answer.text.contains("<b>Bold"));
    let file = format!(
        "{hostile},\"\"\"><img src=x>\",Qty\n{hostile},x,1\n{hostile},y,2\n{hostile},z,{hostile}\n{hostile},{hostile},3,{hostile}\n"
    );
    let answer = upload(&mut browser, "<b>Bold", "<img src=x onerror=alert(3)>.csv", file).await;
    let page = answer.header("location").to_owned();
    let found = fields(&browser.get(&page).await.text);
    let changed =
        send(&mut browser, &format!("{page}/settings"), found, &[("type.2", "integer"), ("owner", "0")])
            .await;
    assert_eq!(changed.status, StatusCode::SEE_OTHER, "{changed:?}");
    let checked = browser.import_ended(id_of(&page)).await;
    assert_eq!((&checked["rows_rejected"], &checked["state"]), (&json!(1), &json!("checked")), "{checked}");
    for path in [page.clone(), format!("{page}/status?at=waiting"), "/imports".to_owned()] {
        let shown = browser.get(&path).await;
        assert_eq!(shown.status, StatusCode::OK);
        assert!(shown.text.contains("&lt;"), "{path}");
        for raw in ["<script>alert", "<img", "<b>"] {
            assert!(!shown.text.contains(raw), "{path} has {raw}: {}", shown.text);
        }
    }
}

#[tokio::test]
async fn an_operator_of_one_owner_sees_no_cells_in_the_preview_of_anothers_file() {
    let (app, mut wide) = site().await;
    let page = begin(&mut wide, "Stock", STOCK).await;
    let mut narrow = app.signed_in(Role::Operator, &["Acme"]).await;
    wide.import_ended(id_of(&page)).await;
    for path in [page.clone(), format!("{page}/status")] {
        let shown = narrow.get(&path).await;
        assert_eq!(shown.status, StatusCode::OK);
        for cell in ["CM-1", "Desiccant", "Blue", "13.13.2026", "/rejects"] {
            assert!(!shown.text.contains(cell), "{cell} in {path}: {}", shown.text);
        }
        assert!(shown.text.contains("its cells are not shown to you"), "{}", shown.text);
    }
    // What is wrong with their choices is said without cells either.
    let found = fields(&narrow.get(&page).await.text);
    let answer = send(&mut narrow, &format!("{page}/settings"), found, &[("type.1", "date")]).await;
    assert!(!answer.text.contains("Desiccant"));
    let own = begin(&mut narrow, "Own", STOCK).await;
    assert!(narrow.get(&own).await.text.contains("Desiccant"), "who sent a file has it");
    let mut customer = app.signed_in(Role::Customer, &["Acme"]).await;
    for path in ["/imports", &page, &format!("{page}/status"), "/imports/activity"] {
        assert_eq!(customer.get(path).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn an_import_is_cancelled_from_its_page_and_its_file_goes() {
    let (app, mut browser) = site().await;
    let page = begin(&mut browser, "Stock", STOCK).await;
    browser.import_ended(id_of(&page)).await;
    let answer = browser.post_form(&format!("{page}/cancel"), &[]).await;
    assert_eq!(answer.header("location"), page);
    let shown = browser.get(&page).await;
    assert!(
        shown.text.contains("Nothing of this file was published") && !shown.text.contains("id=\"mapping\"")
    );
    assert!(walk(&app.data_dir().join("files")).iter().all(|file| file.contains("rejects")));
    let again = browser.post_form(&format!("{page}/cancel"), &[]).await;
    assert!(again.status == 422 && again.text.contains("ended already"), "{}", again.text);
    let publish = browser.post_form(&format!("{page}/publish"), &[]).await;
    assert!(publish.status == 422 && publish.text.contains("This import was cancelled"));
    assert!(shown.text.contains("send it again") && !shown.text.contains("/again"), "{}", shown.text);
    let gone = browser.post_form(&format!("{page}/again"), &[]).await;
    assert!(gone.status == 422 && gone.text.contains("no longer kept"), "{}", gone.text);
    // A page that waited learns of it.
    let status = browser.get(&format!("{page}/status?at=waiting")).await;
    assert_eq!(status.header("hx-refresh"), "true");
}

#[tokio::test]
async fn an_import_that_fails_in_the_check_says_why_and_what_to_do() {
    let app = TestApp::start_with(|config| config.import.max_rows = 5_500).await;
    app.signed_in(Role::Admin, &[]).await;
    let mut browser = app.operator().await;
    let csv: String = std::iter::once("Part,Qty\n".to_owned())
        .chain((0..6_000).map(|row| format!("P-{row},1\n")))
        .collect();
    let page = begin(&mut browser, "Stock", csv).await;
    assert_eq!(browser.import_ended(id_of(&page)).await["state"], "failed");
    let shown = browser.get(&page).await;
    assert!(shown.text.contains("more than 5500 rows. Split the file"), "{}", shown.text);
    assert!(browser.get("/imports").await.text.contains("Failed"));
    // Its file is kept, so that it can be read again once the limit is another; by who may see its cells.
    assert!(shown.text.contains("Read this file again"));
    let mut narrow = app.signed_in(Role::Operator, &["Acme"]).await;
    assert!(!narrow.get(&page).await.text.contains("Read this file again"));
    let foreign = narrow.post_form(&format!("{page}/again"), &[]).await;
    assert!(foreign.status == 422 && foreign.text.contains("send it yourself"), "{}", foreign.text);
    let again = browser.post_form(&format!("{page}/again"), &[]).await;
    let anew = again.header("location").to_owned();
    assert!(again.status == StatusCode::SEE_OTHER && anew != page, "{again:?}");
    assert_eq!(browser.import_ended(id_of(&anew)).await["file"], "stock.csv");
    assert_eq!(browser.get("/imports/nonsense").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_history_has_pages() {
    let (_app, mut browser) = site().await;
    for _ in 0..51 {
        let begun = browser.upload("Stock", "Part,Qty\nA,1\n", &[], false).await;
        assert_eq!(begun.status, StatusCode::ACCEPTED);
    }
    let first = browser.get("/imports").await;
    assert_eq!(first.text.matches("href=\"/imports/0").count(), 50);
    assert!(first.text.contains("Page 1 of 2") && first.text.contains("/imports?page=2"));
    let second = browser.get("/imports?page=2").await;
    assert_eq!(second.text.matches("href=\"/imports/0").count(), 1);
    assert!(second.text.contains("/imports?page=1"));
    assert_eq!(browser.get("/imports?page=18446744073709551615").await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_new_dataset_cannot_be_called_like_one_that_is_there() {
    let (app, mut browser) = site().await;
    let page = begin(&mut browser, "Main stock", STOCK).await;
    browser.import_ended(id_of(&page)).await;
    let files = walk(&app.data_dir().join("files")).len();
    for name in ["Main stock ", "MAIN  STOCK", "Máin stock", "Maİn stock", "main-stock", "Main.stock"] {
        let answer = upload(&mut browser, name, "other.csv", "Part,Qty\nA,1\n").await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{name}");
        for part in [
            "There is a dataset “Main stock” already; choose it above, or another name.",
            "id=\"new-dataset-error\"",
        ] {
            assert!(answer.text.contains(part), "{name}: no {part} in {}", answer.text);
        }
    }
    assert_eq!(walk(&app.data_dir().join("files")).len(), files);
    assert_eq!(browser.get("/api/v1/datasets").await.json()["datasets"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn what_a_publish_replaces_is_said_and_an_empty_dataset_is_published_on_purpose_alone() {
    let (_app, mut browser) = site().await;
    let page = begin(&mut browser, "Stock", STOCK).await;
    browser.import_ended(id_of(&page)).await;
    let shown = browser.get(&page).await;
    assert!(shown.text.contains("Stock shows no rows yet."), "{}", shown.text);
    // One of the five records in view is rejected, and no row.
    assert!(shown.text.contains("The first 4 rows") && shown.text.contains("of 4</span>"), "{}", shown.text);
    assert!(shown.text.contains("Publish 4 rows") && !shown.text.contains("of about"), "{}", shown.text);
    let published = send(&mut browser, &format!("{page}/publish"), fields(&shown.text), &[]).await;
    assert_eq!(published.header("location"), page, "{published:?}");
    assert_eq!(browser.import_ended_final(id_of(&page)).await["state"], "published");
    let empty = upload_into(&mut browser, "stock", "", "empty.csv", STOCK.lines().next().unwrap()).await;
    let page = empty.header("location").to_owned();
    browser.import_ended(id_of(&page)).await;
    let shown = browser.get(&page).await;
    assert!(shown.text.contains("100 % fewer rows than Stock shows now: 4 → 0"), "{}", shown.text);
    assert!(shown.text.contains("The file has no rows; 4 are live."), "{}", shown.text);
    let status = browser.get(&format!("{page}/status?at=waiting")).await;
    assert!(status.text.contains("hx-swap-oob"), "{}", status.text);
    let refused = send(&mut browser, &format!("{page}/publish"), fields(&shown.text), &[]).await;
    assert!(refused.status == 422 && refused.text.contains("The file has no rows"), "{}", refused.text);
    let meant = [("empty", "1")];
    let published = send(&mut browser, &format!("{page}/publish"), fields(&refused.text), &meant).await;
    assert_eq!(published.status, StatusCode::SEE_OTHER, "{published:?}");
    assert_eq!(browser.import_ended_final(id_of(&page)).await["rows_published"], 0);
}

#[tokio::test]
async fn a_form_that_came_too_late_overwrites_nothing() {
    let (_app, mut browser) = site().await;
    let page = begin(&mut browser, "Stock", STOCK).await;
    let (settings, publish) = (format!("{page}/settings"), format!("{page}/publish"));
    let early = fields(&browser.get(&page).await.text);
    // The check that goes on in the background makes no form stale.
    browser.import_ended(id_of(&page)).await;
    let other = fields(&browser.get(&page).await.text);
    let owned = send(&mut browser, &settings, early.clone(), &[("owner", "2")]).await;
    assert_eq!(owned.status, StatusCode::SEE_OTHER, "{owned:?}");
    browser.import_ended(id_of(&page)).await;
    for path in [&settings, &publish] {
        let stale = send(&mut browser, path, other.clone(), &[("type.0", "text")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{path}");
        assert!(stale.text.contains("nothing of yours was saved"), "{}", stale.text);
        let now = fields(&stale.text);
        assert!(now.contains(&("owner".into(), "2".into())), "{now:?}");
        assert!(now.contains(&("type.0".into(), "code".into())), "{now:?}");
    }
    let stale = send(&mut browser, &publish, other, &[]).await;
    assert_eq!(stale.status, StatusCode::CONFLICT, "without a change of its own as well");
    let bare = browser.post_form(&publish, &[]).await;
    assert_eq!(bare.status, StatusCode::CONFLICT, "of nothing in view");
    // The same page goes on without having read the answer.
    let again = send(&mut browser, &settings, early, &[("owner", "2"), ("type.0", "text")]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER, "{again:?}");
    let now = fields(&browser.get(&page).await.text);
    assert!(now.contains(&("owner".into(), "2".into())) && now.contains(&("type.0".into(), "text".into())));
    assert_eq!(browser.import_ended(id_of(&page)).await["state"], "checked");
}

#[tokio::test]
async fn the_way_back_to_a_form_that_was_refused_leads_to_the_import() {
    let (_app, mut browser) = site().await;
    let page = begin(&mut browser, "Stock", STOCK).await;
    for form in ["settings", "publish", "cancel", "again"] {
        let back = browser.get(&format!("{page}/{form}")).await;
        assert_eq!((back.status, back.header("location")), (StatusCode::SEE_OTHER, page.as_str()));
        let strange = browser.get(&format!("/imports/nonsense/{form}")).await;
        assert_eq!(strange.status, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn one_file_with_a_name_is_taken_and_its_name_does_not_turn_the_text() {
    let (app, mut browser) = site().await;
    let token = browser.cookies["csrf"].clone();
    let part = |name: &str| reqwest::multipart::Part::bytes(STOCK.as_bytes()).file_name(name.to_owned());
    let form = || {
        let form = reqwest::multipart::Form::new().text("csrf", token.clone());
        form.text("dataset", "Inventory")
    };
    let two = form().part("file", part("a.csv")).part("file", part("b.csv"));
    let nameless = form().part("file", part(""));
    for (form, message) in [(two, "Send one file at a time"), (nameless, "The file has no name")] {
        let request = browser.request(Method::POST, "/imports").multipart(form);
        let answer = browser.send(request).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{message}: {answer:?}");
        assert!(answer.text.contains(message), "{message}: {}", answer.text);
        assert_eq!(walk(&app.data_dir().join("files")), Vec::<String>::new(), "{message}");
    }
    let name = "a\u{202E}b\u{2066}c\u{200F}.csv";
    let page = upload(&mut browser, "Stock", name, STOCK).await.header("location").to_owned();
    let shown = browser.get(&page).await;
    assert!(shown.text.contains("abc.csv") && !shown.text.contains('\u{202E}'));
    let history = browser.get("/imports").await;
    assert!(history.text.contains("title=\"abc.csv\""), "{}", history.text);
}

#[tokio::test]
async fn who_sees_single_owners_reads_nothing_of_others_by_another_header_or_by_a_merge() {
    let (app, mut everybody) = site().await;
    app.import(
        "Held",
        "Part,Qty,Secret,Customer\nN-1,17,xray,Bolt\nA-1,1,acme,Acme\n",
        &["owner=Customer", "key=Part"],
    )
    .await;
    // Somebody else's file: each of its rows could be made the header, which everybody sees.
    let page = begin(&mut everybody, "Stock", "Part,Customer,Secret\nN-1,Bolt,xray\nN-2,Bolt,yankee\n").await;
    everybody.import_ended(id_of(&page)).await;
    let mut narrow = app.signed_in(Role::Operator, &["Acme"]).await;
    let shown = narrow.get(&page).await.text;
    assert!(!shown.contains("xray"), "{shown}");
    for header in ["2", "3", "30"] {
        let answer =
            send(&mut narrow, &format!("{page}/settings"), fields(&shown), &[("header", header)]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{header}: {answer:?}");
        assert!(answer.text.contains("somebody who sees every owner"), "{}", answer.text);
        let after = narrow.get(&page).await.text;
        assert!(!after.contains("xray") && !after.contains("yankee"), "{header}: {after}");
    }
    // A file of their own over a live row of somebody else's: what it leaves out would come from there.
    for mode in ["merge", "sync"] {
        let set = format!("mode={mode}");
        let begun = narrow.upload("Held", "Part,Customer\nN-1,Acme\n", &[&set], true).await;
        let ended = narrow.import_ended(begun.json()["id"].as_str().unwrap()).await;
        assert_eq!(ended["state"], "failed", "{ended}");
        assert!(ended.to_string().contains("does not see all of them"), "{ended}");
        let difference = narrow.get(&format!("/imports/{}/difference", ended["id"].as_str().unwrap())).await;
        assert!(!difference.text.contains("xray"), "{}", difference.text);
    }
    let rows = narrow.get("/api/v1/datasets/held/rows").await.text;
    assert!(rows.contains("A-1") && !rows.contains("xray"), "{rows}");
}
