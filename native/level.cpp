// The table of levels. CMakeLists.txt holds the compiler flags that go with each; both must name the same features.
#include "level.hpp"

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__) && !defined(RANKFOLD_PLAIN)
#define RANKFOLD_X86
#elif defined(__aarch64__) && !defined(RANKFOLD_PLAIN)
#define RANKFOLD_ARM
#endif

namespace rankfold {

#if defined(RANKFOLD_X86)
#if defined(RANKFOLD_TILES)
namespace amx { extern const Kernels kernels; }
#endif
namespace v4x { extern const Kernels kernels; }
namespace v3 { extern const Kernels kernels; }
namespace v2 { extern const Kernels kernels; }
#elif defined(RANKFOLD_ARM)
namespace arm { extern const Kernels kernels; }
#else
namespace generic { extern const Kernels kernels; }
#endif

namespace {

#if defined(RANKFOLD_X86)

bool has_v2() { return __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"); }

bool has_v3() {
    return has_v2() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
}

#if defined(RANKFOLD_EMULATE)
bool has_v4x() { return has_v3(); }
#else
bool has_v4x() {
    return has_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vnni");
}
#endif

#if defined(RANKFOLD_TILES)
// Tiles are large: Linux lends their registers only to a process that has asked for them.
bool ask_for_tiles() {
    constexpr long ASK = 0x1023, TILE_DATA = 18;  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    return syscall(SYS_arch_prctl, ASK, TILE_DATA) == 0;
}

bool processor_has_tiles() {
    unsigned a, b, c, d;
    __asm__("cpuid" : "=a"(a), "=b"(b), "=c"(c), "=d"(d) : "a"(7), "c"(0));
    return (d >> 24 & 1) && (d >> 25 & 1);  // AMX-TILE, AMX-INT8
}

bool has_amx() {
    static const bool has = has_v4x() && processor_has_tiles() && ask_for_tiles();
    return has;
}
#endif

const Level LEVELS[] = {
#if defined(RANKFOLD_TILES)
    {"amx", has_amx, &amx::kernels},
#endif
    {"v4x", has_v4x, &v4x::kernels}, {"v3", has_v3, &v3::kernels}, {"v2", has_v2, &v2::kernels}};

#else

bool always() { return true; }

#if defined(RANKFOLD_ARM)
const Level LEVELS[] = {{"arm", always, &arm::kernels}};
#else
const Level LEVELS[] = {{"generic", always, &generic::kernels}};
#endif

#endif

}  // namespace

const Level* all_levels(size_t& count) {
    count = sizeof LEVELS / sizeof LEVELS[0];
    return LEVELS;
}

}  // namespace rankfold
