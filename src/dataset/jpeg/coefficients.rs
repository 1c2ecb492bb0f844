//! The coefficients of a block that are kept: all, or the lowest for a smaller picture.

/// The place in a block, row by row, of each coefficient in the order of coding (T.81 figure A.6).
const ZIGZAG: [u8; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20,
    13, 6, 7, 14, 21, 28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59,
    52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63,
];

/// Beyond every block.
const DROPPED: u8 = u8::MAX;

/// Keeps the `side` lowest frequencies in each direction, row by row: `side * side` a block.
pub(crate) struct Kept {
    pub side: usize,
    /// Place of each coefficient, in the order of coding, among those that are kept.
    places: [u8; 64],
    /// The first of the coefficients behind all that are kept.
    pub end: usize,
}

impl Kept {
    /// `side`: 1 to 8.
    pub fn new(side: usize) -> Kept {
        let place = |coded: u8| {
            let (row, column) = (usize::from(coded / 8), usize::from(coded % 8));
            if row < side && column < side { (row * side + column) as u8 } else { DROPPED }
        };
        let places = ZIGZAG.map(place);
        let end = places.iter().rposition(|&place| place != DROPPED).map_or(0, |last| last + 1);
        Kept { side, places, end }
    }

    /// Coefficients of one block.
    pub fn area(&self) -> usize {
        self.side * self.side
    }

    /// Where coefficient `k` of `block` is kept, if it is; `block` is empty when none is wanted.
    pub fn place<'a>(&self, block: &'a mut [i16], k: usize) -> Option<&'a mut i16> {
        block.get_mut(usize::from(self.places[k]))
    }

    /// Those of 64 numbers in the order of coding that belong to the kept coefficients.
    pub fn choose(&self, coded: &[u16; 64]) -> Vec<u16> {
        let mut chosen = vec![0; self.area()];
        for (&place, &number) in self.places.iter().zip(coded) {
            if let Some(kept) = chosen.get_mut(usize::from(place)) {
                *kept = number;
            }
        }
        chosen
    }
}

/// The signed number of a class of `size` bits (T.81 F.2.2.1, EXTEND).
#[inline]
pub(crate) fn extend(bits: u32, size: u32) -> i32 {
    // The numbers of a class begin with a bit that says that they are positive.
    let is_negative = (bits << 1 >> size == 0) as i32;
    bits as i32 - is_negative * ((1 << size) - 1)
}
