// Online softmax on accumulators, as both generations of attention kernels do it.
// Knows no tile sizes and where nothing lies.

/// A maximum before any key: finite, because differences of maxima are taken.
constexpr float LOWEST = -1e30f;
/// The score of a hidden key: below any maximum even after scaling, so that it weighs nothing.
constexpr float MASKED = -1e38f;

DEVICE float max_of_quad(float x) {
    x = max2(x, shuffle_xor(x, 1));
    return max2(x, shuffle_xor(x, 2));
}

DEVICE float sum_of_quad(float x) {
    x += shuffle_xor(x, 1);
    return x + shuffle_xor(x, 2);
}

/// Online softmax of 16 rows over N times 8 new keys. Scores become weights 2^(scale (s - max)). `sums` is this lane's part
/// of the rows' sums of weights; what was summed before under an older maximum is to be multiplied by `fades`. Every two
/// `[half]`: rows l / 4 and l / 4 + 8 of lane l.
template <u32 N> DEVICE void make_weights(float (&scores)[N][4], float (&maxima)[2], float (&sums)[2], float (&fades)[2],
                                          float scale) {
#pragma unroll
    for (u32 half = 0; half < 2; half++) {
        float top = maxima[half];
#pragma unroll
        for (u32 j = 0; j < N; j++) top = max2(top, max2(scores[j][2 * half], scores[j][2 * half + 1]));
        top = max_of_quad(top);
        fades[half] = exp2_fast((maxima[half] - top) * scale);
        const float shift = top * scale;
        maxima[half] = top;
        float sum = sums[half] * fades[half];
#pragma unroll
        for (u32 j = 0; j < N; j++)
#pragma unroll
            for (u32 c = 2 * half; c < 2 * half + 2; c++) sum += scores[j][c] = exp2_fast(scores[j][c] * scale - shift);
        sums[half] = sum;
    }
}

template <u32 N> DEVICE void fade(float (&out)[N][4], const float (&fades)[2]) {
#pragma unroll
    for (u32 j = 0; j < N; j++)
#pragma unroll
        for (u32 c = 0; c < 4; c++) out[j][c] *= fades[c / 2];
}

/// Hides the keys after each row's own position. `row` is this lane's first row, `key` its first key.
template <u32 N> DEVICE void hide_later(float (&scores)[N][4], u32 row, u32 key) {
#pragma unroll
    for (u32 j = 0; j < N; j++)
#pragma unroll
        for (u32 c = 0; c < 4; c++)
            if (key + 8 * j + c % 2 > row + c / 2 * 8) scores[j][c] = MASKED;
}

/// Two neighbouring accumulators of scores as the left operand of the next product: their layouts agree.
DEVICE void as_operand(u32 (&a)[4], const float (&low)[4], const float (&high)[4]) {
    a[0] = pack(low[0], low[1]), a[1] = pack(low[2], low[3]);
    a[2] = pack(high[0], high[1]), a[3] = pack(high[2], high[3]);
}
