/* A CUDA driver, an NVRTC and a cuBLASLt without a GPU, in one library, for tests/cuda.rs.
 *
 * Memory is the host's; streams run at once; graphs keep what was captured and run it when launched. Products are
 * really computed, so a wrong transpose or a wrong buffer shows. A kernel runs if FAKE_CUDA_PROGRAMS holds a host program
 * of its text; else it does nothing, and an output that only it would write stays poisoned.
 *
 * FAKE_CUDA_MEMORY   bytes of device memory (1 GiB)
 * FAKE_CUDA_PCI      PCI address (0000:AB:00.0)
 * FAKE_CUDA_LAUNCH   error code of the first launch and of every call after it, as after a fault on the device
 * FAKE_CUDA_OPEN     error code of opening the device
 * FAKE_CUDA_CAPTURE  error code of capturing a graph
 * FAKE_CUDA_PROGRAMS a folder: HASH is the host program of the text with that FNV-1a hash, HASH.abi has a line a kernel
 *                    parameter: `U BYTES` by value, `S` a buffer's address, `L` a buffer's length
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

typedef int Result;
typedef unsigned long long Address;
enum { OK = 0, INVALID = 1, NO_MEMORY = 2 };

static Result told(const char* name) {
    const char* text = getenv(name);
    return text ? atoi(text) : OK;
}

/* ---- faults ---- */

static Result fault = OK;

static Result launched(void) {
    if (!fault) fault = told("FAKE_CUDA_LAUNCH");
    return OK;
}

/* ---- device ---- */

Result cuInit(unsigned flags) { return flags; }
Result cuDriverGetVersion(int* version) { *version = 13000; return OK; }
Result cuDeviceGetCount(int* count) { *count = 1; return OK; }
Result cuDeviceGet(int* device, int ordinal) { *device = 7; return ordinal ? INVALID : OK; }
Result cuDeviceGetName(char* name, int room, int device) {
    if (device != 7) return INVALID;
    snprintf(name, room, "Fake H200");
    return OK;
}
Result cuDeviceGetUuid(unsigned char* bytes, int device) {
    for (int i = 0; i < 16; i++) bytes[i] = i + 1;
    return device == 7 ? OK : INVALID;
}
Result cuDeviceGetPCIBusId(char* text, int room, int device) {
    const char* address = getenv("FAKE_CUDA_PCI");
    snprintf(text, room, "%s", address ? address : "0000:AB:00.0");
    return device == 7 ? OK : INVALID;
}

static size_t total(void) {
    const char* text = getenv("FAKE_CUDA_MEMORY");
    return text ? strtoull(text, 0, 10) : (size_t)1 << 30;
}

Result cuDeviceTotalMem_v2(size_t* bytes, int device) { *bytes = total(); return device == 7 ? OK : INVALID; }
Result cuDeviceGetAttribute(int* value, int attribute, int device) {
    switch (attribute) {
    case 75: *value = 9; break;            /* compute capability 9.0 */
    case 76: *value = 0; break;
    case 38: *value = 1 << 20; break;      /* a small L2, so that few buffer sets are cold */
    case 16: *value = 132; break;
    case 8: *value = 49152; break;
    case 97: *value = 232448; break;
    case 81: *value = 233472; break;
    case 12: *value = 65536; break;
    case 1: *value = 1024; break;
    case 10: *value = 32; break;
    case 18: case 20: *value = 0; break;
    default: return INVALID;
    }
    return device == 7 ? OK : INVALID;
}

/* ---- context, memory ---- */

static int context, current;
static size_t used;

Result cuDevicePrimaryCtxRetain(void** handle, int device) {
    if (told("FAKE_CUDA_OPEN")) return told("FAKE_CUDA_OPEN");
    *handle = &context;
    return device == 7 ? OK : INVALID;
}
Result cuDevicePrimaryCtxRelease_v2(int device) { return device == 7 ? OK : INVALID; }
Result cuCtxSetCurrent(void* handle) { current = handle == &context; return current ? OK : INVALID; }
Result cuMemGetInfo_v2(size_t* free_bytes, size_t* all) { *all = total(); *free_bytes = *all - used; return OK; }

