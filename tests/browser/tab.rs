//! A page in Chromium, used as a person does: clicks and keys go in as the mouse and keyboard send them.

use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::chromium::{Chromium, Event};

/// Longest wait for a page to be as expected.
const PATIENCE: Duration = Duration::from_secs(30);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(15);

/// How a page is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Script {
    On,
    Off,
}

/// A page with cookies, storage and cache of its own.
pub struct Tab<'c> {
    pub chromium: &'c Chromium,
    pub context: String,
    session: String,
    origin: String,
    script: Script,
    events: Receiver<Event>,
    seen: Vec<Event>,
    pub downloads: tempfile::TempDir,
}

/// Where and with which keys held a click goes.
const SHIFT: u8 = 8;
pub const CONTROL: u8 = 2;

impl<'c> Tab<'c> {
    pub fn open(chromium: &'c Chromium, origin: &str, script: Script) -> Self {
        let made = chromium.call("", "Target.createBrowserContext", json!({ "disposeOnDetach": true }));
        let context = made["browserContextId"].as_str().unwrap().to_owned();
        let downloads = tempfile::tempdir().unwrap();
        let behaviour = json!({
            "behavior": "allow", "browserContextId": context, "downloadPath": downloads.path(),
        });
        chromium.call("", "Browser.setDownloadBehavior", behaviour);
        let (session, events) = attach(chromium, &context, script);
        let tab = Self {
            chromium,
            context,
            session,
            origin: origin.to_owned(),
            script,
            events,
            seen: Vec::new(),
            downloads,
        };
        tab.look(1280, "light");
        tab
    }

    /// Another page of the same browser: same cookies, other session storage.
    pub fn beside(&self) -> Self {
        let (session, events) = attach(self.chromium, &self.context, self.script);
        let tab = Self {
            chromium: self.chromium,
            context: self.context.clone(),
            session,
            origin: self.origin.clone(),
            script: self.script,
            events,
            seen: Vec::new(),
            downloads: tempfile::tempdir().unwrap(),
        };
        tab.look(1280, "light");
        tab
    }

    pub fn call(&self, method: &str, parameters: Value) -> Value {
        self.chromium.call(&self.session, method, parameters)
    }

    /// Sets the width in CSS pixels and the system's theme.
    pub fn look(&self, width: u32, theme: &str) {
        let size = json!({ "width": width, "height": 800, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", size);
        let features = json!([{ "name": "prefers-color-scheme", "value": theme }]);
        self.call("Emulation.setEmulatedMedia", json!({ "features": features }));
    }

    /// Opens a path of the site and waits until it is all there.
    #[track_caller]
    pub fn go(&self, path: &str) {
        // Chromium answers a moment before the page before is gone.
        self.eval("window.isOld = true");
        let answer = self.call("Page.navigate", json!({ "url": format!("{}{path}", self.origin) }));
        assert!(answer["errorText"].is_null(), "{path}: {answer}");
        self.wait_for("!window.isOld && document.readyState === 'complete' && document.body");
    }

    /// Opens a path again and again until it shows what is expected.
    #[track_caller]
    pub fn go_until(&self, path: &str, expression: &str) {
        let started = Instant::now();
        self.go(path);
        while !self.is(&format!("!!({expression})")) {
            assert!(started.elapsed() < PATIENCE, "{path} never shows {expression}");
            self.go(path);
        }
    }

    pub fn reload(&self) {
        self.eval("window.isOld = true");
        self.call("Page.reload", json!({}));
        self.wait_for("!window.isOld && document.readyState === 'complete'");
    }

    pub fn back(&self) {
        self.step(-1);
    }

    pub fn forward(&self) {
        self.step(1);
    }

    fn step(&self, by: i64) {
        let history = self.call("Page.getNavigationHistory", json!({}));
        let at = history["currentIndex"].as_i64().unwrap() + by;
        let entry = &history["entries"][usize::try_from(at).unwrap()];
        assert!(entry["id"].is_number(), "there is no such step: {history}");
        self.call("Page.navigateToHistoryEntry", json!({ "entryId": entry["id"] }));
    }

    /// What an expression is worth on the page.
    pub fn try_eval(&self, expression: &str) -> Result<Value, String> {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true });
        let answer = self.chromium.try_call(&self.session, "Runtime.evaluate", parameters)?;
        if answer["exceptionDetails"].is_null() {
            Ok(answer["result"]["value"].clone())
        } else {
            let details = &answer["exceptionDetails"];
            Err(details["exception"]["description"].as_str().unwrap_or("an exception").to_owned())
        }
    }

