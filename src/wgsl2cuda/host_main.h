// Runs the translated kernel on the host, one invocation at a time: each has a stack of its own and runs until it waits
// at a barrier or in a subgroup operation, pauses at an atomic, or ends. Which one goes on is drawn from the seed.
#include <sys/mman.h>
#include <ucontext.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <type_traits>
#include <utility>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#else
#define __sanitizer_start_switch_fiber(fake, bottom, size) (void)0
#define __sanitizer_finish_switch_fiber(fake, bottom, size) (void)0
#define __asan_unpoison_memory_region(at, size) (void)0
#endif

namespace wg_host {

constexpr std::size_t STACK = 256 << 10, GUARD = 4096;
enum class State { Ready, Barrier, Subgroup, Done };

struct Fibre {
    Invocation at{};
    ucontext_t context{};
    char* stack = nullptr;
    void* fake = nullptr;
    State state = State::Done;
    unsigned site = 0;
    // In a subgroup operation: what this lane brings, where it wants everyone's, and who was there.
    const void* own = nullptr;
    unsigned char* table = nullptr;
    unsigned bytes = 0, active = 0;
};

const Invocation* current;
unsigned group[3], groups[3], lanes;
static std::vector<Fibre> fibres;
static std::size_t running;
static ucontext_t scheduler;
static const void* scheduler_stack;
static std::size_t scheduler_size;
static std::uint64_t seed;
static void (*invoke)();

static std::uint64_t random_bits() {
    seed += 0x9e3779b97f4a7c15ull;
    std::uint64_t z = seed;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ z >> 27) * 0x94d049bb133111ebull;
    return z ^ z >> 31;
}
static bool shuffled;
static std::size_t draw(std::size_t count) { return shuffled ? random_bits() % count : 0; }

[[noreturn]] static void fault(const char* what, std::size_t here, std::size_t all) {
    std::fprintf(stderr, "fault: %s (%zu of %zu invocations of workgroup %u,%u,%u)\n", what, here, all, group[0],
                 group[1], group[2]);
    std::_Exit(3);
}

// From an invocation back to the scheduler.
static void leave(State state) {
    Fibre& self = fibres[running];
    self.state = state;
    __sanitizer_start_switch_fiber(state == State::Done ? nullptr : &self.fake, scheduler_stack, scheduler_size);
    swapcontext(&self.context, &scheduler);
    __sanitizer_finish_switch_fiber(self.fake, &scheduler_stack, &scheduler_size);
}
static void enter() {
    __sanitizer_finish_switch_fiber(nullptr, &scheduler_stack, &scheduler_size);
    invoke();
    leave(State::Done);
}
static void resume(std::size_t i) {
    running = i;
    current = &fibres[i].at;
    [[maybe_unused]] void* fake = nullptr;
    __sanitizer_start_switch_fiber(&fake, fibres[i].stack, STACK);
    swapcontext(&scheduler, &fibres[i].context);
    __sanitizer_finish_switch_fiber(fake, nullptr, nullptr);
}

void pause() { leave(State::Ready); }
void barrier(unsigned site) {
    fibres[running].site = site;
    leave(State::Barrier);
}
unsigned gather(const void* own, void* table, unsigned bytes, unsigned site) {
    Fibre& self = fibres[running];
    self.own = own;
    self.table = static_cast<unsigned char*>(table);
    self.bytes = bytes;
    self.site = site;
    leave(State::Subgroup);
    return fibres[running].active;
}

// The lanes of a subgroup that wait at the place of the lowest waiting one exchange their values.
static bool exchange(std::size_t first) {
    const std::size_t end = first + lanes < fibres.size() ? first + lanes : fibres.size();
    std::size_t lead = first;
    while (lead < end && fibres[lead].state != State::Subgroup) lead++;
    if (lead == end) return false;
    std::vector<std::size_t> there;
    unsigned active = 0;
    for (std::size_t i = lead; i < end; i++)
        if (fibres[i].state == State::Subgroup && fibres[i].site == fibres[lead].site) {
            there.push_back(i);
            active |= 1u << (i - first);
        }
    for (const std::size_t to : there)
        for (const std::size_t from : there)
            std::memcpy(fibres[to].table + (from - first) * fibres[from].bytes, fibres[from].own, fibres[from].bytes);
    for (const std::size_t i : there) {
        fibres[i].active = active;
        fibres[i].state = State::Ready;
    }
    return true;
}

// Lets everyone past a barrier that all have reached; false when all have ended.
static bool release() {
    std::size_t waiting = 0, lead = 0;
    for (std::size_t i = 0; i < fibres.size(); i++)
        if (fibres[i].state == State::Barrier && waiting++ == 0) lead = i;
    if (waiting == 0) return false;
    if (waiting < fibres.size()) fault("a barrier is reached after other invocations have returned", waiting, fibres.size());
    for (Fibre& f : fibres) {
        if (f.site != fibres[lead].site) fault("invocations wait at different barriers", waiting, fibres.size());
        f.state = State::Ready;
    }
    return true;
}

