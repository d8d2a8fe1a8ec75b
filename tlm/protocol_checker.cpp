#include "tlm/protocol_checker.h"

#include <fmt/format.h>

#include <algorithm>

namespace reprise {
namespace {

ProtocolRules::Attributes attributes_of(const tlm::tlm_generic_payload& payload) {
  ProtocolRules::Attributes attributes;
  attributes.command = payload.get_command();
  attributes.address = payload.get_address();
  attributes.data = payload.get_data_ptr();
  attributes.length = payload.get_data_length();
  attributes.enables = payload.get_byte_enable_ptr();
  attributes.enables_length = payload.get_byte_enable_length();
  attributes.streaming_width = payload.get_streaming_width();
  if (payload.is_write() && attributes.data != nullptr)
    attributes.bytes.assign(attributes.data, attributes.data + attributes.length);
  return attributes;
}

/// All but the address, which interconnects change.
bool kept(const ProtocolRules::Attributes& before, const tlm::tlm_generic_payload& payload) {
  return payload.get_command() == before.command && payload.get_data_ptr() == before.data &&
         payload.get_data_length() == before.length && payload.get_byte_enable_ptr() == before.enables &&
         payload.get_byte_enable_length() == before.enables_length &&
         payload.get_streaming_width() == before.streaming_width;
}

}  // namespace

void ProtocolRules::violate(const tlm::tlm_generic_payload& payload, const std::string& what) {
  violations_.push_back(fmt::format("{} at {}: address {:#x}: {}", name_, sc_core::sc_time_stamp().to_string(),
                                    payload.get_address(), what));
}

void ProtocolRules::check_request(const tlm::tlm_generic_payload& payload) {
  const bool moves = !(payload.get_command() == tlm::TLM_IGNORE_COMMAND);
  if (moves && payload.get_data_ptr() == nullptr) violate(payload, "no data pointer");
  if (moves && payload.get_data_length() == 0) violate(payload, "data length 0");
  if (payload.get_streaming_width() == 0) violate(payload, "streaming width 0");
  if (payload.get_byte_enable_ptr() != nullptr && payload.get_byte_enable_length() == 0)
    violate(payload, "byte enables of length 0");
  if (payload.get_response_status() != tlm::TLM_INCOMPLETE_RESPONSE)
    violate(payload, "a request whose response status is not incomplete");
  if (payload.is_dmi_allowed()) violate(payload, "a request with the DMI hint set");
}

void ProtocolRules::check_response(const Attributes& before, const tlm::tlm_generic_payload& payload) {
  if (payload.get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE)
    violate(payload, "a response whose status is incomplete");
  if (!kept(before, payload)) violate(payload, "an attribute was changed on the way");
  const bool same_bytes = before.bytes.empty() || std::equal(before.bytes.begin(), before.bytes.end(), before.data);
  if (!same_bytes) violate(payload, "the data of a write were changed");
}

ProtocolRules::Attributes ProtocolRules::blocking_began(const tlm::tlm_generic_payload& payload) {
  ++transactions_;
  check_request(payload);
  return attributes_of(payload);
}

void ProtocolRules::blocking_ended(const Attributes& before, const tlm::tlm_generic_payload& payload,
                                   const sc_core::sc_time& time_before, const sc_core::sc_time& time_after) {
  check_response(before, payload);
  if (payload.get_address() != before.address) violate(payload, "the address did not come back");
  if (time_after < time_before) violate(payload, "time went backwards");
}

void ProtocolRules::begin_request(const tlm::tlm_generic_payload& payload) {
  ++transactions_;
  check_request(payload);
  for (const auto& [other, open] : phases_) {
    if (open.phase == Phase::request) violate(payload, "BEGIN_REQ before the END_REQ of another");
  }
  if (!phases_.emplace(&payload, Open{Phase::request, attributes_of(payload)}).second)
    violate(payload, "BEGIN_REQ of a transaction in flight");
}

void ProtocolRules::end_request(const tlm::tlm_generic_payload& payload) {
  const auto found = phases_.find(&payload);
  if (found == phases_.end() || found->second.phase != Phase::request) {
    violate(payload, "END_REQ without BEGIN_REQ");
  } else {
    found->second.phase = Phase::request_accepted;
  }
}

void ProtocolRules::begin_response(const tlm::tlm_generic_payload& payload) {
  for (const auto& [other, open] : phases_) {
    if (other != &payload && open.phase == Phase::response)
      violate(payload, "BEGIN_RESP before the END_RESP of another");
  }
  const auto found = phases_.find(&payload);
  if (found == phases_.end() || found->second.phase == Phase::response) {
    violate(payload, "BEGIN_RESP without BEGIN_REQ");
    return;
  }
  found->second.phase = Phase::response;
  check_response(found->second.attributes, payload);
}

void ProtocolRules::end_response(const tlm::tlm_generic_payload& payload) {
  const auto found = phases_.find(&payload);
  if (found == phases_.end() || found->second.phase != Phase::response) {
    violate(payload, "END_RESP without BEGIN_RESP");
  } else {
    phases_.erase(found);
  }
}

/// Early, or after the response.
void ProtocolRules::complete(const tlm::tlm_generic_payload& payload) {
  const auto found = phases_.find(&payload);
  if (found == phases_.end()) return;
  if (found->second.phase != Phase::response) check_response(found->second.attributes, payload);
  phases_.erase(found);
}

void ProtocolRules::forward_began(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  if (payload.get_ref_count() == 0) violate(payload, "non-blocking transport without memory management");
  if (phase == tlm::BEGIN_REQ) {
    begin_request(payload);
  } else if (phase == tlm::END_RESP) {
    end_response(payload);
  } else {
    violate(payload, "a phase that does not belong on the forward path");
  }
}

void ProtocolRules::forward_ended(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& before,
                                  const tlm::tlm_phase& after, tlm::tlm_sync_enum status) {
  if (before == tlm::END_RESP) {
    if (status == tlm::TLM_UPDATED) violate(payload, "END_RESP answered with an update");
  } else if (status == tlm::TLM_COMPLETED) {
    complete(payload);
  } else if (status == tlm::TLM_UPDATED) {
    if (after == tlm::END_REQ) {
      end_request(payload);
    } else if (after == tlm::BEGIN_RESP) {
      begin_response(payload);
    } else {
      violate(payload, "BEGIN_REQ updated to a phase that cannot follow");
    }
  }
}

void ProtocolRules::backward_began(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& phase) {
  if (phase == tlm::END_REQ) {
    end_request(payload);
  } else if (phase == tlm::BEGIN_RESP) {
    begin_response(payload);
  } else {
    violate(payload, "a phase that does not belong on the backward path");
  }
}

void ProtocolRules::backward_ended(const tlm::tlm_generic_payload& payload, const tlm::tlm_phase& before,
                                   const tlm::tlm_phase& after, tlm::tlm_sync_enum status) {
  if (status == tlm::TLM_ACCEPTED) return;
  if (before == tlm::END_REQ) {
    if (status == tlm::TLM_UPDATED) violate(payload, "END_REQ answered with an update");
  } else if (status == tlm::TLM_COMPLETED || after == tlm::END_RESP) {
    end_response(payload);
  } else {
    violate(payload, "BEGIN_RESP updated to a phase that cannot follow");
  }
}

void ProtocolRules::debug_ended(const tlm::tlm_generic_payload& payload, unsigned bytes) {
  if (bytes > payload.get_data_length()) violate(payload, "debug transport moved more bytes than there are");
}

void ProtocolRules::direct_memory_ended(const tlm::tlm_generic_payload& payload, bool granted,
                                        const tlm::tlm_dmi& dmi) {
  if (dmi.get_start_address() > dmi.get_end_address()) violate(payload, "a DMI range that ends before it begins");
  if (granted && (payload.get_address() < dmi.get_start_address() || payload.get_address() > dmi.get_end_address()))
    violate(payload, "a DMI range without the address that was asked for");
  if (granted && dmi.get_dmi_ptr() == nullptr) violate(payload, "DMI granted without a pointer");
}

}  // namespace reprise
