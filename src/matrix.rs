//! Small dense matrices in f64, row by row: what a subspace or a regression of a few hundred numbers
//! needs.

/// QL steps for one eigenvalue; two are usual, and only numbers that are not finite need so many.
const STEPS: usize = 60;

/// A square matrix, row by row.
#[derive(Clone, Debug)]
pub struct Square {
    /// Rows, and numbers in each.
    pub n: usize,
    /// Row by row, `n * n`.
    pub numbers: Vec<f64>,
}

impl Square {
    /// All of its numbers are 0.
    pub fn zeros(n: usize) -> Square {
        Square { n, numbers: vec![0.0; n * n] }
    }

    /// The number in this row and column.
    pub fn at(&self, row: usize, column: usize) -> f64 {
        self.numbers[row * self.n + column]
    }

    /// Changes the number in this row and column.
    pub fn set(&mut self, row: usize, column: usize, number: f64) {
        self.numbers[row * self.n + column] = number;
    }

    /// The inverse of the lower triangular `L` with `L L^T = self`, which is symmetric and positive;
    /// where it is so only but for rounding, as if a trace of identity were added.
    pub fn inverse_of_cholesky(&self) -> Square {
        let n = self.n;
        let trace: f64 = (0..n).map(|i| self.at(i, i)).sum();
        let least = (trace / n as f64 * 1e-12).max(f64::MIN_POSITIVE);
        let mut lower = Square::zeros(n);
        for i in 0..n {
            for j in 0..=i {
                let known: f64 = (0..j).map(|k| lower.at(i, k) * lower.at(j, k)).sum();
                let left = self.at(i, j) - known;
                let number = match i == j {
                    true => left.max(least).sqrt(),
                    false => left / lower.at(j, j),
                };
                lower.set(i, j, number);
            }
        }
        let mut inverse = Square::zeros(n);
        for j in 0..n {
            inverse.set(j, j, 1.0 / lower.at(j, j));
            for i in j + 1..n {
                let known: f64 = (j..i).map(|k| lower.at(i, k) * inverse.at(k, j)).sum();
                inverse.set(i, j, -known / lower.at(i, i));
            }
        }
        inverse
    }

    /// Eigenvalues of a symmetric matrix, the largest first, and the eigenvectors as columns.
    ///
    /// Householder's tridiagonal form, then the QL method with implicit shifts (Martin, Reinsch,
    /// Wilkinson 1968; Dubrulle, Martin, Wilkinson 1968).
    pub fn eigen(mut self) -> (Vec<f64>, Square) {
        let n = self.n;
        let (mut diagonal, mut off) = self.make_tridiagonal();
        off.rotate_left(1);
        off[n - 1] = 0.0;
        for l in 0..n {
            for _ in 0..STEPS {
                match first_split(&diagonal, &off, l) {
                    m if m == l => break,
                    m => self.implicit_step(&mut diagonal, &mut off, l, m),
                }
            }
        }
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| diagonal[b].total_cmp(&diagonal[a]));
        let mut vectors = Square::zeros(n);
        for (to, &from) in order.iter().enumerate() {
            (0..n).for_each(|row| vectors.set(row, to, self.at(row, from)));
        }
        (order.into_iter().map(|place| diagonal[place]).collect(), vectors)
    }

    /// Diagonal and subdiagonal (from place 1) of the tridiagonal matrix that this one becomes by a
    /// rotation, which is left in its place.
    fn make_tridiagonal(&mut self) -> (Vec<f64>, Vec<f64>) {
        let n = self.n;
        let (mut sizes, mut off) = (vec![0.0; n], vec![0.0; n]);
        for i in (1..n).rev() {
            sizes[i] = self.reflect(i, &mut off);
        }
        (self.gather_reflections(&sizes), off)
    }

    /// Reflects row and column `i` so that they have one number beside the diagonal, and the others
    /// before them along. Gives half the squared length of the reflection's vector, which is left in
    /// the row.
    fn reflect(&mut self, i: usize, off: &mut [f64]) -> f64 {
        let scale: f64 = (0..i).map(|k| self.at(i, k).abs()).sum();
        if i == 1 || scale == 0.0 {
            off[i] = self.at(i, i - 1);
            return 0.0;
        }
        (0..i).for_each(|k| self.set(i, k, self.at(i, k) / scale));
        let squares: f64 = (0..i).map(|k| self.at(i, k).powi(2)).sum();
        let edge = self.at(i, i - 1);
        let length = -squares.sqrt().copysign(edge);
        off[i] = scale * length;
        let h = squares - edge * length;
        self.set(i, i - 1, edge - length);
        let vector: Vec<f64> = (0..i).map(|k| self.at(i, k)).collect();
        let turned = &mut off[..i];
        for (j, turned) in turned.iter_mut().enumerate() {
            self.set(j, i, vector[j] / h);
            let before: f64 = (0..=j).map(|k| self.at(j, k) * vector[k]).sum();
            let behind: f64 = (j + 1..i).map(|k| self.at(k, j) * vector[k]).sum();
            *turned = (before + behind) / h;
        }
        let along: f64 = turned.iter().zip(&vector).map(|(a, b)| a * b).sum();
        turned.iter_mut().zip(&vector).for_each(|(a, b)| *a -= along / (h + h) * b);
        for j in 0..i {
            for k in 0..=j {
                let change = vector[j] * turned[k] + turned[j] * vector[k];
                self.set(j, k, self.at(j, k) - change);
            }
        }
        h
    }

    /// Puts the rotation that all reflections together are in the matrix's place; gives the diagonal.
    fn gather_reflections(&mut self, sizes: &[f64]) -> Vec<f64> {
        let mut diagonal = Vec::with_capacity(self.n);
        for (i, &size) in sizes.iter().enumerate() {
            if size != 0.0 {
                for j in 0..i {
                    let along: f64 = (0..i).map(|k| self.at(i, k) * self.at(k, j)).sum();
                    (0..i).for_each(|k| self.set(k, j, self.at(k, j) - along * self.at(k, i)));
                }
            }
            diagonal.push(self.at(i, i));
            self.set(i, i, 1.0);
            for j in 0..i {
                self.set(j, i, 0.0);
                self.set(i, j, 0.0);
            }
        }
        diagonal
    }

    /// One QL step on the places `l..=m`, with the rotations taken into the vectors.
    fn implicit_step(&mut self, diagonal: &mut [f64], off: &mut [f64], l: usize, m: usize) {
        let g = (diagonal[l + 1] - diagonal[l]) / (2.0 * off[l]);
        let r = g.hypot(1.0);
        let mut g = diagonal[m] - diagonal[l] + off[l] / (g + r.copysign(g));
        let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
        for i in (l..m).rev() {
            let (f, b) = (s * off[i], c * off[i]);
            let r = f.hypot(g);
            off[i + 1] = r;
            if r == 0.0 {
                diagonal[i + 1] -= p;
                off[m] = 0.0;
                return;
            }
            (s, c) = (f / r, g / r);
            let g_next = diagonal[i + 1] - p;
            let r = (diagonal[i] - g_next) * s + 2.0 * c * b;
            p = s * r;
            diagonal[i + 1] = g_next + p;
            g = c * r - b;
            for row in self.numbers.chunks_exact_mut(self.n) {
                let (left, right) = (row[i], row[i + 1]);
                row[i + 1] = s * left + c * right;
                row[i] = c * left - s * right;
            }
        }
        diagonal[l] -= p;
        off[l] = g;
        off[m] = 0.0;
    }
}

