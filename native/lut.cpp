// Scans of codebook codes: sums of table entries, 64 rows a block.
#include "lut_many.hpp"
#include "top.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t MANY_LEAST_ROWS = 4096;  // fewer do not pay for turning the tables
constexpr size_t AHEAD_BYTES = 4096;      // the processor's own look-ahead ends at a page
constexpr size_t FEW_LISTS = 4, LEAST_FRESH = 64;  // of many lists of entries each is short: they share the cache
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
    static constexpr size_t vectors = 1;  // of rows at a time: as many as leave the tables in registers
    RANKFOLD_INLINE void look(Sums* sums, const std::uint8_t* table, const std::uint8_t* codes) { add(*sums, look256(table, load_bytes(codes))); }
};

struct Narrow {  // two groups a byte
    static constexpr size_t table_bytes = 32;
    static constexpr size_t steps = 128;
    static constexpr size_t vectors = BLOCK / LUT_ROWS < 2 ? 1 : 2;
    RANKFOLD_INLINE void look(Sums* sums, const std::uint8_t* table, const std::uint8_t* codes) {
        for (size_t i = 0; i < vectors; ++i) {
            const Bytes pairs = load_bytes(codes + i * LUT_ROWS);
            add(sums[i], look16(table, low_nibbles(pairs)));
            add(sums[i], look16(table + 16, high_nibbles(pairs)));
        }
    }
};

// One query over one block: g bytes a row.
template <typename Form>
inline void scan_block(const std::uint8_t* tables, const std::uint8_t* block, size_t g, std::int32_t* sums) {
    constexpr size_t ROWS = Form::vectors * LUT_ROWS;
    for (size_t row = 0; row < BLOCK; row += ROWS) {
        for (size_t first = 0; first < g || first == 0; first += Form::steps) {
            const size_t last = least(first + Form::steps, g);
            Sums part[Form::vectors];
            for (size_t group = first; group < last; ++group) {
                const std::uint8_t* const codes = block + group * BLOCK + row;
                __builtin_prefetch(codes + AHEAD_BYTES);
                Form::look(part, tables + group * Form::table_bytes, codes);
            }
            std::uint16_t stored[ROWS];
            for (size_t i = 0; i < Form::vectors; ++i) store(part[i], stored + i * LUT_ROWS);
            for (size_t lane = 0; lane < ROWS; ++lane) sums[row + lane] = stored[lane] + (first ? sums[row + lane] : 0);
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

// As `scan`, times the scale of each row; only the best rows are kept.
template <typename Form>
inline void scan_top(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, const float* row_scale, std::int64_t first_row, Top tops, size_t q,
                     size_t n, size_t g) {
    const size_t chunk = (CHUNK_BYTES / (g * BLOCK + 1) + 1) * BLOCK, room = q < FEW_LISTS ? MOST_FRESH : LEAST_FRESH;
    Scratch<Entry> fresh(q * room);
    Scratch<Entering> entering(q);
    for (size_t query = 0; query < q; ++query) {
        entering.at[query] = entering_into({tops.scores + query * tops.k, tops.rows + query * tops.k, tops.k}, fresh.at + query * room, room);
    }
    for (size_t start = 0; start < n; start += chunk) {
        const size_t stop = least(start + chunk, n);
        for (size_t query = 0; query < q; ++query) {
            const std::uint8_t* const table = tables + query * g * Form::table_bytes;
            for (size_t row = start; row < stop; row += BLOCK) {
                std::int32_t sums[BLOCK];
                float scores[BLOCK], scales[BLOCK];
                scan_block<Form>(table, packed + row * g, g, sums);
                const bool whole = stop - row >= BLOCK;
                if (!whole) std::memcpy(scales, row_scale + row, (stop - row) * sizeof(float));
                const float* const scale_at = whole ? row_scale + row : scales;
                for (size_t i = 0; i < BLOCK; i += FLOATS) {
                    store(scores + i, mul(add(mul(to_float(sums + i), all(scale.step[query])), all(scale.offset[query])), load(scale_at + i)));
                }
                consider(scores, first_row + static_cast<std::int64_t>(row), least(BLOCK, stop - row), entering.at[query]);
            }
        }
    }
    for (size_t query = 0; query < q; ++query) entering.at[query].merge();
}

// The same from scores that are written: what scans many queries at once writes.
template <typename Write>
inline void select_pieces(const Write& write, const float* row_scale, std::int64_t first_row, Top tops, size_t q, size_t n) {
    Scratch<float> scores(q * least(n, MANY_LEAST_ROWS));
    for (size_t first = 0; first < n; first += MANY_LEAST_ROWS) {
        const size_t rows = least(MANY_LEAST_ROWS, n - first);
        write(first, rows, scores.at);
        for (size_t query = 0; query < q; ++query) {
            float* const mine = scores.at + query * rows;
            for (size_t row = 0; row < rows; ++row) mine[row] *= row_scale[first + row];
            select_one(mine, first_row + static_cast<std::int64_t>(first), {tops.scores + query * tops.k, tops.rows + query * tops.k, tops.k}, rows);
        }
    }
}

}  // namespace

void lut8(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, float* out, size_t q, size_t n, size_t g) {
    const size_t many = MANY_PAYS && g <= MANY_GROUPS && n >= MANY_LEAST_ROWS ? q / MANY * MANY : 0;
    if (many) {
        Scratch<std::uint8_t> turned(g * 256 * MANY);
        for (size_t first = 0; first < many; first += MANY) {
            scan_many(tables + first * g * 256, packed, n, g, turned.at, [&](size_t query, size_t row, const std::int32_t* sums) {
                const size_t which = first + query;
                write_scaled(sums, scale.step[which], scale.offset[which], out + which * n + row, least(BLOCK, n - row));
            });
        }
    }
    scan<Wide>(tables + many * g * 256, packed, {scale.step + many, scale.offset + many}, out + many * n, q - many, n, g);
}

void lut4(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, float* out, size_t q, size_t n, size_t g) {
    scan<Narrow>(tables, packed, scale, out, q, n, g);
}

void lut8_top(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, const float* row_scale, std::int64_t first_row, float* top_scores,
              std::int64_t* top_rows, size_t q, size_t n, size_t g, size_t k) {
    const Top tops = {top_scores, top_rows, k};
    if (!MANY_PAYS || q < MANY) return scan_top<Wide>(tables, packed, scale, row_scale, first_row, tops, q, n, g);
    select_pieces([&](size_t first, size_t rows, float* out) { lut8(tables, packed + first * g, scale, out, q, rows, g); }, row_scale, first_row, tops, q, n);
}

void lut4_top(const std::uint8_t* tables, const std::uint8_t* packed, Scale scale, const float* row_scale, std::int64_t first_row, float* top_scores,
              std::int64_t* top_rows, size_t q, size_t n, size_t g, size_t k) {
    scan_top<Narrow>(tables, packed, scale, row_scale, first_row, {top_scores, top_rows, k}, q, n, g);
}

}  // namespace rankfold::RANKFOLD_LEVEL
