/// Handlers and middleware: what a route runs, with its type erased.
///
/// A handler is anything that can be called with (Request&, Response&) and returns nothing, a Result of any error type,
/// or an Outcome: a function, a lambda, a member function with its object. A middleware is called with (Request&,
/// Response&, Next) and returns the Outcome of `next(request, response)`, or one of its own. The router stores them in
/// its arena: no std::function, no heap.
/// Threads: handlers and middleware of one server run on all its workers at once.
#pragma once

#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/base/result.hpp"
#include "allot/http/error.hpp"

namespace allot::inline v0_1::http {

class Request;
class Response;

/// What a handler came to: success, or the name of an error and the status the client gets for it.
struct [[nodiscard]] Outcome {
  const char* error = nullptr;  ///< held, not owned: a literal, or text in the request's arena
  Status status = Status::ok;

  [[nodiscard]] constexpr bool failed() const noexcept { return error != nullptr; }
};

namespace detail {

/// Literal that identifies a type within one program.
template <class T>
inline constexpr char type_tag = 0;

/// What becomes of an error: the status that a `status_of` beside its type says; else 503 for one called OutOfMemory,
/// and 500.
template <class E>
Outcome outcome_of(const E& error) noexcept {
  const char* name = allot::detail::name_of_error(error);
  if constexpr (requires {
                  { status_of(error) } -> std::same_as<Status>;
                }) {
    return {name, status_of(error)};
  } else {
    return {name,
            std::string_view(name) == "OutOfMemory" ? Status::service_unavailable : Status::internal_server_error};
  }
}

/// Calls a handler or middleware and turns what it returns into an Outcome.
template <class F, class... Args>
Outcome call_for_outcome(F& f, Args&&... args) {
  using Returned = std::remove_cvref_t<decltype(f(std::forward<Args>(args)...))>;
  if constexpr (std::is_void_v<Returned>) {
    f(std::forward<Args>(args)...);
    return {};
  } else if constexpr (std::is_same_v<Returned, Outcome>) {
    return f(std::forward<Args>(args)...);
  } else {
    static_assert(allot::detail::is_result_v<Returned> || allot::detail::ExpectedLike<Returned>,
                  "a handler returns nothing, a Result or an Outcome");
    auto&& result = f(std::forward<Args>(args)...);
    return result.has_value() ? Outcome{} : outcome_of(result.error());
  }
}

/// A member function bound to its object.
template <class T, class Member>
struct BoundMember {
  T* object;
  Member member;
  template <class... Args>
  decltype(auto) operator()(Args&&... args) const {
    return (object->*member)(std::forward<Args>(args)...);
  }
};

}  // namespace detail

/// A handler with its type erased. Two words; what it calls lives in the router's arena.
class Handler {
 public:
  using Call = Outcome (*)(void* object, Request& request, Response& response);

  constexpr Handler() noexcept = default;
  constexpr Handler(void* object, Call call) noexcept : object_(object), call_(call) {}

  /// The handler that calls `*object` (held, not owned).
  template <class F>
  [[nodiscard]] static Handler of(F* object) noexcept {
    return Handler(object, [](void* erased, Request& request, Response& response) -> Outcome {
      return detail::call_for_outcome(*static_cast<F*>(erased), request, response);
    });
  }

  [[nodiscard]] constexpr explicit operator bool() const noexcept { return call_ != nullptr; }

  /// Runs it. An exception becomes an Outcome: 503 for std::bad_alloc, 500 for all others.
  Outcome operator()(Request& request, Response& response) const noexcept;

 private:
  void* object_ = nullptr;
  Call call_ = nullptr;
};

class Next;

/// A middleware with its type erased. Two words.
class Middleware {
 public:
  using Call = Outcome (*)(void* object, Request& request, Response& response, Next next);

  constexpr Middleware() noexcept = default;
  constexpr Middleware(void* object, Call call) noexcept : object_(object), call_(call) {}

  /// The middleware that calls `*object` (held, not owned).
  template <class F>
  [[nodiscard]] static Middleware of(F* object) noexcept;

  /// Runs it. Exceptions become Outcomes as for handlers.
  Outcome operator()(Request& request, Response& response, Next next) const noexcept;

 private:
  void* object_ = nullptr;
  Call call_ = nullptr;
};

/// The rest of the chain, for the middleware that runs now: call it once, or not at all to answer alone.
class Next {
 public:
  constexpr Next(const Middleware* begin, const Middleware* end, Handler handler) noexcept
      : at_(begin), end_(end), handler_(handler) {}

  Outcome operator()(Request& request, Response& response) const noexcept {
    return at_ == end_ ? handler_(request, response) : (*at_)(request, response, Next(at_ + 1, end_, handler_));
  }

 private:
  const Middleware* at_;
  const Middleware* end_;
  Handler handler_;
};

template <class F>
Middleware Middleware::of(F* object) noexcept {
  return Middleware(object, [](void* erased, Request& request, Response& response, Next next) -> Outcome {
    static_assert(std::is_same_v<decltype((*static_cast<F*>(erased))(request, response, next)), Outcome>,
                  "a middleware returns an Outcome: that of next(request, response), or its own");
    return (*static_cast<F*>(erased))(request, response, next);
  });
}

}  // namespace allot::inline v0_1::http
