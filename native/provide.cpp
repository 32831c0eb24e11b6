// Compiled once per level: the functions of this level as one value.
#include "kernels.hpp"

namespace rankfold::RANKFOLD_LEVEL {

extern const Kernels kernels;
const Kernels kernels = {dot8, dot8_top, interleave, lut8, lut4, lut8_top, lut4_top, bits, nearest, beam, select, rans_encode, rans_decode, trellis_encode, trellis_decode,
                         trellis_scan, trellis_top, sparse_scan, inverted_top, omp, topk_rows};

}  // namespace rankfold::RANKFOLD_LEVEL
