//! SQL Server as a source, as far as it goes without one: a stand-in speaks just enough of TDS (MS-TDS) for the driver
//! to sign in over TLS and to be told rows. What a real server makes of it is not tested here.

use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use stockroom::base::secret::SecretString;
use stockroom::config::Config;
use stockroom::config::feeds::{Allowed, FeedsConfig};
use stockroom::domain::feed::{SqlEngine, SqlSource, SqlTls};
use stockroom::sources::sql::{SqlAsk, fetch};
use stockroom::sources::{Brought, Steps};

use crate::issuer::Issuer;

const TABULAR: u8 = 0x04;
const PRELOGIN: u8 = 0x12;
const DONE: [u8; 13] = [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A connection whose bytes are in packets until the handshake is over.
struct Packets {
    stream: TcpStream,
    is_over: bool,
    out: Vec<u8>,
    left: usize,
}

impl Read for Packets {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.is_over {
            return self.stream.read(into);
        }
        if self.left == 0 {
            let mut header = [0; 8];
            self.stream.read_exact(&mut header)?;
            assert_eq!(header[0], PRELOGIN, "a handshake is in packets of this type");
            self.left = usize::from(u16::from_be_bytes([header[2], header[3]])) - 8;
        }
        let most = self.left.min(into.len());
        let read = self.stream.read(&mut into[..most])?;
        self.left -= read;
        Ok(read)
    }
}

impl Write for Packets {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.is_over {
            return self.stream.write(bytes);
        }
        self.out.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Small ones, so that a record is spread over several packets.
        let out = std::mem::take(&mut self.out);
        let mut parts = out.chunks(300).peekable();
        while let Some(part) = parts.next() {
            let end = u8::from(parts.peek().is_none());
            self.stream.write_all(&packet(PRELOGIN, end, part))?;
        }
        self.stream.flush()
    }
}

fn packet(kind: u8, status: u8, body: &[u8]) -> Vec<u8> {
    let [high, low] = u16::try_from(body.len() + 8).unwrap().to_be_bytes();
    [&[kind, status, high, low, 0, 0, 1, 0], body].concat()
}

/// A whole message: its type and its bytes.
fn message(from: &mut impl Read) -> io::Result<(u8, Vec<u8>)> {
    let mut all = Vec::new();
    loop {
        let mut header = [0; 8];
        from.read_exact(&mut header)?;
        let mut body = vec![0; usize::from(u16::from_be_bytes([header[2], header[3]])) - 8];
        from.read_exact(&mut body)?;
        all.extend(body);
        if header[1] & 1 == 1 {
            return Ok((header[0], all));
        }
    }
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// A column: its name and what describes its type.
fn column(name: &str, kind: &[u8]) -> Vec<u8> {
    [&[0, 0, 0, 0, 1, 0], kind, &[u8::try_from(name.len()).unwrap()], &utf16(name)].concat()
}

const NVARCHAR: [u8; 8] = [0xe7, 0x40, 0x1f, 9, 4, 0xd0, 0, 0x34];

fn nvarchar(text: &str) -> Vec<u8> {
    let bytes = utf16(text);
    [&u16::try_from(bytes.len()).unwrap().to_le_bytes()[..], &bytes].concat()
}

/// `SELECT part, qty, seen, gone`: two rows of a text, a decimal, a time and a number.
fn stock() -> Vec<u8> {
    let columns = [
        column("part", &NVARCHAR),
        column("qty", &[0x6c, 17, 38, 3]),
        column("seen", &[0x2a, 3]),
        column("gone", &[0x26, 4]),
    ];
    let days = 739_941_u32.to_le_bytes(); // 2026-11-22, counted from 0001-01-01
    let noon = 43_200_500_u32.to_le_bytes(); // thousandths of a second
    let seen = [&[7][..], &noon, &days[..3]].concat();
    let first =
        [&[0xd1][..], &nvarchar("Ä-1, x"), &[5, 1], &1_500_u32.to_le_bytes(), &seen, &[4, 7, 0, 0, 0]];
    let second = [&[0xd1][..], &nvarchar(""), &[5, 0], &5_u32.to_le_bytes(), &[0], &[0]];
    let rows: Vec<u8> = [first.concat(), second.concat()].concat();
    [&[0x81, 4, 0][..], &columns.concat(), &rows, &DONE].concat()
}

/// What is wrong.
fn error(words: &str) -> Vec<u8> {
    let text = utf16(words);
    let count = u16::try_from(words.len()).unwrap().to_le_bytes();
    let body = [&18_456_i32.to_le_bytes()[..], &[1, 14], &count, &text, &[0, 0, 1, 0, 0, 0]].concat();
    [&[0xaa][..], &u16::try_from(body.len()).unwrap().to_le_bytes(), &body].concat()
}

/// What a login may do, one a row.
fn rights(words: &[&str]) -> Vec<u8> {
    let rows: Vec<u8> = words.iter().flat_map(|word| [vec![0xd1], nvarchar(word)].concat()).collect();
    [&[0x81, 1, 0][..], &column("p", &NVARCHAR), &rows, &DONE].concat()
}

/// How a stand-in behaves.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Encrypts,
    EncryptsNothing,
    LetsWrite,
    LetsNobodyIn,
    SaysNothing,
}