Result cuMemAlloc_v2(Address* address, size_t bytes) {
    if (!current) return 201;
    if (used + bytes > total()) return NO_MEMORY;
    size_t* block = aligned_alloc(256, (bytes + 256 + 255) / 256 * 256);
    if (!block) return NO_MEMORY;
    block[0] = bytes;
    used += bytes;
    /* Fresh memory holds whatever was there. */
    memset((char*)block + 256, 0xA5, bytes);
    *address = (Address)(uintptr_t)block + 256;
    return OK;
}
Result cuMemFree_v2(Address address) {
    size_t* block = (size_t*)(uintptr_t)(address - 256);
    used -= block[0];
    free(block);
    return OK;
}
Result cuMemcpyHtoDAsync_v2(Address to, const void* from, size_t bytes, void* stream) {
    if (!stream) return INVALID;
    memcpy((void*)(uintptr_t)to, from, bytes);
    return fault;
}
Result cuMemcpyDtoHAsync_v2(void* to, Address from, size_t bytes, void* stream) {
    if (!stream) return INVALID;
    memcpy(to, (void*)(uintptr_t)from, bytes);
    return fault;
}
Result cuMemcpyDtoDAsync_v2(Address to, Address from, size_t bytes, void* stream) {
    return cuMemcpyHtoDAsync_v2(to, (void*)(uintptr_t)from, bytes, stream);
}
Result cuMemsetD8Async(Address to, unsigned char byte, size_t bytes, void* stream) {
    if (!stream) return INVALID;
    memset((void*)(uintptr_t)to, byte, bytes);
    return fault;
}

/* ---- work: a launch of a kernel, or a product ---- */

typedef struct { int rows, cols, leading, type; } Layout;
enum { MOST_PARAMETERS = 8, MOST_BYTES = 128 };
typedef struct { char program[512], kinds[MOST_PARAMETERS]; int bytes[MOST_PARAMETERS], count; } Function;
typedef struct {
    const Function* kernel;
    unsigned grid[3];
    unsigned char values[MOST_PARAMETERS][MOST_BYTES];
    int is_product, i8, tf32, transposed[2], type_in, type_out;
    Layout left, right, result;
    const void *a, *b;
    void* c;
} Op;
typedef struct { Op* ops; int count; } Graph;

static Graph* capturing;
static void multiply(const Op* op);
static void execute(const Op* op);

static Result run(const Op* op) {
    if (op->is_product) multiply(op);
    if (op->kernel && *op->kernel->program) execute(op);
    return launched();
}
static Result enqueue(const Op* op) {
    if (!capturing) return run(op);
    capturing->ops = realloc(capturing->ops, (capturing->count + 1) * sizeof *op);
    capturing->ops[capturing->count++] = *op;
    return OK;
}

static int stream;
Result cuStreamCreate(void** handle, unsigned flags) { *handle = &stream; return flags == 1 ? OK : INVALID; }
Result cuStreamSynchronize(void* handle) { return handle == &stream ? fault : INVALID; }
Result cuStreamDestroy_v2(void* handle) { return handle == &stream ? OK : INVALID; }
Result cuStreamBeginCapture_v2(void* handle, int mode) {
    if (told("FAKE_CUDA_CAPTURE")) return told("FAKE_CUDA_CAPTURE");
    if (handle != &stream || capturing || mode != 1) return INVALID;
    capturing = calloc(1, sizeof *capturing);
    return OK;
}
Result cuStreamEndCapture(void* handle, Graph** graph) {
    if (handle != &stream || !capturing) return INVALID;
    *graph = capturing;
    capturing = 0;
    return OK;
}
Result cuGraphInstantiateWithFlags(Graph** made, Graph* graph, unsigned long long flags) {
    *made = malloc(sizeof **made);
    (*made)->count = graph->count;
    (*made)->ops = malloc(graph->count * sizeof(Op));
    memcpy((*made)->ops, graph->ops, graph->count * sizeof(Op));
    return flags ? INVALID : OK;
}
Result cuGraphUpload(Graph* graph, void* handle) { return graph && handle == &stream ? fault : INVALID; }
Result cuGraphLaunch(Graph* graph, void* handle) {
    if (handle != &stream) return INVALID;
    for (int i = 0; i < graph->count; i++) run(&graph->ops[i]);
    return OK;
}
Result cuGraphDestroy(Graph* graph) { free(graph->ops); free(graph); return OK; }
Result cuGraphExecDestroy(Graph* graph) { return cuGraphDestroy(graph); }

Result cuEventCreate(double** event, unsigned flags) { *event = calloc(1, sizeof **event); return flags ? INVALID : OK; }
Result cuEventRecord(double* event, void* handle) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    *event = now.tv_sec * 1e3 + now.tv_nsec * 1e-6;
    return handle == &stream ? fault : INVALID;
}
Result cuEventSynchronize(double* event) { return event ? fault : INVALID; }
Result cuEventElapsedTime(float* ms, double* start, double* end) { *ms = *end - *start; return OK; }
Result cuEventDestroy_v2(double* event) { free(event); return OK; }

