// Exact dot products of 16-bit queries with 8-bit rows.
#include "dot8_work.hpp"

namespace rankfold::RANKFOLD_LEVEL {

void dot8(const std::int16_t* queries, const std::int8_t* rows, std::int32_t* out, size_t q, size_t n, size_t d) {
    over_tiles(Dot8Work{queries, rows, out, n, d}, q, n, d);
}

}  // namespace rankfold::RANKFOLD_LEVEL
