#pragma once

namespace reprise {

/// While it lives, OpenMP libraries called from this thread (oneDNN) stay on this thread: small products are not worth
/// a hand-over, sums come out in one order, and the program's own threads do not fight with theirs.
class SingleThread {
 public:
  SingleThread();
  ~SingleThread();
  SingleThread(const SingleThread&) = delete;
  SingleThread& operator=(const SingleThread&) = delete;

 private:
  int before_;
};

}  // namespace reprise
