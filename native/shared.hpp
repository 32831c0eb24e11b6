// Parts that all levels share, compiled once for the oldest processor: what needs the standard library lives here.
#pragma once

#include "kernels.hpp"

namespace rankfold {

struct Entry {
    float score;
    std::int64_t row;
};

// Sorts `fresh` and merges it into the sorted top k: higher score first, the lower row first in a tie.
void merge_top(Entry* fresh, size_t count, float* top_scores, std::int64_t* top_rows, size_t k);

// Memory from the start of a cache line on, or std::bad_alloc.
void* take_memory(size_t bytes);
void give_memory(void* memory);

}  // namespace rankfold
