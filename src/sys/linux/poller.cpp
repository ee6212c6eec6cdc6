#include "allot/sys/poller.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "allot/base/contract.hpp"

namespace allot::inline v0_1::sys {

namespace {

constexpr std::size_t most_events = 256;

epoll_event wanted(Interest interest, std::uint64_t token) noexcept {
  epoll_event event{};
  if (interest == Interest::read) event.events = EPOLLIN | EPOLLRDHUP;
  if (interest == Interest::write) event.events = EPOLLOUT;
  event.data.u64 = token;
  return event;
}

}  // namespace

Poller::~Poller() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int Poller::open() noexcept {
  ALLOT_CHECK(descriptor_ < 0, "a Poller is opened once");
  descriptor_ = ::epoll_create1(EPOLL_CLOEXEC);
  return descriptor_ < 0 ? errno : 0;
}

int Poller::add(int descriptor, Interest interest, std::uint64_t token) noexcept {
  epoll_event event = wanted(interest, token);
  return ::epoll_ctl(descriptor_, EPOLL_CTL_ADD, descriptor, &event) == 0 ? 0 : errno;
}

int Poller::change(int descriptor, Interest interest, std::uint64_t token) noexcept {
  epoll_event event = wanted(interest, token);
  return ::epoll_ctl(descriptor_, EPOLL_CTL_MOD, descriptor, &event) == 0 ? 0 : errno;
}

void Poller::remove(int descriptor) noexcept {
  ::epoll_ctl(descriptor_, EPOLL_CTL_DEL, descriptor, nullptr);
}

std::size_t Poller::wait(std::span<ReadyEvent> events, int timeout) noexcept {
  epoll_event ready[most_events];
  const std::size_t room = events.size() < most_events ? events.size() : most_events;
  const int count = ::epoll_wait(descriptor_, ready, static_cast<int>(room), timeout);
  for (int i = 0; i < count; ++i) {
    const auto bits = ready[i].events;
    events[static_cast<std::size_t>(i)] = {ready[i].data.u64,
                                           (bits & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
                                           (bits & EPOLLOUT) != 0, (bits & (EPOLLHUP | EPOLLERR)) != 0};
  }
  return count < 0 ? 0 : static_cast<std::size_t>(count);
}

WakeSignal::~WakeSignal() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int WakeSignal::open() noexcept {
  ALLOT_CHECK(descriptor_ < 0, "a WakeSignal is opened once");
  descriptor_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  return descriptor_ < 0 ? errno : 0;
}

void WakeSignal::wake() const noexcept {
  const int kept = errno;  // a signal handler may be the caller
  const std::uint64_t one = 1;
  while (::write(descriptor_, &one, sizeof(one)) < 0 && errno == EINTR) {
  }
  errno = kept;
}

void WakeSignal::clear() const noexcept {
  std::uint64_t count = 0;
  while (::read(descriptor_, &count, sizeof(count)) < 0 && errno == EINTR) {
  }
}

}  // namespace allot::inline v0_1::sys
