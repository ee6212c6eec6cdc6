#include "allot/interop/memory_resource.hpp"

#include "allot/base/contract.hpp"
#include "allot/core/fill.hpp"
#include "allot/interop/std_allocator.hpp"

namespace allot::inline v0_1 {

namespace {

/// pmr may ask for no bytes; our allocators are never asked for none.
std::size_t at_least_one(std::size_t size) noexcept {
  return size == 0 ? 1 : size;
}

void* allocate_from(std::pmr::memory_resource& resource, std::size_t size, Alignment alignment) noexcept {
#if defined(__cpp_exceptions)
  try {
    return resource.allocate(size, alignment.bytes());
  } catch (...) {
    return nullptr;
  }
#else
  return resource.allocate(size, alignment.bytes());
#endif
}

/// The functions behind from_memory_resource: the resource itself is the context.
constexpr AllocatorTable resource_table = {
    [](void* context, std::size_t size, Alignment alignment) noexcept -> void* {
      return allocate_from(*static_cast<std::pmr::memory_resource*>(context), size, alignment);
    },
    [](void*, void*, std::size_t size, Alignment, std::size_t new_size) noexcept -> bool { return size == new_size; },
    [](void*, void* memory, std::size_t size, Alignment, std::size_t new_size) noexcept -> void* {
      return size == new_size ? memory : nullptr;
    },
    [](void* context, void* memory, std::size_t size, Alignment alignment) noexcept -> void {
      static_cast<std::pmr::memory_resource*>(context)->deallocate(memory, size, alignment.bytes());
    },
};

class TrapResource final : public std::pmr::memory_resource {
  void* do_allocate(std::size_t, std::size_t) override {
    ALLOT_CHECK(false, "the default memory resource was asked for memory: a container was given none");
    throw_out_of_memory();
  }
  void do_deallocate(void*, std::size_t, std::size_t) override {
    ALLOT_CHECK(false, "the default memory resource was handed a block, which it never gave out");
  }
  [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
    return this == &other;
  }
};

}  // namespace

MemoryResource::~MemoryResource() = default;

void* MemoryResource::do_allocate(std::size_t size, std::size_t alignment) {
  const std::size_t bytes = at_least_one(size);
  void* const memory = bytes > max_block_size ? nullptr : allocator_.raw_alloc(bytes, Alignment::from_bytes(alignment));
  if (memory == nullptr) throw_out_of_memory();
  detail::fill_new(memory, bytes);
  return memory;
}

void MemoryResource::do_deallocate(void* memory, std::size_t size, std::size_t alignment) {
  allocator_.raw_free(memory, at_least_one(size), Alignment::from_bytes(alignment));
}

bool MemoryResource::do_is_equal(const std::pmr::memory_resource& other) const noexcept {
#if defined(__cpp_rtti)
  const auto* const same = dynamic_cast<const MemoryResource*>(&other);
  return same != nullptr && same->allocator_ == allocator_;
#else
  return this == &other;
#endif
}

void* FromMemoryResource::raw_alloc(std::size_t size, Alignment alignment) noexcept {
  return allocate_from(*resource_, size, alignment);
}

/// Fills nothing: the resource may still have to find out that the block is none of its own.
void FromMemoryResource::raw_free(void* memory, std::size_t size, Alignment alignment) noexcept {
  resource_->deallocate(memory, size, alignment.bytes());
}

Allocator from_memory_resource(std::pmr::memory_resource& resource) noexcept {
  return Allocator(&resource, resource_table);
}

std::pmr::memory_resource* trap_memory_resource() noexcept {
  static TrapResource resource;
  return &resource;
}

}  // namespace allot::inline v0_1
