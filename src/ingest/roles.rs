//! What a column means, by its name: names that inventory exports use in English, German, French and Spanish.

use serde::Serialize;

use crate::domain::column::{ColumnRole, ColumnType};
use crate::domain::fold::fold;

/// A role a column may have, and how strongly its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RoleGuess {
    /// The role.
    pub role: ColumnRole,
    /// 0 to 1.
    pub confidence: f32,
}

/// The words of a header, folded: `PO / SO #` is `po so #`, `InvoiceNo` is `invoice no`.
pub(super) fn words(header: &str) -> Vec<String> {
    let mut spaced = String::new();
    let mut previous = ' ';
    let mut chars = header.chars().peekable();
    while let Some(c) = chars.next() {
        let ends_word = previous.is_lowercase() && c.is_uppercase();
        let starts_word = previous.is_uppercase()
            && c.is_uppercase()
            && chars.peek().is_some_and(|next| next.is_lowercase());
        if ends_word || starts_word {
            spaced.push(' ');
        }
        match c {
            '#' => spaced.push_str(" # "),
            _ if c.is_alphanumeric() => spaced.push(c),
            '\'' | '\u{2019}' => {}
            _ => spaced.push(' '),
        }
        previous = c;
    }
    fold(&spaced).split_whitespace().map(str::to_owned).collect()
}

use ColumnRole::{
    Bin, Description, Expiry, Location, Lot, Order, Owner, Part, Price, Quantity, Received, Serial, Status,
    Uom,
};

