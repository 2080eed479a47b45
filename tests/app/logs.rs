//! What the log says of people: nothing. The real program, as much as it says with `--dev`.

use std::io::Read;

use rustix::process::Signal;

use crate::harness::{stderr, stockroom};
use crate::stopping::{Server, sign_in, site};

/// What people typed, are called, or sent; none of it is to be in the log.
const PERSONAL: [&str; 9] = [
    "ann@example.com",
    "herrmuster",
    "Mustermann",
    "zebrafish",
    "kundenliste",
    "correct horse",
    "wrong-password",
    "127.0.0.1",
    "curious-browser",
];

fn lines_of(format: &str) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    site(directory.path(), 50);
    let settings = [("STOCKROOM_LOG_FORMAT", format), ("STOCKROOM_LOG_LEVEL", "info,stockroom=debug")];
    let server = Server::start(directory.path(), &settings);
    let cookie = sign_in(&server);
    let mut stream = server.connect();
    let body = "{\"login\":\"herrmuster@firma.example\",\"password\":\"wrong-password\"}";
    let head = format!(
        "POST /api/v1/auth/login HTTP/1.1\r\nHost: {0}\r\nOrigin: http://{0}\r\nUser-Agent: curious-browser\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {1}\r\n\r\n{body}",
        server.address,
        body.len()
    );
    std::io::Write::write_all(&mut stream, head.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let refused = answer.lines().find_map(|line| line.strip_prefix("x-request-id: ")).unwrap().to_owned();
    // One that is published, one that fails, both with names in them and around them.
    for (name, text) in
        [("kundenliste.csv", "Part,Customer\nzebrafish,Mustermann\n"), ("kundenliste2.csv", "\"Mustermann\n")]
    {
        std::fs::write(directory.path().join(name), text).unwrap();
        let args = ["import", "Stock", name, "--set", "owner=Customer", "--yes", "--anyway"];
        let imported = stockroom(directory.path(), &args);
        assert_eq!(imported.status.success(), name == "kundenliste.csv", "{}", stderr(&imported));
    }
    for path in [
        "/api/v1/datasets/stock/rows?q=zebrafish",
        "/datasets/stock?q=zebrafish&f.customer=Mustermann",
        "/nowhere/herrmuster@firma.example?of=Mustermann",
        "/login?next=/datasets/stock?q=zebrafish",
        "/api/v1/datasets/stock/rows?q=zebrafish:>",
    ] {
        let mut stream = server.connect();
        server.send(
            &mut stream,
            &format!("GET {path} HTTP/1.1\r\nCookie: {cookie}\r\nUser-Agent: curious-browser\r\nX:"),
            "",
        );
    }
    server.signal(Signal::TERM);
    let lines = server.rest();
    assert!(lines.iter().any(|line| line.contains(&refused)), "{refused} is not told: {lines:#?}");
    lines
}

fn says_nothing_of_people(lines: &[String]) {
    for line in lines {
        for word in PERSONAL {
            assert!(!line.to_lowercase().contains(&word.to_lowercase()), "{word}: {line}");
        }
    }
}

#[test]
fn the_log_names_requests_and_nobody() {
    let lines = lines_of("text");
    says_nothing_of_people(&lines);
    let has = |part: &str| lines.iter().any(|line| line.contains(part));
    assert!(
        has("POST /api/v1/auth/login 401") && has("GET /api/v1/datasets/{dataset}/rows 200"),
        "{lines:#?}"
    );
    assert!(has("GET - 404") && has("Published 1 rows") && has("An import failed"), "{lines:#?}");
}

#[test]
fn the_log_for_programs_is_an_object_a_line_with_the_requests_id() {
    let lines = lines_of("json");
    says_nothing_of_people(&lines);
    let mut requests = 0;
    for line in &lines {
        let object: serde_json::Value =
            serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(object["timestamp"].is_string() && object["level"].is_string(), "{line}");
        if object["target"] == "stockroom::access" {
            requests += 1;
            let id = object["span"]["id"].as_str().unwrap();
            assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{line}");
            let fields = &object["fields"];
            assert!(
                fields["status"].is_u64() && fields["millis"].is_u64() && fields["method"].is_string(),
                "{line}"
            );
        }
    }
    assert!(requests >= 7, "{lines:#?}");
}
