// The program around kernels that run on the CPU: its argument names one; reads a launch from stdin, writes the buffers to
// stdout. Knows no kernel: KERNELS lists them, and their parameter types say what to read.
//
// stdin, little-endian: seed u64; grid x y z u32; block u32; shared bytes u32; then for every parameter u64 length and
// that many bytes: a pointer's buffer, a value, or a tensor map: columns, rows, planes, pitch, box columns, box rows (u32)
// and the buffer. stdout: for every buffer in order, u64 length and its bytes.

namespace host {

inline void read_exactly(void* to, size_t bytes) {
    if (fread(to, 1, bytes, stdin) != bytes) {
        fprintf(stderr, "the launch on stdin ends too early\n");
        exit(1);
    }
}

template <class T> T read_value() {
    T value;
    read_exactly(&value, sizeof value);
    return value;
}

/// Fills what lies behind a buffer.
constexpr u64 CANARY = 0xca9a127ca9a127ca;

/// Buffers stay where they are for the whole run; `deque` does not move them.
static std::deque<std::vector<u64>> storage;

static unsigned char* read_buffer(u64 bytes) {
    // Aligned as a device allocation is, to 256 bytes.
    auto& words = storage.emplace_back((bytes + 255) / 256 * 32 + 64, CANARY);
    auto* start = (unsigned char*)(((uintptr_t)words.data() + 255) / 256 * 256);
    read_exactly(start, bytes);
    buffers.push_back({start, bytes});
    return start;
}

template <class P> P read_param() {
    const u64 bytes = read_value<u64>();
    if constexpr (std::is_pointer_v<P>) {
        return (P)read_buffer(bytes);
    } else if constexpr (std::is_class_v<P>) {
        u32 shape[6];
        read_exactly(shape, sizeof shape);
        return P{read_buffer(bytes - sizeof shape), shape[0], shape[1], shape[2], shape[3], shape[4], shape[5]};
    } else {
        if (bytes != sizeof(P)) {
            fprintf(stderr, "a parameter of %zu bytes was given %llu\n", sizeof(P), (unsigned long long)bytes);
            exit(1);
        }
        return read_value<P>();
    }
}

static std::function<void()> kernel_call;

static u32 live;

static void thread_main() {
    kernel_call();
    for (auto& group : current->groups)
        if (!group.empty()) fault("the thread ends with copies under way");
    if (!current->open.empty()) fault("the thread ends with an open group of copies");
    if (--live == 0 && background()) fault("the block ends with copies of tiles under way");
    if (live) switch_away();
    else swapcontext(&current->context, &finished);
}

static void run_block(u32 threads, u32 shared_bytes) {
    shared.assign(shared_bytes, 0xff);
    meetings.clear();
    ready.clear();
    live = threads;
    fibres.resize(threads);
    for (u32 t = 0; t < threads; t++) {
        if (!fibres[t]) fibres[t] = std::make_unique<Fibre>();
        Fibre& f = *fibres[t];
        f.thread = t, f.open.clear(), f.groups.clear();
        getcontext(&f.context);
        f.context.uc_stack.ss_sp = f.stack.data();
        f.context.uc_stack.ss_size = STACK;
        f.context.uc_link = nullptr;
        makecontext(&f.context, thread_main, 0);
        if (t) ready.push_back(t);
    }
    current = fibres[0].get();
    threadIdx = {0, 0, 0};
    swapcontext(&finished, &current->context);
}

template <class... P> void launch(void (*kernel)(P...)) {
    seed = read_value<u64>();
    random_bits.seed(seed);
    gridDim = read_value<Dim3>();
    blockDim = {read_value<u32>(), 1, 1};
    const u32 shared_bytes = read_value<u32>();
    std::tuple<P...> params{read_param<P>()...};
    kernel_call = [=] { std::apply(kernel, params); };
    for (blockIdx.z = 0; blockIdx.z < gridDim.z; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; blockIdx.x++) run_block(blockDim.x, shared_bytes);
    for (auto& [start, size] : buffers) {
        for (size_t i = 0; i < 128; i++)
            if (start[size + i] != (unsigned char)(CANARY >> (start + size + i - (const unsigned char*)0) % 8 * 8))
                fault("written behind the end of a buffer");
        const u64 bytes = size;
        fwrite(&bytes, 1, sizeof bytes, stdout);
        fwrite(start, 1, size, stdout);
    }
}

}  // namespace host

int main(int count, char** words) {
    const std::string wanted = count > 1 ? words[1] : "";
#define KERNEL_NAMED(name) \
    if (wanted == #name) return host::launch(name), 0;
    KERNELS
    fprintf(stderr, "no kernel `%s`\n", wanted.c_str());
    return 1;
}