/// Role, confidence of the whole name, and the names, as their folded words.
const SYNONYMS: &[(ColumnRole, f32, &[&str])] = &[
    (
        Part,
        1.0,
        &[
            "part",
            "part no",
            "part number",
            "part #",
            "part num",
            "part id",
            "partno",
            "partnumber",
            "sku",
            "sku #",
            "sku code",
            "item no",
            "item number",
            "item #",
            "item num",
            "item code",
            "item id",
            "itemno",
            "stock code",
            "stockcode",
            "product no",
            "product number",
            "product code",
            "product id",
            "product #",
            "material",
            "material no",
            "material number",
            "material code",
            "mpn",
            "mfr part",
            "mfr part no",
            "mfr part number",
            "mfg part",
            "mfg part number",
            "manufacturer part number",
            "manufacturer part",
            "ipn",
            "article",
            "article no",
            "article number",
            "artikel",
            "artikelnummer",
            "artikel nr",
            "artikelnr",
            "artnr",
            "materialnummer",
            "material nr",
            "teilenummer",
            "teile nr",
            "sachnummer",
            "reference article",
            "code article",
            "ref article",
            "numero article",
            "codigo articulo",
            "codigo de articulo",
            "articulo",
            "codigo",
            "codigo producto",
            "codigo de producto",
            "pn",
            "p n",
        ],
    ),
    (
        Part,
        0.7,
        &[
            "item",
            "product",
            "product key",
            "reference",
            "ref",
            "catalog number",
            "catalogue number",
            "model",
            "model number",
            "gtin",
            "ean",
            "upc",
            "barcode",
            "stock no",
            "stock number",
            "material code no",
        ],
    ),
    (
        Description,
        1.0,
        &[
            "description",
            "item description",
            "part description",
            "product description",
            "desc",
            "item desc",
            "part desc",
            "product name",
            "item name",
            "part name",
            "material description",
            "beschreibung",
            "bezeichnung",
            "artikelbezeichnung",
            "materialkurztext",
            "kurztext",
            "designation",
            "libelle",
            "description article",
            "descripcion",
            "denominacion",
            "descripcion articulo",
        ],
    ),
    (Description, 0.6, &["name", "title", "details", "long description", "short description"]),
    (
        Owner,
        1.0,
        &[
            "customer",
            "owner",
            "customer name",
            "account",
            "account name",
            "owner name",
            "stock owner",
            "kunde",
            "kundenname",
            "eigentumer",
            "client",
            "nom client",
            "cliente",
            "propietario",
            "proprietaire",
            "nombre cliente",
            "consignee",
            "depositor",
        ],
    ),
    (
        Owner,
        0.9,
        &[
            "customer code",
            "customer no",
            "customer number",
            "customer #",
            "customer id",
            "cust",
            "cust no",
            "cust code",
            "cust id",
            "cust name",
            "account no",
            "account number",
            "account code",
            "account id",
            "owner code",
            "owner id",
            "owner no",
            "kunden nr",
            "kundennummer",
            "kundennr",
            "code client",
            "codigo cliente",
            "client code",
            "client id",
            "client name",
            "sold to",
            "ship to customer",
        ],
    ),
    (
        Lot,
        1.0,
        &[
            "lot",
            "lot no",
            "lot number",
            "lot #",
            "lot code",
            "lot id",
            "batch",
            "batch no",
            "batch number",
            "batch #",
            "batch code",
            "batch id",
            "charge",
            "chargen nr",
            "chargennummer",
            "chargennr",
            "lotnr",
            "losnummer",
            "numero de lot",
            "no lot",
            "lote",
            "numero de lote",
            "lot serial",
            "lot batch",
        ],
    ),
    (
        Serial,
        1.0,
        &[
            "serial",
            "serial no",
            "serial number",
            "serial #",
            "sn",
            "s n",
            "seriennummer",
            "serien nr",
            "numero de serie",
            "no serie",
        ],
    ),
    (
        Order,
        1.0,
        &[
            "po",
            "po no",
            "po number",
            "po #",
            "purchase order",
            "purchase order number",
            "purchase order no",
            "so",
            "so no",
            "so number",
            "so #",
            "sales order",
            "sales order number",
            "order",
            "order no",
            "order number",
            "order #",
            "order id",
            "work order",
            "wo",
            "wo #",
            "po so #",
            "bestellung",
            "bestellnummer",
            "bestell nr",
            "auftrag",
            "auftragsnummer",
            "auftrags nr",
            "commande",
            "numero de commande",
            "no commande",
            "pedido",
            "numero de pedido",
            "invoice no",
            "invoice number",
        ],
    ),
    (
        Bin,
        1.0,
        &[
            "bin",
            "bin no",
            "bin number",
            "bin location",
            "bin code",
            "bin #",
            "storage bin",
            "shelf bin",
            "lagerplatz",
            "platz",
            "emplacement",
            "ubicacion",
            "rack",
            "slot",
        ],
    ),
    (Bin, 0.6, &["shelf", "aisle", "fach", "regal", "estante"]),
    (
        Location,
        1.0,
        &[
            "warehouse",
            "location",
            "site",
            "whse",
            "wh",
            "plant",
            "storage location",
            "facility",
            "depot",
            "lager",
            "lagerort",
            "werk",
            "standort",
            "entrepot",
            "magasin",
            "almacen",
            "deposito",
            "stock location",
            "warehouse code",
            "location code",
        ],
    ),
    (
        Status,
        1.0,
        &[
            "status",
            "stock status",
            "inventory status",
            "lot status",
            "stock state",
            "qc status",
            "quality status",
            "bestandsstatus",
            "statut",
            "etat",
            "estado",
            "hold status",
            "disposition",
        ],
    ),
    (
        Quantity,
        1.0,
        &[
            "qty",
            "quantity",
            "on hand",
            "on hand qty",
            "qty on hand",
            "quantity on hand",
            "onhand",
            "qoh",
            "soh",
            "stock on hand",
            "allocated",
            "allocated qty",
            "qty allocated",
            "available",
            "available qty",
            "qty available",
            "quantity available",
            "on order",
            "qty on order",
            "reserved",
            "reserved qty",
            "committed",
            "stock",
            "stock qty",
            "balance",
            "units in",
            "units out",
            "units balance",
            "units on hand",
            "in stock",
            "inventory",
            "line item quantity",
            "order qty",
            "shipped qty",
            "received qty",
            "qty received",
            "qty shipped",
            "menge",
            "bestand",
            "lagerbestand",
            "verfugbar",
            "reserviert",
            "anzahl",
            "quantite",
            "stock disponible",
            "disponible",
            "cantidad",
            "existencias",
            "stock actual",
            "quantity in stock",
            "free stock",
            "pieces",
            "pcs",
        ],
    ),
    (
        Quantity,
        0.7,
        &["units", "amount on hand", "safety stock", "reorder point", "min stock", "max stock", "count"],
    ),
    (
        Uom,
        1.0,
        &[
            "uom",
            "unit of measure",
            "u m",
            "um",
            "unit",
            "units of measure",
            "base unit",
            "stock uom",
            "base uom",
            "einheit",
            "mengeneinheit",
            "me",
            "unite",
            "unite de mesure",
            "unidad",
            "unidad de medida",
            "ud",
            "u o m",
        ],
    ),
    (Uom, 0.7, &["units", "unit of measure per pack"]),
    (
        Expiry,
        1.0,
        &[
            "expiry",
            "expiry date",
            "exp date",
            "expires",
            "expiration",
            "expiration date",
            "exp",
            "best before",
            "best before date",
            "bbd",
            "bbe",
            "best by",
            "use by",
            "use by date",
            "sell by",
            "shelf life date",
            "sled",
            "mhd",
            "mindesthaltbarkeitsdatum",
            "haltbar bis",
            "verfall",
            "verfallsdatum",
            "verfalldatum",
            "peremption",
            "date de peremption",
            "dluo",
            "ddm",
            "dlc",
            "caducidad",
            "fecha de caducidad",
            "vencimiento",
            "fecha de vencimiento",
            "expires on",
            "lot expiry",
            "expired date",
        ],
    ),
    (
        Received,
        1.0,
        &[
            "received",
            "received date",
            "date received",
            "receipt date",
            "receipt",
            "received on",
            "gr date",
            "wareneingang",
            "eingangsdatum",
            "date de reception",
            "recu le",
            "fecha de recepcion",
            "recibido",
            "arrival date",
            "delivered to client date",
        ],
    ),
    (
        Price,
        1.0,
        &[
            "price",
            "unit price",
            "unit cost",
            "cost",
            "list price",
            "standard cost",
            "std cost",
            "avg cost",
            "average cost",
            "preis",
            "stuckpreis",
            "einzelpreis",
            "prix",
            "prix unitaire",
            "precio",
            "precio unitario",
            "coste unitario",
            "cout unitaire",
            "pack price",
            "sales price",
            "selling price",
        ],
    ),
];

