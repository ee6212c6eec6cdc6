/// Everything of the json layer.
#pragma once

#include "allot/json/fields.hpp"
#include "allot/json/options.hpp"
#include "allot/json/stringify.hpp"
#include "allot/json/write_stream.hpp"
