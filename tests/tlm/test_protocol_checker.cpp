// Each rule of the base protocol, broken once.
#include "tlm/protocol_checker.h"

#include <array>

#include "tests/sc_test.h"

using namespace reprise;

namespace {

struct Payload : tlm::tlm_generic_payload, private tlm::tlm_mm_interface {
  std::array<unsigned char, 4> bytes{};
  Payload() {
    set_mm(this);
    acquire();
    set_command(tlm::TLM_WRITE_COMMAND);
    set_address(0x40);
    set_data_ptr(bytes.data());
    set_data_length(4);
    set_streaming_width(4);
  }
  ~Payload() override { set_mm(nullptr); }
  void free(tlm::tlm_generic_payload*) override {}
};

struct Link {
  ProtocolRules rules{"link"};
  Payload payload;

  void forward(const tlm::tlm_phase& before, const tlm::tlm_phase& after, tlm::tlm_sync_enum status) {
    rules.forward_began(payload, before);
    rules.forward_ended(payload, before, after, status);
  }
  void backward(const tlm::tlm_phase& before, const tlm::tlm_phase& after, tlm::tlm_sync_enum status) {
    rules.backward_began(payload, before);
    rules.backward_ended(payload, before, after, status);
  }
  void answer() { payload.set_response_status(tlm::TLM_OK_RESPONSE); }
  void request() { forward(tlm::BEGIN_REQ, tlm::BEGIN_REQ, tlm::TLM_ACCEPTED); }
  void expect(const std::vector<std::string>& what) {
    INFO((rules.violations().empty() ? "" : rules.violations().front()));
    REQUIRE(rules.violations().size() == what.size());
    for (std::size_t i = 0; i < what.size(); ++i)
      CHECK(rules.violations()[i] == "link at 0 s: address 0x40: " + what[i]);
  }
};

/// A blocking transaction that `spoil` has changed before, and `answer` in the target.
template <class Spoil, class Answer>
void check_blocking(const std::string& expected, const Spoil& spoil, const Answer& answer) {
  Link link;
  spoil(link.payload);
  const auto before = link.rules.blocking_began(link.payload);
  link.answer();
  answer(link.payload);
  link.rules.blocking_ended(before, link.payload, sc_core::SC_ZERO_TIME, sc_core::SC_ZERO_TIME);
  if (expected.empty()) {
    link.expect({});
  } else {
    link.expect({expected});
  }
  CHECK(link.rules.transactions() == 1);
}

const auto nothing = [](Payload&) {};

}  // namespace

TEST_CASE("blocking transport: what an initiator or a target does wrong is noticed") {
  check_blocking("", nothing, nothing);
  check_blocking(
      "", [](Payload& p) { p.set_command(tlm::TLM_IGNORE_COMMAND), p.set_data_ptr(nullptr); }, nothing);
  check_blocking(
      "no data pointer", [](Payload& p) { p.set_data_ptr(nullptr); }, nothing);
  check_blocking(
      "data length 0", [](Payload& p) { p.set_data_length(0); }, nothing);
  check_blocking(
      "streaming width 0", [](Payload& p) { p.set_streaming_width(0); }, nothing);
  check_blocking(
      "byte enables of length 0", [](Payload& p) { p.set_byte_enable_ptr(p.bytes.data()); }, nothing);
  check_blocking(
      "a request whose response status is not incomplete",
      [](Payload& p) { p.set_response_status(tlm::TLM_OK_RESPONSE); }, nothing);
  check_blocking(
      "a request with the DMI hint set", [](Payload& p) { p.set_dmi_allowed(true); }, nothing);
  check_blocking("a response whose status is incomplete", nothing,
                 [](Payload& p) { p.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE); });
  check_blocking("an attribute was changed on the way", nothing, [](Payload& p) { p.set_data_length(3); });
  check_blocking("an attribute was changed on the way", nothing, [](Payload& p) { p.set_streaming_width(2); });
  check_blocking("the data of a write were changed", nothing, [](Payload& p) { p.bytes[3] = 1; });
  Link link;
  const auto before = link.rules.blocking_began(link.payload);
  link.answer();
  link.rules.blocking_ended(before, link.payload, sc_core::sc_time(1, sc_core::SC_NS), sc_core::SC_ZERO_TIME);
  link.expect({"time went backwards"});
}

TEST_CASE("non-blocking transport: all orders of phases that are allowed") {
  Link link;
  link.request();
  link.backward(tlm::END_REQ, tlm::END_REQ, tlm::TLM_ACCEPTED);
  link.answer();
  link.backward(tlm::BEGIN_RESP, tlm::BEGIN_RESP, tlm::TLM_ACCEPTED);
  link.forward(tlm::END_RESP, tlm::END_RESP, tlm::TLM_COMPLETED);

  link.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  link.rules.forward_began(link.payload, tlm::BEGIN_REQ);  // early completion
  link.answer();
  link.rules.forward_ended(link.payload, tlm::BEGIN_REQ, tlm::BEGIN_REQ, tlm::TLM_COMPLETED);

  link.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  link.rules.forward_began(link.payload, tlm::BEGIN_REQ);  // straight to the response
  link.answer();
  link.rules.forward_ended(link.payload, tlm::BEGIN_REQ, tlm::BEGIN_RESP, tlm::TLM_UPDATED);
  link.forward(tlm::END_RESP, tlm::END_RESP, tlm::TLM_ACCEPTED);

  link.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  link.forward(tlm::BEGIN_REQ, tlm::END_REQ, tlm::TLM_UPDATED);
  link.answer();
  link.backward(tlm::BEGIN_RESP, tlm::END_RESP, tlm::TLM_UPDATED);

  link.payload.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
  link.request();
  link.answer();
  link.backward(tlm::BEGIN_RESP, tlm::BEGIN_RESP, tlm::TLM_COMPLETED);
  link.expect({});
  CHECK(link.rules.transactions() == 5);
  CHECK(link.rules.in_flight() == 0);
}

