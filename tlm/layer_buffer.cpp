#include "tlm/layer_buffer.h"

#include <algorithm>
#include <utility>

namespace reprise {

LayerBuffer::LayerBuffer(const sc_core::sc_module_name& name, Config config, ActivityObserver* observer)
    : sc_module(name), config_(config), observer_(observer) {
  write_socket.register_b_transport(this, &LayerBuffer::write);
  read_socket.register_b_transport(this, &LayerBuffer::read);
}

void LayerBuffer::begin_run() {
  rows_.clear();
  leaving_.clear();
  released_.clear();
}

void LayerBuffer::write(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  RowTransfer* transfer = payload.get_extension<RowTransfer>();
  if (transfer == nullptr || payload.is_read()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  if (payload.is_write()) {
    accept(*transfer);
  } else {
    transfer->credit = wait_for_credit(transfer->row.index);
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void LayerBuffer::read(tlm::tlm_generic_payload& payload, sc_core::sc_time&) {
  RowAccess* access = payload.get_extension<RowAccess>();
  if (access == nullptr || payload.is_write()) {
    payload.set_response_status(tlm::TLM_COMMAND_ERROR_RESPONSE);
    return;
  }
  if (payload.is_read()) {
    access->content = wait_for_row(access->row, access->column);
  } else {
    release(access->row, access->cycle);
  }
  payload.set_response_status(tlm::TLM_OK_RESPONSE);
}

void LayerBuffer::accept(RowTransfer& transfer) {
  bytes_written_ += transfer.row.data.size();
  transfer.arrived = transfer.row.ready.back();
  if (observer_ != nullptr && transfer.arrived != kNotYet) {
    for (Cycle cycle : transfer.row.ready) observer_->buffer_changes(config_.layer, config_.input, cycle, 1);
  }
  const int index = transfer.row.index;
  // A row that the reader has released before it came (it needs no more rows) is not kept.
  if (index < static_cast<int>(released_.size())) {
    leave(transfer.row, released_[static_cast<std::size_t>(index)]);
    return;
  }
  rows_[index] = std::move(transfer.row);
  row_written_.notify();
}

Cycle LayerBuffer::wait_for_credit(int row) {
  if (row < config_.depth) return 0;
  const auto needed = static_cast<std::size_t>(row - config_.depth);
  while (released_.size() <= needed) sc_core::wait(row_released_);
  return released_[needed];
}

void LayerBuffer::windows_arrive(const Packet& packet, Cycle arrival) {
  const auto kept = rows_.find(packet.row);
  Row& row = kept != rows_.end() ? kept->second : leaving_.at(packet.row).row;
  const auto first = static_cast<std::size_t>(packet.column);
  for (std::size_t column = first; column < first + static_cast<std::size_t>(packet.columns); ++column) {
    row.ready[column] = arrival;
    row.made[column] = packet.made;
    if (observer_ != nullptr) observer_->buffer_changes(config_.layer, config_.input, arrival, 1);
  }
  row_written_.notify();
  if (kept != rows_.end() || row.ready.back() == kNotYet) return;
  report_gone(row, leaving_.at(packet.row).released);
  leaving_.erase(packet.row);
}

const Row* LayerBuffer::wait_for_row(int row, int column) {
  const auto is_here = [&](const Row& content) {
    return column < 0 || content.ready[static_cast<std::size_t>(column)] != kNotYet;
  };
  auto found = rows_.find(row);
  while (found == rows_.end() || !is_here(found->second)) {
    sc_core::wait(row_written_);
    found = rows_.find(row);
  }
  return &found->second;
}

void LayerBuffer::leave(Row& row, Cycle released) {
  if (row.ready.back() == kNotYet) {
    leaving_[row.index] = {std::move(row), released};
  } else {
    report_gone(row, released);
  }
}

/// A row that is not needed may be released before it has come: then it goes as it comes.
void LayerBuffer::report_gone(const Row& row, Cycle released) {
  if (observer_ == nullptr) return;
  observer_->buffer_changes(config_.layer, config_.input, std::max(released, row.ready.back()),
                            -static_cast<long>(row.ready.size()));
}

void LayerBuffer::release(int rows, Cycle cycle) {
  while (static_cast<int>(released_.size()) < rows) {
    const auto found = rows_.find(static_cast<int>(released_.size()));
    if (found != rows_.end()) {
      leave(found->second, cycle);
      rows_.erase(found);
    }
    released_.push_back(cycle);
  }
  row_released_.notify();
}

}  // namespace reprise
