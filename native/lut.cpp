// Scans of codebook codes: sums of table entries, 64 rows a block.
#include "simd.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t CHUNK_BYTES = 131072;  // packed codes that stay in the second cache while all queries pass over them

RANKFOLD_INLINE void write_scaled(const std::int32_t* sums, float step, float offset, float* out, size_t rows) {
    float scaled[BLOCK];
    float* const to = rows == BLOCK ? out : scaled;
    for (size_t row = 0; row < BLOCK; row += FLOATS) store(to + row, add(mul(to_float(sums + row), all(step)), all(offset)));
    if (rows < BLOCK) std::memcpy(out, scaled, rows * sizeof(float));
}

struct Wide {  // one group a byte
    static constexpr size_t table_bytes = 256;
    static constexpr size_t steps = 256;  // so many entries of at most 255 fit 16 bits
    RANKFOLD_INLINE void look(Sums& sums, const std::uint8_t* table, Bytes code) { add(sums, look256(table, code)); }
};

struct Narrow {  // two groups a byte
    static constexpr size_t table_bytes = 32;
    static constexpr size_t steps = 128;
    RANKFOLD_INLINE void look(Sums& sums, const std::uint8_t* table, Bytes code) {
        add(sums, look16(table, low_nibbles(code)));
        add(sums, look16(table + 16, high_nibbles(code)));
    }
};

// One query over one block: g bytes a row.
template <typename Form>
inline void scan_block(const std::uint8_t* tables, const std::uint8_t* block, size_t g, std::int32_t* sums) {
    for (size_t row = 0; row < BLOCK; row += LUT_ROWS) {
        for (size_t first = 0; first < g || first == 0; first += Form::steps) {
            const size_t last = least(first + Form::steps, g);
            Sums part;
            for (size_t group = first; group < last; ++group) {
                Form::look(part, tables + group * Form::table_bytes, load_bytes(block + group * BLOCK + row));
            }
            std::uint16_t stored[LUT_ROWS];
            store(part, stored);
            for (size_t lane = 0; lane < LUT_ROWS; ++lane) sums[row + lane] = stored[lane] + (first ? sums[row + lane] : 0);
        }
    }
}

template <typename Form>
inline void scan(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, float* out, size_t q, size_t n, size_t g) {
    const size_t chunk = (CHUNK_BYTES / (g * BLOCK + 1) + 1) * BLOCK;
    for (size_t start = 0; start < n; start += chunk) {
        const size_t stop = least(start + chunk, n);
        for (size_t query = 0; query < q; ++query) {
            const std::uint8_t* const table = tables + query * g * Form::table_bytes;
            for (size_t row = start; row < stop; row += BLOCK) {
                std::int32_t sums[BLOCK];
                scan_block<Form>(table, packed + row * g, g, sums);
                write_scaled(sums, scale.step[query], scale.offset[query], out + query * n + row, least(BLOCK, stop - row));
            }
        }
    }
}

}  // namespace

void lut8(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, float* out, size_t q, size_t n, size_t g) {
    scan<Wide>(tables, packed, scale, out, q, n, g);
}

void lut4(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, float* out, size_t q, size_t n, size_t g) {
    scan<Narrow>(tables, packed, scale, out, q, n, g);
}

}  // namespace rankfold::RANKFOLD_LEVEL