static void run_group() {
    for (Fibre& f : fibres) {
        __asan_unpoison_memory_region(f.stack, STACK);
        getcontext(&f.context);
        f.context.uc_stack.ss_sp = f.stack;
        f.context.uc_stack.ss_size = STACK;
        f.context.uc_link = nullptr;
        makecontext(&f.context, enter, 0);
        f.state = State::Ready;
    }
    std::vector<std::size_t> ready;
    for (;;) {
        ready.clear();
        for (std::size_t i = 0; i < fibres.size(); i++)
            if (fibres[i].state == State::Ready) ready.push_back(i);
        if (ready.empty()) {
            bool moved = false;
            for (std::size_t first = 0; first < fibres.size(); first += lanes) moved |= exchange(first);
            if (!moved && !release()) return;
            continue;
        }
        while (!ready.empty()) {
            const std::size_t at = draw(ready.size());
            const std::size_t i = ready[at];
            resume(i);
            // One that only paused may go on at once, or be overtaken by any number of others.
            if (shuffled && fibres[i].state == State::Ready) continue;
            ready.erase(ready.begin() + static_cast<std::ptrdiff_t>(at));
        }
    }
}

static void make_fibres(unsigned x, unsigned y, unsigned z) {
    fibres.resize(std::size_t{x} * y * z);
    for (std::size_t i = 0; i < fibres.size(); i++) {
        void* at = mmap(nullptr, STACK + GUARD, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED || mprotect(at, GUARD, PROT_NONE) != 0) {
            std::perror("stack of an invocation");
            std::exit(1);
        }
        fibres[i].stack = static_cast<char*>(at) + GUARD;
        const unsigned n = static_cast<unsigned>(i);
        fibres[i].at = {{n % x, n / x % y, n / x / y}, n};
    }
}

struct Region {
    void* at;
    std::size_t bytes;
};

template <class T> T read() {
    T value{};
    if (std::fread(&value, sizeof value, 1, stdin) != 1) {
        std::fprintf(stderr, "the job on standard input ends early\n");
        std::exit(1);
    }
    return value;
}

struct Parameter {
    unsigned char* at;
    std::uint64_t bytes;
};
static std::vector<Parameter> parameters;

template <class T> T argument(const Parameter& p) {
    if constexpr (std::is_pointer_v<T>) {
        return reinterpret_cast<T>(p.at);
    } else {
        T value{};
        std::memcpy(static_cast<void*>(&value), p.at, p.bytes < sizeof value ? p.bytes : sizeof value);
        return value;
    }
}
template <class... A, std::size_t... I> void call(void (*kernel)(A...), std::index_sequence<I...>) {
    kernel(argument<A>(parameters[I])...);
}
template <class... A> void call(void (*kernel)(A...)) {
    if (parameters.size() != sizeof...(A)) {
        std::fprintf(stderr, "the job has %zu parameters, the kernel %zu\n", parameters.size(), sizeof...(A));
        std::exit(1);
    }
    call(kernel, std::index_sequence_for<A...>{});
}

static void read_job() {
    for (unsigned& extent : groups) extent = read<std::uint32_t>();
    seed = read<std::uint64_t>();
    shuffled = seed != 0;
    lanes = read<std::uint32_t>();
    if (lanes < 1 || lanes > 32) {
        std::fprintf(stderr, "a subgroup has 1 to 32 invocations, not %u\n", lanes);
        std::exit(1);
    }
    for (std::uint32_t left = read<std::uint32_t>(); left > 0; left--) {
        const std::uint64_t bytes = read<std::uint64_t>();
        void* at = nullptr;
        if (posix_memalign(&at, 64, bytes > 0 ? bytes : 1) != 0 || std::fread(at, 1, bytes, stdin) != bytes) {
            std::fprintf(stderr, "cannot read a parameter of %llu bytes\n", static_cast<unsigned long long>(bytes));
            std::exit(1);
        }
        parameters.push_back({static_cast<unsigned char*>(at), bytes});
    }
}

static void run_grid(const Region* shared, std::size_t regions) {
    std::vector<std::uint64_t> order(std::uint64_t{groups[0]} * groups[1] * groups[2]);
    for (std::size_t i = 0; i < order.size(); i++) order[i] = i;
    for (std::size_t i = order.size(); shuffled && i > 1; i--) std::swap(order[i - 1], order[draw(i)]);
    for (const std::uint64_t n : order) {
        group[0] = static_cast<unsigned>(n % groups[0]);
        group[1] = static_cast<unsigned>(n / groups[0] % groups[1]);
        group[2] = static_cast<unsigned>(n / groups[0] / groups[1]);
        // All ones: NaN as a float, far out of bounds as an index.
        for (std::size_t r = 0; r < regions; r++) std::memset(shared[r].at, 0xff, shared[r].bytes);
        run_group();
    }
}

static void write_storage(const bool* storage) {
    for (std::size_t i = 0; i < parameters.size(); i++) {
        const Parameter& p = parameters[i];
        if (storage[i]) {
            std::fwrite(&p.bytes, sizeof p.bytes, 1, stdout);
            std::fwrite(p.at, 1, p.bytes, stdout);
        }
        std::free(p.at);
    }
    std::fflush(stdout);
}

}  // namespace wg_host
