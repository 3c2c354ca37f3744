// The tensor-core and copy instructions that the native kernels are written in, one thin function each (sm_80 and later).
// Holds nothing that is one kernel's business, and includes nothing: NVRTC compiles it without include paths.
// `host.h` defines the same names for a CPU, so that a kernel's text can be executed and checked without a GPU.
//
// A "word" is 16 bytes: 8 elements of f16 or bf16, 16 of i8. DTYPE is set by the launch plan: 0 f16, 1 bf16, 2 i8.

// A kernel uses some of these functions.
#pragma nv_diag_suppress 177

typedef unsigned int u32;
typedef unsigned short u16;
typedef unsigned long long u64;

#define DEVICE static __device__ __forceinline__
#define MEMBER __device__ __forceinline__
#define KERNEL(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)

extern __shared__ __align__(1024) unsigned char shared_memory[];

/// Address of dynamic shared memory, as the instructions below take it.
DEVICE u32 shared_base() { return (u32)__cvta_generic_to_shared(shared_memory); }

/// Copies a word from global to shared memory in the background, past L1; zeros instead where not `whole`.
DEVICE void cp_async(u32 to, const void* from, bool whole) {
    asm volatile("cp.async.cg.shared.global.L2::128B [%0], [%1], 16, %2;"
                 :: "r"(to), "l"(from), "r"(whole ? 16 : 0) : "memory");
}

/// Closes this thread's group of copies.
DEVICE void cp_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

/// Waits until at most the N latest groups of this thread are still under way.
template <int N> DEVICE void cp_async_wait() { asm volatile("cp.async.wait_group %0;" :: "n"(N) : "memory"); }

/// Loads four 8 x 8 matrices of 16-bit elements; lane l gives the address of row l % 8 of matrix l / 8.
/// Lane l receives elements 2 (l % 4) and the next of row l / 4 of each.
DEVICE void ldmatrix(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address) : "memory");
}

/// As `ldmatrix`, each matrix transposed.
DEVICE void ldmatrix_trans(u32 (&r)[4], u32 address) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3]) : "r"(address) : "memory");
}

/// D[16 x 8] += A[16 x 32 bytes] B[8 x 32 bytes]^T over a warp. Lane l holds of D rows l / 4 (d[0], d[1]) and
/// l / 4 + 8 (d[2], d[3]), columns 2 (l % 4) and the next.
DEVICE void mma(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
#if DTYPE == 1
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
#else
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
#endif
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// The same for i8 into i32.
DEVICE void mma(int (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    asm volatile("mma.sync.aligned.m16n8k32.row.col.s32.s8.s8.s32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
                 : "+r"(d[0]), "+r"(d[1]), "+r"(d[2]), "+r"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

/// Rounds two sums to the dtype; `low` lies at the lower address.
DEVICE u32 pack(float low, float high) {
    u32 r;
#if DTYPE == 1
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
#else
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
#endif
    return r;
}

/// 2^x to about two units in the last place; 0 for -infinity.
DEVICE float exp2_fast(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
}

DEVICE float max2(float a, float b) { return fmaxf(a, b); }

/// The value of the lane whose number differs in the bits of `mask`.
DEVICE u32 shuffle_xor(u32 x, u32 mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }
DEVICE float shuffle_xor(float x, u32 mask) { return __shfl_xor_sync(0xffffffffu, x, mask); }

/// A value that all lanes of a warp have, known as such to the compiler: it then lives in one register for all of them.
DEVICE u32 uniform(u32 x) { return __shfl_sync(0xffffffffu, x, 0); }

DEVICE void sync_block() { __syncthreads(); }
DEVICE void sync_warp() { __syncwarp(); }

DEVICE void store_word(void* to, const u32 (&r)[4]) { *(uint4*)to = make_uint4(r[0], r[1], r[2], r[3]); }
DEVICE void store_pair(void* to, int x, int y) { *(int2*)to = make_int2(x, y); }
DEVICE void store_pair(void* to, float x, float y) { *(float2*)to = make_float2(x, y); }
DEVICE u32 load_u32(const void* from) { return __ldg((const u32*)from); }
