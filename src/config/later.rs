//! Names that our users' present systems use for the ERP's database: they are understood and checked for shape, so that
//! no value is lost, and read by nothing. An admin makes an SQL source of them (`/admin/sources`).

use std::collections::BTreeMap;

use super::parse;
use super::reader::Reader;
use super::setting::{Setting, alias};
use crate::base::secret::SecretString;

/// What was given for them.
#[derive(Debug, Clone, Default)]
pub struct LaterConfig {
    /// By setting: checked texts.
    pub values: BTreeMap<&'static str, String>,
    /// By setting: secrets.
    pub secrets: BTreeMap<&'static str, SecretString>,
}

/// What can be set.
pub const SETTINGS: &[Setting] = &[
    Setting::new("erp.driver", "Kind of the ERP's database")
        .aliases(&[alias("ERP_DB_DRIVER"), alias("ERP_DB_TYPE")]),
    Setting::new("erp.url", "Address of the ERP's database").aliases(&[alias("ERP_DB_URL")]).secret(),
    Setting::new("erp.host", "Server of the ERP's database")
        .aliases(&[alias("ERP_DB_HOST"), alias("ERP_DB_SERVER")]),
    Setting::new("erp.port", "Its port").aliases(&[alias("ERP_DB_PORT")]),
    Setting::new("erp.database", "Its name").aliases(&[alias("ERP_DB_NAME"), alias("ERP_DB_DATABASE")]),
    Setting::new("erp.username", "User at the ERP's database")
        .aliases(&[alias("ERP_DB_USER"), alias("ERP_DB_USERNAME")]),
    Setting::new("erp.password", "Its password")
        .aliases(&[alias("ERP_DB_PASSWORD"), alias("ERP_DB_PASS")])
        .secret(),
];

fn check(name: &str, text: &str) -> Result<String, String> {
    match name.rsplit_once('.').map_or(name, |(_, key)| key) {
        "port" => parse::number(1_u16, u16::MAX)(text).map(|port| port.to_string()),
        _ => Ok(text.to_owned()),
    }
}

impl LaterConfig {
    pub(super) fn read(reader: &mut Reader) -> Self {
        let mut config = Self::default();
        for setting in SETTINGS {
            if setting.secret {
                config.secrets.extend(reader.find_secret(setting.name).map(|secret| (setting.name, secret)));
            } else {
                let value = reader.find(setting.name, |text| check(setting.name, text));
                config.values.extend(value.map(|value| (setting.name, value)));
            }
        }
        config
    }
}
