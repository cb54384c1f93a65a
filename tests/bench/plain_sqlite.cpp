// The same number of transitions as plain SQLite does it in one thread: an event, what it owes, and what is known, a
// transaction each, on the same kind of file (WAL, synchronous=FULL). Nothing is sent, and no receipt is written.
//   bench_plain_sqlite FILE COUNT
#include <SQLiteCpp/SQLiteCpp.h>

#include <cstdlib>
#include <string>

#include "measurement.hpp"

int main(int count, char** words) {
  if (count != 3) return 2;
  long const wanted = std::strtol(words[2], nullptr, 10);
  SQLite::Database file(words[1], SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
  file.exec("PRAGMA journal_mode=WAL");
  file.exec("PRAGMA synchronous=FULL");
  file.exec("CREATE TABLE events(sequence INTEGER PRIMARY KEY, id TEXT UNIQUE, body TEXT) STRICT");
  file.exec("CREATE TABLE deliveries(number INTEGER PRIMARY KEY, event INTEGER, sink TEXT, due INTEGER) STRICT");
  file.exec("CREATE TABLE jobs(id TEXT PRIMARY KEY, phase INTEGER) STRICT, WITHOUT ROWID");
  SQLite::Statement event(file, "INSERT INTO events(id, body) VALUES(?, ?)");
  SQLite::Statement delivery(file, "INSERT INTO deliveries(event, sink, due) VALUES(?, 'taker', ?)");
  SQLite::Statement job(file, "INSERT OR REPLACE INTO jobs(id, phase) VALUES(?, 2)");
  std::string const body(600, 'x');  // as long as an event is

  buildwatch::bench::stopwatch clock;
  clock.begin();
  for (long i = 0; i < wanted; ++i) {
    SQLite::Transaction all(file);
    event.bind(1, "evt_" + std::to_string(i));
    event.bind(2, body);
    event.exec();
    event.reset();
    delivery.bind(1, static_cast<std::int64_t>(file.getLastInsertRowid()));
    delivery.bind(2, static_cast<std::int64_t>(i));
    delivery.exec();
    delivery.reset();
    job.bind(1, "job-" + std::to_string(i));
    job.exec();
    job.reset();
    all.commit();
  }
  std::printf("{\"transitions\": %ld, \"commits\": %ld, \"stored_seconds\": %.6f, \"cpu_seconds\": %.6f}\n", wanted,
              wanted, clock.seconds(), clock.cpu_seconds());
}
