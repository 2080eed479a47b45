//! `stockroom sample --rows N [--seed S]`: a realistic inventory of any size, the same for the same seed.

use std::io::{self, Write};
use std::process::ExitCode;

use clap::Args;
use jiff::civil::{Date, date};

/// The fixed day the sample is "as of", so that it never changes.
const AS_OF: Date = date(2026, 6, 30);

/// Parts of a sample; enough for long tails, few enough that each has several lots.
const PARTS: u64 = 4_000;

/// Bytes gathered before they are written.
const BUFFER_BYTES: usize = 64 << 10;

/// What `stockroom sample` takes.
#[derive(Debug, Args)]
pub struct SampleArgs {
    /// Rows to write, without the header.
    #[arg(long)]
    pub rows: u64,
    /// The same seed gives the same rows.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

/// Writes the sample to standard output.
pub fn run(args: &SampleArgs) -> io::Result<ExitCode> {
    match write_sample(args.rows, args.seed, &mut io::stdout().lock()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Names by descending share of the rows.
const CUSTOMERS: [&str; 40] = [
    "Acme Foods",
    "Northwind Traders",
    "Müller & Söhne GmbH",
    "Globex Components",
    "Harbour Medical",
    "Blue Ridge Brewing",
    "Kowalski Metall",
    "Pacific Outdoor Supply",
    "Smith, Jones & Partners",
    "Initech Devices",
    "Zürich Precision AG",
    "Lakeside Dairy",
    "Ødegaard Marine",
    "Cascade Nutrition",
    "Stark Fasteners",
    "Café Lumière",
    "Umbrella Cosmetics",
    "Wayne Optics",
    "Prairie Grain Co-op",
    "Hooli Robotics",
    "Peñasco Minerals",
    "Tyrell Sensors",
    "Vandelay Imports",
    "Soylent Ingredients",
    "Oak & Iron Furniture",
    "Brightwater Labs",
    "Gekko Packaging",
    "Nordlicht Leuchten",
    "Sirius Cybernetics",
    "Maple Leaf Paper",
    "Aperture Instruments",
    "Bluth Logistics",
    "Duff Beverages",
    "Ōsaka Bearings",
    "Monarch Textiles",
    "Redwood Pharma",
    "Silver Creek Tools",
    "Tidewater Seafood",
    "Wonka Confectionery",
    "Yutani Materials",
];

/// Prefix, name, unit of measure, unit cost from and to in hundredths, and whether lots expire.
const FAMILIES: [(&str, &str, &str, u64, u64, bool); 14] = [
    ("CM", "Ceramic capacitor", "EA", 1, 90, false),
    ("RS", "Chip resistor", "EA", 1, 40, false),
    ("FB", "Hex bolt, zinc plated", "EA", 8, 260, false),
    ("WS", "Flat washer", "EA", 2, 60, false),
    ("CN", "Connector housing", "EA", 25, 1_900, false),
    ("CB", "Copper cable", "M", 40, 1_200, false),
    ("LB", "Thermal label roll", "RL", 250, 2_400, false),
    ("BX", "Corrugated box", "EA", 35, 480, false),
    ("FL", "Wheat flour", "KG", 45, 320, true),
    ("SG", "Cane sugar", "KG", 60, 260, true),
    ("VT", "Vitamin premix", "KG", 1_800, 24_000, true),
    ("SL", "Silicone sealant", "L", 420, 3_600, true),
    ("GL", "Nitrile gloves", "PR", 6, 95, true),
    ("VL", "Ball valve, brass", "EA", 640, 9_800, false),
];

const VARIANTS: [&str; 12] = [
    "small",
    "medium",
    "large",
    "10 mm",
    "1/4\"",
    "M6 × 30",
    "0402",
    "blue",
    "food grade",
    "type B",
    "±1 %",
    "heavy duty",
];

/// Status with its share of 100.
const STATUSES: [(&str, u64); 6] =
    [("Released", 78), ("On hold", 8), ("Quarantine", 6), ("Inspection", 4), ("Expired", 2), ("Returned", 2)];

const NOTES: [&str; 8] = [
    "Pallet wrapped, handle with care",
    "Customer owned",
    "Label reads \"keep dry\"",
    "Counted twice,\nsecond count stands",
    "Partial pallet",
    "Recount due",
    "Keep below 25 °C",
    "Mixed lot: see QC report, page 2",
];

/// SplitMix64 (Steele, Lea and Flood, 2014): small, fast and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mix(self.0)
    }

    /// A number below `limit`.
    fn below(&mut self, limit: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(limit)) >> 64) as u64
    }
}

