#include "allot/http/static_files.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

#include "http/server_fixture.hpp"

namespace allot::http {
namespace {

class StaticFilesTest : public ServerTest {
 protected:
  StaticFilesTest() {
    if (::mkdtemp(root_.data()) == nullptr) std::abort();
    std::filesystem::create_directories(root_ + "/public/sub");
    write("secret.txt", "secret");
    write("public/a.txt", "0123456789");
    write("public/big.bin", std::string(5'000'000, 'b'));
    write("public/LICENSE", "free");
    write("public/.hidden", "hidden");
    write("public/empty", "");
    write("public/a b.html", "<p>");
    write("public/sub/index.html", "index");
    std::filesystem::create_symlink("../secret.txt", root_ + "/public/link.txt");
    std::filesystem::create_directory_symlink("..", root_ + "/public/up");
    ::mkfifo((root_ + "/public/fifo").c_str(), 0600);
  }
  ~StaticFilesTest() override { std::filesystem::remove_all(root_); }

  void SetUp() override {
    make();
    auto files = StaticFiles::init(root_ + "/public", {.cache_control = "max-age=60"});
    ASSERT_TRUE(files.has_value());
    router().get("/files/*", *files);
    listen();
  }
  void write(const std::string& name, const std::string& text) { std::ofstream(root_ + "/" + name) << text; }
  test::RawResponse file(std::string_view path, std::string_view headers = "") {
    return ask(get("/files/" + std::string(path), headers));
  }

