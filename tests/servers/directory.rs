//! The layer `directory` against real servers.

use std::io::Read;
use std::net::TcpListener;
use std::time::{Duration, Instant};

use stockroom::base::secret::SecretString;
use stockroom::config::directory::{DirectoryConfig, DirectoryServer, DirectoryTls};
use stockroom::directory::{Directory, Name, Wanted};
use stockroom::domain::directory::{NoAnswer, Part, PasswordAnswer, Person, Steps};

use crate::directories::{Server, password_of};

fn find(directory: &Directory, typed: &str) -> Result<Option<Person>, NoAnswer> {
    let name = Name::parse(typed, directory.config()).expect("a name of the directory");
    let mut steps = Steps::default();
    directory.connect(&mut steps)?.find(Wanted::Name(&name), &mut steps)
}

fn check(directory: &Directory, typed: &str, password: &str) -> (Option<PasswordAnswer>, Steps) {
    let name = Name::parse(typed, directory.config()).expect("a name of the directory");
    let mut steps = Steps::default();
    let mut connection = directory.connect(&mut steps).unwrap();
    let person = connection.find(Wanted::Name(&name), &mut steps).unwrap();
    let password = SecretString::new(password.to_owned());
    let answer = person.map(|person| connection.check(&person, &password, &mut steps).unwrap());
    (answer, steps)
}

fn both(tls: DirectoryTls) -> [Directory; 2] {
    [Server::openldap(), Server::active_directory()].map(|server| Directory::new(server.config(tls)))
}

#[test]
fn people_are_found_and_their_passwords_checked_over_tls_of_either_kind() {
    for tls in [DirectoryTls::StartTls, DirectoryTls::Implicit] {
        for directory in both(tls) {
            let (answer, steps) = check(&directory, "alice", &password_of("alice"));
            assert_eq!(answer, Some(PasswordAnswer::Right), "{steps:?}");
            let parts: Vec<Part> = steps.0.iter().map(|step| step.part).collect();
            let all = [
                Part::Resolve,
                Part::Connect,
                Part::Tls,
                Part::ServiceBind,
                Part::Search,
                Part::Groups,
                Part::UserBind,
            ];
            assert_eq!(parts, all);
            assert!(steps.0.iter().all(|step| step.is_good), "{steps:?}");
            let (answer, steps) = check(&directory, "alice", "wrong");
            assert_eq!(answer, Some(PasswordAnswer::Wrong));
            let last = steps.0.last().unwrap();
            assert!(!last.is_good && last.words.contains("rc=49 (invalidCredentials)"), "{last:?}");
        }
    }
}

#[test]
fn without_tls_only_a_server_that_allows_it_answers() {
    let [openldap, active] = both(DirectoryTls::None);
    let (answer, steps) = check(&openldap, "alice", &password_of("alice"));
    assert_eq!(answer, Some(PasswordAnswer::Right));
    assert!(steps.0.iter().any(|step| step.part == Part::Tls && !step.is_good), "{steps:?}");
    let mut steps = Steps::default();
    let error = active.connect(&mut steps).err().unwrap();
    assert!(error.0.contains("rc=8 (strongerAuthRequired)"), "{error}");
}

#[test]
fn an_empty_password_is_never_sent() {
    for directory in both(DirectoryTls::StartTls) {
        let (answer, steps) = check(&directory, "alice", "");
        assert_eq!(answer, Some(PasswordAnswer::Wrong));
        assert!(steps.0.last().unwrap().words.contains("never sent"), "{steps:?}");
    }
}

#[test]
fn all_ways_to_write_a_name_mean_one_immutable_id() {
    for (directory, length) in both(DirectoryTls::StartTls).iter().zip([36, 16]) {
        let ids: Vec<_> = ["alice", "ALICE", "CORP\\alice", "alice@corp.example.test", "alice@example.com"]
            .into_iter()
            .map(|typed| find(directory, typed).unwrap().unwrap_or_else(|| panic!("{typed}")).id)
            .collect();
        assert!(ids.windows(2).all(|pair| pair[0] == pair[1]), "{ids:?}");
        assert_eq!(ids[0].0.len(), length);
        let mut steps = Steps::default();
        let mut connection = directory.connect(&mut steps).unwrap();
        let again = connection.find(Wanted::Id(&ids[0]), &mut steps).unwrap().unwrap();
        assert_eq!((again.login.as_str(), again.first_name.as_deref()), ("alice", Some("Alice")));
    }
}

