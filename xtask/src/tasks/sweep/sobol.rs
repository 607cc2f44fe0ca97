//! The Sobol sequence: points that fill a cube more evenly than random
//! ones.
//!
//! Antonov and Saleev's order by Gray code, with the direction numbers
//! `new-joe-kuo-6` of S. Joe and F. Y. Kuo, "Constructing Sobol sequences
//! with better two-dimensional projections" (2008), as `scipy.stats.qmc`
//! has them.

/// The most dimensions that a point may have.
pub const N_DIMENSIONS_MAX: usize = 21;

const N_BITS: u32 = 32;

/// For each dimension after the first: the coefficients of its primitive
/// polynomial, and its first direction numbers, as many as its degree.
const DIRECTIONS: [(u32, &[u32]); N_DIMENSIONS_MAX - 1] = [
    (0, &[1]),
    (1, &[1, 3]),
    (1, &[1, 3, 1]),
    (2, &[1, 1, 1]),
    (1, &[1, 1, 3, 3]),
    (4, &[1, 3, 5, 13]),
    (2, &[1, 1, 5, 5, 17]),
    (4, &[1, 1, 5, 5, 5]),
    (7, &[1, 1, 7, 11, 19]),
    (11, &[1, 1, 5, 1, 1]),
    (13, &[1, 1, 1, 3, 11]),
    (14, &[1, 3, 5, 5, 31]),
    (1, &[1, 3, 3, 9, 7, 49]),
    (13, &[1, 1, 1, 15, 21, 21]),
    (16, &[1, 3, 1, 13, 27, 49]),
    (19, &[1, 1, 1, 15, 7, 5]),
    (22, &[1, 3, 1, 15, 13, 25]),
    (25, &[1, 1, 5, 5, 19, 61]),
    (1, &[1, 3, 7, 11, 23, 15, 103]),
    (4, &[1, 3, 7, 13, 13, 15, 69]),
];

/// Returns the coordinate of point `point_idx` in `dimension`, both from
/// 0, as a multiple of 2^-32.
///
/// # Panics
/// When there is no such dimension.
pub fn coordinate(point_idx: u32, dimension: usize) -> u32 {
    let gray_code = point_idx ^ (point_idx >> 1);
    let chosen = (0..N_BITS).filter(|bit| gray_code >> bit & 1 == 1);
    let directions = directions(dimension);
    chosen.fold(0, |sum, bit| sum ^ directions[bit as usize])
}

fn directions(dimension: usize) -> [u32; N_BITS as usize] {
    let mut directions = [0; N_BITS as usize];
    let Some((coefficients, first)) = dimension.checked_sub(1).map(|idx| DIRECTIONS[idx]) else {
        for (bit, direction) in (1..=N_BITS).zip(&mut directions) {
            *direction = 1 << (N_BITS - bit);
        }
        return directions;
    };
    let degree = first.len();
    for idx in 0..directions.len() {
        directions[idx] = if let Some(number) = first.get(idx) {
            number << (N_BITS as usize - 1 - idx)
        } else {
            let last = directions[idx - degree];
            let terms = (1..degree).filter(|term| coefficients >> (degree - 1 - term) & 1 == 1);
            terms.fold(last ^ (last >> degree), |sum, term| sum ^ directions[idx - term])
        };
    }
    directions
}
