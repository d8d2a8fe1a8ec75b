#pragma once

#include <stdexcept>
#include <string>

namespace reprise {

/// The user's input is wrong: a file, a key, an option. The message says what, where and what was
/// expected, one problem a line. The program prints it and ends with exit code 2.
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The simulated system did something that it must not do. Exit code 3.
class SimulationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Two implementations that must agree did not, or a bound that the user set does not hold. Exit code 4.
class CheckError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace reprise