/// The first place from `l` on behind which the matrix falls in two; `l`: the value there is found.
fn first_split(diagonal: &[f64], off: &[f64], l: usize) -> usize {
    let last = diagonal.len() - 1;
    let is_split =
        |&m: &usize| off[m].abs() <= f64::EPSILON * (diagonal[m].abs() + diagonal[m + 1].abs());
    (l..last).find(is_split).unwrap_or(last)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Rng;

    /// `A A^T` of random `A`, `[n, rank]`.
    fn symmetric(n: usize, rank: usize) -> Square {
        let mut rng = Rng::new(n as u64);
        let a: Vec<f64> = (0..n * rank).map(|_| rng.normal()).collect();
        let mut matrix = Square::zeros(n);
        for i in 0..n {
            for j in 0..n {
                matrix.set(i, j, (0..rank).map(|k| a[i * rank + k] * a[j * rank + k]).sum());
            }
        }
        matrix
    }

    #[test]
    fn eigenvectors_are_orthonormal_and_make_the_matrix_again() {
        for (n, rank) in [(1, 1), (2, 2), (30, 40), (40, 7)] {
            let matrix = symmetric(n, rank);
            let (values, vectors) = matrix.clone().eigen();
            assert!(values.is_sorted_by(|a, b| a >= b));
            for i in 0..n {
                for j in 0..n {
                    let again: f64 =
                        (0..n).map(|k| vectors.at(i, k) * values[k] * vectors.at(j, k)).sum();
                    assert!((again - matrix.at(i, j)).abs() < 1e-10 * values[0]);
                    let dot: f64 = (0..n).map(|k| vectors.at(k, i) * vectors.at(k, j)).sum();
                    assert!((dot - f64::from(i == j)).abs() < 1e-12);
                }
            }
        }
    }

    #[test]
    fn the_inverse_of_the_factor_makes_the_matrix_an_identity() {
        let (matrix, n) = (symmetric(20, 50), 20);
        let inverse = matrix.inverse_of_cholesky();
        for i in 0..n {
            for j in 0..n {
                let mut number = 0.0;
                for k in 0..n {
                    for l in 0..n {
                        number += inverse.at(i, k) * matrix.at(k, l) * inverse.at(j, l);
                    }
                }
                assert!((number - f64::from(i == j)).abs() < 1e-9, "{i} {j} {number}");
            }
        }
        assert!(symmetric(20, 3).inverse_of_cholesky().numbers.iter().all(|x| x.is_finite()));
    }
}
