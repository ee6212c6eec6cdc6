#include "allot/http/router.hpp"

#include <cstring>

#include "allot/base/contract.hpp"
#include "allot/base/try.hpp"
#include "allot/http/text.hpp"
#include "allot/http/url.hpp"

namespace allot::inline v0_1::http {

namespace detail {

/// A place in the tree of segments.
struct RouteNode {
  std::string_view text;           ///< the segment that leads here, where it is text
  std::span<RouteNode*> texts;     ///< children by text, sorted
  std::size_t text_count = 0;      ///< of `texts`, the rest is room
  RouteNode* parameter = nullptr;  ///< child for `:name`
  RouteNode* glob = nullptr;       ///< child for `*` in the middle
  Route* routes = nullptr;         ///< patterns that end here
  Route* rest_routes = nullptr;    ///< patterns that end here with `*`
};

}  // namespace detail

namespace {

using detail::RouteNode;

constexpr std::string_view any_method_name = "*";

/// Position of `segment` (escaped when it comes from a path) among a node's children: found, or where to insert it.
struct Place {
  std::size_t index;
  bool found;
};
Place place_of(const RouteNode& node, std::string_view segment) noexcept {
  std::size_t low = 0;
  std::size_t high = node.text_count;
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    const int order = compare_decoded(segment, node.texts[middle]->text);
    if (order == 0) return {middle, true};
    (order < 0 ? high : low) = order < 0 ? middle : middle + 1;
  }
  return {low, false};
}

/// Calls `visit(routes)` for every end of a pattern that matches `path`, best first, until it returns true. The values
/// captured on the way are in `match` then.
template <class Visit>
class Search {
 public:
  Search(RouteMatch& match, Visit visit) noexcept : match_(match), visit_(visit) {}

  /// `rest` is what is left of the path behind a slash.
  bool descend(const RouteNode& node, std::string_view rest) {
    const std::size_t end = rest.find('/');
    const std::string_view segment = rest.substr(0, end);
    const Place place = place_of(node, segment);
    if (place.found && enter(*node.texts[place.index], rest, end)) return true;
    if (!segment.empty() && capture_and_enter(node.parameter, segment, rest, end)) return true;
    if (!segment.empty() && capture_and_enter(node.glob, segment, rest, end)) return true;
    return node.rest_routes != nullptr && visit_with(rest, node.rest_routes);
  }

 private:
  bool enter(const RouteNode& child, std::string_view rest, std::size_t end) {
    if (end != std::string_view::npos) return descend(child, rest.substr(end + 1));
    return child.routes != nullptr && visit_(child.routes);
  }

  bool capture_and_enter(const RouteNode* child, std::string_view segment, std::string_view rest, std::size_t end) {
    if (child == nullptr || match_.count == RouteMatch::max_values) return false;
    match_.values[match_.count++] = segment;
    if (enter(*child, rest, end)) return true;
    --match_.count;
    return false;
  }

  bool visit_with(std::string_view rest, Route* routes) {
    if (match_.count == RouteMatch::max_values) return false;
    match_.values[match_.count++] = rest;
    if (visit_(routes)) return true;
    --match_.count;
    return false;
  }

  RouteMatch& match_;
  Visit visit_;
};

bool is_for(const Route& route, Method method, std::string_view text) noexcept {
  return route.method == method && (method != Method::custom || route.method_text == text);
}

/// The route among those of one pattern that serves the method: its own, GET for HEAD, or the one for all.
const Route* route_for(const Route* routes, Method method, std::string_view text) noexcept {
  const Route* found = nullptr;
  for (const Route* route = routes; route != nullptr; route = route->next) {
    if (route->any_method) {
      if (found == nullptr) found = route;
    } else if (is_for(*route, method, text)) {
      return route;
    } else if (method == Method::head && route->method == Method::get) {
      found = route;
    }
  }
  return found;
}

/// Collects method names, each once, as "GET, HEAD".
class MethodList {
 public:
  explicit MethodList(std::span<char> buffer) noexcept : buffer_(buffer) {}