fn mix(seed: u64) -> u64 {
    let mut value = seed;
    value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

/// What a part number settles.
struct Part {
    number: String,
    description: String,
    uom: &'static str,
    cost_from: u64,
    cost_to: u64,
    expires: bool,
}

fn parts(seed: u64) -> Vec<Part> {
    let mut random = Random(mix(seed ^ 0x5041_5254));
    let mut taken = std::collections::HashSet::new();
    let mut parts = Vec::new();
    while parts.len() < PARTS as usize {
        let (prefix, name, uom, low, high, expires) = FAMILIES[random.below(FAMILIES.len() as u64) as usize];
        let number = format!("{prefix}-{:05}-{:02}", random.below(100_000), random.below(100));
        let variant = VARIANTS[random.below(VARIANTS.len() as u64) as usize];
        let cost = low + random.below(high - low);
        if taken.insert(number.clone()) {
            let description = quoted(&format!("{name}, {variant}"));
            parts.push(Part {
                number,
                description,
                uom,
                cost_from: cost,
                cost_to: cost + cost / 10,
                expires,
            });
        }
    }
    parts
}

/// A CSV cell (RFC 4180).
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Days of the sample as text: `2021-…` to `2029-…`, made once because formatting dates is slow.
fn days() -> (Vec<String>, usize) {
    let first = date(2021, 1, 1);
    let days: Vec<String> =
        first.series(jiff::Span::new().days(1)).take(3_650).map(|day| day.to_string()).collect();
    let today = days.iter().position(|day| *day == AS_OF.to_string()).unwrap_or(0);
    (days, today)
}

/// Writes a header and `rows` rows of inventory to `out`, the same for the same `seed`. The part settles
/// description, unit and price; customers are Zipf-like; some lots repeat; some cells are blank.
pub fn write_sample(rows: u64, seed: u64, out: &mut impl Write) -> io::Result<()> {
    let parts = parts(seed);
    let customers = CUSTOMERS.map(quoted);
    let notes = NOTES.map(quoted);
    // Share 1/rank, as whole numbers.
    let shares: Vec<u64> = (1..=CUSTOMERS.len() as u64).map(|rank| 10_000 / rank).collect();
    let all_shares: u64 = shares.iter().sum();
    let (days, today) = days();
    let mut random = Random(mix(seed));
    let mut buffer: Vec<u8> = Vec::with_capacity(BUFFER_BYTES + 1024);
    buffer.extend_from_slice(
        b"part,description,lot,po,customer,bin,status,on_hand,allocated,uom,received,expires,unit_cost,notes\n",
    );
    let mut lot = String::new();
    for _ in 0..rows {
        let range = random_limit(&mut random);
        let part = &parts[random.below(range) as usize];
        let customer = pick(&shares, random.below(all_shares));
        let status = pick(&STATUSES.map(|(_, share)| share), random.below(100));
        let received = today - random.below(900) as usize;
        if lot.is_empty() || random.below(20) != 0 {
            lot.clear();
            lot.push('L');
            lot.push_str(&days[received][2..4]);
            push_padded(&mut lot, random.below(1_000_000), 6);
        }
        let on_hand =
            if random.below(25) == 0 { 0 } else { random.below(10) * random.below(480) + random.below(12) };
        let allocated = if random.below(3) == 0 { random.below(on_hand + 1) } else { 0 };
        buffer.extend_from_slice(part.number.as_bytes());
        put(&mut buffer, &part.description);
        put(&mut buffer, &lot);
        buffer.extend_from_slice(b",PO");
        put_number(&mut buffer, 4_500_000 + random.below(400_000));
        put(&mut buffer, &customers[customer]);
        buffer.push(b',');
        buffer.push(b'A' + random.below(12) as u8);
        put_padded(&mut buffer, 1 + random.below(40), 2);
        buffer.push(b'-');
        put_padded(&mut buffer, 1 + random.below(6), 2);
        put(&mut buffer, STATUSES[status].0);
        buffer.push(b',');
        put_number(&mut buffer, on_hand);
        if part.uom == "KG" || part.uom == "L" {
            buffer.push(b'.');
            put_number(&mut buffer, random.below(10));
        }
        buffer.push(b',');
        put_number(&mut buffer, allocated);
        put(&mut buffer, part.uom);
        put(&mut buffer, &days[received]);
        let expires = if part.expires && random.below(12) != 0 {
            days[received + 180 + random.below(720) as usize].as_str()
        } else {
            ""
        };
        put(&mut buffer, expires);
        let cost = part.cost_from + random.below(part.cost_to - part.cost_from + 1);
        buffer.push(b',');
        put_number(&mut buffer, cost / 100);
        buffer.push(b'.');
        put_padded(&mut buffer, cost % 100, 2);
        put(
            &mut buffer,
            if random.below(6) == 0 { &notes[random.below(notes.len() as u64) as usize] } else { "" },
        );
        buffer.push(b'\n');
        if buffer.len() >= BUFFER_BYTES {
            out.write_all(&buffer)?;
            buffer.clear();
        }
    }
    out.write_all(&buffer)?;
    out.flush()
}

/// Half of the rows are of the first twentieth of the parts: fast movers.
fn random_limit(random: &mut Random) -> u64 {
    if random.below(2) == 0 { PARTS / 20 } else { PARTS }
}

fn pick(shares: &[u64], mut at: u64) -> usize {
    for (index, share) in shares.iter().enumerate() {
        if at < *share {
            return index;
        }
        at -= share;
    }
    shares.len() - 1
}

fn put(buffer: &mut Vec<u8>, cell: &str) {
    buffer.push(b',');
    buffer.extend_from_slice(cell.as_bytes());
}

fn put_number(buffer: &mut Vec<u8>, number: u64) {
    put_padded(buffer, number, 1);
}

/// Appends `number` with at least `digits` digits.
fn put_padded(buffer: &mut Vec<u8>, number: u64, digits: usize) {
    let mut text = [b'0'; 20];
    let mut at = text.len();
    let mut rest = number;
    while rest > 0 {
        at -= 1;
        text[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
    buffer.extend_from_slice(&text[at.min(text.len() - digits)..]);
}

fn push_padded(text: &mut String, number: u64, digits: usize) {
    let mut bytes = Vec::with_capacity(20);
    put_padded(&mut bytes, number, digits);
    text.extend(bytes.into_iter().map(char::from));
}

#[cfg(test)]
mod tests {
    use super::write_sample;

    #[test]
    fn the_shipped_sample_is_what_the_generator_writes() {
        let mut out = Vec::new();
        write_sample(2_000, 1, &mut out).unwrap();
        let shipped = include_str!("../../data/samples/inventory.csv");
        assert!(out == shipped.as_bytes(), "run `stockroom sample --rows 2000 > data/samples/inventory.csv`");
    }

    #[test]
    fn a_sample_is_fourteen_columns_of_valid_csv() {
        let mut out = Vec::new();
        write_sample(500, 7, &mut out).unwrap();
        let mut reader = csv::Reader::from_reader(out.as_slice());
        assert_eq!(reader.headers().unwrap().len(), 14);
        assert_eq!(reader.records().map(|record| record.unwrap().len()).collect::<Vec<_>>(), vec![14; 500]);
    }
}
