/// The HTTP layer: server, router, requests and responses, middleware, static files, a test kit. json() for requests
/// and responses is in allot/http_json.hpp.
#pragma once

#include "allot/http/cookies.hpp"
#include "allot/http/error.hpp"
#include "allot/http/middleware.hpp"
#include "allot/http/request.hpp"
#include "allot/http/response.hpp"
#include "allot/http/router.hpp"
#include "allot/http/server.hpp"
#include "allot/http/static_files.hpp"
#include "allot/http/testing.hpp"
#include "allot/http/text.hpp"
#include "allot/http/url.hpp"
