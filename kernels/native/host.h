// Executes a native kernel's text on a CPU: the names of `ptx.cuh`, with their meaning taken from the PTX manual.
// Checks results and synchronisation, says nothing about speed. C++20, no CUDA headers.
//
// One block runs at a time; each of its threads is a fibre, so a run is deterministic for a seed. Seed 0 runs threads in
// order; others pick the next at random. Background copies are performed as late as the kernel's waits allow under even
// seeds and at once under odd ones: the one shows a missing wait, the other a slot that is overwritten too early. Shared
// memory starts poisoned. A fault (address out of bounds, lanes of a warp at different instructions, deadlock) is
// reported on stderr and ends the program with status 3.

#include <ucontext.h>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

typedef uint32_t u32;
typedef uint16_t u16;
typedef uint64_t u64;

#define DEVICE static inline
#define MEMBER inline
#define KERNEL(threads, blocks) extern "C" void
#define __restrict__
#define __grid_constant__

struct Dim3 {
    u32 x = 1, y = 1, z = 1;
};
static Dim3 threadIdx, blockIdx, blockDim, gridDim;

namespace host {

constexpr size_t STACK = 256 << 10;
/// Shared memory does not start at address zero, so that an offset taken for an address is out of bounds.
constexpr u32 SHARED_BASE = 1024;

struct Copy {
    u32 to;
    const void* from;
    bool whole;
};

struct Fibre {
    ucontext_t context;
    std::vector<char> stack = std::vector<char>(STACK);
    u32 thread = 0;
    std::deque<std::vector<Copy>> groups;
    std::vector<Copy> open;
};

/// Threads that meet: a warp, a block, or those of a named barrier.
struct Meeting {
    std::vector<void*> args;
    std::vector<u32> waiting;
    const char* what = nullptr;
    u32 arrived = 0;
};

static std::vector<std::unique_ptr<Fibre>> fibres;
static std::vector<u32> ready;
static Fibre* current;
static ucontext_t finished;
static std::map<std::pair<u32, u32>, Meeting> meetings;
static std::vector<unsigned char> shared;
static std::vector<std::pair<const unsigned char*, size_t>> buffers;
static std::mt19937_64 random_bits;
static u64 seed;
/// Performs background work that is not a thread's own (TMA); false when there is none.
static bool (*background)() = [] { return false; };

[[noreturn]] inline void fault(const std::string& what) {
    fprintf(stderr, "fault in block (%u, %u, %u), thread %u: %s\n", blockIdx.x, blockIdx.y, blockIdx.z, threadIdx.x,
            what.c_str());
    fflush(stderr);
    // No destructors: this is a fibre's stack.
    _Exit(3);
}

inline unsigned char* at_shared(u32 address, u32 bytes) {
    const u64 offset = u64(address) - SHARED_BASE;
    if (address < SHARED_BASE || offset + bytes > shared.size()) fault("shared memory address out of bounds");
    if (address % bytes) fault("misaligned shared memory address");
    return shared.data() + offset;
}

inline void check_global(const void* from, size_t bytes) {
    const auto* p = (const unsigned char*)from;
    if ((uintptr_t)from % bytes) fault("misaligned global address");
    for (auto& [start, size] : buffers)
        if (p >= start && p + bytes <= start + size) return;
    fault("global address out of bounds");
}

/// Runs another thread; the caller is in `ready` or waits in a meeting.
inline void switch_away() {
    Fibre* self = current;
    while (ready.empty())
        if (!background()) fault("deadlock: every thread waits");
    const size_t pick = seed ? random_bits() % ready.size() : 0;
    const u32 next = ready[pick];
    if (seed) ready[pick] = ready.back(), ready.pop_back();
    else ready.erase(ready.begin());
    current = fibres[next].get();
    threadIdx.x = next;
    if (current != self) swapcontext(&self->context, &current->context);
    threadIdx.x = self->thread;
}

/// Polls in a row that found nothing changed, in all threads.
static u64 idle;

/// Lets others run while this thread polls.
inline void yield() {
    if (++idle > 1 << 20) fault("deadlock: every thread polls");
    ready.push_back(current->thread);
    if (!seed || random_bits() % 4 == 0) background();
    switch_away();
}

/// Waits for `size` threads to come with the same `what`; the last one calls `all` with everyone's `args` by rank.
template <class F> void meet(u32 kind, u32 group, u32 size, u32 rank, const char* what, void* args, F&& all) {
    Meeting& m = meetings[{kind, group}];
    if (!m.arrived) m.what = what, m.args.assign(size, nullptr);
    if (m.what != what) fault(std::string("threads of a group meet at ") + what + " and " + m.what);
    if (rank < size) m.args[rank] = args;
    if (++m.arrived < size) {
        m.waiting.push_back(current->thread);
        switch_away();
        return;
    }
    m.arrived = 0;
    idle = 0;
    std::vector<u32> released;
    released.swap(m.waiting);
    all(m.args);
    ready.insert(ready.end(), released.begin(), released.end());
}

template <class Args, class F> void warp(const char* what, Args& args, F&& all) {
    const u32 thread = current->thread;
    meet(0, thread / 32, 32, thread % 32, what, &args, [&](std::vector<void*>& v) { all((Args**)v.data()); });
}

inline void block_barrier(u32 id, u32 threads) {
    meet(1, id, threads, ~0u, "barrier", nullptr, [](auto&) {});
}

inline float from_f16(u16 h) {
    const u32 sign = u32(h & 0x8000) << 16, e = h >> 10 & 31, m = h & 1023;
    if (e == 31) return std::bit_cast<float>(sign | 0x7f800000 | m << 13);
    if (e == 0) return (sign ? -1.0f : 1.0f) * std::ldexp(float(m), -24);
    return std::bit_cast<float>(sign | (e + 112) << 23 | m << 13);
}

inline u16 to_f16(float f) {
    const u32 x = std::bit_cast<u32>(f), sign = x >> 16 & 0x8000, a = x & 0x7fffffff;
    if (a > 0x7f800000) return sign | 0x7fff;
    if (a >= 0x477ff000) return sign | 0x7c00;
    if (a < 0x38800000) return sign | u16(std::nearbyint(std::ldexp(std::bit_cast<float>(a), 24)));
    return sign | u16((a - 0x38000000 + 0xfff + (a >> 13 & 1)) >> 13);
}

inline float from_bf16(u16 h) { return std::bit_cast<float>(u32(h) << 16); }

inline u16 to_bf16(float f) {
    const u32 x = std::bit_cast<u32>(f);
    if ((x & 0x7fffffff) > 0x7f800000) return 0x7fff;
    return (x + 0x7fff + (x >> 16 & 1)) >> 16;
}

inline float widen(u16 h) {
#if DTYPE == 1
    return from_bf16(h);
#else
    static const std::vector<float> table = [] {
        std::vector<float> t(65536);
        for (u32 i = 0; i < 65536; i++) t[i] = from_f16(i);
        return t;
    }();
    return table[h];
#endif
}

inline u16 narrow(float f) {
#if DTYPE == 1
    return to_bf16(f);
#else
    return to_f16(f);
#endif
}

inline void perform(const Copy& c) {
    unsigned char* to = at_shared(c.to, 16);
    if (c.whole) memcpy(to, c.from, 16);
    else memset(to, 0, 16);
}

struct Load {
    u32 (*r)[4];
    u32 address;
};

inline void load_matrices(u32 (&r)[4], u32 address, bool transposed) {
    Load mine{&r, address};
    warp(transposed ? "ldmatrix.trans" : "ldmatrix", mine, [&](Load** lanes) {
        for (u32 matrix = 0; matrix < 4; matrix++) {
            u16 m[8][8];
            u32 banks = 0;
            for (u32 row = 0; row < 8; row++) {
                const u32 at = lanes[8 * matrix + row]->address;
                memcpy(m[row], at_shared(at, 16), 16);
                banks |= 1 << at / 16 % 8;
            }
            if (banks != 0xff) fault("two rows of a matrix lie in the same banks");
            for (u32 lane = 0; lane < 32; lane++) {
                const u32 i = lane / 4, j = lane % 4 * 2;
                const u32 low = transposed ? m[j][i] : m[i][j], high = transposed ? m[j + 1][i] : m[i][j + 1];
                (*lanes[lane]->r)[matrix] = low | high << 16;
            }
        }
    });
}

template <class Sum> struct Product {
    Sum (*d)[4];
    const u32* a;
    u32 b[2];
};

/// One warp's product; `element(register, i)` is element i of a register.
template <class Sum, u32 PER_REGISTER, class F> void multiply(Sum (&d)[4], const u32 (&a)[4], u32 b0, u32 b1, F element) {
    Product<Sum> mine{&d, a, {b0, b1}};
    warp("mma", mine, [&](Product<Sum>** lanes) {
        constexpr u32 HALF = 4 * PER_REGISTER, K = 2 * HALF;
        Sum left[16][K], right[8][K];
        for (u32 lane = 0; lane < 32; lane++)
            for (u32 i = 0; i < PER_REGISTER; i++) {
                const u32 row = lane / 4, k = lane % 4 * PER_REGISTER + i;
                for (u32 r = 0; r < 4; r++) left[row + r % 2 * 8][k + r / 2 * HALF] = element(lanes[lane]->a[r], i);
                for (u32 r = 0; r < 2; r++) right[row][k + r * HALF] = element(lanes[lane]->b[r], i);
            }
        for (u32 lane = 0; lane < 32; lane++)
            for (u32 r = 0; r < 4; r++) {
                const Sum *x = left[lane / 4 + r / 2 * 8], *y = right[lane % 4 * 2 + r % 2];
                Sum sum = 0;
                for (u32 k = 0; k < K; k++) sum += x[k] * y[k];
                (*lanes[lane]->d)[r] += sum;
            }
    });
}

}  // namespace host

