/// How to leave one frame: what the call frame information (.eh_frame, DWARF 5 section 6.4) says about an address.
#pragma once

#include <cstdint>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Where the frame of the caller begins (the canonical frame address, CFA) and where our caller's frame pointer lies.
/// The return address lies right below the CFA, as on x86-64 always.
struct UnwindRow {
  enum class Kind : std::uint8_t {
    unknown,    ///< no information, or of a kind these rows cannot hold
    end,        ///< the outermost frame, or code nothing is known about (made at run time): nobody could go on
    from_sp,    ///< CFA = stack pointer + cfa_offset
    from_fp,    ///< CFA = frame pointer + cfa_offset
    realigned,  ///< CFA = what lies at frame pointer + cfa_offset; the caller's frame pointer lies at frame pointer
  };

  Kind kind = Kind::unknown;
  std::int32_t cfa_offset = 0;
  std::int16_t fp_slot = 0;  ///< words from the CFA down to the saved frame pointer; 0: it is still in its register
};

/// Reads the row for the instruction at `address`. Microseconds; no locks, no malloc, usable in signal handlers.
/// `unknown` on other machines than x86-64.
[[nodiscard]] UnwindRow read_unwind_row(std::uintptr_t address) noexcept;

}  // namespace allot::inline v0_1::sys
