/// StaticFiles: a handler that serves the files below a directory.
///
///     ALLOT_TRY(auto files, StaticFiles::init("./public"));
///     router.get("/assets/*", files);
///
/// The path is what the route's final `*` captured. It cannot leave the directory: `..`, hidden files, escaped slashes
/// and symbolic links are "not found", whatever the file system says. Bodies leave by sendfile, without a copy through
/// this process. ETag and Last-Modified come from size and time of the file; If-None-Match, If-Modified-Since, Range
/// (one range) and If-Range are understood. A directory is served by its index.html; without
/// its final slash it is redirected there.
/// Cost: an openat a path component, an fstat, a sendfile. Threads: safe.
#pragma once

#include <string_view>

#include "allot/base/config.hpp"
#include "allot/http/error.hpp"
#include "allot/http/request.hpp"
#include "allot/http/response.hpp"

namespace allot::inline v0_1::http {

struct StaticFilesOptions {
  std::string_view cache_control = {};  ///< of every file, such as "max-age=3600"; held, not owned
  bool serves_hidden = false;           ///< names that begin with a dot
};

class StaticFiles {
 public:
  /// Opens `directory`. Error: not_found, system.
  [[nodiscard]] static HttpResult<StaticFiles> init(std::string_view directory,
                                                    const StaticFilesOptions& options = {}) noexcept;
  StaticFiles(StaticFiles&& other) noexcept;
  StaticFiles& operator=(StaticFiles&& other) noexcept;
  /// Opens the directory once more, for the router that stores a copy; a failure shows as "not found" later.
  StaticFiles(const StaticFiles& other) noexcept;
  ~StaticFiles();

  void operator()(Request& request, Response& response) const noexcept;

 private:
  StaticFiles(int directory, const StaticFilesOptions& options) noexcept : directory_(directory), options_(options) {}
  [[nodiscard]] int open(std::string_view path, bool& is_index) const noexcept;

  int directory_;
  StaticFilesOptions options_;
};

}  // namespace allot::inline v0_1::http
