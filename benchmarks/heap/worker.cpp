/// Runs one workload through one API for some milliseconds and prints one line of JSON.
///
///     worker API WORKLOAD MILLISECONDS [CALLS]
///
/// With CALLS it does that many calls and no timing: for instruction counts.
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "apis.hpp"
#include "workloads.hpp"

namespace allot::bench {

namespace {

template <class Api>
struct Workload {
  const char* name;
  std::size_t (*run)(const Api&);
};

template <class Api>
constexpr Workload<Api> workloads[] = {
    {"pair.16", &pair<16, Api>},
    {"pair.64", &pair<64, Api>},
    {"pair.256", &pair<256, Api>},
    {"pair.1024", &pair<1024, Api>},
    {"pair.8192", &pair<8192, Api>},
    {"pair.65536", &pair<65536, Api>},
    {"pair.1m", &pair<(1U << 20), Api>},
    {"pair.8m", &pair<(8U << 20), Api>},
    {"batch.stack", &batch<Order::stack, Api>},
    {"batch.queue", &batch<Order::queue, Api>},
    {"batch.random", &batch<Order::random, Api>},
    {"realloc.touch", &growth<false, Api>},
    {"realloc.fill", &growth<true, Api>},
    {"producer_consumer", &producer_consumer<Api>},
    {"hand_over", &hand_over<Api>},
    {"churn.1", &churn<1, Api>},
    {"churn.2", &churn<2, Api>},
    {"server", &server<Api>},
    {"vectors", &vectors<Api>},
    {"tree", &tree<Api>},
    {"web", &web<Api>},
    {"fragmentation", &fragmentation<Api>},
};

/// The best of the calls, not their mean: a shared machine only ever adds time.
template <class Api>
double best_ns(const Workload<Api>& workload, const Api& api, std::int64_t budget_ns) {
  workload.run(api);
  double best = 1e18;
  const std::int64_t begin = now_ns(CLOCK_MONOTONIC);
  do {
    const std::int64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
    const std::size_t operations = workload.run(api);
    const double ns = static_cast<double>(now_ns(CLOCK_PROCESS_CPUTIME_ID) - start) / static_cast<double>(operations);
    if (ns < best) best = ns;
  } while (now_ns(CLOCK_MONOTONIC) - begin < budget_ns);
  return best;
}

template <class Api>
int run(const Api& api, std::string_view name, long milliseconds, long calls) {
  for (const Workload<Api>& workload : workloads<Api>) {
    if (name != workload.name) continue;
    if (calls != 0) {
      std::size_t operations = 0;
      for (long i = 0; i < calls; ++i) operations += workload.run(api);
      std::printf("{\"operations\": %zu}\n", operations);
      return 0;
    }
    const long before = memory_kib("VmRSS:");
    const double ns = best_ns(workload, api, milliseconds * 1'000'000);
    std::printf("{\"ns\": %.4f, \"before_kib\": %ld, \"peak_kib\": %ld, \"settled_kib\": %ld}\n", ns, before,
                memory_kib("VmHWM:"), memory_kib("VmRSS:"));
    return 0;
  }
  std::fprintf(stderr, "no workload %.*s\n", static_cast<int>(name.size()), name.data());
  return 2;
}

int run_api(std::string_view api, std::string_view workload, long milliseconds, long calls) {
  static constinit FastHeap heap;
  if (api == "malloc") return run(MallocApi{}, workload, milliseconds, calls);
  if (api == "smp") return run(SmpApi{smp_allocator()}, workload, milliseconds, calls);
  if (api == "smp.handle") return run(HandleApi{opaque(Allocator(smp_allocator()))}, workload, milliseconds, calls);
  if (api == "instance") return run(InstanceApi{heap.direct()}, workload, milliseconds, calls);
  if (api == "instance.handle") return run(HandleApi{opaque(heap.allocator())}, workload, milliseconds, calls);
  std::fprintf(stderr, "no API %.*s\n", static_cast<int>(api.size()), api.data());
  return 2;
}

int list() {
  for (const auto& workload : workloads<MallocApi>) std::puts(workload.name);
  return 0;
}

}  // namespace

}  // namespace allot::bench

int main(int count, char** arguments) {
  if (count == 2 && std::string_view(arguments[1]) == "list") return allot::bench::list();
  if (count < 4) {
    std::fprintf(stderr, "usage: %s API WORKLOAD MILLISECONDS [CALLS] | list\n", arguments[0]);
    return 2;
  }
  return allot::bench::run_api(arguments[1], arguments[2], std::atol(arguments[3]),
                               count > 4 ? std::atol(arguments[4]) : 0);
}