  void add(std::string_view name) noexcept {
    if (name.empty() || contains(name)) return;
    const std::size_t separator = size_ == 0 ? 0 : 2;
    if (buffer_.size() - size_ < separator + name.size()) return;
    std::memcpy(buffer_.data() + size_, ", ", separator);
    std::memcpy(buffer_.data() + size_ + separator, name.data(), name.size());
    size_ += separator + name.size();
  }

  void add_routes(const Route* routes) noexcept {
    for (const Route* route = routes; route != nullptr; route = route->next) {
      if (route->any_method) add_known();
      if (!route->any_method) add(route->method_text);
      if (route->method == Method::get) add("HEAD");
    }
  }

  [[nodiscard]] std::string_view view() const noexcept { return {buffer_.data(), size_}; }

 private:
  void add_known() noexcept {
    for (const std::string_view name : {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH"}) add(name);
  }

  [[nodiscard]] bool contains(std::string_view name) const noexcept {
    std::string_view list = view();
    while (!list.empty()) {
      if (trimmed(take_until(list, ',')) == name) return true;
    }
    return false;
  }

  std::span<char> buffer_;
  std::size_t size_ = 0;
};

std::size_t length_of(const detail::MiddlewareLink* list) noexcept {
  std::size_t count = 0;
  for (; list != nullptr; list = list->before) ++count;
  return count;
}

/// Copies a list, kept last to first, in front of `end`; returns where it begins now.
Middleware* copy_before(Middleware* end, const detail::MiddlewareLink* list) noexcept {
  for (; list != nullptr; list = list->before) *--end = list->middleware;
  return end;
}

}  // namespace

Router::Router(Allocator arena) noexcept : arena_(arena) {}

Router::~Router() {
  while (cleanups_ != nullptr) {
    Cleanup* const cleanup = cleanups_;
    cleanups_ = cleanup->next;
    cleanup->destroy(cleanup->object);
    arena_.destroy(cleanup);
  }
}

Group Router::group(std::string_view prefix) {
  return {*this, add_scope(&root_, prefix)};
}

Group Group::group(std::string_view prefix) {
  return {*router_, scope_ == nullptr ? nullptr : router_->add_scope(scope_, prefix)};
}

RouteRef Group::add_route(std::string_view method, std::string_view pattern, Handler handler) {
  return scope_ == nullptr ? RouteRef(*router_, nullptr) : router_->add_route_in(scope_, method, pattern, handler);
}

HttpResult<void> Router::status() const noexcept {
  if (failed_) return Unexpected(error_);
  return {};
}

void Router::fail(Error error, std::string_view pattern) noexcept {
  if (failed_) return;
  failed_ = true;
  error_ = error;
  failed_pattern_ = pattern;
}

void Router::add_cleanup(void* object, void (*destroy)(void*) noexcept) noexcept {
  const auto cleanup = arena_.create<Cleanup>(object, destroy, cleanups_);
  if (cleanup.has_value()) {
    cleanups_ = *cleanup;
  } else {
    destroy(object);
    fail(cleanup.error(), {});
  }
}

detail::RouteScope* Router::add_scope(detail::RouteScope* parent, std::string_view prefix) noexcept {
  const auto text = arena_.dupe(prefix);
  const auto scope = text.has_value() ? arena_.create<detail::RouteScope>(
                                            parent, std::string_view(text->data(), text->size()), nullptr)
                                      : Result<detail::RouteScope*>(unexpect, text.error());
  if (scope.has_value()) return *scope;
  fail(scope.error(), prefix);
  return nullptr;
}

void Router::add_middleware(const detail::MiddlewareLink*& list, Middleware middleware) noexcept {
  ALLOT_CHECK(!sealed_, "middleware is added before the server listens");
  const auto link = arena_.create<detail::MiddlewareLink>(middleware, list);
  if (link.has_value()) {
    list = *link;
  } else {
    fail(link.error(), {});
  }
}

RouteRef Router::add_route_in(detail::RouteScope* scope, std::string_view method, std::string_view pattern,
                              Handler handler) {
  ALLOT_CHECK(!sealed_, "routes are added before the server listens");
  if (!handler) return {*this, nullptr};
  const HttpResult<Route*> route = try_add(scope, method, pattern, handler);
  if (route.has_value()) return {*this, *route};
  fail(route.error(), pattern);
  return {*this, nullptr};
}

HttpResult<std::string_view> Router::full_pattern(const detail::RouteScope* scope, std::string_view pattern) noexcept {
  std::size_t size = pattern.size();
  for (const auto* at = scope; at != nullptr; at = at->parent) size += at->prefix.size();
  ALLOT_TRY(const std::span<char> text, arena_.alloc<char>(size));
  char* begin = text.data() + size - pattern.size();
  if (!pattern.empty()) std::memcpy(begin, pattern.data(), pattern.size());
  for (const auto* at = scope; at != nullptr; at = at->parent) {
    begin -= at->prefix.size();
    if (!at->prefix.empty()) std::memcpy(begin, at->prefix.data(), at->prefix.size());
  }
  return std::string_view(text.data(), text.size());
}

HttpResult<Route*> Router::try_add(detail::RouteScope* scope, std::string_view method, std::string_view pattern,
                                   Handler handler) noexcept {
  if (!is_token(method)) ALLOT_FAIL(ErrorKind::bad_route);
  ALLOT_TRY(const std::string_view full, full_pattern(scope, pattern));
  ALLOT_TRY(const std::span<char> method_text, arena_.dupe(method));
  ALLOT_TRY(Route* const route, arena_.create<Route>());
  route->pattern = full;
  route->method_text = {method_text.data(), method_text.size()};
  route->method = method_of(method);
  route->any_method = method == any_method_name;
  route->handler = handler;
  route->scope = scope;

  bool at_rest = false;
  ALLOT_TRY(RouteNode* const node, node_for(full, *route, at_rest));
  Route** list = at_rest ? &node->rest_routes : &node->routes;
  for (; *list != nullptr; list = &(*list)->next) {
    const bool same = (*list)->any_method == route->any_method && is_for(**list, route->method, method);
    if (same) ALLOT_FAIL(ErrorKind::duplicate_route);
  }
  *list = route;
  return route;
}

HttpResult<RouteNode*> Router::node_for(std::string_view pattern, Route& route, bool& at_rest) noexcept {
  if (!pattern.starts_with('/') || pattern.find_first_of("?#%") != std::string_view::npos) {
    ALLOT_FAIL(ErrorKind::bad_route);
  }
  if (tree_ == nullptr) {
    ALLOT_TRY(tree_, arena_.create<RouteNode>());
  }
  std::string_view names[RouteMatch::max_values];
  std::size_t count = 0;
  RouteNode* node = tree_;
  std::size_t end = 0;
  for (std::string_view rest = pattern.substr(1); end != std::string_view::npos; rest.remove_prefix(end + 1)) {
    end = rest.find('/');
    const std::string_view segment = rest.substr(0, end);
    const bool captures = segment.starts_with(':') || segment == "*";
    if (segment == ":" || (captures && count == RouteMatch::max_values)) ALLOT_FAIL(ErrorKind::bad_route);
    if (captures) names[count++] = segment == "*" ? segment : segment.substr(1);
    at_rest = segment == "*" && end == std::string_view::npos;
    if (at_rest) break;
    ALLOT_TRY(node, child_for(*node, segment));
    if (end == std::string_view::npos) break;
  }
  ALLOT_TRY(const auto kept, arena_.dupe(std::span<const std::string_view>(names, count)));
  route.parameters = kept;
  return node;
}

HttpResult<RouteNode*> Router::child_for(RouteNode& node, std::string_view segment) noexcept {
  if (!segment.starts_with(':') && segment != "*") return text_child(node, segment);
  RouteNode*& child = segment == "*" ? node.glob : node.parameter;
  if (child == nullptr) {
    ALLOT_TRY(child, arena_.create<RouteNode>());
  }
  return child;
}

HttpResult<RouteNode*> Router::text_child(RouteNode& node, std::string_view segment) noexcept {
  const Place place = place_of(node, segment);
  if (place.found) return node.texts[place.index];
  if (node.text_count == node.texts.size()) {
    ALLOT_TRY(const auto larger, arena_.alloc<RouteNode*>(node.text_count * 2 + 2));
    if (node.text_count != 0) std::memcpy(larger.data(), node.texts.data(), node.text_count * sizeof(RouteNode*));
    node.texts = larger;
  }
  ALLOT_TRY(RouteNode* const child, arena_.create<RouteNode>());
  child->text = segment;
  RouteNode** const at = node.texts.data() + place.index;
  std::memmove(at + 1, at, (node.text_count - place.index) * sizeof(RouteNode*));
  *at = child;
  ++node.text_count;
  return child;
}

HttpResult<std::span<const Middleware>> Router::chain_of(const detail::MiddlewareLink* own,
                                                         const detail::RouteScope* scope) noexcept {
  std::size_t count = length_of(own);
  for (const auto* at = scope; at != nullptr; at = at->parent) count += length_of(at->middleware);
  ALLOT_TRY(const std::span<Middleware> chain, arena_.alloc_uninit<Middleware>(count));
  Middleware* begin = copy_before(chain.data() + count, own);
  for (const auto* at = scope; at != nullptr; at = at->parent) begin = copy_before(begin, at->middleware);
  return std::span<const Middleware>(chain);
}

namespace {

/// Calls `visit` for every route below `node`. Returns its first error.
template <class Visit>
HttpResult<void> for_each_route(const RouteNode* node, Visit visit) noexcept {
  if (node == nullptr) return {};
  for (Route* routes : {node->routes, node->rest_routes}) {
    for (; routes != nullptr; routes = routes->next) ALLOT_TRY_VOID(visit(*routes));
  }
  for (std::size_t i = 0; i < node->text_count; ++i) ALLOT_TRY_VOID(for_each_route(node->texts[i], visit));
  ALLOT_TRY_VOID(for_each_route(node->parameter, visit));
  return for_each_route(node->glob, visit);
}

}  // namespace

HttpResult<void> Router::seal() noexcept {
  ALLOT_TRY_VOID(status());
  if (sealed_) return {};
  ALLOT_TRY_VOID(for_each_route(tree_, [this](Route& route) noexcept -> HttpResult<void> {
    ALLOT_TRY(route.chain, chain_of(route.middleware, route.scope));
    return {};
  }));
  ALLOT_TRY(global_chain_, chain_of(nullptr, &root_));
  sealed_ = true;
  return {};
}

RouteMatch Router::find(Method method, std::string_view method_text, std::string_view path) const noexcept {
  RouteMatch match;
  if (tree_ == nullptr || !path.starts_with('/')) return match;
  const auto visit = [&match, method, method_text](const Route* routes) noexcept {
    match.path_known = true;
    match.route = route_for(routes, method, method_text);
    return match.route != nullptr;
  };
  Search search(match, visit);
  search.descend(*tree_, path.substr(1));
  return match;
}

std::string_view Router::allowed_methods(std::string_view path, std::span<char> buffer) const noexcept {
  MethodList methods(buffer);
  RouteMatch match;
  const auto visit = [&methods](const Route* routes) noexcept {
    methods.add_routes(routes);
    return false;
  };
  if (tree_ != nullptr && path.starts_with('/')) {
    Search search(match, visit);
    search.descend(*tree_, path.substr(1));
  }
  methods.add("OPTIONS");
  return methods.view();
}

}  // namespace allot::inline v0_1::http