/// The roles that at most one column has.
fn is_single(role: ColumnRole) -> bool {
    !matches!(role, Quantity | Price | Order | Location)
}

/// Roles that `header` may mean, best first, whatever its cells are.
pub(super) fn named_roles(header: &str) -> Vec<RoleGuess> {
    let words = words(header);
    let name = words.join(" ");
    let mut found: Vec<RoleGuess> = Vec::new();
    let mut add = |role, confidence: f32| {
        if !found.iter().any(|guess: &RoleGuess| guess.role == role) {
            found.push(RoleGuess { role, confidence });
        }
    };
    for (role, confidence, names) in SYNONYMS {
        if names.contains(&name.as_str()) {
            add(*role, *confidence);
        }
    }
    // A known name of two or more words at the end or the front of a longer one: `Total on hand qty`.
    for (role, confidence, names) in SYNONYMS {
        let inside = names.iter().any(|known| {
            known.contains(' ')
                && known.len() > 4
                && (name.ends_with(&format!(" {known}")) || name.starts_with(&format!("{known} ")))
        });
        if inside {
            add(*role, confidence * 0.6);
        }
    }
    if words
        .iter()
        .any(|word| matches!(word.as_str(), "qty" | "quantity" | "menge" | "cantidad" | "quantite"))
    {
        add(Quantity, 0.6);
    }
    if words.iter().any(|word| matches!(word.as_str(), "expiry" | "expiration" | "expires")) {
        add(Expiry, 0.6);
    }
    found.sort_by(|a, b| b.confidence.total_cmp(&a.confidence));
    found
}

/// True where cells of this type can have the role.
fn suits(role: ColumnRole, column_type: ColumnType) -> bool {
    match role {
        Quantity | Price => matches!(column_type, ColumnType::Integer | ColumnType::Decimal),
        Expiry | Received => column_type == ColumnType::Date,
        Uom | Description => matches!(column_type, ColumnType::Text | ColumnType::Code),
        Status => matches!(column_type, ColumnType::Text | ColumnType::Code | ColumnType::Bool),
        Part | Lot | Serial | Order | Bin | Location | Owner => {
            matches!(column_type, ColumnType::Text | ColumnType::Code | ColumnType::Integer)
        }
    }
}

/// A column as far as roles are concerned.
pub(super) struct Candidate<'a> {
    pub name: &'a str,
    pub column_type: ColumnType,
    /// True where every cell looked at is blank.
    pub blank: bool,
}

/// The role of each column. A single role goes to its most confident column, the first of equals.
pub(super) fn assign(columns: &[Candidate<'_>]) -> Vec<Option<RoleGuess>> {
    let mut offers: Vec<(usize, RoleGuess)> = Vec::new();
    for (index, column) in columns.iter().enumerate() {
        for guess in named_roles(column.name) {
            if column.blank || suits(guess.role, column.column_type) {
                let confidence = if column.blank { guess.confidence * 0.5 } else { guess.confidence };
                offers.push((index, RoleGuess { role: guess.role, confidence }));
            }
        }
    }
    offers.sort_by(|a, b| b.1.confidence.total_cmp(&a.1.confidence).then(a.0.cmp(&b.0)));
    let mut roles: Vec<Option<RoleGuess>> = vec![None; columns.len()];
    for (index, guess) in offers {
        let taken = is_single(guess.role) && roles.iter().flatten().any(|other| other.role == guess.role);
        if roles[index].is_none() && !taken {
            roles[index] = Some(guess);
        }
    }
    roles
}