DEVICE u32 shared_base() { return host::SHARED_BASE; }
#define shared_memory (host::shared.data())

DEVICE void cp_async(u32 to, const void* from, bool whole) {
    host::at_shared(to, 16);
    if (whole) host::check_global(from, 16);
    if (host::seed % 2) host::perform({to, from, whole});
    else host::current->open.push_back({to, from, whole});
}

DEVICE void cp_async_commit() { host::current->groups.push_back(std::exchange(host::current->open, {})); }

template <int N> DEVICE void cp_async_wait() {
    auto& groups = host::current->groups;
    for (; groups.size() > N; groups.pop_front())
        for (auto& copy : groups.front()) host::perform(copy);
}

DEVICE void ldmatrix(u32 (&r)[4], u32 address) { host::load_matrices(r, address, false); }
DEVICE void ldmatrix_trans(u32 (&r)[4], u32 address) { host::load_matrices(r, address, true); }

DEVICE void mma(float (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    host::multiply<float, 2>(d, a, b0, b1, [](u32 r, u32 i) { return host::widen(u16(r >> 16 * i)); });
}
DEVICE void mma(int (&d)[4], const u32 (&a)[4], u32 b0, u32 b1) {
    host::multiply<int, 4>(d, a, b0, b1, [](u32 r, u32 i) { return int(int8_t(r >> 8 * i)); });
}

DEVICE u32 pack(float low, float high) { return host::narrow(low) | u32(host::narrow(high)) << 16; }
DEVICE float exp2_fast(float x) { return std::exp2(x); }
DEVICE float max2(float a, float b) { return std::fmax(a, b); }

DEVICE u32 shuffle_xor(u32 x, u32 mask) {
    struct Exchange {
        u32 give, mask, got;
    } mine{x, mask, 0};
    host::warp("shuffle", mine, [](Exchange** lanes) {
        for (u32 lane = 0; lane < 32; lane++) lanes[lane]->got = lanes[lane ^ lanes[lane]->mask]->give;
    });
    return mine.got;
}
DEVICE float shuffle_xor(float x, u32 mask) {
    return std::bit_cast<float>(shuffle_xor(std::bit_cast<u32>(x), mask));
}

DEVICE u32 uniform(u32 x) {
    host::warp("uniform", x, [](u32** lanes) {
        for (u32 lane = 1; lane < 32; lane++)
            if (*lanes[lane] != *lanes[0]) host::fault("a value that should be uniform is not");
    });
    return x;
}

DEVICE void sync_block() { host::block_barrier(0, blockDim.x); }
DEVICE void sync_warp() {
    u32 none = 0;
    host::warp("syncwarp", none, [](u32**) {});
}

DEVICE void store_word(void* to, const u32 (&r)[4]) {
    host::check_global(to, 16);
    memcpy(to, r, 16);
}
template <class T> DEVICE void store_pair(void* to, T x, T y) {
    host::check_global(to, 8);
    const T both[2] = {x, y};
    memcpy(to, both, 8);
}
DEVICE u32 load_u32(const void* from) {
    host::check_global(from, 4);
    u32 r;
    memcpy(&r, from, 4);
    return r;
}
