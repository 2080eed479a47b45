//! One mail to one server (RFC 5321), step by step, so that every answer can be shown as it was.

use std::error::Error as _;
use std::fs;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{Certificate, SmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Response;

use super::{Conversation, Outgoing, SendError, render};
use crate::config::mail::{SmtpSender, SmtpTls};

/// Ways to prove who we are, best first. All send the password as it is, so only over TLS or where TLS was switched off.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// Hands the mail over; what the server answered to it.
pub fn send(
    sender: &SmtpSender,
    outgoing: &Outgoing<'_>,
    conversation: &mut Conversation,
) -> Result<String, SendError> {
    let message = render::message(outgoing)?;
    let mut talk = Talk { sender, conversation };
    let mut connection = talk.connect()?;
    let sent = talk.hand_over(&mut connection, message.envelope(), &message.formatted());
    // A server that took the mail has it, whatever it says to the goodbye.
    let _ = connection.quit();
    sent
}

/// Goes as far as a mail would be handed over, and says goodbye.
pub fn greet(sender: &SmtpSender, conversation: &mut Conversation) -> Result<(), SendError> {
    let mut connection = Talk { sender, conversation }.connect()?;
    let _ = connection.quit();
    Ok(())
}

struct Talk<'t> {
    sender: &'t SmtpSender,
    conversation: &'t mut Conversation,
}

impl Talk<'_> {
    /// Up to where mails can be sent: connected, over TLS where it is wanted, and signed in.
    fn connect(&mut self) -> Result<SmtpConnection, SendError> {
        let SmtpSender { host, port, timeout, .. } = self.sender;
        let tls = if self.sender.tls == SmtpTls::None { None } else { Some(self.tls()?) };
        let implicit = tls.as_ref().filter(|_| self.sender.tls == SmtpTls::Implicit);
        let hello = ClientId::default();
        self.conversation.happened(&match implicit {
            Some(_) => format!("connecting to {host}:{port} over TLS"),
            None => format!("connecting to {host}:{port}"),
        });
        let connected =
            SmtpConnection::connect((host.as_str(), *port), Some(*timeout), &hello, implicit, None);
        let mut connection = connected.map_err(|error| self.failed(&error, Step::Server))?;
        self.conversation.we(&format!("EHLO {hello}"));
        self.conversation.it(&connection.server_info().to_string());
        if let Some(tls) = tls.as_ref().filter(|_| implicit.is_none()) {
            self.conversation.we("STARTTLS");
            connection.starttls(tls, &hello).map_err(|error| self.failed(&error, Step::Server))?;
            self.conversation.happened("the connection is encrypted");
            self.conversation.it(&connection.server_info().to_string());
        }
        if let Some((user, password)) = &self.sender.credentials {
            self.conversation.we(&format!("AUTH {user} [password]"));
            let credentials = Credentials::new(user.clone(), password.expose().clone());
            let answer = connection.auth(&MECHANISMS, &credentials);
            self.heard(answer, Step::Server)?;
        }
        Ok(connection)
    }

    fn tls(&mut self) -> Result<TlsParameters, SendError> {
        let mut builder = TlsParameters::builder(self.sender.host.clone());
        if let Some(path) = &self.sender.ca_file {
            let wrong = |what: String| SendError::Later(format!("`smtp.ca_file` {}: {what}", path.display()));
            let pem = fs::read(path).map_err(|error| wrong(error.to_string()))?;
            let certificate = Certificate::from_pem(&pem).map_err(|error| wrong(error.to_string()))?;
            builder = builder.add_root_certificate(certificate);
        }
        builder.build_rustls().map_err(|error| self.failed(&error, Step::Server))
    }

    fn hand_over(
        &mut self,
        connection: &mut SmtpConnection,
        envelope: &Envelope,
        message: &[u8],
    ) -> Result<String, SendError> {
        let mut options = Vec::new();
        let mut addresses = envelope.to().iter().chain(envelope.from());
        if !addresses.all(|address| address.to_string().is_ascii()) {
            if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
                return Err(SendError::Never(
                    "the address has letters that this mail server cannot handle (no SMTPUTF8)".to_owned(),
                ));
            }
            options.push(MailParameter::SmtpUtfEight);
        }
        if !message.is_ascii() && connection.server_info().supports_feature(Extension::EightBitMime) {
            options.push(MailParameter::Body(MailBodyParameter::EightBitMime));
        }
        let from = Mail::new(envelope.from().cloned(), options);
        self.command(connection, from, Step::Server)?;
        // A blind copy that is refused must not keep the mail from whom it is for, who comes first.
        for (at, recipient) in envelope.to().iter().enumerate() {
            let step = Rcpt::new(recipient.clone(), Vec::new());
            let answer = self.command(connection, step, Step::Mail);
            if at == 0 {
                answer?;
            }
        }
        self.command(connection, Data, Step::Mail)?;
        self.conversation.happened(&format!("the mail, {} bytes", message.len()));
        let answer = connection.message(message);
        self.heard(answer, Step::Mail)
    }

    fn command(
        &mut self,
        connection: &mut SmtpConnection,
        command: impl std::fmt::Display,
        step: Step,
    ) -> Result<String, SendError> {
        self.conversation.we(command.to_string().trim_end());
        let answer = connection.command(command);
        self.heard(answer, step)
    }

    fn heard(&mut self, answer: Result<Response, Error>, step: Step) -> Result<String, SendError> {
        match answer {
            Ok(response) => {
                let lines: Vec<String> =
                    response.message().map(|line| format!("{} {line}", response.code())).collect();
                let text = lines.join("\n");
                self.conversation.it(&text);
                Ok(text)
            }
            Err(error) => Err(self.failed(&error, step)),
        }
    }

    /// Notes what went wrong. Only what a server says for good of this mail is for good: a wrong password is ours to
    /// mend, and a server that is down comes back.
    fn failed(&mut self, error: &Error, step: Step) -> SendError {
        let text = match (error.status(), error.source()) {
            (Some(code), Some(said)) => {
                let answer = format!("{code} {said}");
                self.conversation.it(&answer);
                answer
            }
            _ => {
                let text = with_sources(error);
                self.conversation.happened(&text);
                text
            }
        };
        if step == Step::Mail && error.is_permanent() {
            SendError::Never(text)
        } else {
            SendError::Later(text)
        }
    }
}

/// What a refusal is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    /// Us and the server: any mail would have met it.
    Server,
    /// This mail.
    Mail,
}

/// The error with its causes, each once.
fn with_sources(error: &Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text.push_str(": ");
            text.push_str(&cause_text);
        }
        source = cause.source();
    }
    text
}
