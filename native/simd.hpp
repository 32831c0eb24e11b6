// The vector vocabulary of the kernels, one file per instruction set; the only place with compiler conditionals.
//
// Everything lives in the namespace of its level and is forced inline. Files that are compiled once per level use nothing else from the
// standard library than <cstdint> and <cstring>: a template shared between levels could be linked in its newest form and run on an old processor.
#pragma once

#include <cstdint>
#include <cstring>

#include "shared.hpp"

#define RANKFOLD_INLINE static inline __attribute__((always_inline))

#if defined(__AVX512VBMI__) || defined(RANKFOLD_EMULATE)
#include "simd_v4x.hpp"
#elif defined(__AVX2__)
#include "simd_v3.hpp"
#elif defined(__SSE4_2__)
#include "simd_v2.hpp"
#else
#include "simd_plain.hpp"
#endif
#if defined(__AMX_INT8__)
#include "simd_tiles.hpp"
#else
#include "simd_no_tiles.hpp"
#endif

namespace rankfold::RANKFOLD_LEVEL {

RANKFOLD_INLINE size_t least(size_t a, size_t b) { return a < b ? a : b; }

// Memory for the time of one call.
template <typename T>
struct Scratch {
    T* at;
    explicit Scratch(size_t count) : at(static_cast<T*>(take_memory(count * sizeof(T) + 64))) {}
    ~Scratch() { give_memory(at); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
};

}  // namespace rankfold::RANKFOLD_LEVEL