  std::string root_ = "/tmp/allot-static-test-XXXXXX";
};

TEST_F(StaticFilesTest, ServesFilesWithTheirTypes) {
  const auto text = file("a.txt");
  EXPECT_EQ(text.status, 200);
  EXPECT_EQ(text.body, "0123456789");
  EXPECT_EQ(text.header("Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(text.header("Cache-Control"), "max-age=60");
  EXPECT_EQ(file("LICENSE").header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(file("a%20b.html").body, "<p>");
  EXPECT_EQ(file("empty").body, "");
  EXPECT_EQ(file("empty").header("Content-Length"), "0");
  EXPECT_EQ(file("big.bin").body, std::string(5'000'000, 'b'));
  EXPECT_EQ(file("sub/").body, "index");
  EXPECT_EQ(file("sub/").header("Content-Type"), "text/html; charset=utf-8");
}

TEST_F(StaticFilesTest, ADirectoryWithoutItsSlashIsRedirectedThere) {
  for (const char* path : {"sub", "/sub", "//sub"}) {
    const auto answer = file(path);
    EXPECT_EQ(answer.status, 301);
    EXPECT_EQ(answer.header("Location"), "./sub/");
  }
  EXPECT_EQ(file("sub/../sub").status, 404);
}

TEST_F(StaticFilesTest, HeadHasNoBody) {
  auto connection = client();
  connection.send("HEAD /files/a.txt HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(connection.receive(true).header("Content-Length"), "10");
  connection.send("HEAD /files/a.txt HTTP/1.1\r\nHost: x\r\nRange: bytes=0-1\r\n\r\n");
  const auto whole = connection.receive(true);
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.header("Content-Length"), "10");
  EXPECT_EQ(connection.ask(get("/hello")).body, "hello");
}

TEST_F(StaticFilesTest, NothingOutsideOfItsDirectoryIsServed) {
  for (const char* path : {"../secret.txt", "%2e%2e/secret.txt", "..%2fsecret.txt", "sub/../../secret.txt",
                           "sub%2Findex.html", "link.txt", "up/secret.txt", ".hidden", "sub/../.hidden", "nothing",
                           "fifo", "", "a.txt/", "a.txt/x", "%00", "a.txt%00", "..", ".", "sub/.."}) {
    const int status = file(path).status;
    if (std::string_view(path) == "a.txt/") {
      EXPECT_EQ(status, 200);
      continue;
    }
    EXPECT_EQ(status, 404) << path;
  }
  EXPECT_EQ(file("/etc/passwd").status, 404);
}

TEST_F(StaticFilesTest, UnchangedFilesAreNotSentAgain) {
  const auto first = file("a.txt");
  const std::string tag = first.header("ETag");
  EXPECT_EQ(file("a.txt", "If-None-Match: " + tag + "\r\n").status, 304);
  EXPECT_EQ(file("a.txt", "If-None-Match: \"x\", W/" + tag + "\r\n").status, 304);
  EXPECT_EQ(file("a.txt", "If-None-Match: \"x\"\r\n").status, 200);
  EXPECT_EQ(file("a.txt", "If-Modified-Since: " + first.header("Last-Modified") + "\r\n").status, 304);
  EXPECT_EQ(file("a.txt", "If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT\r\n").status, 200);
  write("a.txt", "changed");
  EXPECT_EQ(file("public/a.txt").status, 404);
}

TEST_F(StaticFilesTest, FilesFromBeforeTheirTimeHaveADate) {
  const timespec times[] = {{-1'000'000'000, 0}, {-1'000'000'000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, (root_ + "/public/a.txt").c_str(), times, 0), 0);
  const auto old = file("a.txt");
  EXPECT_EQ(old.status, 200);
  EXPECT_EQ(old.header("Last-Modified"), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST_F(StaticFilesTest, HiddenFilesAreServedOnlyWhenAskedForAndNothingElseWithThem) {
  auto files = StaticFiles::init(root_ + "/public", {.serves_hidden = true});
  ASSERT_TRUE(files.has_value());
  auto made = Server::init(c_allocator(), {.port = 0});
  ASSERT_TRUE(made.has_value());
  (*made)->router().get("/*", *files);
  ASSERT_TRUE((*made)->listen_in_new_thread().has_value());
  const auto status = [&](std::string_view path) { return test::RawClient((*made)->port()).ask(get(path)).status; };
  EXPECT_EQ(status("/.hidden"), 200);
  for (const char* path : {"/../secret.txt", "/%2e%2e/secret.txt", "/sub/../../secret.txt", "/.%2e/secret.txt",
                           "/%c0%ae%c0%ae/secret.txt", "/%252e%252e/secret.txt", "/..%5csecret.txt", "/./a.txt"}) {
    EXPECT_EQ(status(path), 404) << path;
  }
}

TEST_F(StaticFilesTest, RangesAreUnderstood) {
  const auto range = [this](const std::string& text) { return file("a.txt", "Range: " + text + "\r\n"); };
  EXPECT_EQ(range("bytes=2-4").body, "234");
  EXPECT_EQ(range("bytes=2-4").status, 206);
  EXPECT_EQ(range("bytes=2-4").header("Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(range("bytes=7-").body, "789");
  EXPECT_EQ(range("bytes=-3").body, "789");
  EXPECT_EQ(range("bytes=-99").body, "0123456789");
  EXPECT_EQ(range("bytes=5-99").body, "56789");
  EXPECT_EQ(range("bytes=0-18446744073709551615").body, "0123456789");
  EXPECT_EQ(range("bytes=10-").status, 416);
  EXPECT_EQ(range("bytes=10-").header("Content-Range"), "bytes */10");
  EXPECT_EQ(range("bytes=-0").status, 416);
  for (const char* ignored :
       {"bytes=4-2", "bytes=", "bytes=-", "bytes=a-b", "lines=1-2", "bytes=0-1,3-4", "bytes=18446744073709551616-",
        "bytes=-18446744073709551616", "bytes=0-99999999999999999999", "bytes=+1-2", "bytes=1--2"}) {
    EXPECT_EQ(range(ignored).status, 200) << ignored;
  }
  EXPECT_EQ(file("empty", "Range: bytes=-1\r\n").status, 416);
}

TEST_F(StaticFilesTest, RangesOfOtherVersionsAreIgnored) {
  const std::string tag = file("a.txt").header("ETag");
  EXPECT_EQ(file("a.txt", "Range: bytes=0-1\r\nIf-Range: " + tag + "\r\n").status, 206);
  EXPECT_EQ(file("a.txt", "Range: bytes=0-1\r\nIf-Range: \"old\"\r\n").status, 200);
}

TEST_F(StaticFilesTest, NoDescriptorIsForgotten) {
  const auto count = [] {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), std::filesystem::directory_iterator());
  };
  file("a.txt");
  EXPECT_TRUE(all_closed());
  auto before = count();
  EXPECT_TRUE(eventually([&] { return std::exchange(before, count()) == before; }));  // counted as closed, then closed
  for (int i = 0; i < 20; ++i) {
    file("a.txt");
    file("sub/../x");
    file("a.txt", "Range: bytes=99-\r\n");
    auto leaver = client();
    leaver.send(get("/files/big.bin"));
  }
  EXPECT_TRUE(eventually([&] { return count() == before; }));
}

TEST(StaticFiles, AMissingDirectoryIsAnError) {
  EXPECT_EQ(StaticFiles::init("/nowhere/at/all").error().kind(), ErrorKind::not_found);
}

}  // namespace
}  // namespace allot::http
