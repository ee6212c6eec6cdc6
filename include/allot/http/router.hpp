/// Router: finds the handler for a method and a path.
///
///     router.get("/api/user/:id", get_user);
///     router.post("/upload", [&](Request& request, Response& response) { ... });
///     router.get("/me", &App::me, app);
///     Group admin = router.group("/admin");
///     admin.use(require_login);
///     admin.del("/cache/*", clear_cache).data(&settings);
///
/// Patterns are segments between slashes: text matches itself, `:name` one segment, `*` one segment in the middle and
/// everything that is left at the end. Where several patterns match, at the first segment that differs text wins over
/// `:name`, that over `*` for one segment, that over a final `*`; and a choice that leads nowhere is taken back. A
/// method without a handler does not end the search: POST /users/me finds POST /users/:id beside GET /users/me.
/// HEAD finds a GET handler, `all` any method. "/a" and "/a/" differ. Escapes (%41) in a path match what they mean,
/// except that %2F is never a separator.
///
/// Everything is stored in the arena given to the constructor and stays until the router's end. A wrong pattern, a
/// duplicate or an allocation that fails is remembered: `status()` says so, and a server refuses to start.
/// Cost of a search: a binary search among the texts a segment, no allocation.
/// Threads: build it on one thread; searching is const and safe on many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "allot/base/config.hpp"
#include "allot/core/allocator.hpp"
#include "allot/http/error.hpp"
#include "allot/http/handler.hpp"
#include "allot/http/method.hpp"

namespace allot::inline v0_1::http {

class Router;

namespace detail {

struct MiddlewareLink {
  Middleware middleware;
  const MiddlewareLink* before;  ///< runs earlier
};

/// A group of routes: its prefix, and the middleware added to it so far.
struct RouteScope {
  RouteScope* parent;
  std::string_view prefix;
  const MiddlewareLink* middleware;
};

struct RouteNode;

}  // namespace detail

/// One method and pattern with what was said about it. Lives in the router's arena.
struct Route {
  std::string_view pattern;
  std::string_view method_text;                  ///< its name, for methods without a number; "*" for `all`
  std::span<const std::string_view> parameters;  ///< names of what the pattern captures; "*" for globs
  Handler handler;
  std::span<const Middleware> chain;  ///< first to last; complete after `Router::seal`
  const void* data = nullptr;         ///< held, not owned
  const void* data_type = nullptr;
  const detail::MiddlewareLink* middleware = nullptr;
  detail::RouteScope* scope = nullptr;
  Route* next = nullptr;  ///< of the same pattern
  Method method = Method::get;
  bool any_method = false;
  bool streams_body = false;
};

/// What a search found.
struct RouteMatch {
  static constexpr std::size_t max_values = 16;

  const Route* route = nullptr;         ///< null: nothing for this method
  std::string_view values[max_values];  ///< what was captured, still escaped, in the order of route->parameters
  std::size_t count = 0;
  bool path_known = false;  ///< some method has a handler for this path
};

/// The route just added, to say more about it. Does nothing when adding it failed.
class RouteRef {
 public:
  RouteRef(Router& router, Route* route) noexcept : router_(&router), route_(route) {}

  /// What `Request::route_data<T>()` gives to the handler (held, not owned).
  template <class T>
  RouteRef& data(const T* value) noexcept {
    if (route_ != nullptr) {
      route_->data = value;
      route_->data_type = &detail::type_tag<T>;
    }
    return *this;
  }

  /// Runs `middleware` around this route, after those of its groups.
  template <class M>
  RouteRef& use(M&& middleware);

  /// The handler runs as soon as the header has arrived, and reads the body with `Request::read_body`; a body of any
  /// size fits then.
  RouteRef& stream_body() noexcept {
    if (route_ != nullptr) route_->streams_body = true;
    return *this;
  }

