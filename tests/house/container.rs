//! The Dockerfile, read as Docker would: what ends in the image, as whom it runs, and that nothing in it moves by itself.

/// Instructions with their words, continued lines joined.
fn instructions(text: &str) -> Vec<(String, String)> {
    let joined = text.replace("\\\n", " ");
    let lines = joined.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            (word.to_uppercase(), rest.trim().to_owned())
        })
        .collect()
}

/// What is wrong with it.
fn problems(text: &str) -> Vec<String> {
    let all = instructions(text);
    let mut found = Vec::new();
    let images: Vec<&str> = all
        .iter()
        .filter(|(word, _)| word == "FROM")
        .filter_map(|(_, rest)| rest.split(' ').next())
        .collect();
    for image in images.iter().filter(|image| **image != "scratch") {
        let tag = image.rsplit('/').next().unwrap_or_default().split_once(':').map_or("", |(_, tag)| tag);
        if !image.contains('@')
            && (tag.is_empty() || !tag.starts_with(|c: char| c.is_ascii_digit()) || !tag.contains('.'))
        {
            found.push(format!("{image} is another image tomorrow"));
        }
    }
    if images.len() < 2 || images.last() != Some(&"scratch") {
        found.push("the last stage is not empty".to_owned());
    }
    let last = all.iter().rposition(|(word, _)| word == "FROM").map_or(&all[..], |at| &all[at + 1..]);
    let of = |wanted: &str| -> Vec<&str> {
        last.iter().filter(|(word, _)| word == wanted).map(|(_, rest)| rest.as_str()).collect()
    };
    for (word, rest) in [
        ("USER", "65532:65532"),
        ("VOLUME", "[\"/data\"]"),
        ("ENTRYPOINT", "[\"/stockroom\"]"),
        ("CMD", "[\"serve\"]"),
        ("STOPSIGNAL", "SIGTERM"),
    ] {
        if of(word) != [rest] {
            found.push(format!("{word} is not {rest}"));
        }
    }
    if !of("HEALTHCHECK").iter().any(|check| check.ends_with("CMD [\"/stockroom\", \"healthcheck\"]")) {
        found.push("the binary does not check itself".to_owned());
    }
    if !of("COPY").iter().all(|copy| copy.starts_with("--from=build --chown=65532:65532 ")) {
        found.push("something is copied that is not the user's, or from outside of the build".to_owned());
    }
    let version = format!("org.opencontainers.image.version=\"{}\"", env!("CARGO_PKG_VERSION"));
    if !of("LABEL").iter().any(|label| label.contains(&version)) {
        found.push("the label has another version".to_owned());
    }
    let data_dir =
        of("ENV").iter().any(|env| env.contains("STOCKROOM_DATA_DIR=/data") && env.contains("TMPDIR=/data"));
    if !data_dir {
        found.push("something is written outside of the volume".to_owned());
    }
    for (word, rest) in &all {
        let lower = rest.to_lowercase();
        let is_told = matches!(word.as_str(), "ENV" | "ARG" | "LABEL");
        if word == "ADD"
            || is_told && ["password", "secret", "token", "key="].iter().any(|part| lower.contains(part))
        {
            found.push(format!("{word} {rest}: an image holds no secret, and fetches nothing by itself"));
        }
    }
    found
}

fn ours() -> String {
    std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/Dockerfile")).unwrap()
}

#[test]
fn the_image_holds_the_binary_alone_and_runs_it_as_nobody() {
    assert_eq!(problems(&ours()), Vec::<String>::new());
}

#[test]
fn what_is_wrong_with_an_image_is_found() {
    for (good, bad) in [
        ("rust:1.95-slim-bookworm", "rust:latest"),
        ("rust:1.95-slim-bookworm", "rust"),
        ("FROM scratch", "FROM debian:12.1-slim"),
        ("USER 65532:65532", "USER root"),
        ("USER 65532:65532\n", ""),
        ("[\"/stockroom\", \"healthcheck\"]", "curl localhost"),
        ("--chown=65532:65532 ", ""),
        ("VOLUME [\"/data\"]\n", ""),
        ("EXPOSE 8080", "ENV SMTP_PASSWORD=x"),
        ("EXPOSE 8080", "ADD https://example.com/x /x"),
        (" TMPDIR=/data", ""),
    ] {
        let text = ours();
        assert!(text.contains(good), "{good}");
        assert!(!problems(&text.replacen(good, bad, 1)).is_empty(), "{bad} was overlooked");
    }
}

#[test]
fn what_the_build_is_given_has_no_data_of_a_site() {
    let ignored = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.dockerignore")).unwrap();
    let lines: Vec<&str> = ignored.lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines[0], "*", "all is left out that is not named");
    for name in lines[1..].iter().filter_map(|line| line.strip_prefix('!')) {
        assert!(
            name != "data" && name != ".env" && name != "stockroom.toml" && !name.contains('*'),
            "{name}"
        );
        assert!(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists(), "{name} is not there");
    }
}