struct StandIn {
    port: u16,
    asked: std::sync::mpsc::Receiver<String>,
    folder: tempfile::TempDir,
}

fn start(manner: Manner) -> StandIn {
    let folder = tempfile::tempdir().unwrap();
    let issuer = Issuer::new("The house");
    issuer.write(folder.path(), "ca.pem");
    Issuer::new("Somebody else").write(folder.path(), "other.pem");
    let (certificate, key) = issuer.issue(&["localhost"]);
    let certificate = CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let (tls, listener) = (Arc::new(tls), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    let (tell, asked) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (tls, tell) = (Arc::clone(&tls), tell.clone());
            std::thread::spawn(move || answer(stream.unwrap(), tls, manner, &tell));
        }
    });
    StandIn { port, asked, folder }
}

fn answer(
    mut stream: TcpStream,
    tls: Arc<ServerConfig>,
    manner: Manner,
    tell: &std::sync::mpsc::Sender<String>,
) -> io::Result<()> {
    let (kind, hello) = message(&mut stream)?;
    assert_eq!(kind, PRELOGIN);
    // The second option of the driver's message is the one about encryption.
    assert_eq!(hello[5], 1);
    let wanted = hello[usize::from(u16::from_be_bytes([hello[6], hello[7]]))];
    tell.send(format!("encryption {wanted}")).ok();
    let level = if manner == Manner::EncryptsNothing { 2 } else { 1 };
    let reply = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xff, 16, 0, 0, 0, 0, 0, level];
    stream.write_all(&packet(TABULAR, 1, &reply))?;
    if manner == Manner::EncryptsNothing {
        return talk(&mut stream, manner, tell);
    }
    let mut connection = ServerConnection::new(tls).unwrap();
    let mut packets = Packets { stream, is_over: false, out: Vec::new(), left: 0 };
    while connection.is_handshaking() {
        connection.complete_io(&mut packets)?;
    }
    packets.flush()?;
    packets.is_over = true;
    talk(&mut StreamOwned::new(connection, packets), manner, tell)
}

fn talk(
    stream: &mut (impl Read + Write),
    manner: Manner,
    tell: &std::sync::mpsc::Sender<String>,
) -> io::Result<()> {
    let (kind, login) = message(stream)?;
    assert_eq!(kind, 0x10);
    tell.send(format!("login {}", login.windows(6).any(|part| part == utf16("erp").as_slice()))).ok();
    if manner == Manner::LetsNobodyIn {
        stream.write_all(&packet(
            TABULAR,
            1,
            &[error("Login failed for user 'erp'."), DONE.to_vec()].concat(),
        ))?;
        return stream.flush();
    }
    let program = utf16("Stand-in");
    let acknowledged = [&[1, 0x74, 0, 0, 4, 8][..], &program, &[16, 0, 0, 0]].concat();
    let [low, high] = u16::try_from(acknowledged.len()).unwrap().to_le_bytes();
    let welcome = [&[0xad, low, high][..], &acknowledged, &DONE].concat();
    stream.write_all(&packet(TABULAR, 1, &welcome))?;
    stream.flush()?;
    loop {
        let (_, body) = message(stream)?;
        let headers = u32::from_le_bytes(body[..4].try_into().unwrap()) as usize;
        let units: Vec<u16> =
            body[headers..].chunks(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]])).collect();
        let text = String::from_utf16(&units).unwrap();
        let reply = if text.contains("HAS_PERMS_BY_NAME") {
            rights(if manner == Manner::LetsWrite { &["INSERT", "DELETE"] } else { &[] })
        } else if text.contains("FROM stock") {
            stock()
        } else {
            DONE.to_vec()
        };
        tell.send(text.clone()).ok();
        if manner == Manner::SaysNothing && text.contains("FROM stock") {
            // Until the other side has had enough.
            return stream.read(&mut [0]).map(|_| ());
        }
        stream.write_all(&packet(TABULAR, 1, &reply))?;
        stream.flush()?;
    }
}