/* ---- kernels ---- */

static const char IMAGE[] = "FAKE-CUBIN\n";

/* A module is its only function. */
Result cuModuleLoadDataEx(Function** module, const char* image, unsigned count, int* options, void** values) {
    if (count == 2 && options[0] == 5 && options[1] == 6) ((char*)values[0])[0] = 0;
    if (strncmp(image, IMAGE, sizeof IMAGE - 1)) return 200;
    uint64_t hash = 0xcbf29ce484222325u;
    for (const char* c = image + sizeof IMAGE - 1; *c; c++) hash = (hash ^ (unsigned char)*c) * 0x100000001b3u;
    Function* function = *module = calloc(1, sizeof **module);
    const char* folder = getenv("FAKE_CUDA_PROGRAMS");
    if (!folder) return OK;
    snprintf(function->program, sizeof function->program, "%s/%016llx", folder, (unsigned long long)hash);
    char path[600];
    snprintf(path, sizeof path, "%s.abi", function->program);
    FILE* abi = fopen(path, "r");
    if (!abi) {
        *function->program = 0;
        return OK;
    }
    char line[64];
    while (function->count < MOST_PARAMETERS && fgets(line, sizeof line, abi)) {
        int at = function->count++;
        function->kinds[at] = line[0];
        function->bytes[at] = line[0] == 'U' ? atoi(line + 1) : line[0] == 'S' ? 8 : 4;
        if (function->bytes[at] > MOST_BYTES) abort();
    }
    fclose(abi);
    return OK;
}
Result cuModuleUnload(Function* module) { free(module); return OK; }
Result cuModuleGetFunction(Function** function, Function* module, const char* name) {
    *function = module;
    return *name ? OK : INVALID;
}
Result cuFuncGetAttribute(int* value, int attribute, Function* function) {
    *value = attribute == 4 ? 40 : attribute == 0 ? 1024 : 0;
    return function ? OK : INVALID;
}
Result cuFuncSetAttribute(Function* function, int attribute, int value) {
    return function && attribute == 8 && value >= 0 ? OK : INVALID;
}
Result cuLaunchKernel(Function* function, unsigned gx, unsigned gy, unsigned gz, unsigned bx, unsigned by, unsigned bz,
                      unsigned shared, void* on, void** parameters, void** extra) {
    if (!function || on != &stream || extra || !parameters || shared > 232448) return INVALID;
    if (!gx || !gy || !gz || bx * by * bz > 1024 || !bx || !by || !bz || gy > 65535 || gz > 65535) return INVALID;
    Op op = {.kernel = function, .grid = {gx, gy, gz}};
    for (int i = 0; i < function->count; i++) memcpy(op.values[i], parameters[i], function->bytes[i]);
    return enqueue(&op);
}

/* Runs the host program: parameters in, buffers out. */
static void execute(const Op* op) {
    const Function* kernel = op->kernel;
    char job[640], answer[640], command[2048];
    snprintf(job, sizeof job, "%s.%d.job", kernel->program, (int)getpid());
    snprintf(answer, sizeof answer, "%s.%d.out", kernel->program, (int)getpid());
    FILE* file = fopen(job, "w");
    uint32_t lanes = 32, count = kernel->count;
    uint64_t seed = 1;
    fwrite(op->grid, 4, 3, file);
    fwrite(&seed, 8, 1, file);
    fwrite(&lanes, 4, 1, file);
    fwrite(&count, 4, 1, file);
    for (int i = 0; i < kernel->count; i++) {
        Address address = *(const Address*)op->values[i];
        uint64_t bytes = kernel->kinds[i] == 'S' ? *(size_t*)(uintptr_t)(address - 256) : (uint64_t)kernel->bytes[i];
        fwrite(&bytes, 8, 1, file);
        fwrite(kernel->kinds[i] == 'S' ? (const void*)(uintptr_t)address : op->values[i], 1, bytes, file);
    }
    fclose(file);
    snprintf(command, sizeof command, "%s <%s >%s", kernel->program, job, answer);
    if (system(command)) {
        fault = 719;
        return;
    }
    file = fopen(answer, "r");
    for (int i = 0; i < kernel->count; i++) {
        uint64_t bytes;
        if (kernel->kinds[i] != 'S') continue;
        Address address = *(const Address*)op->values[i];
        if (fread(&bytes, 8, 1, file) != 1 || bytes != *(size_t*)(uintptr_t)(address - 256) ||
            fread((void*)(uintptr_t)address, 1, bytes, file) != bytes) fault = 719;
    }
    fclose(file);
    remove(job);
    remove(answer);
}

