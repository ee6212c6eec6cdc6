/// Everything of the io layer: Writer, Reader and what stands behind them.
#pragma once

#include "allot/io/allocating_writer.hpp"
#include "allot/io/bounded_writer.hpp"
#include "allot/io/buffered_writer.hpp"
#include "allot/io/counting_writer.hpp"
#include "allot/io/file.hpp"
#include "allot/io/file_reader.hpp"
#include "allot/io/file_writer.hpp"
#include "allot/io/fixed_reader.hpp"
#include "allot/io/fixed_writer.hpp"
#include "allot/io/io_error.hpp"
#include "allot/io/list_writer.hpp"
#include "allot/io/null_writer.hpp"
#include "allot/io/reader.hpp"
#include "allot/io/tee_writer.hpp"
#include "allot/io/writer.hpp"
