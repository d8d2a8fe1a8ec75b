#include "platform/statistics_merge.h"

#include <cstring>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace reprise {
namespace {

class Packer {
 public:
  template <class T>
  void value(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class Items, class Each>
  void list(const Items& items, Each each) {
    value(items.size());
    for (const auto& item : items) each(item);
  }
  void text(const std::string& text) {
    value(text.size());
    bytes_ += text;
  }
  std::string bytes() && { return std::move(bytes_); }

 private:
  std::string bytes_;
};

class Unpacker {
 public:
  explicit Unpacker(const std::string& bytes) : bytes_(bytes) {}

  template <class T>
  void value(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::memcpy(&value, take(sizeof value), sizeof value);
  }
  /// Calls each() for every item.
  template <class Each>
  void list(Each each) {
    std::size_t count = 0;
    value(count);
    for (std::size_t i = 0; i < count; ++i) each();
  }
  std::string text() {
    std::size_t size = 0;
    value(size);
    return {take(size), size};
  }

 private:
  const char* take(std::size_t size) {
    if (size > bytes_.size() - at_) throw std::runtime_error("statistics of a process are cut short");
    const char* const from = bytes_.data() + at_;
    at_ += size;
    return from;
  }

  const std::string& bytes_;
  std::size_t at_ = 0;
};

/// The numbers of a layer's activity, each of its own type.
template <class Activity, class Use>
void for_counts(Activity& activity, Use use) {
  for (auto* count : {&activity.windows, &activity.busy_cycles, &activity.waited_for_input, &activity.waited_for_credit,
                      &activity.waited_for_turn}) {
    use(*count);
  }
}

void pack_layer(Packer& packer, const LayerStatistics& layer) {
  const LayerActivity& activity = layer.activity;
  for_counts(activity, [&](std::uint64_t count) { packer.value(count); });
  packer.value(activity.first_start);
  packer.value(activity.last_finish);
  packer.value(activity.lanes);
  packer.value(activity.causes);
  packer.list(activity.waited_for_consumer, [&](Cycle cycles) { packer.value(cycles); });
  packer.value(activity.events);
  packer.value(activity.profile.slot_cycles());
  packer.list(activity.profile.slots(), [&](const ActivityProfile::Slot& slot) { packer.value(slot); });
  packer.value(layer.home_tile);
  packer.value(layer.copies);
  packer.value(layer.engines);
  packer.value(layer.activations);
  packer.value(layer.dropped_activations);
  packer.value(layer.products);
  packer.list(layer.events, [&](const auto& entry) {
    packer.value(entry.first);
    packer.value(entry.second);
  });
}

LayerStatistics unpack_layer(Unpacker& unpacker) {
  LayerStatistics layer;
  LayerActivity& activity = layer.activity;
  for_counts(activity, [&](std::uint64_t& count) { unpacker.value(count); });
  unpacker.value(activity.first_start);
  unpacker.value(activity.last_finish);
  unpacker.value(activity.lanes);
  unpacker.value(activity.causes);
  unpacker.list([&] { unpacker.value(activity.waited_for_consumer.emplace_back()); });
  unpacker.value(activity.events);
  Cycle slot_cycles = 0;
  unpacker.value(slot_cycles);
  std::vector<ActivityProfile::Slot> slots;
  unpacker.list([&] { unpacker.value(slots.emplace_back()); });
  activity.profile = ActivityProfile::of_slots(slot_cycles, std::move(slots));
  unpacker.value(layer.home_tile);
  unpacker.value(layer.copies);
  unpacker.value(layer.engines);
  unpacker.value(layer.activations);
  unpacker.value(layer.dropped_activations);
  unpacker.value(layer.products);
  unpacker.list([&] {
    int tile = 0;
    unpacker.value(tile);
    unpacker.value(layer.events[tile]);
  });
  return layer;
}

void append_layer(LayerStatistics& layer, const LayerStatistics& following) {
  LayerActivity& activity = layer.activity;
  const LayerActivity& more = following.activity;
  activity.windows += more.windows;
  activity.busy_cycles += more.busy_cycles;
  activity.waited_for_input += more.waited_for_input;
  activity.waited_for_credit += more.waited_for_credit;
  activity.waited_for_turn += more.waited_for_turn;
  activity.first_start = more.first_start;
  activity.last_finish = more.last_finish;
  activity.causes += more.causes;
  for (std::size_t i = 0; i < more.waited_for_consumer.size(); ++i) {
    activity.waited_for_consumer[i] += more.waited_for_consumer[i];
  }
  activity.events += more.events;
  activity.profile += more.profile;
  layer.activations += following.activations;
  layer.dropped_activations += following.dropped_activations;
  layer.products.computed += following.products.computed;
  layer.products.reused += following.products.reused;
  layer.products.zero += following.products.zero;
  for (const auto& [tile, events] : following.events) layer.events[tile] += events;
}

void append_engines(std::vector<EngineStatistics>& engines, const std::vector<EngineStatistics>& following) {
  for (std::size_t i = 0; i < engines.size(); ++i) {
    engines[i].activations += following[i].activations;
    engines[i].dropped_activations += following[i].dropped_activations;
    engines[i].causes += following[i].causes;
  }
}

/// Links are named by what was sent over them; both are in the same order.
void append_links(std::vector<LinkStatistics>& links, const std::vector<LinkStatistics>& following) {
  if (links.size() != following.size()) throw std::runtime_error("runs of the same machine use different links");
  for (std::size_t i = 0; i < links.size(); ++i) {
    LinkActivity& activity = links[i].activity;
    activity.packets += following[i].activity.packets;
    activity.busy_cycles += following[i].activity.busy_cycles;
    activity.waiting_cycles += following[i].activity.waiting_cycles;
  }
}

}  // namespace

std::string pack(const SimulationStatistics& statistics) {
  Packer packer;
  packer.list(statistics.layers, [&](const LayerStatistics& layer) { pack_layer(packer, layer); });
  packer.list(statistics.engines, [&](const EngineStatistics& engine) { packer.value(engine); });
  packer.list(statistics.links, [&](const LinkStatistics& link) {
    packer.text(link.name);
    packer.value(link.activity);
  });
  packer.value(statistics.input_output);
  packer.list(statistics.image_cycles, [&](Cycle cycles) { packer.value(cycles); });
  packer.list(statistics.image_starts, [&](Cycle cycles) { packer.value(cycles); });
  packer.value(statistics.elapsed_cycles);
  packer.value(statistics.tiles);
  return std::move(packer).bytes();
}

SimulationStatistics unpack_statistics(const std::string& bytes) {
  Unpacker unpacker(bytes);
  SimulationStatistics statistics;
  unpacker.list([&] { statistics.layers.push_back(unpack_layer(unpacker)); });
  unpacker.list([&] { unpacker.value(statistics.engines.emplace_back()); });
  unpacker.list([&] {
    LinkStatistics link{unpacker.text(), {}};
    unpacker.value(link.activity);
    statistics.links.push_back(std::move(link));
  });
  unpacker.value(statistics.input_output);
  unpacker.list([&] { unpacker.value(statistics.image_cycles.emplace_back()); });
  unpacker.list([&] { unpacker.value(statistics.image_starts.emplace_back()); });
  unpacker.value(statistics.elapsed_cycles);
  unpacker.value(statistics.tiles);
  return statistics;
}

void append(SimulationStatistics& statistics, const SimulationStatistics& following) {
  for (std::size_t i = 0; i < statistics.layers.size(); ++i) append_layer(statistics.layers[i], following.layers[i]);
  append_engines(statistics.engines, following.engines);
  append_links(statistics.links, following.links);
  statistics.input_output += following.input_output;
  const auto add = [](std::vector<Cycle>& to, const std::vector<Cycle>& from) {
    to.insert(to.end(), from.begin(), from.end());
  };
  add(statistics.image_cycles, following.image_cycles);
  add(statistics.image_starts, following.image_starts);
  statistics.elapsed_cycles += following.elapsed_cycles;
}

}  // namespace reprise