TEST_CASE("non-blocking transport: phases in a wrong order are noticed") {
  const auto check = [](const std::vector<std::string>& expected, const auto& body) {
    Link link;
    body(link);
    link.expect(expected);
  };
  check({"END_REQ without BEGIN_REQ"},
        [](Link& link) { link.backward(tlm::END_REQ, tlm::END_REQ, tlm::TLM_ACCEPTED); });
  check({"BEGIN_RESP without BEGIN_REQ"},
        [](Link& link) { link.backward(tlm::BEGIN_RESP, tlm::BEGIN_RESP, tlm::TLM_ACCEPTED); });
  check({"END_RESP without BEGIN_RESP"}, [](Link& link) {
    link.request();
    link.forward(tlm::END_RESP, tlm::END_RESP, tlm::TLM_ACCEPTED);
  });
  check({"END_REQ without BEGIN_REQ"}, [](Link& link) {
    link.request();
    link.backward(tlm::END_REQ, tlm::END_REQ, tlm::TLM_ACCEPTED);
    link.backward(tlm::END_REQ, tlm::END_REQ, tlm::TLM_ACCEPTED);
  });
  check({"BEGIN_REQ before the END_REQ of another", "BEGIN_REQ of a transaction in flight"}, [](Link& link) {
    link.request();
    link.request();
  });
  check({"a response whose status is incomplete"}, [](Link& link) {
    link.request();
    link.backward(tlm::BEGIN_RESP, tlm::BEGIN_RESP, tlm::TLM_ACCEPTED);
  });
  check({"a phase that does not belong on the forward path"},
        [](Link& link) { link.forward(tlm::BEGIN_RESP, tlm::BEGIN_RESP, tlm::TLM_ACCEPTED); });
  check({"a phase that does not belong on the backward path"},
        [](Link& link) { link.backward(tlm::BEGIN_REQ, tlm::BEGIN_REQ, tlm::TLM_ACCEPTED); });
  check({"BEGIN_REQ updated to a phase that cannot follow"},
        [](Link& link) { link.forward(tlm::BEGIN_REQ, tlm::END_RESP, tlm::TLM_UPDATED); });
  check({"non-blocking transport without memory management"}, [](Link& link) {
    link.payload.set_mm(nullptr);
    tlm::tlm_generic_payload plain;
    plain.set_command(tlm::TLM_IGNORE_COMMAND);
    plain.set_address(0x40);
    plain.set_streaming_width(1);
    link.rules.forward_began(plain, tlm::BEGIN_REQ);
  });
}

TEST_CASE("non-blocking transport: one response at a time") {
  Link link;
  Payload other;
  link.request();
  link.backward(tlm::END_REQ, tlm::END_REQ, tlm::TLM_ACCEPTED);
  link.rules.forward_began(other, tlm::BEGIN_REQ);
  link.rules.forward_ended(other, tlm::BEGIN_REQ, tlm::END_REQ, tlm::TLM_UPDATED);
  link.answer();
  link.backward(tlm::BEGIN_RESP, tlm::BEGIN_RESP, tlm::TLM_ACCEPTED);
  other.set_response_status(tlm::TLM_OK_RESPONSE);
  CHECK(link.rules.in_flight() == 2);
  link.rules.backward_began(other, tlm::BEGIN_RESP);
  link.expect({"BEGIN_RESP before the END_RESP of another"});
}

TEST_CASE("debug transport and direct memory: impossible answers are noticed") {
  Link link;
  link.rules.debug_ended(link.payload, 4);
  tlm::tlm_dmi dmi;
  dmi.set_dmi_ptr(link.payload.bytes.data());
  dmi.set_start_address(0x40);
  dmi.set_end_address(0x43);
  link.rules.direct_memory_ended(link.payload, true, dmi);
  link.expect({});
  link.rules.debug_ended(link.payload, 5);
  dmi.set_start_address(0x41);
  link.rules.direct_memory_ended(link.payload, true, dmi);
  link.rules.direct_memory_ended(link.payload, false, dmi);
  dmi.set_start_address(0x44);
  link.rules.direct_memory_ended(link.payload, false, dmi);
  dmi.init();
  link.rules.direct_memory_ended(link.payload, true, dmi);
  link.expect({"debug transport moved more bytes than there are", "a DMI range without the address that was asked for",
               "a DMI range that ends before it begins", "DMI granted without a pointer"});
}
