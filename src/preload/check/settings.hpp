/// What the command asks of the library: two variables of the environment, read from /proc because the C library may
/// not have looked at the environment yet.
///
///   ALLOT_CHECK_RECORDS=FOLDER        where the record goes
///   ALLOT_CHECK_OPTIONS=name=value:…  as written by `allot check`; unknown names are ignored, and a value's own colons
///                                     are written as the byte 1
#pragma once

#include <cstddef>
#include <cstdint>

#include "allot/runtime/checked_malloc.hpp"

namespace allot::inline v0_1::preload {

enum class LeakCheck : std::uint8_t { no, yes };

struct Settings {
  runtime::CheckedMallocOptions heap;
  const char* records = nullptr;  ///< null: nobody will read a record
  bool leaks = true;
  bool follow = true;             ///< children write records too
  bool check_functions = true;    ///< memory and string functions
  std::uint64_t fail_nth = 0;     ///< this allocation fails, counted from 1; 0: none
  std::uint64_t fail_one_in = 0;  ///< each fails with this chance; 0: none
  std::uint64_t fail_seed = 1;
  const char* fail_at = nullptr;  ///< only allocations below this FUNCTION or FILE:LINE fail; null: anywhere
  int leak_signal = 0;            ///< looks for leaks while the program runs on; 0: none
};

/// Whether any allocation is to fail. Asked by each: set when the settings are read, constant from then on.
inline constinit bool failures_wanted = false;

/// The settings of this process. Read once; the text they point at stays.
[[nodiscard]] const Settings& settings() noexcept;

}  // namespace allot::inline v0_1::preload
