//! Sizes in words: powers of 1,024 everywhere, as limits are set.

const UNITS: [(u32, &str); 4] = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];

/// A number without grouping and its unit: `1.5` and `MiB`. It is cut and not rounded, so that what is nearly full does not
/// read as full; from 100 on, and where it is whole, it has no digit behind the point.
pub fn parts(bytes: u64) -> (String, &'static str) {
    let Some((power, unit)) = UNITS.into_iter().find(|(power, _)| bytes >> power > 0) else {
        return (bytes.to_string(), "B");
    };
    let tenths = (u128::from(bytes) * 10) >> power;
    if tenths >= 1000 || tenths.is_multiple_of(10) {
        ((tenths / 10).to_string(), unit)
    } else {
        (format!("{}.{}", tenths / 10, tenths % 10), unit)
    }
}

/// `1536` as `1.5 KiB`.
pub fn size(bytes: u64) -> String {
    let (number, unit) = parts(bytes);
    format!("{number} {unit}")
}

/// What is needed: as [`size`], but not less than it is.
pub fn size_needed(bytes: u64) -> String {
    let Some((power, unit)) = UNITS.into_iter().find(|(power, _)| bytes >> power > 0) else {
        return size(bytes);
    };
    let tenths = (u128::from(bytes) * 10).div_ceil(1 << power);
    if tenths >= 1000 || tenths.is_multiple_of(10) {
        format!("{} {unit}", tenths.div_ceil(10))
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

/// A limit as it is set, in whole powers of 1,024 where it is: `1025 MiB` is not cut to `1 GiB`.
pub fn limit_parts(limit: u64) -> (String, &'static str) {
    let whole = UNITS.into_iter().find(|(power, _)| limit > 0 && limit.trailing_zeros() >= *power);
    whole.map_or_else(|| parts(limit), |(power, unit)| ((limit >> power).to_string(), unit))
}

/// A limit in words: see [`limit_parts`].
pub fn limit(limit: u64) -> String {
    let (number, unit) = limit_parts(limit);
    format!("{number} {unit}")
}

#[cfg(test)]
mod tests {
    use super::{limit, size, size_needed};

    #[test]
    fn what_is_nearly_full_does_not_read_as_full() {
        assert_eq!(size(0), "0 B");
        assert_eq!(size(1023), "1023 B");
        assert_eq!(size(1536), "1.5 KiB");
        assert_eq!(size((1 << 30) - 1), "1023 MiB");
        assert_eq!(size(1 << 30), "1 GiB");
        assert_eq!(size(u64::MAX), "16777215 TiB");
        assert_eq!(size_needed((1 << 20) + 1), "1.1 MiB");
        assert_eq!(size_needed(1 << 20), "1 MiB");
        assert_eq!(size_needed((200 << 20) + 1), "201 MiB");
        assert_eq!(limit(1025 << 20), "1025 MiB");
        assert_eq!(limit(5000), "4.8 KiB");
    }
}
