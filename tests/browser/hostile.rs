//! Text of others in headers, cells, file name and address: shown as it is, and nothing of it happens.

use std::fmt::Write;

use crate::crawl::axe;
use crate::inventory::wait_for_grid;
use crate::site::{OPERATOR, Site};
use crate::tab::{Script, Tab};

/// What breaks out of markup, attributes, scripts, templates, addresses and text of the other direction.
const HOSTILE: [&str; 12] = [
    "<script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    "\"><svg onload=window.hit=1>",
    "' autofocus onfocus='window.hit=1",
    "</td></tr></table><h1>hit</h1>",
    "{{constructor.constructor('window.hit=1')()}}${window.hit=1}",
    "</script><script>window.hit=1</script>",
    "javascript:window.hit=1",
    "&lt;b&gt;&amp;amp;&#60;",
    "\u{202e}gnp.exe\u{202c}",
    "a\u{200b}b\u{feff}c",
    "=HYPERLINK(\"http://evil.example\")",
];

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

fn dataset() -> String {
    let mut csv = format!("Part,{},{},Qty\n", quoted(HOSTILE[0]), quoted(HOSTILE[3]));
    for (at, text) in HOSTILE.iter().enumerate() {
        writeln!(csv, "P-{at},{},{},{at}", quoted(text), quoted(text)).unwrap();
    }
    csv
}

/// Where the column of a hostile name stands, from 0.
fn place_of(tab: &Tab<'_>, column: &str) -> usize {
    let headers = tab.eval("[...document.querySelectorAll('thead th')].map((th) => th.dataset.column)");
    headers.as_array().unwrap().iter().position(|header| header == column).unwrap()
}

fn percent(text: &str) -> String {
    let mut encoded = form_urlencoded::Serializer::new(String::new());
    encoded.append_key_only(text);
    encoded.finish()
}

#[track_caller]
fn nothing_happened(tab: &mut Tab<'_>, place: &str) {
    assert!(tab.is("typeof window.hit === 'undefined'"), "{place}: something ran");
    assert_eq!(tab.count("document.querySelectorAll('h1').length"), 1, "{place}");
    assert!(
        tab.is("!document.querySelector('main script, main svg[onload], main img, [onfocus]')"),
        "{place}"
    );
    let complaints = tab.complaints(200);
    assert!(complaints.is_empty(), "{place}: {complaints:#?}");
}

#[test]
fn hostile_text_is_shown_as_it_is_and_nothing_runs() {
    let site = Site::empty();
    site.publish("Inventory", dataset(), &[&format!("facet=Part,{}", "Qty")]);
    for script in [Script::On, Script::Off] {
        let mut tab = site.signed_in(OPERATOR, script);
        tab.go("/inventory?sort=Qty");
        if script == Script::On {
            wait_for_grid(&tab);
        }
        nothing_happened(&mut tab, "the page");
        let shown = tab.eval(&format!(
            "[...document.querySelectorAll('tbody.window tr')].map((row) => row.cells[{}].textContent)",
            place_of(&tab, HOSTILE[0])
        ));
        let shown: Vec<&str> = shown.as_array().unwrap().iter().map(|cell| cell.as_str().unwrap()).collect();
        assert_eq!(shown, HOSTILE);
        every_parameter_is_harmless(&mut tab, script);
        the_page_still_works(&tab, script);
        if script == Script::On {
            tab.go("/inventory?q=%3Cscript%3E");
            wait_for_grid(&tab);
            assert_eq!(axe(&tab), Vec::<String>::new());
        }
    }
}

fn every_parameter_is_harmless(tab: &mut Tab<'_>, script: Script) {
    for text in HOSTILE {
        let value = percent(text);
        // Each of its parameters, all at once and the search alone.
        let all = ["sort", "cols", "more", "f.Part", "find.Part", "match", "offset"]
            .map(|name| format!("{name}={value}"));
        tab.go(&format!("/inventory?{}", all.join("&")));
        nothing_happened(tab, &format!("parameters of {text}"));
        tab.go(&format!("/inventory?f.{value}={value}&more={value}&cols={value}~100"));
        nothing_happened(tab, &format!("a column called {text}"));
        tab.go(&format!("/inventory?q={value}"));
        nothing_happened(tab, &format!("q={text}"));
        assert_eq!(tab.text_of("document.querySelector('#global-search').value"), text.trim());
        if script == Script::On {
            tab.eval("sessionStorage.clear()");
        }
    }
}

fn the_page_still_works(tab: &Tab<'_>, script: Script) {
    tab.go("/inventory");
    if script == Script::On {
        wait_for_grid(tab);
    }
    // Sort by the hostile header, then filter by a hostile value.
    tab.click(&format!("thead th:nth-child({}) a", place_of(tab, HOSTILE[0]) + 1));
    tab.wait_for("location.search.startsWith('?sort=') && document.readyState === 'complete'");
    tab.wait_for("document.querySelectorAll('tbody.window tr').length === 12");
    let value = percent(HOSTILE[1]);
    tab.go(&format!("/inventory?f.{}={value}", percent(HOSTILE[0])));
    tab.wait_for("document.querySelectorAll('tbody.window tr').length === 1");
    let cell =
        format!("document.querySelector('tbody.window tr').cells[{}].textContent", place_of(tab, HOSTILE[0]));
    assert_eq!(tab.text_of(&cell), HOSTILE[1]);
    assert!(tab.text_of("document.querySelector('.chip').textContent").contains(HOSTILE[1]));
    tab.click(".chip a");
    tab.wait_for("document.querySelectorAll('tbody.window tr').length === 12");
}