/* ---- NVRTC ---- */

typedef struct { char* image; } Program;

Result nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 0; return OK; }
const char* nvrtcGetErrorString(Result result) { return result ? "NVRTC_ERROR_FAKE" : "NVRTC_SUCCESS"; }
Result nvrtcGetNumSupportedArchs(int* count) { *count = 3; return OK; }
Result nvrtcGetSupportedArchs(int* archs) { archs[0] = 80; archs[1] = 90; archs[2] = 100; return OK; }
Result nvrtcCreateProgram(Program** made, const char* text, const char* name, int headers, const char* const* a,
                          const char* const* b) {
    if (!name || headers || a || b) return INVALID;
    *made = malloc(sizeof **made);
    (*made)->image = malloc(strlen(text) + sizeof IMAGE);
    sprintf((*made)->image, "%s%s", IMAGE, text);
    return OK;
}
Result nvrtcDestroyProgram(Program** program) { free((*program)->image); free(*program); *program = 0; return OK; }
Result nvrtcCompileProgram(Program* program, int count, const char* const* options) {
    if (!program->image || count < 1) return 5;
    return strcmp(options[0], "--gpu-architecture=sm_90a") ? 5 : OK;
}
Result nvrtcGetPTXSize(Program* program, size_t* size) { *size = program ? 5 : 0; return OK; }
Result nvrtcGetPTX(Program* program, char* ptx) { strcpy(ptx, "fake"); return program ? OK : INVALID; }
Result nvrtcGetCUBINSize(Program* program, size_t* size) { *size = strlen(program->image); return OK; }
Result nvrtcGetCUBIN(Program* program, char* cubin) { memcpy(cubin, program->image, strlen(program->image)); return OK; }
Result nvrtcGetProgramLogSize(Program* program, size_t* size) { *size = program ? 1 : 0; return OK; }
Result nvrtcGetProgramLog(Program* program, char* log) { *log = 0; return program ? OK : INVALID; }

/* ---- cuBLASLt ---- */

typedef struct { int compute, scale, transposed[2]; } Desc;

size_t cublasLtGetVersion(void) { return 130001; }
Result cublasLtCreate(void** handle) { *handle = &stream; return current ? OK : 1; }
Result cublasLtDestroy(void* handle) { return handle == &stream ? OK : 7; }
Result cublasLtMatrixLayoutCreate(Layout** made, int type, uint64_t rows, uint64_t cols, int64_t leading) {
    *made = malloc(sizeof **made);
    **made = (Layout){rows, cols, leading, type};
    return leading < (int64_t)rows ? 7 : OK;
}
Result cublasLtMatrixLayoutDestroy(Layout* layout) { free(layout); return OK; }
Result cublasLtMatmulDescCreate(Desc** made, int compute, int scale) {
    *made = calloc(1, sizeof **made);
    (*made)->compute = compute;
    (*made)->scale = scale;
    return OK;
}
Result cublasLtMatmulDescDestroy(Desc* desc) { free(desc); return OK; }
Result cublasLtMatmulDescSetAttribute(Desc* desc, int attribute, const int* value, size_t size) {
    if (attribute < 3 || attribute > 4 || size != 4) return 7;
    desc->transposed[attribute - 3] = *value;
    return OK;
}
Result cublasLtMatmulPreferenceCreate(void** made) { *made = &stream; return OK; }
Result cublasLtMatmulPreferenceDestroy(void* preference) { return preference == &stream ? OK : 7; }
Result cublasLtMatmulPreferenceSetAttribute(void* preference, int attribute, const void* value, size_t size) {
    return preference && value && ((attribute == 1 && size == 8) || (attribute == 3 && size == 4)) ? OK : 7;
}

typedef struct { uint64_t algo[8]; size_t workspace; int state; float waves; int reserved[4]; } Heuristic;

