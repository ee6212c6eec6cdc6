/// The fuzzer's corpus, replayed: through the server's parts beside the reference, and through a server itself. A
/// file's name begins with what its last request comes to: accept, partial or refuse; what the fuzzer found is named as
/// it likes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "../../fuzz/http_framing.hpp"
#include "http/server_fixture.hpp"

namespace allot::http {
namespace {

using fuzz::FramedStream;
using fuzz::Verdict;

struct CorpusFile {
  std::string name;
  std::string bytes;
};

std::vector<CorpusFile> corpus() {
  std::vector<CorpusFile> files;
  for (const auto& entry : std::filesystem::directory_iterator(ALLOT_HTTP_CORPUS)) {
    std::ifstream file(entry.path(), std::ios::binary);
    std::ostringstream bytes;
    bytes << file.rdbuf();
    files.push_back({entry.path().filename().string(), bytes.str()});
  }
  return files;
}

Verdict verdict_in(const std::string& name, Verdict otherwise) {
  if (name.starts_with("refuse-")) return Verdict::refused;
  return name.starts_with("accept-") || name.starts_with("partial-") ? Verdict::partial : otherwise;
}

TEST(FramingCorpus, IsReadAsTheReferenceReadsItHoweverItIsCut) {
  int files = 0;
  for (const CorpusFile& file : corpus()) {
    SCOPED_TRACE(file.name);
    const FramedStream read = fuzz::check_framing(file.bytes);
    EXPECT_EQ(read.verdict, verdict_in(file.name, read.verdict));
    if (!file.name.starts_with("accept-")) continue;
    ASSERT_FALSE(read.requests.empty());
    EXPECT_EQ(read.requests.back().end, file.bytes.size());
    ++files;
  }
  EXPECT_GT(files, 15);
}

class FramingTest : public ServerTest {
 protected:
  void SetUp() override {
    make();
    router().not_found([](Request& request, Response& response) -> HttpResult<void> {
      const std::string text = described(request.method_text(), request.target(), request.body());
      response.text(text);
      return {};
    });
    listen();
  }

  static std::string described(std::string_view method, std::string_view target, std::string_view body) {
    return std::string(method) + ' ' + std::string(target) + ' ' + std::string(body);
  }

  /// Whether every request would be answered by the handler above.
  static bool is_plain(const FramedStream& read) {
    return std::all_of(read.requests.begin(), read.requests.end(), [](const fuzz::FramedRequest& request) {
      const bool plain_target = request.target[0] == '/' && request.target.find_first_of("%#") == std::string::npos;
      // Whether a body that was announced is waited for depends on how much of it came along.
      const bool asks_first = std::any_of(request.headers.begin(), request.headers.end(), [](const auto& header) {
        return equals_ignoring_case(header.first, "Expect");
      });
      return plain_target && !asks_first && request.target != "/hello" && request.method != "HEAD" &&
             request.method != "OPTIONS";
    });
  }

  /// Checks the answers to a stream that was sent; `read` is what it says.
  static void expect_answers(test::RawClient& connection, const FramedStream& read) {
    for (const fuzz::FramedRequest& request : read.requests) {
      test::RawResponse response = connection.receive();
      if (response.status == 100) response = connection.receive();
      ASSERT_EQ(response.body, described(request.method, request.target, request.body));
      if (response.header("Connection") == "close") return;
    }
    const int last = connection.receive().status;
    if (read.verdict == Verdict::refused) {
      EXPECT_TRUE(last >= 400 && last != 503) << last;
    } else {
      EXPECT_TRUE(last == 0 || last >= 400) << last;
    }
    EXPECT_EQ(connection.rest(), "");
  }
};

TEST_F(FramingTest, AServerAnswersWhatTheReferenceReads) {
  int files = 0;
  for (const CorpusFile& file : corpus()) {
    const FramedStream read = fuzz::Reference(file.bytes).read();
    if (!is_plain(read)) continue;
    SCOPED_TRACE(file.name);
    auto whole = client();
    whole.send(file.bytes);
    whole.finish_sending();
    expect_answers(whole, read);
    auto trickled = client();
    for (const char& byte : file.bytes) {
      if (!trickled.send({&byte, 1})) break;
    }
    trickled.finish_sending();
    expect_answers(trickled, read);
    ++files;
  }
  EXPECT_GT(files, 50);
}

}  // namespace
}  // namespace allot::http
