// The levels: sets of processor features, each with kernels compiled for it.
#pragma once

#include "kernels.hpp"

namespace rankfold {

struct Level {
    const char* name;
    bool (*here)();
    const Kernels* kernels;
};

// All levels compiled in, best first; `count` is set to how many there are.
const Level* all_levels(size_t& count);

}  // namespace rankfold
