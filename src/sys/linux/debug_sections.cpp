#include "debug_sections.hpp"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <string_view>

namespace allot::inline v0_1::sys {

namespace {

Bytes map_file(const Module& module) noexcept {
  char path[4096];
  if (module.path.size() >= sizeof path) return {};
  std::memcpy(path, module.path.data(), module.path.size());
  path[module.path.size()] = '\0';
  const int file = ::open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return {};
  struct stat status = {};
  void* memory = MAP_FAILED;
  if (::fstat(file, &status) == 0 && status.st_size > 0) {
    memory = ::mmap(nullptr, static_cast<std::size_t>(status.st_size), PROT_READ, MAP_PRIVATE, file, 0);
  }
  ::close(file);
  if (memory == MAP_FAILED) return {};
  return {static_cast<const std::uint8_t*>(memory), static_cast<std::size_t>(status.st_size)};
}

template <class T>
bool read_at(Bytes file, std::uint64_t offset, T& value) noexcept {
  if (offset > file.size() || sizeof value > file.size() - offset) return false;
  std::memcpy(&value, file.data() + offset, sizeof value);
  return true;
}

Bytes part_of(Bytes file, const ElfW(Shdr) & section) noexcept {
  if ((section.sh_flags & SHF_COMPRESSED) != 0 || section.sh_type == SHT_NOBITS) return {};
  if (section.sh_offset > file.size() || section.sh_size > file.size() - section.sh_offset) return {};
  return file.subspan(section.sh_offset, section.sh_size);
}

struct SectionName {
  std::string_view name;
  Bytes DebugSections::* section;
};

constexpr SectionName section_names[] = {
    {".debug_line", &DebugSections::lines},        {".debug_line_str", &DebugSections::line_strings},
    {".debug_info", &DebugSections::entries},      {".debug_abbrev", &DebugSections::abbreviations},
    {".debug_str", &DebugSections::strings},       {".debug_str_offsets", &DebugSections::string_offsets},
    {".debug_addr", &DebugSections::addresses},    {".debug_rnglists", &DebugSections::range_lists},
    {".debug_ranges", &DebugSections::old_ranges},
};

void find_sections(Bytes file, DebugSections& found) noexcept {
  ElfW(Ehdr) head;
  ElfW(Shdr) names;
  if (!read_at(file, 0, head) || std::memcmp(head.e_ident, ELFMAG, SELFMAG) != 0) return;
  if (!read_at(file, head.e_shoff + std::uint64_t{head.e_shstrndx} * sizeof names, names)) return;
  for (std::uint64_t i = 0; i < head.e_shnum; ++i) {
    ElfW(Shdr) section;
    if (!read_at(file, head.e_shoff + i * sizeof section, section)) return;
    const std::string_view name = string_at(file, names.sh_offset + section.sh_name);
    for (const SectionName& wanted : section_names) {
      if (wanted.name == name) found.*wanted.section = part_of(file, section);
    }
  }
}

constinit DebugSections known[32] = {};
constinit std::size_t known_count = 0;

}  // namespace

const DebugSections& debug_sections(const Module& module) noexcept {
  static constexpr DebugSections nothing{};
  for (std::size_t i = 0; i < known_count; ++i) {
    if (known[i].module == &module) return known[i];
  }
  if (known_count == sizeof known / sizeof known[0]) return nothing;
  DebugSections& sections = known[known_count++];
  sections.module = &module;
  find_sections(map_file(module), sections);
  return sections;
}

}  // namespace allot::inline v0_1::sys
