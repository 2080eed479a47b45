use super::*;
#[test]
fn dbg() {
    let t = std::fs::read("/tmp/dbg.csv").unwrap();
    let f = try_inspect(&t);
    match f {
        Ok(f) => {
            println!(
                "{:#?} {:?} {:?}",
                f.profile.dialect,
                (
                    f.profile.header_record,
                    f.profile.more_header_records,
                    f.profile.records_below_header,
                    f.profile.has_footer
                ),
                f.notes
            );
            println!("{}", table_of(&t));
        }
        Err(e) => println!("{e}"),
    }
}