    pub fn eval(&self, expression: &str) -> Value {
        let mut answer = self.try_eval(expression);
        for _ in 0..5 {
            // A page that goes on by itself (an import was checked) takes what was asked with it.
            let is_gone = answer.as_ref().is_err_and(|error| {
                error.contains("navigated or closed") || error.contains("properties of null (reading 'scroll")
            });
            if !is_gone {
                break;
            }
            self.wait_for("document.readyState === 'complete' && !!document.body");
            answer = self.try_eval(expression);
        }
        answer.unwrap_or_else(|error| panic!("{expression}: {error}"))
    }

    pub fn text_of(&self, expression: &str) -> String {
        match self.eval(expression) {
            Value::String(text) => text,
            other => panic!("{expression} is no text: {other}"),
        }
    }

    pub fn is(&self, expression: &str) -> bool {
        self.eval(expression) == Value::Bool(true)
    }

    pub fn number(&self, expression: &str) -> f64 {
        let value = self.eval(expression);
        value.as_f64().unwrap_or_else(|| panic!("{expression} is no number: {value}"))
    }

    pub fn count(&self, expression: &str) -> u64 {
        let value = self.eval(expression);
        value.as_u64().unwrap_or_else(|| panic!("{expression} is no count: {value}"))
    }

    /// Waits until an expression is true on the page.
    #[track_caller]
    pub fn wait_for(&self, expression: &str) {
        self.wait_up_to(PATIENCE, expression);
    }

