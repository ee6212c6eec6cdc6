/// Files mapped as shared memory: what is written survives the process, however it dies. Threads: safe.
#pragma once

#include <cstddef>

#include "allot/base/config.hpp"

namespace allot::inline v0_1::sys {

/// Creates the file (mode 0600; it must not exist), makes it `size` sparse zero bytes and maps it for reading and
/// writing, at `fixed` (replacing what is mapped there) or anywhere when null. Null when the file exists or cannot be
/// made or mapped. No descriptor stays open. On a full disk the first write to a page is SIGBUS, unless it was
/// reserved.
[[nodiscard]] void* create_shared_file(const char* path, std::size_t size, void* fixed = nullptr) noexcept;

/// Has the file system find room for these pages of a shared file now; false when it has none. Kernels before 5.14
/// cannot: then true, and a full disk shows at the first write.
[[nodiscard]] bool reserve_shared_pages(void* pages, std::size_t size) noexcept;

}  // namespace allot::inline v0_1::sys
