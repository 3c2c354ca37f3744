//! Experts of a mixture: how many of them a step touches, and how many tokens each then sees.
//! Assumes that tokens choose independently and evenly; real routers are less even.

/// Expected number of `experts` that `tokens` tokens touch when each visits `top_k` of them: `E (1 - (1 - k/E)^tokens)`.
pub fn experts_touched(experts: u64, top_k: u64, tokens: u64) -> f64 {
    if experts == 0 {
        return 0.0;
    }
    let all = experts as f64;
    all * (1.0 - (1.0 - top_k as f64 / all).powf(tokens as f64))
}

/// Rows of the product of a touched expert, and how many experts have so many: the expected number of experts is kept,
/// and so is the number of rows. Rows are whole, so that there are two sorts unless the average is.
pub(super) fn rows(experts: u64, top_k: u64, tokens: u64) -> Vec<(u64, f64)> {
    let touched = experts_touched(experts, top_k, tokens);
    let average = (tokens * top_k) as f64 / touched;
    let (few, many) = (average.floor().max(1.0), average.ceil().max(1.0));
    if few == many {
        return vec![(few as u64, touched)];
    }
    let split = [(few as u64, touched * (many - average)), (many as u64, touched * (average - few))];
    // A share that rounding alone makes is none.
    split.into_iter().filter(|(_, count)| *count > 1e-9 * touched).collect()
}