#[test]
fn groups_inside_of_groups_count_and_referrals_are_not_followed() {
    for directory in both(DirectoryTls::StartTls) {
        let boss = find(&directory, "boss").unwrap().unwrap();
        for group in ["Head-Office", "Directors", "Stock-Admins", "stock-admins"] {
            assert!(boss.is_in(group), "{group}: {:?}", boss.groups);
        }
        assert!(!boss.is_in("Stock-Customers") && !boss.is_in("Stock"));
        let dn = boss.groups.iter().find(|group| group.is("Stock-Admins")).unwrap().dn.to_uppercase();
        assert!(boss.is_in(&dn), "{dn}");
        assert!(find(&directory, "bert").unwrap().unwrap().is_in("Stock-Operators"));
        let carol = find(&directory, "carol").unwrap().unwrap();
        assert!(
            ["Stock-Admins", "Stock-Customers", "Stock-Operators"].iter().all(|group| !carol.is_in(group))
        );
    }
}

#[test]
fn hostile_names_mean_nobody() {
    let long = "x".repeat(250);
    for directory in both(DirectoryTls::StartTls) {
        for typed in [
            "*",
            "a*",
            ")(",
            "alice)(uid=*",
            "*)(objectClass=*",
            "al\u{0069}ce\u{301}",
            "(|(a=b))",
            "ä\u{202e}",
            &long,
        ] {
            assert_eq!(find(&directory, typed), Ok(None), "{typed:?}");
        }
        for typed in ["alice\0", "\0", "CORP\\a\\b", "\\", "alice\n"] {
            let name = Name::parse(typed, directory.config());
            assert!(name.is_none() || name.unwrap().user == "alice", "{typed:?}");
        }
    }
    // One that is really called so is found, and signs in.
    let openldap = Directory::new(Server::openldap().config(DirectoryTls::StartTls));
    let odd = find(&openldap, "odd, (name)*").unwrap().unwrap();
    assert!(odd.is_in("Stock-Customers"), "{odd:?}");
    assert_eq!(check(&openldap, "odd, (name)*", &password_of("odd")).0, Some(PasswordAnswer::Right));
}

#[test]
fn active_directory_says_why_an_account_may_not_be_used_only_to_who_knows_its_password() {
    let directory = Directory::new(Server::active_directory().config(DirectoryTls::StartTls));
    for (user, answer) in [
        ("dora", PasswordAnswer::NotNow),
        ("erna", PasswordAnswer::NotNow),
        ("mona", PasswordAnswer::MustChange),
    ] {
        let (said, steps) = check(&directory, user, &password_of(user));
        assert_eq!(said, Some(answer), "{steps:?}");
        assert!(steps.0.last().unwrap().words.contains("data "), "{steps:?}");
        assert_eq!(check(&directory, user, "wrong").0, Some(PasswordAnswer::Wrong));
    }
    let now = stockroom::base::clock::Clock::now(&stockroom::base::clock::SystemClock);
    let usable = |user: &str| find(&directory, user).unwrap().unwrap().is_usable(now);
    assert!(usable("alice") && usable("mona") && !usable("dora") && !usable("erna"));
    for _ in 0..6 {
        check(&directory, "otto", "wrong");
    }
    assert_eq!(check(&directory, "otto", &password_of("otto")).0, Some(PasswordAnswer::Locked));
    assert!(usable("otto"), "strangers do not end sessions");
}

fn refused(change: impl FnOnce(&mut DirectoryConfig)) -> (String, Steps, Duration) {
    let mut config = Server::openldap().config(DirectoryTls::StartTls);
    change(&mut config);
    let mut steps = Steps::default();
    let begun = Instant::now();
    let error = Directory::new(config).connect(&mut steps).err().expect("no connection");
    (error.0, steps, begun.elapsed())
}

