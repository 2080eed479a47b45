//! A profile as somebody may send it, and a file that is read under it: no panic, and what is sent comes back as it was.
#![no_main]

use std::io::Cursor;

use libfuzzer_sys::fuzz_target;
use stockroom::domain::limits::ImportLimits;
use stockroom::domain::profile::Profile;
use stockroom::domain::record::Record;
use stockroom::ingest::{Next, RowReader};

fuzz_target!(|bytes: &[u8]| {
    // The profile, a zero byte, the file.
    let mut parts = bytes.splitn(2, |byte| *byte == 0);
    let (Some(json), file) = (parts.next(), parts.next().unwrap_or_default()) else { return };
    let Ok(profile) = serde_json::from_slice::<Profile>(json) else { return };
    let again = serde_json::to_string(&profile).expect("it was read");
    assert_eq!(serde_json::from_str::<Profile>(&again).expect("it was written"), profile);
    let _ = profile.fingerprint();
    let limits = ImportLimits::default();
    let Ok(mut reader) = RowReader::new(Box::new(Cursor::new(file.to_vec())), &profile, &limits) else { return };
    let mut row = Record::default();
    while let Ok(next) = reader.next(&mut row) {
        reader.take_problems();
        if next == Next::End {
            break;
        }
    }
});
