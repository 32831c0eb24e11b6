// The table of levels. CMakeLists.txt holds the compiler flags that go with each; both must name the same features.
#include "level.hpp"

#if defined(__x86_64__) && !defined(RANKFOLD_PLAIN)
#define RANKFOLD_X86
#elif defined(__aarch64__) && !defined(RANKFOLD_PLAIN)
#define RANKFOLD_ARM
#endif

namespace rankfold {

#if defined(RANKFOLD_X86)
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

const Level LEVELS[] = {{"v4x", has_v4x, &v4x::kernels}, {"v3", has_v3, &v3::kernels}, {"v2", has_v2, &v2::kernels}};

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
