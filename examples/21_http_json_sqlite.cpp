/// A small JSON API over SQLite: GET /notes, GET /notes/:id, POST /notes {"text": "..."}, DELETE /notes/:id.
///
///     21_http_json_sqlite [port]
///     curl -d '{"text":"buy spice"}' localhost:5882/notes && curl localhost:5882/notes
///
/// Rows become values in the request's arena and leave as JSON; no handler frees anything. SQLite's own memory is its
/// own. One worker, because one connection to the database is used by one thread at a time.

#include <sqlite3.h>

#include <allot/allot.hpp>
#include <allot/format.hpp>
#include <allot/http.hpp>
#include <allot/http_json.hpp>
#include <cstdlib>

#include "stop_on_signal.hpp"

// Last: it defines TRY, FAIL, DEFER.
#include <allot/macros.hpp>

using allot::http::Error;
using allot::http::ErrorKind;
using allot::http::HttpResult;
using allot::http::Request;
using allot::http::Response;
using allot::http::Status;

struct Note {
  std::int64_t id = 0;
  std::string_view text = {};
};

struct NewNote {
  std::string_view text;
};

/// A prepared statement that is finalized at the end of its scope.
class Statement {
 public:
  Statement(sqlite3* database, const char* sql) { sqlite3_prepare_v2(database, sql, -1, &statement_, nullptr); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  Statement& bind(int index, std::int64_t value) {
    sqlite3_bind_int64(statement_, index, value);
    return *this;
  }
  Statement& bind(int index, std::string_view text) {
    sqlite3_bind_text(statement_, index, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
    return *this;
  }
  bool next_row() { return sqlite3_step(statement_) == SQLITE_ROW; }
  bool run() { return sqlite3_step(statement_) == SQLITE_DONE; }

  /// The current row; its text is copied to `arena`.
  allot::Result<Note> note(allot::Allocator arena) const {
    const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement_, 1));
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, 1));
    const auto copy = TRY(arena.dupe(std::string_view(text == nullptr ? "" : text, size)));
    return Note{sqlite3_column_int64(statement_, 0), {copy.data(), copy.size()}};
  }

 private:
  sqlite3_stmt* statement_ = nullptr;
};

class NotesApi {
 public:
  explicit NotesApi(sqlite3* database) : database_(database) {}

  allot::Result<void> list(Request& request, Response& response) {
    allot::ArrayList<Note> notes(request.arena());  // its blocks go with the arena
    Statement rows(database_, "SELECT id, text FROM notes ORDER BY id LIMIT 100");
    while (rows.next_row()) {
      const Note note = TRY(rows.note(request.arena()));
      TRY(notes.append(note));
    }
    response.json(notes);
    return {};
  }

  HttpResult<void> show(Request& request, Response& response) {
    Statement rows(database_, "SELECT id, text FROM notes WHERE id = ?");
    if (!rows.bind(1, id_of(request)).next_row()) FAIL(Error(ErrorKind::not_found));
    const Note note = TRY(rows.note(request.arena()));
    response.json(note);
    return {};
  }

  allot::Result<void, allot::json::ParseError> add(Request& request, Response& response) {
    const NewNote note = TRY(request.json<NewNote>());
    if (!Statement(database_, "INSERT INTO notes(text) VALUES(?)").bind(1, note.text).run()) {
      response.fail({sqlite3_errmsg(database_), Status::internal_server_error});
      return {};
    }
    response.set_status(Status::created);
    response.json(Note{sqlite3_last_insert_rowid(database_), note.text});
    return {};
  }

  HttpResult<void> remove(Request& request, Response& response) {
    Statement(database_, "DELETE FROM notes WHERE id = ?").bind(1, id_of(request)).run();
    if (sqlite3_changes(database_) == 0) FAIL(Error(ErrorKind::not_found));
    response.set_status(Status::no_content);
    return {};
  }

 private:
  static std::int64_t id_of(const Request& request) {
    const auto id = allot::http::parse_decimal(request.param("id"));
    return id.has_value() ? static_cast<std::int64_t>(*id) : -1;
  }

  sqlite3* database_;
};

HttpResult<void> serve(allot::Allocator allocator, sqlite3* database, std::uint16_t port) {
  auto server = TRY(allot::http::Server::init(allocator, {.port = port}));
  NotesApi api(database);
  allot::http::Group notes = server->router().group("/notes");
  notes.get("", &NotesApi::list, api);
  notes.post("", &NotesApi::add, api);
  notes.get("/:id", &NotesApi::show, api);
  notes.del("/:id", &NotesApi::remove, api);
  stop_on_signal(*server);
  return server->listen();
}

int main(int argc, char** argv) {
  sqlite3* database = nullptr;
  if (sqlite3_open(":memory:", &database) != SQLITE_OK) return 1;
  sqlite3_exec(database, "CREATE TABLE notes(id INTEGER PRIMARY KEY, text TEXT NOT NULL)", nullptr, nullptr, nullptr);
  allot::GeneralPurposeAllocator<> gpa;
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 5882);
  const auto served = serve(gpa.allocator(), database, port);
  if (!served.has_value()) allot::debug_print("{}\n", error_name(served.error()));
  sqlite3_close(database);
  return served.has_value() && gpa.deinit() != allot::Check::leak ? 0 : 1;
}
