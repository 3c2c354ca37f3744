// The instructions that only sm_90a has: products of a warpgroup from shared memory, barriers that count bytes, and copies
// of whole tiles. Behind `ptx.cuh`; `host_sm90.h` defines the same names for a CPU.
// Holds nothing that is one kernel's business, and includes nothing.
//
// A warpgroup is four warps, 128 threads. Tiles lie in shared memory as TMA writes them with its 128-byte swizzle: rows of
// 128 bytes, word w of row r at word w ^ (r % 8); a tile starts at a multiple of 1024 bytes.

/// Describes a tensor to the copy engine; made by the driver from the launch plan's `TensorMap`.
struct __align__(64) TensorMap {
    u64 opaque[16];
};

DEVICE void barrier_init(u32 barrier, u32 arrivals) {
    asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" :: "r"(barrier), "r"(arrivals) : "memory");
}

/// Makes initialised barriers visible to the copy engine; a block barrier must follow.
DEVICE void barrier_init_done() { asm volatile("fence.proxy.async.shared::cta;" ::: "memory"); }

DEVICE void barrier_arrive(u32 barrier) {
    asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" :: "r"(barrier) : "memory");
}

/// Arrives, and has the phase wait for `bytes` of tiles as well.
DEVICE void barrier_expect(u32 barrier, u32 bytes) {
    asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" :: "r"(barrier), "r"(bytes) : "memory");
}

/// Waits until the phase of this parity is over. The phase before the first counts as over, with parity 1.
DEVICE void barrier_wait(u32 barrier, u32 parity) {
    asm volatile(
        "{\n"
        ".reg .pred done;\n"
        "again:\n"
        "mbarrier.try_wait.parity.shared::cta.b64 done, [%0], %1;\n"
        "@!done bra again;\n"
        "}\n" :: "r"(barrier), "r"(parity) : "memory");
}

/// Has the copy engine bring the box of the map at column x (in elements), row y, plane z; elements outside are zero.
DEVICE void tma_load(u32 to, const TensorMap& map, u32 x, u32 y, u32 z, u32 barrier) {
    asm volatile(
        "cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%2, %3, %4}], [%5];"
        :: "r"(to), "l"(&map), "r"(x), "r"(y), "r"(z), "r"(barrier) : "memory");
}

/// Moves registers between the warpgroups of a block.
template <u32 N> DEVICE void give_registers() { asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" :: "n"(N)); }
template <u32 N> DEVICE void take_registers() { asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" :: "n"(N)); }

/// Before the first product, and after registers that products use were written.
DEVICE void wgmma_fence() { asm volatile("wgmma.fence.sync.aligned;" ::: "memory"); }
DEVICE void wgmma_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }
template <u32 N> DEVICE void wgmma_wait() { asm volatile("wgmma.wait_group.sync.aligned %0;" :: "n"(N) : "memory"); }

/// Keeps the compiler from moving reads and writes of a product's registers across this point: where an accumulator is
/// complete, and before the fence ahead of a product that takes what was written.
template <u32 N> DEVICE void wgmma_hold(float (&d)[N][4]) {
#pragma unroll
    for (u32 j = 0; j < N; j++) asm volatile("" : "+f"(d[j][0]), "+f"(d[j][1]), "+f"(d[j][2]), "+f"(d[j][3]) :: "memory");
}
template <u32 N> DEVICE void wgmma_hold(u32 (&a)[N][4]) {
#pragma unroll
    for (u32 j = 0; j < N; j++) asm volatile("" : "+r"(a[j][0]), "+r"(a[j][1]), "+r"(a[j][2]), "+r"(a[j][3]) :: "memory");
}

#if DTYPE == 1
#define WGMMA_TYPES ".f32.bf16.bf16 {"
#else
#define WGMMA_TYPES ".f32.f16.f16 {"
#endif
#define TEN(t) "%" #t "0, %" #t "1, %" #t "2, %" #t "3, %" #t "4, %" #t "5, %" #t "6, %" #t "7, %" #t "8, %" #t "9, "
#define REGISTERS_32 TEN() TEN(1) TEN(2) "%30, %31"
#define REGISTERS_64 TEN() TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) "%60, %61, %62, %63"
#define REGISTERS_128 \
    TEN() TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9) TEN(10) TEN(11) \
    "%120, %121, %122, %123, %124, %125, %126, %127"
#define SUMS_4(j) "+f"(d[j][0]), "+f"(d[j][1]), "+f"(d[j][2]), "+f"(d[j][3])
#define SUMS_32(j) \
    SUMS_4(j), SUMS_4(j + 1), SUMS_4(j + 2), SUMS_4(j + 3), SUMS_4(j + 4), SUMS_4(j + 5), SUMS_4(j + 6), SUMS_4(j + 7)
#define SUMS_64 SUMS_32(0), SUMS_32(8)
#define SUMS_128 SUMS_32(0), SUMS_32(8), SUMS_32(16), SUMS_32(24)

/// D[64 x N] = A[64 x 16] B[16 x N], plus D where `keep`, over a warpgroup, in the background. Warp w of it holds rows
/// 16 w and on of D, each 8 columns d[j] as with `mma`. `wgmma` takes A from shared memory, `wgmma_registers` from
/// registers laid out as for `mma`; ACROSS says that B's rows run across K.
#define WGMMA(N, REGISTERS, SUMS, A, B, KEEP, A1, A2, A3) \
    template <u32 ACROSS> DEVICE void wgmma(float (&d)[N / 8][4], u64 a, u64 b, bool keep) { \
        asm volatile("{\n.reg .pred keep;\nsetp.ne.b32 keep, %" #KEEP ", 0;\n" \
                     "wgmma.mma_async.sync.aligned.m64n" #N "k16" WGMMA_TYPES REGISTERS "}, %" #A ", %" #B \
                     ", keep, 1, 1, 0, %" #A1 ";\n}\n" \
                     : SUMS : "l"(a), "l"(b), "r"((u32)keep), "n"(ACROSS)); \
    } \
    template <u32 ACROSS> DEVICE void wgmma_registers(float (&d)[N / 8][4], const u32 (&a)[4], u64 b, bool keep) { \
        asm volatile("{\n.reg .pred keep;\nsetp.ne.b32 keep, %" #A3 ", 0;\n" \
                     "wgmma.mma_async.sync.aligned.m64n" #N "k16" WGMMA_TYPES REGISTERS "}, {%" #A ", %" #B ", %" #KEEP \
                     ", %" #A1 "}, %" #A2 ", keep, 1, 1, %" LAST_##N ";\n}\n" \
                     : SUMS : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b), "r"((u32)keep), "n"(ACROSS)); \
    }
#define LAST_64 "38"
#define LAST_128 "70"
#define LAST_256 "134"
WGMMA(64, REGISTERS_32, SUMS_32(0), 32, 33, 34, 35, 36, 37)
WGMMA(128, REGISTERS_64, SUMS_64, 64, 65, 66, 67, 68, 69)
WGMMA(256, REGISTERS_128, SUMS_128, 128, 129, 130, 131, 132, 133)
