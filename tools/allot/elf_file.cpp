#include "elf_file.hpp"

#include <elf.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

namespace allot::tool {

namespace {

/// A structure of an ELF file, or zeros when the file ends before it.
template <class T>
T read_at(std::string_view bytes, std::uint64_t at) {
  T value{};
  if (at <= bytes.size() && sizeof value <= bytes.size() - at) std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

/// Calls `act(part)` for every program header.
template <class Act>
void for_each_part(std::string_view bytes, const Act& act) {
  const auto head = read_at<Elf64_Ehdr>(bytes, 0);
  for (unsigned i = 0; i < head.e_phnum; ++i)
    act(read_at<Elf64_Phdr>(bytes, head.e_phoff + std::uint64_t{i} * head.e_phentsize));
}

/// What a program exchanges with libraries: the tables that its dynamic section points at.
class DynamicTables {
 public:
  explicit DynamicTables(std::string_view bytes) : bytes_(bytes) {
    for_each_part(bytes_, [&](const Elf64_Phdr& part) {
      if (part.p_type != PT_DYNAMIC) return;
      for (std::uint64_t at = 0; at < part.p_filesz; at += sizeof(Elf64_Dyn))
        take(read_at<Elf64_Dyn>(bytes_, part.p_offset + at));
    });
    names_ = bytes_.substr(std::min(offset_of(names_address_), bytes_.size()), names_size_);
  }

  [[nodiscard]] bool needs_library(std::string_view begin_of_name) const {
    return std::any_of(needed_.begin(), needed_.end(), [&](std::uint64_t name) {
      return name < names_.size() && names_.substr(name).starts_with(begin_of_name);
    });
  }

  /// Looked up as the loader does (the GNU hash table), as a large program has megabytes of names.
  [[nodiscard]] bool defines(std::string_view symbol) const {
    struct Head {
      std::uint32_t buckets, first_symbol, filter_words, shift;
    };
    const std::uint64_t table = offset_of(hash_address_);
    const auto head = read_at<Head>(bytes_, table);
    if (hash_address_ == 0 || head.buckets == 0) return false;
    std::uint32_t hash = 5381;
    for (const char c : symbol) hash = hash * 33 + static_cast<unsigned char>(c);
    const std::uint64_t buckets = table + sizeof head + std::uint64_t{head.filter_words} * 8;
    const std::uint64_t chains = buckets + std::uint64_t{head.buckets} * 4;
    std::uint64_t index = read_at<std::uint32_t>(bytes_, buckets + std::uint64_t{hash % head.buckets} * 4);
    if (index < head.first_symbol) return false;
    for (;; ++index) {
      const std::uint64_t place = chains + (index - head.first_symbol) * 4;
      if (place + 4 > bytes_.size()) return false;
      const auto link = read_at<std::uint32_t>(bytes_, place);
      if ((link | 1) == (hash | 1) && name_of_symbol(index) == symbol) return true;
      if ((link & 1) != 0) return false;
    }
  }

 private:
  void take(const Elf64_Dyn& entry) {
    switch (entry.d_tag) {
      case DT_NEEDED:
        needed_.push_back(entry.d_un.d_val);
        break;
      case DT_STRTAB:
        names_address_ = entry.d_un.d_ptr;
        break;
      case DT_STRSZ:
        names_size_ = entry.d_un.d_val;
        break;
      case DT_SYMTAB:
        symbols_address_ = entry.d_un.d_ptr;
        break;
      case DT_GNU_HASH:
        hash_address_ = entry.d_un.d_ptr;
        break;
      default:
        break;
    }
  }

  /// Where in the file the byte lies that is loaded at `address`; behind the end when nowhere.
  [[nodiscard]] std::uint64_t offset_of(std::uint64_t address) const {
    std::uint64_t offset = bytes_.size();
    for_each_part(bytes_, [&](const Elf64_Phdr& part) {
      if (part.p_type == PT_LOAD && address >= part.p_vaddr && address - part.p_vaddr < part.p_filesz)
        offset = address - part.p_vaddr + part.p_offset;
    });
    return offset;
  }

  [[nodiscard]] std::string_view name_of_symbol(std::uint64_t index) const {
    const auto symbol = read_at<Elf64_Sym>(bytes_, offset_of(symbols_address_) + index * sizeof(Elf64_Sym));
    if (symbol.st_name >= names_.size()) return {};
    const std::string_view rest = names_.substr(symbol.st_name);
    return rest.substr(0, rest.find('\0'));
  }

  std::string_view bytes_;
  std::string_view names_;
  std::vector<std::uint64_t> needed_;
  std::uint64_t names_address_ = 0;
  std::uint64_t names_size_ = 0;
  std::uint64_t symbols_address_ = 0;
  std::uint64_t hash_address_ = 0;
};

}  // namespace

Linkage linkage_of(std::string_view bytes) {
  const auto head = read_at<Elf64_Ehdr>(bytes, 0);
  if (std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64) return Linkage::not_ours;
  bool loader = false;
  for_each_part(bytes, [&](const Elf64_Phdr& part) { loader |= part.p_type == PT_INTERP; });
  return loader ? Linkage::dynamic : Linkage::fixed;
}

std::string sanitizer_of(std::string_view bytes) {
  struct Sign {
    const char* symbol;
    const char* libraries[2];
    const char* name;
  };
  constexpr Sign signs[] = {{"__asan_init", {"libasan.", "libclang_rt.asan"}, "AddressSanitizer"},
                            {"__tsan_init", {"libtsan.", "libclang_rt.tsan"}, "ThreadSanitizer"},
                            {"__msan_init", {"libmsan.", "libclang_rt.msan"}, "MemorySanitizer"},
                            {"__hwasan_init", {"libhwasan.", "libclang_rt.hwasan"}, "HWAddressSanitizer"}};
  const DynamicTables tables(bytes);
  for (const Sign& sign : signs) {
    if (tables.needs_library(sign.libraries[0]) || tables.needs_library(sign.libraries[1]) ||
        tables.defines(sign.symbol))
      return sign.name;
  }
  return "";
}

}  // namespace allot::tool
