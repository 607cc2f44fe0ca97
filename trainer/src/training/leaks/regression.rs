//! Residuals of ordinary least squares.

/// A smaller part of the variance counts as rounding.
const UNEXPLAINED_MIN: f64 = 1e-6;

/// Returns the residuals of regressing `target` on `columns` and a
/// constant; `None` where they explain it.
pub(super) fn residuals(target: &[f64], columns: &[&[f64]]) -> Option<Vec<f64>> {
    let centred: Vec<Vec<f64>> = columns.iter().map(|column| without_mean(column)).collect();
    let target = without_mean(target);
    let power = dot(&target, &target);
    let n = centred.len();
    // The normal equations; the last column is the right-hand side.
    let mut system: Vec<Vec<f64>> = (0..n)
        .map(|row| {
            let products = centred.iter().map(|column| dot(&centred[row], column));
            products.chain([dot(&centred[row], &target)]).collect()
        })
        .collect();
    // A ridge, so that collinear columns keep the system solvable.
    for (idx, row) in system.iter_mut().enumerate() {
        row[idx] += 1e-9 * row[idx] + f64::MIN_POSITIVE;
    }
    let weights = solve(system);
    let mut rest = target;
    for (column, weight) in centred.iter().zip(weights) {
        for (rest, value) in rest.iter_mut().zip(column) {
            *rest -= weight * value;
        }
    }
    (dot(&rest, &rest) > UNEXPLAINED_MIN * power).then_some(rest)
}

/// Solves a symmetric system, given as an augmented matrix, by Gaussian
/// elimination; a degenerate row gets the weight 0.
fn solve(mut system: Vec<Vec<f64>>) -> Vec<f64> {
    let n = system.len();
    for pivot in 0..n {
        let (above, below) = system.split_at_mut(pivot + 1);
        let pivot_row = &above[pivot];
        for row in below {
            let factor = row[pivot] / pivot_row[pivot];
            if factor.is_finite() {
                for (value, of_pivot) in row.iter_mut().zip(pivot_row).skip(pivot) {
                    *value -= factor * of_pivot;
                }
            }
        }
    }
    let mut weights = vec![0.0; n];
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|other| system[row][other] * weights[other]).sum();
        let weight = (system[row][n] - known) / system[row][row];
        weights[row] = if weight.is_finite() { weight } else { 0.0 };
    }
    weights
}

fn without_mean(values: &[f64]) -> Vec<f64> {
    let mean = values.iter().sum::<f64>() / values.len().max(1) as f64;
    values.iter().map(|value| value - mean).collect()
}

fn dot(left: &[f64], right: &[f64]) -> f64 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}
