#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace reprise::sqlite {

using Value = std::variant<std::nullptr_t, std::int64_t, double, std::string>;
using Row = std::vector<Value>;

/// As text; nothing for NULL.
std::optional<std::string> text_of(const Value& value);

/// An SQLite file. Faults are thrown as InputError that names the file.
class Database {
 public:
  enum class Mode { read, write };
  Database(const std::filesystem::path& file, Mode mode);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Several statements without values.
  void script(const std::string& sql);
  /// One statement, its `?` in order.
  void run(const std::string& sql, const std::vector<Value>& values = {});
  std::vector<Row> rows(const std::string& sql, const std::vector<Value>& values = {}) const;
  /// All that `work` does, or nothing of it.
  void transaction(const std::function<void()>& work);

 private:
  using Statement = std::unique_ptr<sqlite3_stmt, int (*)(sqlite3_stmt*)>;
  Statement prepare(const std::string& sql, const std::vector<Value>& values) const;
  [[noreturn]] void fail() const;

  const std::string name_;
  sqlite3* connection_ = nullptr;
};

}  // namespace reprise::sqlite
