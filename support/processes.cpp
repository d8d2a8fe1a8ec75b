#include "support/processes.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <exception>
#include <iostream>
#include <stdexcept>

#include "support/error.h"

namespace reprise {
namespace {

// What a process writes into its pipe: a letter for every step, then one of the others and its text.
constexpr char kStep = 's';
constexpr char kDone = 'd';
constexpr char kInputError = 'i';
constexpr char kSimulationError = 'm';
constexpr char kCheckError = 'c';
constexpr char kOtherError = 'o';

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": " + std::strerror(errno));
}

void write_all(int pipe, const std::string& text) {
  for (std::size_t written = 0; written < text.size();) {
    const ssize_t count = ::write(pipe, text.data() + written, text.size() - written);
    if (count < 0 && errno != EINTR) _exit(1);  // nobody is there to be told
    if (count > 0) written += static_cast<std::size_t>(count);
  }
}

[[noreturn]] void raise(char kind, const std::string& what) {
  if (kind == kInputError) throw InputError(what);
  if (kind == kSimulationError) throw SimulationError(what);
  if (kind == kCheckError) throw CheckError(what);
  throw std::runtime_error(what);
}

/// The end of what a process writes.
std::string last_words(const std::function<std::string()>& work) {
  try {
    return kDone + work();
  } catch (const InputError& error) {
    return std::string(1, kInputError) + error.what();
  } catch (const SimulationError& error) {
    return std::string(1, kSimulationError) + error.what();
  } catch (const CheckError& error) {
    return std::string(1, kCheckError) + error.what();
  } catch (const std::exception& error) {
    return std::string(1, kOtherError) + error.what();
  }
}

/// One of the processes, seen from here.
class Process {
 public:
  explicit Process(const std::function<std::string(const std::function<void()>& step)>& work) {
    int ends[2];
    if (::pipe(ends) != 0) fail("cannot make a pipe");
    std::cout.flush();
    number_ = ::fork();
    if (number_ < 0) fail("cannot start a process");
    if (number_ == 0) {
      ::close(ends[0]);
      write_all(ends[1], last_words([&] { return work([&] { write_all(ends[1], std::string(1, kStep)); }); }));
      ::_exit(0);
    }
    ::close(ends[1]);
    pipe_ = ends[0];
  }
  Process(Process&& other) noexcept
      : number_(other.number_), pipe_(other.pipe_), text_(std::move(other.text_)), ended_(other.ended_) {
    other.pipe_ = -1;
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (pipe_ < 0) return;
    ::close(pipe_);
    int status = 0;
    while (::waitpid(number_, &status, 0) < 0 && errno == EINTR) continue;
  }

  int pipe() const { return ended_ ? -1 : pipe_; }

  /// Reads what is there.
  void read(const std::function<void()>& on_step) {
    char bytes[4096];
    const ssize_t count = ::read(pipe_, bytes, sizeof bytes);
    if (count < 0 && errno == EINTR) return;
    ended_ = count <= 0;
    for (ssize_t i = 0; i < count; ++i) {
      if (text_.empty() && bytes[i] == kStep) {
        on_step();
      } else {
        text_ += bytes[i];
      }
    }
  }

  std::string result() const {
    if (text_.empty()) throw std::runtime_error("a process ended before it was done");
    if (text_.front() != kDone) raise(text_.front(), text_.substr(1));
    return text_.substr(1);
  }

 private:
  pid_t number_ = 0;
  int pipe_ = -1;
  std::string text_;  ///< after the steps
  bool ended_ = false;
};

}  // namespace

std::vector<std::string> run_in_processes(
    unsigned jobs, const std::function<std::string(unsigned job, const std::function<void()>& step)>& work,
    const std::function<void()>& on_step) {
  std::vector<Process> processes;
  for (unsigned job = 0; job < jobs; ++job) {
    processes.emplace_back([&](const std::function<void()>& step) { return work(job, step); });
  }
  std::vector<pollfd> waiting(jobs);
  while (true) {
    bool open = false;
    for (unsigned job = 0; job < jobs; ++job) {
      waiting[job] = {processes[job].pipe(), POLLIN, 0};
      open = open || processes[job].pipe() >= 0;
    }
    if (!open) break;
    if (::poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) fail("cannot wait for processes");
    for (unsigned job = 0; job < jobs; ++job) {
      if (waiting[job].fd >= 0 && waiting[job].revents != 0) processes[job].read(on_step);
    }
  }
  std::vector<std::string> results;
  for (const Process& process : processes) results.push_back(process.result());
  return results;
}

}  // namespace reprise
