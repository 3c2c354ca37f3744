//! A dense f64 product for the references, by the `gemm` crate.
//! Never timed and never the kernel under test.

/// A strided operand: elements, row stride, column stride.
type Operand<'a> = (&'a [f64], isize, isize);

/// `c[m, n] = a * b`, with `c` row-major and `a`, `b` strided.
///
/// # Panics
/// If a slice is shorter than its strides and extents ask for.
pub(crate) fn dense_f64(m: usize, n: usize, k: usize, c: &mut [f64], a: Operand<'_>, b: Operand<'_>) {
    let reach = |rows: usize, cols: usize, (data, rs, cs): Operand<'_>| {
        let last = (rows.max(1) - 1) as isize * rs + (cols.max(1) - 1) as isize * cs;
        assert!(rs >= 0 && cs >= 0 && (last as usize) < data.len().max(1), "operand shorter than its shape");
    };
    reach(m, k, a);
    reach(k, n, b);
    assert_eq!(c.len(), m * n, "result does not fit its shape");
    // SAFETY: the strides are not negative and the last element of each operand lies inside its slice, both checked
    // above; `c` is exclusively borrowed and row-major of m x n.
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            c.as_mut_ptr(),
            1,
            n as isize,
            false,
            a.0.as_ptr(),
            a.2,
            a.1,
            b.0.as_ptr(),
            b.2,
            b.1,
            0.0,
            1.0,
            false,
            false,
            false,
            gemm::Parallelism::Rayon(0),
        );
    }
}