#[test]
fn a_server_that_cannot_be_trusted_gets_no_password() {
    let stranger = tempfile::NamedTempFile::new().unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(stranger.path(), other.cert.pem()).unwrap();
    for tls in [DirectoryTls::StartTls, DirectoryTls::Implicit] {
        let server = Server::openldap();
        let port = if tls == DirectoryTls::Implicit { server.tls_port } else { server.port };
        let set = |config: &mut DirectoryConfig| {
            config.tls = tls;
            config.servers[0].port = port;
        };
        let (error, steps, _) = refused(|config| {
            set(config);
            config.ca_file = Some(stranger.path().to_owned());
        });
        assert!(error.contains("by nobody in"), "{error}");
        assert!(steps.0.iter().all(|step| step.part != Part::ServiceBind), "{steps:?}");
        assert!(
            refused(|config| {
                set(config);
                config.ca_file = None;
            })
            .0
            .contains("directory.ca_file")
        );
        let (error, ..) = refused(|config| {
            set(config);
            config.servers[0].host = "127.0.0.1".to_owned();
        });
        assert!(error.contains("not for `127.0.0.1`"), "{error}");
    }
    assert!(refused(|config| config.ca_file = Some("/nowhere.pem".into())).0.contains("/nowhere.pem"));
    let empty = tempfile::NamedTempFile::new().unwrap();
    assert!(refused(|config| config.ca_file = Some(empty.path().to_owned())).0.contains("no certificate"));
}

#[test]
fn a_service_account_that_is_refused_is_told_in_the_servers_words() {
    let wrong = SecretString::new("wrong".to_owned());
    let (error, steps, _) =
        refused(|config| config.service_account = Some(("cn=stockroom,dc=example,dc=com".to_owned(), wrong)));
    assert!(error.contains("invalidCredentials"), "{error}");
    assert_eq!(steps.0.last().map(|step| (step.part, step.is_good)), Some((Part::ServiceBind, false)));
}

#[test]
fn a_server_that_is_down_slow_or_no_directory_is_left_for_the_next() {
    let config = Server::openldap().config(DirectoryTls::StartTls);
    let good = config.servers[0].clone();
    let server = |host: &str, port: u16| DirectoryServer { host: host.to_owned(), port };
    // Takes connections and says nothing.
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent = server("localhost", mute.local_addr().unwrap().port());
    // Says what no directory says.
    let babble = TcpListener::bind("127.0.0.1:0").unwrap();
    let babbler = server("localhost", babble.local_addr().unwrap().port());
    std::thread::spawn(move || {
        for stream in babble.incoming().flatten() {
            let mut stream = stream;
            let _ = stream.read(&mut [0; 100]);
            let _ = std::io::Write::write_all(
                &mut stream,
                b"0\x0c\x02\x01\x01\x78\x07\x04\x00\x04\x00\x04\x00hello",
            );
        }
    });
    let down = server("localhost", 1);
    let unknown = server("nowhere.invalid", 389);
    for (bad, part) in
        [(silent, Part::Tls), (babbler, Part::Tls), (down, Part::Connect), (unknown, Part::Resolve)]
    {
        let mut config = config.clone();
        config.timeout = Duration::from_millis(500);
        config.connect_timeout = Duration::from_millis(500);
        config.servers = vec![bad.clone()];
        let mut steps = Steps::default();
        let begun = Instant::now();
        let error = Directory::new(config.clone()).connect(&mut steps).err().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(3), "{bad:?}");
        assert!(error.0.contains(&bad.host), "{error}");
        assert_eq!(steps.0.last().map(|step| (step.part, step.is_good)), Some((part, false)), "{steps:?}");
        config.servers = vec![bad, good.clone()];
        config.timeout = Duration::from_secs(5);
        let directory = Directory::new(config);
        // The one that answered is asked first from then on.
        assert!(directory.connect(&mut Steps::default()).is_ok());
        let mut steps = Steps::default();
        assert!(directory.connect(&mut steps).is_ok());
        assert_eq!(steps.0.len(), 4, "{steps:?}");
    }
}

#[test]
fn an_address_that_answers_nothing_at_all_costs_no_more_than_the_limit() {
    // A backlog that is full: more than that are not even refused.
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = socket.local_addr().unwrap();
    let held: Vec<_> = (0..5000)
        .map_while(|_| std::net::TcpStream::connect_timeout(&address, Duration::from_millis(200)).ok())
        .collect();
    let (error, _, took) = refused(|config| {
        config.connect_timeout = Duration::from_millis(500);
        config.servers = vec![DirectoryServer { host: "127.0.0.1".to_owned(), port: address.port() }];
    });
    assert!(
        error.contains("no answer within 0.5 s") && took < Duration::from_secs(2),
        "{error} {took:?} {}",
        held.len()
    );
}
