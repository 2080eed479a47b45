//! Quantities in JSON: numbers, written with every digit they have.

use rust_decimal::Decimal;
use serde::de::Error as _;
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use crate::domain::plan::quantity;

/// A quantity. A reader that takes JSON numbers as doubles loses what doubles cannot hold; the text has it all (RFC 8259 §6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(value_type = f64)]
pub struct Exact(pub Decimal);

impl Serialize for Exact {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = self.0.normalize().to_string();
        RawValue::from_string(text).map_err(S::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Exact {
    /// Takes a number, or a text of one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let text = raw.get();
        let parsed = match serde_json::from_str::<String>(text) {
            Ok(inner) => quantity::parse(&inner),
            Err(_) => quantity::parse(text),
        };
        parsed.map(Self).map_err(|why| D::Error::custom(format!("a quantity {why}")))
    }
}

#[cfg(test)]
mod tests {
    use super::Exact;

    #[test]
    fn every_digit_is_written_and_read() {
        for text in ["123456789012.345678", "-0.1", "0", "7"] {
            let exact: Exact = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&exact).unwrap(), text);
            let of_text: Exact = serde_json::from_str(&format!("\"{text}\"")).unwrap();
            assert_eq!(of_text, exact);
        }
        for wrong in ["\"x\"", "[]", "true", "1e99", "null"] {
            assert!(serde_json::from_str::<Exact>(wrong).is_err(), "{wrong}");
        }
    }
}