fn ask(
    server: &StandIn,
    ca_file: &str,
    tls: SqlTls,
    query: &str,
) -> (Result<Brought, String>, String, Steps) {
    let allow_private = ["127.0.0.1", "::1"].map(|at| Allowed::Network(at.parse().unwrap(), 128)).into();
    let ca_file: Option<PathBuf> = Some(server.folder.path().join(ca_file));
    let statement_timeout = Duration::from_secs(1);
    let config = FeedsConfig { allow_private, ca_file, statement_timeout, ..Config::default().feeds };
    let source = SqlSource {
        engine: SqlEngine::SqlServer,
        host: "localhost".to_owned(),
        port: server.port,
        database: "erp".to_owned(),
        user: "erp".to_owned(),
        secret_name: String::new(),
        tls,
        query: query.to_owned(),
    };
    let password = Some(SecretString::new("geheim".to_owned()));
    let ask = SqlAsk { source, password, known: None, max_bytes: 1 << 20, max_rows: 1_000 };
    let (mut text, mut steps) = (Vec::new(), Steps::default());
    let mut sink = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        Ok(())
    };
    let outcome = fetch(&config, &ask, &mut sink, &mut steps, &|| false);
    (outcome, String::from_utf8(text).unwrap(), steps)
}

const QUERY: &str = "SELECT part, qty, seen, gone FROM stock";

#[test]
fn rows_come_over_tls_in_a_transaction_that_is_rolled_back() {
    for (tls, wanted) in [(SqlTls::Verify, 1), (SqlTls::Require, 1), (SqlTls::Off, 2)] {
        let server = start(if tls == SqlTls::Off { Manner::EncryptsNothing } else { Manner::Encrypts });
        let ca_file = if tls == SqlTls::Require { "other.pem" } else { "ca.pem" };
        let (outcome, text, steps) = ask(&server, ca_file, tls, QUERY);
        outcome.unwrap();
        let expected = "part,qty,seen,gone\n\"Ä-1, x\",1.500,2026-11-22T12:00:00.500,7\n,-0.005,,\n";
        assert_eq!(text, expected, "{steps:?}");
        let parts: Vec<&str> = steps.0.iter().map(|step| step.part).collect();
        assert_eq!(parts, ["resolve", "connect", "tls", "sign-in", "read-only", "query", "rows"]);
        let asked: Vec<String> = server.asked.iter().take(7).collect();
        assert_eq!(asked[..2], [format!("encryption {wanted}"), "login true".to_owned()]);
        assert!(asked[2].starts_with("SET XACT_ABORT ON") && asked[4].contains("HAS_PERMS"), "{asked:?}");
        assert_eq!([&asked[3], &asked[5], &asked[6]], ["BEGIN TRANSACTION", QUERY, "ROLLBACK"]);
    }
}

#[test]
fn a_login_that_may_write_an_unknown_issuer_and_no_encryption_are_refused() {
    let refused = |manner, ca_file, query| {
        let server = start(manner);
        let (outcome, text, steps) = ask(&server, ca_file, SqlTls::Verify, query);
        assert!(outcome.is_err() && text.is_empty(), "{steps:?}");
        assert!(!format!("{steps:?}").contains("geheim"));
        let last = steps.0.last().unwrap().clone();
        (last.part, last.words, server.asked.try_iter().collect::<Vec<_>>())
    };
    let (part, words, asked) = refused(Manner::LetsWrite, "ca.pem", QUERY);
    assert!(part == "read-only" && words.contains("INSERT, DELETE"), "{words}");
    assert!(!asked.iter().any(|text| text == QUERY), "{asked:?}");
    let (part, words, asked) = refused(Manner::Encrypts, "other.pem", QUERY);
    assert!(part == "tls" && words.contains("certificate"), "{words}");
    assert_eq!(asked, ["encryption 1"], "nobody signs in there");
    let (part, words, asked) = refused(Manner::EncryptsNothing, "ca.pem", QUERY);
    assert!(part == "tls" && words.contains("no encryption"), "{words}");
    assert_eq!(asked, ["encryption 1"]);
    let (part, words, _) = refused(Manner::LetsNobodyIn, "ca.pem", QUERY);
    assert_eq!((part, words.as_str()), ("sign-in", "the database says: Login failed for user 'erp'."));
    let (part, words, asked) = refused(Manner::SaysNothing, "ca.pem", QUERY);
    assert!(part == "query" && words.contains("`sources.statement_timeout`"), "{words}");
    assert_eq!(asked.last().unwrap(), QUERY);
    let (part, words, asked) = refused(Manner::Encrypts, "ca.pem", "SELECT 1 DROP TABLE stock");
    assert!(part == "query" && words.contains("DROP"), "{words}");
    assert!(asked.is_empty());
}
