// Cooperative matrices. A warp holds one together: every lane has its elements in the order in which mma wants them, so
// that an A, a B and a C of f16 go to the tensor cores as they are. The host's invocations hold the whole of it each.
namespace wg {

#ifdef WG_HOST
constexpr unsigned COOP_LANES = 1u;
#define WG_FROM_HERE() (site)
inline unsigned coop_lane() { return 0u; }
inline void coop_wait(unsigned site) { subgroup_barrier(site); }
#else
constexpr unsigned COOP_LANES = 32u;
#define WG_FROM_HERE() ()
WG_FN unsigned coop_lane() { return lane_id(); }
WG_FN void coop_wait() { __syncwarp(); }
#endif

template <class T, int R, int C, char ROLE> struct Coop {
    static constexpr unsigned COUNT = R * C / COOP_LANES;
    using Element = T;
    T e[COUNT];
    // Row and column of the lane's element i.
    static WG_FN unsigned row(unsigned i) {
        const unsigned lane = coop_lane();
        if (COOP_LANES == 1u) return i / C;
        if (R == 8) return lane / 4u;
        return ROLE == 'B' ? lane % 4u * 2u + i % 2u + i / 2u % 2u * 8u : lane / 4u + i / 2u % 2u * 8u;
    }
    static WG_FN unsigned column(unsigned i) {
        const unsigned lane = coop_lane();
        if (COOP_LANES == 1u) return i % C;
        if (R == 8) return lane % 4u * 2u + i;
        return ROLE == 'B' ? lane / 4u + i / 4u * 8u : lane % 4u * 2u + i % 2u + i / 4u * 8u;
    }
};

// Nobody goes on to overwrite what others have still to read.
template <class M, class T> WG_FN M coop_load WG_SITE(const T* from, unsigned stride, bool row_major) {
    M m{};
#pragma unroll
    for (unsigned i = 0u; i < M::COUNT; i++) {
        const unsigned r = M::row(i), c = M::column(i);
        m.e[i] = from[row_major ? r * stride + c : c * stride + r];
    }
    coop_wait WG_FROM_HERE();
    return m;
}
template <class T, int R, int C, char ROLE>
WG_FN void coop_store WG_SITE(const Coop<T, R, C, ROLE>& m, T* to, unsigned stride, bool row_major) {
    using M = Coop<T, R, C, ROLE>;
#pragma unroll
    for (unsigned i = 0u; i < M::COUNT; i++) {
        const unsigned r = M::row(i), c = M::column(i);
        to[row_major ? r * stride + c : c * stride + r] = m.e[i];
    }
    coop_wait WG_FROM_HERE();
}

#define WG_COOP_EACH(op)                                                                                   \
    template <class T, int R, int C, char ROLE>                                                            \
    WG_FN Coop<T, R, C, ROLE> operator op(Coop<T, R, C, ROLE> a, const Coop<T, R, C, ROLE>& b) {           \
        for (unsigned i = 0u; i < a.COUNT; i++) a.e[i] = a.e[i] op b.e[i];                                 \
        return a;                                                                                          \
    }
WG_COOP_EACH(+)
WG_COOP_EACH(-)
template <class T, int R, int C, char ROLE> WG_FN Coop<T, R, C, ROLE> operator*(Coop<T, R, C, ROLE> a, T b) {
    for (unsigned i = 0u; i < a.COUNT; i++) a.e[i] = a.e[i] * b;
    return a;
}
template <class T, int R, int C, char ROLE> WG_FN Coop<T, R, C, ROLE> operator*(T a, const Coop<T, R, C, ROLE>& b) {
    return b * a;
}

#ifdef WG_HOST
template <class T, class U, int R, int K, int C>
Coop<U, R, C, 'C'> coop_multiply_add(const Coop<T, R, K, 'A'>& a, const Coop<T, K, C, 'B'>& b,
                                     Coop<U, R, C, 'C'> c) {
    for (unsigned i = 0u; i < R; i++)
        for (unsigned j = 0u; j < C; j++) {
            float sum = static_cast<float>(c.e[i * C + j]);
            for (unsigned k = 0u; k < K; k++)
                sum = fma(static_cast<float>(a.e[i * K + k]), static_cast<float>(b.e[k * C + j]), sum);
            c.e[i * C + j] = static_cast<U>(sum);
        }
    return c;
}
#else
// Without a tensor-core instruction of that shape and precision: shuffles, in f32.
template <class T, class U, int R, int K, int C>
WG_FN Coop<U, R, C, 'C'> coop_multiply_add(const Coop<T, R, K, 'A'>& a, const Coop<T, K, C, 'B'>& b,
                                           Coop<U, R, C, 'C'> c) {
    const unsigned g = coop_lane() / 4u, t = coop_lane() % 4u;
#pragma unroll
    for (unsigned i = 0u; i < c.COUNT; i++) {
        float sum = static_cast<float>(c.e[i]);
#pragma unroll
        for (unsigned k = 0u; k < K; k++) {
            // The lane and the element of it that hold A(row, k) and B(k, column).
            const unsigned ea = R == 8 ? k % 2u : k % 2u + i / 2u % 2u * 2u + k / 8u * 4u;
            const unsigned eb = R == 8 ? i : k % 2u + k / 8u * 2u + i / 4u * 4u;
            const unsigned la = g * 4u + k % 8u / 2u;
            const unsigned lb = R == 8 ? k * 4u + t : (t * 2u + i % 2u) * 4u + k % 8u / 2u;
            const float x = __shfl_sync(0xffffffffu, static_cast<float>(a.e[ea]), static_cast<int>(la));
            const float y = __shfl_sync(0xffffffffu, static_cast<float>(b.e[eb]), static_cast<int>(lb));
            sum = fma(x, y, sum);
        }
        c.e[i] = static_cast<U>(sum);
    }
    return c;
}
#if WG_HAS_F16
WG_FN unsigned pair(f16 low, f16 high) {
    return static_cast<unsigned>(low.bits) | static_cast<unsigned>(high.bits) << 16;
}
// Rows 16, columns 8, depth 16: one half of the columns of C.
WG_FN void mma(float* d, const unsigned* a, const unsigned* b) {
#if __CUDA_ARCH__ >= 800
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
#pragma unroll
    for (unsigned k = 0u; k < 2u; k++)
        asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[2u * k]), "r"(a[2u * k + 1u]), "r"(b[k]));
#endif
}
template <class U>
WG_FN Coop<U, 16, 16, 'C'> coop_multiply_add(const Coop<f16, 16, 16, 'A'>& a, const Coop<f16, 16, 16, 'B'>& b,
                                             Coop<U, 16, 16, 'C'> c) {
    const unsigned ra[4] = {pair(a.e[0], a.e[1]), pair(a.e[2], a.e[3]), pair(a.e[4], a.e[5]), pair(a.e[6], a.e[7])};
#pragma unroll
    for (unsigned h = 0u; h < 2u; h++) {
        const unsigned rb[2] = {pair(b.e[4u * h], b.e[4u * h + 1u]), pair(b.e[4u * h + 2u], b.e[4u * h + 3u])};
        float d[4];
#pragma unroll
        for (unsigned i = 0u; i < 4u; i++) d[i] = static_cast<float>(c.e[4u * h + i]);
        mma(d, ra, rb);
#pragma unroll
        for (unsigned i = 0u; i < 4u; i++) c.e[4u * h + i] = static_cast<U>(d[i]);
    }
    return c;
}
#endif
#endif

}  // namespace wg
