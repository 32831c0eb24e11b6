// Stands in for the compiler's <immintrin.h> where v4x is tested without a processor for it: SIMDe works every AVX-512 operation out in plain C++.
// The build option RANKFOLD_EMULATE puts this folder first; nothing else includes it. What follows the headers is what SIMDe 0.7 lacks.
#pragma once

#define SIMDE_NO_NATIVE
#define SIMDE_ENABLE_NATIVE_ALIASES
#include <simde/x86/avx512.h>
#include <simde/x86/fma.h>

#define __mmask16 simde__mmask16
#define __mmask64 simde__mmask64

#ifndef _mm512_cvtepi32_ps
static inline simde__m512 emulated_cvtepi32_ps(simde__m512i whole) {
    const simde__m512i_private from = simde__m512i_to_private(whole);
    simde__m512_private to;
    for (int lane = 0; lane < 16; ++lane) to.f32[lane] = static_cast<float>(from.i32[lane]);
    return simde__m512_from_private(to);
}
#define _mm512_cvtepi32_ps emulated_cvtepi32_ps
#endif

#ifndef _mm512_mask_i32gather_epi32
static inline simde__m512i emulated_mask_i32gather_epi32(simde__m512i other, simde__mmask16 mask, simde__m512i place, const void* base, int scale) {
    const simde__m512i_private at = simde__m512i_to_private(place);
    simde__m512i_private to = simde__m512i_to_private(other);
    for (int lane = 0; lane < 16; ++lane) {
        if (mask >> lane & 1) __builtin_memcpy(&to.i32[lane], static_cast<const char*>(base) + static_cast<long long>(at.i32[lane]) * scale, sizeof(int));
    }
    return simde__m512i_from_private(to);
}
#define _mm512_mask_i32gather_epi32 emulated_mask_i32gather_epi32
#endif