Result cublasLtMatmulAlgoGetHeuristic(void* handle, Desc* desc, Layout* left, Layout* right, Layout* c, Layout* d,
                                      void* preference, int wanted, Heuristic* found, int* count) {
    if (handle != &stream || preference != &stream || c != d || wanted < 2) return 7;
    int i8 = left->type == 3, fp8 = left->type == 28;
    /* As the library has it: types belong together, 8 bits want the transposed form and whole words or 16 bytes. */
    if (fp8 && (desc->compute != 68 || desc->scale != 0 || d->type != 14 || !desc->transposed[0] || desc->transposed[1] ||
                left->leading % 16 || d->rows % 16)) return 15;
    if (i8 && (desc->compute != 72 || desc->scale != 10 || d->type != 10 || !desc->transposed[0] ||
               desc->transposed[1] || left->leading % 4 || d->rows % 4)) return 15;
    int tf32 = desc->compute == 77 && left->type == 0;
    if (!i8 && !fp8 && (desc->compute != 68 && !tf32 || desc->scale != 0 || d->type != left->type)) return 15;
    int inner = desc->transposed[0] ? left->rows : left->cols;
    if (inner != (desc->transposed[1] ? right->cols : right->rows)) return 7;
    memset(found, 0, 2 * sizeof *found);
    found[1].algo[0] = 1;
    *count = 2;
    return OK;
}
Result cublasLtMatmulAlgoConfigGetAttribute(const uint64_t* algo, int attribute, int* value, size_t size, size_t* written) {
    *value = 10 * attribute + (int)algo[0];
    *written = size;
    return size == 4 ? OK : 7;
}
Result cublasLtMatmul(void* handle, Desc* desc, const void* alpha, const void* a, Layout* left, const void* b,
                      Layout* right, const void* beta, const void* c, Layout* c_layout, void* d, Layout* d_layout,
                      const void* algo, void* workspace, size_t bytes, void* on) {
    int i8 = left->type == 3;
    int one = i8 ? *(const int*)alpha == 1 : *(const float*)alpha == 1.0f;
    if (handle != &stream || on != &stream || !one || *(const int*)beta || c != d || c_layout != d_layout || !algo ||
        !workspace || bytes != 32 << 20) return 7;
    Op op = {.is_product = 1, .i8 = i8, .tf32 = desc->compute == 77, .transposed = {desc->transposed[0], desc->transposed[1]}, .type_in = left->type,
             .type_out = d_layout->type, .left = *left, .right = *right, .result = *d_layout, .a = a, .b = b, .c = d};
    return enqueue(&op);
}

static double load(const void* data, size_t at, int type) {
    uint32_t bits;
    float f;
    switch (type) {
    case 0: return ((const float*)data)[at];
    case 2: return ((const _Float16*)data)[at];
    case 3: return ((const int8_t*)data)[at];
    case 28: {
        int byte = ((const uint8_t*)data)[at], exponent = byte >> 3 & 15, mantissa = byte & 7;
        double size = exponent ? (8 + mantissa) * (1 << exponent) / 1024.0 : mantissa / 512.0;
        return byte & 128 ? -size : size;
    }
    default:
        bits = (uint32_t)((const uint16_t*)data)[at] << 16;
        memcpy(&f, &bits, 4);
        return f;
    }
}
static void store(void* data, size_t at, int type, double value) {
    float f = value;
    uint32_t bits;
    switch (type) {
    case 0: ((float*)data)[at] = f; break;
    case 2: ((_Float16*)data)[at] = (_Float16)value; break;
    case 10: ((int32_t*)data)[at] = (int32_t)value; break;
    default:
        memcpy(&bits, &f, 4);
        ((uint16_t*)data)[at] = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
    }
}
/* Cut to 10 bits after the point, the worse of what hardware may do. */
static double narrow(const Op* op, double value) {
    if (!op->tf32) return value;
    float f = value;
    uint32_t bits;
    memcpy(&bits, &f, 4);
    bits &= ~0x1fffu;
    memcpy(&f, &bits, 4);
    return f;
}
static void multiply(const Op* op) {
    int inner = op->transposed[0] ? op->left.rows : op->left.cols;
    for (int col = 0; col < op->result.cols; col++)
        for (int row = 0; row < op->result.rows; row++) {
            double sum = 0;
            for (int i = 0; i < inner; i++) {
                size_t l = op->transposed[0] ? (size_t)row * op->left.leading + i : (size_t)i * op->left.leading + row;
                size_t r = op->transposed[1] ? (size_t)i * op->right.leading + col : (size_t)col * op->right.leading + i;
                sum += narrow(op, load(op->a, l, op->type_in)) * narrow(op, load(op->b, r, op->type_in));
            }
            store(op->c, (size_t)col * op->result.leading + row, op->type_out, sum);
        }
}
