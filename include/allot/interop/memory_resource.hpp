/// Both ways between our allocators and std::pmr.
///
///     MemoryResource resource(gpa.allocator());               // ours as a std::pmr::memory_resource
///     std::pmr::vector<int> numbers(&resource);
///
///     FromMemoryResource adapter(pool_resource);              // a std::pmr::memory_resource as one of ours
///     ArrayList<int> list(adapter.allocator());
///
/// Cost: one indirect call more than the allocator behind. Threads: as the allocator or resource behind.
#pragma once

#include <cstddef>
#include <memory_resource>

#include "allot/base/alignment.hpp"
#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/core/direct_allocator.hpp"

namespace allot::inline v0_1 {

/// An allocator of ours behind std::pmr's interface. The allocator is held, not owned. Out of memory is std::bad_alloc;
/// without exceptions the program stops with a message. Equal to another that holds the same allocator (where RTTI
/// is off: only to itself).
class MemoryResource final : public std::pmr::memory_resource {
 public:
  explicit MemoryResource(Allocator allocator) noexcept : allocator_(allocator) {}
  MemoryResource(const MemoryResource&) = delete;  // containers hold its address, and it must not change its allocator
  MemoryResource& operator=(const MemoryResource&) = delete;
  ~MemoryResource() override;

  [[nodiscard]] Allocator allocator() const noexcept { return allocator_; }

 private:
  void* do_allocate(std::size_t size, std::size_t alignment) override;
  void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override;
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override;

  Allocator allocator_;
};

/// A std::pmr::memory_resource as an allocator of ours, which never resizes in place. The resource is held, not owned;
/// std::bad_alloc from it is out_of_memory here, and so is any other exception.
class FromMemoryResource : public PinnedAllocator<FromMemoryResource> {
 public:
  explicit FromMemoryResource(std::pmr::memory_resource& resource) noexcept : resource_(&resource) {}

  void* raw_alloc(std::size_t size, Alignment alignment) noexcept;
  bool raw_resize(void*, std::size_t size, Alignment, std::size_t new_size) noexcept { return size == new_size; }
  void* raw_remap(void* memory, std::size_t size, Alignment, std::size_t new_size) noexcept {
    return size == new_size ? memory : nullptr;
  }
  void raw_free(void* memory, std::size_t size, Alignment alignment) noexcept;

 private:
  std::pmr::memory_resource* resource_;
};

/// The handle of a resource, without an adapter to keep: valid as long as the resource lives.
[[nodiscard]] Allocator from_memory_resource(std::pmr::memory_resource& resource) noexcept;

/// A resource that stops the program when it is asked for anything. As the default resource of a test
/// (`std::pmr::set_default_resource(trap_memory_resource())`) it shows every container that was given no resource.
[[nodiscard]] std::pmr::memory_resource* trap_memory_resource() noexcept;

}  // namespace allot::inline v0_1
