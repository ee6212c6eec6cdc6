/// Ends a server when the program is interrupted (Ctrl-C) or asked to terminate. For examples only.
#pragma once

#include <allot/http/server.hpp>
#include <csignal>

inline allot::http::Server* server_to_stop = nullptr;

inline void stop_on_signal(allot::http::Server& server) {
  server_to_stop = &server;
  for (const int signal : {SIGINT, SIGTERM}) {
    std::signal(signal, [](int) { server_to_stop->request_stop(); });  // safe in a signal handler
  }
}
