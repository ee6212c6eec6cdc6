/// The guided tour: every program of the text on heap memory, run one after another with its real output.
#pragma once

#include <string>
#include <vector>

namespace allot::tool {

struct TourOptions {
  std::vector<std::string> only;  ///< names of the programs to run; empty: all
  bool list = false;              ///< name the programs instead of running them
};

/// Runs the tour. Returns the exit code: 0 when every program ended as it should, 1 when one did not, 2 when one is
/// missing or unknown.
int run_tour(const TourOptions& options);

}  // namespace allot::tool