    #[track_caller]
    pub fn wait_up_to(&self, patience: Duration, expression: &str) {
        let started = Instant::now();
        let wanted = format!("!!({expression})");
        loop {
            // A page that is just being left answers with an error.
            let answer = self.try_eval(&wanted);
            if answer == Ok(Value::Bool(true)) {
                return;
            }
            if started.elapsed() > patience {
                let page = self.try_eval("location.href + '\\n' + document.body?.innerText.slice(0, 1500)");
                panic!("script {:?}: never came true: {expression} ({answer:?}), on {page:?}", self.script);
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Waits for a path, and for the page there to be complete.
    #[track_caller]
    pub fn wait_for_path(&self, path: &str) {
        let path = Value::from(path);
        self.wait_for(&format!("location.pathname === {path} && document.readyState === 'complete'"));
    }

    /// `?q=…` of the page.
    pub fn query(&self) -> String {
        self.text_of("decodeURIComponent(location.search.replaceAll('+', ' '))")
    }

    /// The middle of an element after it was brought into sight.
    #[track_caller]
    fn place_of(&self, selector: &str) -> (f64, f64) {
        let selector = Value::from(selector);
        let find = format!(
            "(() => {{ const e = document.querySelector({selector}); if (!e) return null; \
             e.scrollIntoView({{ block: 'nearest', inline: 'nearest', behavior: 'instant' }}); \
             const r = e.getBoundingClientRect(); \
             return r.width && r.height ? [r.left + r.width / 2, r.top + r.height / 2] : null }})()"
        );
        self.wait_for(&format!("{find} !== null"));
        let place = self.eval(&find);
        (place[0].as_f64().unwrap(), place[1].as_f64().unwrap())
    }

    #[track_caller]
    pub fn click(&self, selector: &str) {
        self.click_with(selector, 0);
    }

    #[track_caller]
    pub fn shift_click(&self, selector: &str) {
        self.click_with(selector, SHIFT);
    }

    #[track_caller]
    fn click_with(&self, selector: &str, modifiers: u8) {
        let (x, y) = self.place_of(selector);
        self.mouse("mouseMoved", x, y, modifiers);
        self.mouse("mousePressed", x, y, modifiers);
        self.mouse("mouseReleased", x, y, modifiers);
    }

    pub fn mouse(&self, kind: &str, x: f64, y: f64, modifiers: u8) {
        let pressed = u8::from(kind != "mouseMoved");
        let button = if pressed == 1 { "left" } else { "none" };
        let event = json!({
            "type": kind, "x": x, "y": y, "button": button, "clickCount": pressed, "modifiers": modifiers,
        });
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Drags from the middle of an element by so many pixels.
    #[track_caller]
    pub fn drag(&self, selector: &str, by: f64) {
        let (x, y) = self.place_of(selector);
        let held = |kind: &str, x: f64| {
            let event =
                json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        };
        self.mouse("mouseMoved", x, y, 0);
        held("mousePressed", x);
        for part in 1..=5 {
            held("mouseMoved", x + by * f64::from(part) / 5.0);
        }
        held("mouseReleased", x + by);
    }

    pub fn wheel(&self, x: f64, y: f64, by: f64) {
        let event = json!({ "type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": by });
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Puts the cursor into a field, selects what is there and types over it.
    #[track_caller]
    pub fn fill(&self, selector: &str, text: &str) {
        self.click(selector);
        self.eval("document.activeElement.select()");
        if text.is_empty() {
            self.press("Backspace", 0);
        } else {
            self.call("Input.insertText", json!({ "text": text }));
        }
    }

    /// Chooses an option of a select, or ticks a box, as a person would.
    pub fn choose(&self, selector: &str, value: &str) {
        let (selector, value) = (Value::from(selector), Value::from(value));
        self.eval(&format!(
            "(() => {{ const e = document.querySelector({selector}); e.value = {value}; \
             if (e.value !== {value}) throw new Error('no such option'); \
             for (const kind of ['input', 'change']) e.dispatchEvent(new Event(kind, {{ bubbles: true }})) }})()"
        ));
    }

    /// Puts a file into a file field.
    pub fn choose_file(&self, selector: &str, file: &std::path::Path) {
        let find = format!("document.querySelector({})", Value::from(selector));
        let field = self.call("Runtime.evaluate", json!({ "expression": find }));
        let id = &field["result"]["objectId"];
        self.call("DOM.setFileInputFiles", json!({ "files": [file], "objectId": id }));
    }

    /// Types letter by letter, as quickly as a machine.
    pub fn type_text(&self, text: &str) {
        for letter in text.chars() {
            let key = json!({ "type": "keyDown", "text": letter, "key": letter });
            self.call("Input.dispatchKeyEvent", key);
            self.call("Input.dispatchKeyEvent", json!({ "type": "keyUp", "key": letter }));
        }
    }

    /// Presses a key by the name that scripts see.
    pub fn press(&self, key: &str, modifiers: u8) {
        let code: u32 = match key {
            "Backspace" => 8,
            "Tab" => 9,
            "Enter" => 13,
            "Escape" => 27,
            "PageUp" => 33,
            "PageDown" => 34,
            "End" => 35,
            "Home" => 36,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            "F2" => 113,
            letter => u32::from(letter.as_bytes()[0].to_ascii_uppercase()),
        };
        let mut event = json!({
            "type": "rawKeyDown", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers,
        });
        if key == "Enter" {
            event["type"] = "keyDown".into();
            event["text"] = "\r".into();
        }
        // Without it Chromium makes no copy of it: the platform's own shortcut is not what arrives here.
        if key == "c" && modifiers == CONTROL {
            event["commands"] = json!(["copy"]);
        }
        self.call("Input.dispatchKeyEvent", event);
        let up =
            json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code, "modifiers": modifiers });
        self.call("Input.dispatchKeyEvent", up);
    }

    /// Waits for the one file that was downloaded. Chromium holds its name with an empty file, writes another, and
    /// renames that over it once it is whole.
    pub fn downloaded(&self) -> std::path::PathBuf {
        let started = Instant::now();
        loop {
            let files = std::fs::read_dir(self.downloads.path()).unwrap();
            let mut names = files.map(|entry| entry.unwrap().path());
            if let Some(file) = names.find(|file| {
                file.extension().is_some_and(|kind| kind != "crdownload")
                    && !file.file_name().unwrap().to_string_lossy().starts_with('.')
                    && file.metadata().is_ok_and(|is| is.len() > 0)
            }) {
                return file;
            }
            assert!(started.elapsed() < PATIENCE, "nothing was downloaded");
            std::thread::sleep(LOOK);
        }
    }

    pub fn cookies(&self) -> Vec<Value> {
        let all = self.call("Network.getCookies", json!({ "urls": [self.origin] }));
        all["cookies"].as_array().unwrap().clone()
    }

    pub fn has_cookie(&self, name: &str) -> bool {
        self.cookies().iter().any(|cookie| cookie["name"] == name)
    }

    /// Long waits of the scripts of pages that are opened from now on pass thirty times as fast: polls, warnings.
    pub fn hurry(&self) {
        let source = "{ const wait = setTimeout; \
                      window.setTimeout = (act, ms, ...rest) => wait(act, ms > 3000 ? ms / 30 : ms, ...rest); }";
        self.call("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source }));
    }

    /// Runs a script of the tests on the page, past the content policy.
    pub fn inject(&self, script: &str) {
        self.eval(&format!("{script};undefined"));
    }

    fn take_events(&mut self) {
        while let Ok(event) = self.events.try_recv() {
            self.seen.push(event);
        }
    }

    /// What went wrong on the pages so far: errors and warnings of the console, violations of the content policy,
    /// dialogs, failed requests, requests to elsewhere. `expected` is the status of pages that are errors.
    pub fn complaints(&mut self, expected: u16) -> Vec<String> {
        self.take_events();
        let origin = format!("{}/", self.origin);
        let seen = std::mem::take(&mut self.seen);
        seen.iter().filter_map(|(method, event)| complaint(method, event, &origin, expected)).collect()
    }

    #[track_caller]
    pub fn expect_peace(&mut self) {
        let complaints = self.complaints(200);
        assert!(complaints.is_empty(), "{complaints:#?}");
    }

    /// Addresses that were asked for so far.
    pub fn requests(&mut self) -> Vec<String> {
        self.take_events();
        let sent = self.seen.iter().filter(|(method, _)| method == "Network.requestWillBeSent");
        sent.map(|(_, event)| event["request"]["url"].as_str().unwrap().to_owned()).collect()
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        self.chromium.forget(&self.session);
        let gone = json!({ "browserContextId": self.context });
        let _ = self.chromium.try_call("", "Target.disposeBrowserContext", gone);
    }
}

fn attach(chromium: &Chromium, context: &str, script: Script) -> (String, Receiver<Event>) {
    let target = json!({ "url": "about:blank", "browserContextId": context, "newWindow": true });
    let target = chromium.call("", "Target.createTarget", target);
    let attached = chromium.call(
        "",
        "Target.attachToTarget",
        json!({ "targetId": target["targetId"], "flatten": true }),
    );
    let session = attached["sessionId"].as_str().unwrap().to_owned();
    let events = chromium.listen_to(&session);
    for domain in ["Page", "Runtime", "Network", "Log", "Audits"] {
        chromium.call(&session, &format!("{domain}.enable"), json!({}));
    }
    chromium.call(&session, "Emulation.setFocusEmulationEnabled", json!({ "enabled": true }));
    if script == Script::Off {
        chromium.call(&session, "Emulation.setScriptExecutionDisabled", json!({ "value": true }));
    }
    let watch = "addEventListener('securitypolicyviolation', (e) => \
                 console.error('CSP', e.violatedDirective, e.blockedURI, e.sample))";
    chromium.call(&session, "Page.addScriptToEvaluateOnNewDocument", json!({ "source": watch }));
    (session, events)
}

fn complaint(method: &str, event: &Value, origin: &str, expected: u16) -> Option<String> {
    match method {
        "Runtime.consoleAPICalled" if ["error", "warning", "assert"].contains(&event["type"].as_str()?) => {
            Some(format!("console: {}", event["args"]))
        }
        "Runtime.exceptionThrown" => {
            Some(format!("exception: {}", event["exceptionDetails"]["exception"]["description"]))
        }
        "Log.entryAdded" if ["error", "warning"].contains(&event["entry"]["level"].as_str()?) => {
            let text = event["entry"]["text"].as_str()?;
            // Chromium logs a page that is an error as it logs a missing picture.
            let is_page = expected >= 400 && text.contains(&format!("status of {expected}"));
            (!is_page).then(|| format!("log: {text} ({})", event["entry"]["url"]))
        }
        "Audits.issueAdded" if event["issue"]["code"] == "ContentSecurityPolicyIssue" => {
            Some(format!("content policy: {}", event["issue"]["details"]))
        }
        "Page.javascriptDialogOpening" => Some(format!("dialog: {}", event["message"])),
        "Network.requestWillBeSent" => {
            let url = event["request"]["url"].as_str()?;
            // Chromium draws its own controls for times from pictures in the address; a page's are the policy's affair.
            let is_nowhere = ["blob:", "data:image/svg+xml"].iter().any(|start| url.starts_with(start));
            let is_ours = url.starts_with(origin) || is_nowhere || url == "about:blank";
            (!is_ours).then(|| format!("request to elsewhere: {url}"))
        }
        "Network.loadingFailed" if event["canceled"] != true => {
            // A download takes its answer away from the page that asked for it.
            let error = event["errorText"].as_str()?;
            (error != "net::ERR_ABORTED").then(|| format!("failed request: {error}"))
        }
        _ => None,
    }
}