 private:
  Router* router_;
  Route* route_;
};

/// The calls that add routes, for a router and for groups of one. Each takes a pattern and a handler, or a pattern, a
/// member function and its object (held, not owned).
template <class Self>
class RouteAdder {
 public:
  template <class... H>
  RouteRef get(std::string_view pattern, H&&... handler) {
    return add_known(Method::get, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef head(std::string_view pattern, H&&... handler) {
    return add_known(Method::head, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef post(std::string_view pattern, H&&... handler) {
    return add_known(Method::post, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef put(std::string_view pattern, H&&... handler) {
    return add_known(Method::put, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef del(std::string_view pattern, H&&... handler) {
    return add_known(Method::delete_, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef patch(std::string_view pattern, H&&... handler) {
    return add_known(Method::patch, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef options(std::string_view pattern, H&&... handler) {
    return add_known(Method::options, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef trace(std::string_view pattern, H&&... handler) {
    return add_known(Method::trace, pattern, std::forward<H>(handler)...);
  }
  template <class... H>
  RouteRef connect(std::string_view pattern, H&&... handler) {
    return add_known(Method::connect, pattern, std::forward<H>(handler)...);
  }
  /// Every method that has no handler of its own for this pattern.
  template <class... H>
  RouteRef all(std::string_view pattern, H&&... handler) {
    return self().add_route("*", pattern, self().store_handler(std::forward<H>(handler)...));
  }
  /// A method by name, such as "PURGE" (the known ones too).
  template <class... H>
  RouteRef method(std::string_view name, std::string_view pattern, H&&... handler) {
    return self().add_route(name, pattern, self().store_handler(std::forward<H>(handler)...));
  }

 private:
  Self& self() noexcept { return static_cast<Self&>(*this); }

  template <class... H>
  RouteRef add_known(Method method, std::string_view pattern, H&&... handler) {
    return self().add_route(method_name(method), pattern, self().store_handler(std::forward<H>(handler)...));
  }
};

/// Routes with a common prefix and middleware. A small value; it names a part of its router, which outlives it.
class Group : public RouteAdder<Group> {
 public:
  Group(Router& router, detail::RouteScope* scope) noexcept : router_(&router), scope_(scope) {}

  /// A group within this one.
  [[nodiscard]] Group group(std::string_view prefix);

  /// Runs `middleware` around the group's routes, also those added before.
  template <class M>
  Group& use(M&& middleware);

 private:
  friend class RouteAdder<Group>;
  RouteRef add_route(std::string_view method, std::string_view pattern, Handler handler);
  template <class... H>
  Handler store_handler(H&&... handler);

  Router* router_;
  detail::RouteScope* scope_;
};

class Router : public RouteAdder<Router> {
 public:
  /// `arena` gives all the memory and takes none back before the router's end; it outlives the router.
  explicit Router(Allocator arena) noexcept;
  Router(const Router&) = delete;
  Router& operator=(const Router&) = delete;
  /// Destroys the stored handlers.
  ~Router();

  [[nodiscard]] Group group(std::string_view prefix);

  /// Runs `middleware` around everything, requests without a route included. First added, first run.
  template <class M>
  Router& use(M&& middleware) {
    add_middleware(root_.middleware, store_middleware(std::forward<M>(middleware)));
    return *this;
  }

  /// Answers requests for which there is no path. It may leave the status alone: it is 404 already.
  template <class... H>
  void not_found(H&&... handler) {
    not_found_ = store_handler(std::forward<H>(handler)...);
  }

  /// Answers when a handler has failed: called with (Request&, Response&, Outcome), the response empty but for the
  /// outcome's status. It runs where nothing may fail any more; if it throws, the client gets a plain text.
  template <class F>
  void on_error(F&& handler) {
    on_error_ = store_error_handler(std::forward<F>(handler));
  }

  /// The first error met while adding; success when all is well. O(1).
  [[nodiscard]] HttpResult<void> status() const noexcept;
  /// The pattern `status()` is about.
  [[nodiscard]] std::string_view failed_pattern() const noexcept { return failed_pattern_; }

  /// Completes the chains of middleware. A server calls it before it listens; nothing may be added afterwards
  /// (checked).
  HttpResult<void> seal() noexcept;

  /// Finds the route for `path`, which begins with a slash and is well escaped. Thread safe.
  [[nodiscard]] RouteMatch find(Method method, std::string_view method_text, std::string_view path) const noexcept;

  /// Writes the methods that have a handler for `path`, as an Allow header has them, to `buffer` and returns them;
  /// names that do not fit are left out. OPTIONS is always one of them.
  [[nodiscard]] std::string_view allowed_methods(std::string_view path, std::span<char> buffer) const noexcept;

  /// The rest of what a server needs. `error_handler` is null when none was set.
  using ErrorCall = void (*)(void* object, Request& request, Response& response, Outcome outcome);
  struct ErrorHandler {
    void* object = nullptr;
    ErrorCall call = nullptr;
  };
  [[nodiscard]] const ErrorHandler& error_handler() const noexcept { return on_error_; }
  [[nodiscard]] Handler not_found_handler() const noexcept { return not_found_; }
  [[nodiscard]] std::span<const Middleware> global_chain() const noexcept { return global_chain_; }

 private:
  friend class RouteAdder<Router>;
  friend class Group;
  friend class RouteRef;

  struct Cleanup {
    void* object;
    void (*destroy)(void* object) noexcept;
    Cleanup* next;
  };

  RouteRef add_route(std::string_view method, std::string_view pattern, Handler handler) {
    return add_route_in(&root_, method, pattern, handler);
  }
  RouteRef add_route_in(detail::RouteScope* scope, std::string_view method, std::string_view pattern, Handler handler);
  HttpResult<Route*> try_add(detail::RouteScope* scope, std::string_view method, std::string_view pattern,
                             Handler handler) noexcept;
  HttpResult<std::string_view> full_pattern(const detail::RouteScope* scope, std::string_view pattern) noexcept;
  HttpResult<detail::RouteNode*> node_for(std::string_view pattern, Route& route, bool& at_rest) noexcept;
  HttpResult<detail::RouteNode*> child_for(detail::RouteNode& node, std::string_view segment) noexcept;
  HttpResult<detail::RouteNode*> text_child(detail::RouteNode& node, std::string_view segment) noexcept;
  HttpResult<std::span<const Middleware>> chain_of(const detail::MiddlewareLink* own,
                                                   const detail::RouteScope* scope) noexcept;
  detail::RouteScope* add_scope(detail::RouteScope* parent, std::string_view prefix) noexcept;
  void add_middleware(const detail::MiddlewareLink*& list, Middleware middleware) noexcept;
  void fail(Error error, std::string_view pattern) noexcept;
  void add_cleanup(void* object, void (*destroy)(void*) noexcept) noexcept;

  /// A copy of `f` in the arena; null when out of memory.
  template <class F>
  std::decay_t<F>* store(F&& f) {
    using Stored = std::decay_t<F>;
    const Result<Stored*> stored = arena_.create<Stored>(std::forward<F>(f));
    if (!stored.has_value()) {
      fail(stored.error(), {});
      return nullptr;
    }
    if constexpr (!std::is_trivially_destructible_v<Stored>) {
      add_cleanup(*stored, [](void* object) noexcept { static_cast<Stored*>(object)->~Stored(); });
    }
    return *stored;
  }

  template <class F>
  Handler store_handler(F&& f) {
    static_assert(std::is_invocable_v<std::decay_t<F>&, Request&, Response&>,
                  "a handler is called with (Request&, Response&)");
    auto* stored = store(std::forward<F>(f));
    return stored == nullptr ? Handler() : Handler::of(stored);
  }
  template <class Member, class T>
    requires std::is_member_function_pointer_v<Member>
  Handler store_handler(Member member, T& object) {
    return store_handler(detail::BoundMember<T, Member>{&object, member});
  }
  template <class M>
  Middleware store_middleware(M&& middleware) {
    auto* stored = store(std::forward<M>(middleware));
    return stored == nullptr ? Middleware() : Middleware::of(stored);
  }
  template <class F>
  ErrorHandler store_error_handler(F&& f) {
    using Stored = std::decay_t<F>;
    return {store(std::forward<F>(f)), [](void* object, Request& request, Response& response, Outcome outcome) {
              (*static_cast<Stored*>(object))(request, response, outcome);
            }};
  }

  Allocator arena_;
  detail::RouteScope root_{nullptr, {}, nullptr};
  detail::RouteNode* tree_ = nullptr;
  Handler not_found_;
  ErrorHandler on_error_;
  std::span<const Middleware> global_chain_;
  Cleanup* cleanups_ = nullptr;
  Error error_{ErrorKind::bad_route};
  std::string_view failed_pattern_;
  bool failed_ = false;
  bool sealed_ = false;
};

template <class M>
RouteRef& RouteRef::use(M&& middleware) {
  if (route_ != nullptr) {
    router_->add_middleware(route_->middleware, router_->store_middleware(std::forward<M>(middleware)));
  }
  return *this;
}

template <class M>
Group& Group::use(M&& middleware) {
  if (scope_ != nullptr) {
    router_->add_middleware(scope_->middleware, router_->store_middleware(std::forward<M>(middleware)));
  }
  return *this;
}

template <class... H>
Handler Group::store_handler(H&&... handler) {
  return router_->store_handler(std::forward<H>(handler)...);
}

}  // namespace allot::inline v0_1::http
