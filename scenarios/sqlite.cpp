#include "scenarios/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "support/error.h"

namespace reprise::sqlite {
namespace {

constexpr int kBusyMilliseconds = 30'000;

Value column(sqlite3_stmt* statement, int index) {
  switch (sqlite3_column_type(statement, index)) {
    case SQLITE_INTEGER:
      return std::int64_t{sqlite3_column_int64(statement, index)};
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, index);
    case SQLITE_NULL:
      return nullptr;
    default:
      return std::string(reinterpret_cast<const char*>(sqlite3_column_text(statement, index)),
                         static_cast<std::size_t>(sqlite3_column_bytes(statement, index)));
  }
}

struct Bind {
  sqlite3_stmt* statement;
  int index;

  int operator()(std::nullptr_t) const { return sqlite3_bind_null(statement, index); }
  int operator()(std::int64_t value) const { return sqlite3_bind_int64(statement, index, value); }
  int operator()(double value) const { return sqlite3_bind_double(statement, index, value); }
  int operator()(const std::string& value) const {
    return sqlite3_bind_text64(statement, index, value.data(), value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
};

}  // namespace

std::optional<std::string> text_of(const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *integer);
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  return std::nullopt;
}

Database::Database(const std::filesystem::path& file, Mode mode) : name_(file.string()) {
  const int flags = mode == Mode::read ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
  if (sqlite3_open_v2(name_.c_str(), &connection_, flags, nullptr) != SQLITE_OK) {
    const std::string message = fmt::format("{}: {}", name_, sqlite3_errmsg(connection_));
    sqlite3_close_v2(connection_);
    throw InputError(message);
  }
  sqlite3_busy_timeout(connection_, kBusyMilliseconds);
}

Database::~Database() {
  sqlite3_close_v2(connection_);
}

void Database::script(const std::string& sql) {
  if (sqlite3_exec(connection_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail();
}

void Database::run(const std::string& sql, const std::vector<Value>& values) {
  const Statement statement = prepare(sql, values);
  if (sqlite3_step(statement.get()) != SQLITE_DONE) fail();
}

std::vector<Row> Database::rows(const std::string& sql, const std::vector<Value>& values) const {
  const Statement statement = prepare(sql, values);
  std::vector<Row> rows;
  int code = SQLITE_ROW;
  while ((code = sqlite3_step(statement.get())) == SQLITE_ROW) {
    Row& row = rows.emplace_back();
    for (int i = 0; i < sqlite3_column_count(statement.get()); ++i) row.push_back(column(statement.get(), i));
  }
  if (code != SQLITE_DONE) fail();
  return rows;
}

void Database::transaction(const std::function<void()>& work) {
  script("BEGIN IMMEDIATE");
  try {
    work();
  } catch (...) {
    sqlite3_exec(connection_, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
  script("COMMIT");
}

Database::Statement Database::prepare(const std::string& sql, const std::vector<Value>& values) const {
  sqlite3_stmt* prepared = nullptr;
  if (sqlite3_prepare_v2(connection_, sql.c_str(), -1, &prepared, nullptr) != SQLITE_OK) fail();
  Statement statement(prepared, sqlite3_finalize);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::visit(Bind{prepared, static_cast<int>(i) + 1}, values[i]) != SQLITE_OK) fail();
  }
  return statement;
}

void Database::fail() const {
  throw InputError(fmt::format("{}: {}; expected the database of `reprise sweep`", name_, sqlite3_errmsg(connection_)));
}

}  // namespace reprise::sqlite
