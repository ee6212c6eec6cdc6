/// Everything of the json layer.
#pragma once

#include "allot/json/fields.hpp"
#include "allot/json/map.hpp"
#include "allot/json/options.hpp"
#include "allot/json/parse.hpp"
#include "allot/json/parse_error.hpp"
#include "allot/json/parsed.hpp"
#include "allot/json/stream_reader.hpp"
#include "allot/json/stringify.hpp"
#include "allot/json/value.hpp"
#include "allot/json/write_stream.hpp"
