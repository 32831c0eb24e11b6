// Scans of trellis codes: a block of rows is decoded to bytes once, in registers where the window has eight bits, and every query reads it.
#include "dot8_work.hpp"
#include "ring.hpp"

namespace rankfold::RANKFOLD_LEVEL {

namespace {

constexpr size_t DECODED_BYTES = 16384;  // of a block of rows: it stays in the first cache
constexpr size_t MAX_BLOCK_ROWS = 64;
constexpr size_t PAST_END = 72;  // bytes of the ring that follow its end once more, and room for whole loads
constexpr size_t REGISTER_SIZE = 256;

struct Step {  // LUT_ROWS slots, one coordinate each or none, all of one table
    Windows windows;
    size_t base, table;
};

// Slots of decoded rows: coordinates ordered by table, in groups of eight that lie in eight bytes of the ring.
struct Layout {
    Step* steps;
    size_t* slot_of;  // of each coordinate
    size_t count = 0;  // of steps

    size_t slots() const { return count * LUT_ROWS; }

    void open(size_t table, size_t byte) {
        Step& step = steps[count++];
        std::memset(&step.windows, 0, sizeof step.windows);
        step.base = byte;
        step.table = table;
    }

    void in_order(const Trellis& trellis, size_t* offset) {
        size_t first = 0;
        for (size_t j = 0; j < trellis.m; first += trellis.advance[j], ++j) {
            slot_of[j] = j;
            offset[j] = first;
        }
        count = (trellis.m + LUT_ROWS - 1) / LUT_ROWS;
    }

    void place(const Trellis& trellis) {
        for (size_t table = 0; table < trellis.count; ++table) {
            size_t group = LUT_ROWS / 8, held = 8, byte = 0, first = 0;  // nothing is open
            for (size_t j = 0; j < trellis.m; first += trellis.advance[j], ++j) {
                if (trellis.which[j] != table) continue;
                if (held == 8 || first - 8 * byte > 56) {
                    byte = first / 8;
                    held = 0;
                    if (++group >= LUT_ROWS / 8 || byte + 8 > steps[count - 1].base + WINDOW_BYTES) {
                        open(table, byte);
                        group = 0;
                    }
                    put_group(steps[count - 1].windows, group, byte - steps[count - 1].base);
                }
                const size_t slot = 8 * group + held++;
                put_window(steps[count - 1].windows, slot, first - 8 * byte);
                slot_of[j] = (count - 1) * LUT_ROWS + slot;
            }
        }
    }
};

struct Scan {
    const Trellis& trellis;
    const Layout& layout;
    std::uint8_t* rings;  // (rows, stride): rows that go on past their end
    std::int8_t* values;  // (rows, slots)

    size_t stride() const { return trellis.bytes + PAST_END; }

    void unroll(const std::uint8_t* codes, size_t rows) const {
        for (size_t row = 0; row < rows; ++row) {
            std::uint8_t* const ring = rings + row * stride();
            std::memcpy(ring, codes + row * trellis.bytes, trellis.bytes);
            for (size_t i = 0; i < 8; ++i) ring[trellis.bytes + i] = ring[i];  // of a short ring, what was just written
        }
    }

    void decode(size_t rows) const {
        const std::uint8_t* const tables = reinterpret_cast<const std::uint8_t*>(trellis.tables);
        for (size_t at = 0; at < layout.count; ++at) {
            const Step& step = layout.steps[at];
            const std::uint8_t* const table = tables + step.table * REGISTER_SIZE;
            for (size_t row = 0; row < rows; ++row) {
                const Bytes found = look256(table, look(step.windows, rings + row * stride() + step.base));
                store_bytes(values + row * layout.slots() + at * LUT_ROWS, found);
            }
        }
    }

    // Any width of the window: one look-up a coordinate, slots in the order of the coordinates.
    void decode_plainly(const size_t* offset, const std::uint8_t* codes, size_t rows) const {
        const std::uint32_t mask = static_cast<std::uint32_t>(trellis.size - 1);
        for (size_t row = 0; row < rows; ++row) {
            for (size_t j = 0; j < trellis.m; ++j) {
                const std::uint32_t window = window_at(codes + row * trellis.bytes, trellis.bytes, offset[j], mask);
                values[row * layout.slots() + j] = trellis.tables[trellis.which[j] * trellis.size + window];
            }
        }
    }
};

}  // namespace

void trellis_scan(const std::int16_t* queries, const std::uint8_t* codes, const Trellis& trellis, Scale scale, float* out, size_t q, size_t n) {
    const bool in_registers = trellis.size == REGISTER_SIZE;
    Scratch<Step> steps(in_registers ? trellis.m : 0);
    Scratch<size_t> slot_of(trellis.m), offset(trellis.m);
    Layout layout = {steps.at, slot_of.at};
    if (in_registers) {
        layout.place(trellis);
    } else {
        layout.in_order(trellis, offset.at);
    }
    const size_t slots = layout.slots(), fit = DECODED_BYTES / slots / 4 * 4;
    const size_t block = fit < 4 ? 4 : least(fit, MAX_BLOCK_ROWS);
    Scratch<std::int16_t> spread(q * slots);
    std::memset(spread.at, 0, q * slots * sizeof(std::int16_t));
    for (size_t j = 0; j < q; ++j) {
        for (size_t i = 0; i < trellis.m; ++i) spread.at[j * slots + slot_of.at[i]] = queries[j * trellis.m + i];
    }
    Scratch<std::uint8_t> rings(block * (trellis.bytes + PAST_END));
    Scratch<std::int8_t> values(block * slots);
    Scratch<std::int32_t> sums(q * block);
    std::memset(values.at, 0, block * slots);
    const Scan scan = {trellis, layout, rings.at, values.at};
    for (size_t first = 0; first < n; first += block) {
        const size_t rows = least(block, n - first);
        if (in_registers) {
            scan.unroll(codes + first * trellis.bytes, rows);
            scan.decode(rows);
        } else {
            scan.decode_plainly(offset.at, codes + first * trellis.bytes, rows);
        }
        over_tiles(Dot8Work{spread.at, values.at, sums.at, rows, slots}, q, rows, slots);
        for (size_t j = 0; j < q; ++j) {
            for (size_t row = 0; row < rows; ++row) out[j * n + first + row] = scale.step[j] * static_cast<float>(sums.at[j * rows + row]) + scale.offset[j];
        }
    }
}

}  // namespace rankfold::RANKFOLD_LEVEL
