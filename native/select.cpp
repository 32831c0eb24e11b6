// The running top k of blocks of scores.
#include "top.hpp"

namespace rankfold::RANKFOLD_LEVEL {

void select(const float* scores, std::int64_t first, float* top_scores, std::int64_t* top_rows, size_t q, size_t n, size_t k) {
    for (size_t query = 0; query < q; ++query) select_one(scores + query * n, first, {top_scores + query * k, top_rows + query * k, k}, n);
}

}  // namespace rankfold::RANKFOLD_LEVEL
