//! Near spellings: how many edits lead from one text to another, neighbours changing places being one.

/// Bit patterns of the needle for the bit-parallel edit distance with transpositions (Hyyrö 2003, "A
/// bit-vector algorithm for computing Levenshtein and Damerau edit distances").
pub(super) struct Near<'n> {
    needle: &'n [u8],
    patterns: Box<[u64; 256]>,
    max_edits: u32,
}

impl<'n> Near<'n> {
    /// For needles of 1 to 64 bytes; others have no near spellings.
    pub(super) fn new(needle: &'n [u8], max_edits: u32) -> Option<Self> {
        if needle.is_empty() || needle.len() > 64 {
            return None;
        }
        let mut patterns = Box::new([0_u64; 256]);
        for (at, byte) in needle.iter().enumerate() {
            patterns[usize::from(*byte)] |= 1 << at;
        }
        Some(Self { needle, patterns, max_edits })
    }

    /// The number of edits to `text`, if there are at most as many as allowed.
    #[inline]
    pub(super) fn edits_to(&self, text: &[u8]) -> Option<u32> {
        let length = self.needle.len();
        if length.abs_diff(text.len()) > self.max_edits as usize {
            return None;
        }
        let last = 1_u64 << (length - 1);
        let (mut vp, mut vn, mut d0, mut pattern_before) = (u64::MAX, 0_u64, 0_u64, 0_u64);
        let mut edits = length as u32;
        for (at, byte) in text.iter().enumerate() {
            let pattern = self.patterns[usize::from(*byte)];
            let transposed = ((!d0 & pattern) << 1) & pattern_before;
            d0 = (((pattern & vp).wrapping_add(vp)) ^ vp) | pattern | vn | transposed;
            let hp = vn | !(d0 | vp);
            let hn = d0 & vp;
            edits += u32::from(hp & last != 0);
            edits -= u32::from(hn & last != 0);
            let hp = (hp << 1) | 1;
            vp = (hn << 1) | !(d0 | hp);
            vn = hp & d0;
            pattern_before = pattern;
            // Each byte that is left takes back one edit at most.
            if edits > self.max_edits + (text.len() - at - 1) as u32 {
                return None;
            }
        }
        (edits <= self.max_edits).then_some(edits)
    }
}

/// How many edits a word of this length is forgiven.
pub(super) fn forgiven_edits(bytes: usize) -> u32 {
    match bytes {
        0..=3 => 0,
        4..=7 => 1,
        _ => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::Near;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn edits_are_counted_as_the_textbook_does(needle in "[abc]{1,9}", text in "[abc]{0,9}", max in 0u32..4) {
            let expected = strsim::osa_distance(&needle, &text) as u32;
            let near = Near::new(needle.as_bytes(), max).unwrap();
            prop_assert_eq!(near.edits_to(text.as_bytes()), (expected <= max).then_some(expected));
        }
    }
}
