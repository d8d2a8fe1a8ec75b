#include "reprise_driver.h"

#include "reprise_registers.h"

/* The line stays up for a moment after an acknowledgement. */
enum { kMostSpuriousInterrupts = 8 };

static enum reprise_result read_register(const struct reprise_device* device, uint32_t offset, unsigned bytes,
                                         uint64_t* value) {
  return device->read(device->context, offset, bytes, value) == 0 ? REPRISE_OK : REPRISE_BUS_ERROR;
}

static enum reprise_result write_register(const struct reprise_device* device, uint32_t offset, unsigned bytes,
                                          uint64_t value) {
  return device->write(device->context, offset, bytes, value) == 0 ? REPRISE_OK : REPRISE_BUS_ERROR;
}

enum reprise_result reprise_probe(const struct reprise_device* device) {
  uint64_t id = 0;
  const enum reprise_result result = read_register(device, REPRISE_ID, 4, &id);
  if (result != REPRISE_OK) return result;
  return id == REPRISE_ID_VALUE ? REPRISE_OK : REPRISE_NO_DEVICE;
}

enum reprise_result reprise_reset(const struct reprise_device* device) {
  return write_register(device, REPRISE_CONTROL, 4, REPRISE_CONTROL_RESET);
}

enum reprise_result reprise_give_memory(const struct reprise_device* device, uint64_t address) {
  return write_register(device, REPRISE_ROUNDS_ADDRESS, 8, address);
}

static enum reprise_result start(const struct reprise_device* device, uint64_t input, uint64_t output) {
  enum reprise_result result = write_register(device, REPRISE_INPUT_ADDRESS, 8, input);
  if (result == REPRISE_OK) result = write_register(device, REPRISE_OUTPUT_ADDRESS, 8, output);
  if (result == REPRISE_OK)
    result = write_register(device, REPRISE_CONTROL, 4, REPRISE_CONTROL_START | REPRISE_CONTROL_INTERRUPT_ENABLE);
  return result;
}

enum reprise_result reprise_start(const struct reprise_device* device, const uint8_t* data, size_t bytes,
                                  uint64_t input, uint64_t output) {
  uint64_t wanted = 0;
  const enum reprise_result result = read_register(device, REPRISE_INPUT_BYTES, 4, &wanted);
  if (result != REPRISE_OK) return result;
  if (bytes != wanted) return REPRISE_WRONG_SIZE;
  if (device->store(device->context, input, data, bytes) != 0) return REPRISE_BUS_ERROR;
  return start(device, input, output);
}

enum reprise_result reprise_wait(const struct reprise_device* device, uint32_t* status) {
  for (int attempt = 0; attempt < kMostSpuriousInterrupts; ++attempt) {
    uint64_t value = 0;
    device->wait_for_interrupt(device->context);
    const enum reprise_result result = read_register(device, REPRISE_STATUS, 4, &value);
    if (result != REPRISE_OK) return result;
    *status = (uint32_t)value;
    if ((value & REPRISE_STATUS_ERROR) != 0) return REPRISE_FAILED;
    if ((value & REPRISE_STATUS_DONE) != 0) return REPRISE_OK;
  }
  return REPRISE_FAILED;
}

enum reprise_result reprise_output_bytes(const struct reprise_device* device, size_t* bytes) {
  uint64_t value = 0;
  const enum reprise_result result = read_register(device, REPRISE_OUTPUT_BYTES, 4, &value);
  *bytes = (size_t)value;
  return result;
}

enum reprise_result reprise_fetch(const struct reprise_device* device, uint8_t* data, size_t bytes, uint64_t output,
                                  uint64_t* cycles) {
  const enum reprise_result result = read_register(device, REPRISE_CYCLES, 8, cycles);
  if (result != REPRISE_OK) return result;
  return device->load(device->context, output, data, bytes) == 0 ? REPRISE_OK : REPRISE_BUS_ERROR;
}

enum reprise_result reprise_acknowledge(const struct reprise_device* device) {
  return write_register(device, REPRISE_CONTROL, 4, REPRISE_CONTROL_INTERRUPT_ENABLE | REPRISE_CONTROL_CLEAR_DONE);
}

enum reprise_result reprise_run(const struct reprise_device* device, const uint8_t* input_data, size_t input_bytes,
                                uint8_t* output_data, size_t output_bytes, uint64_t input, uint64_t output,
                                uint64_t* cycles) {
  uint32_t status = 0;
  size_t given = 0;
  enum reprise_result result = reprise_output_bytes(device, &given);
  if (result != REPRISE_OK) return result;
  if (given != output_bytes) return REPRISE_WRONG_SIZE;
  result = reprise_start(device, input_data, input_bytes, input, output);
  if (result == REPRISE_OK) result = reprise_wait(device, &status);
  if (result == REPRISE_OK) result = reprise_fetch(device, output_data, output_bytes, output, cycles);
  return result == REPRISE_OK ? reprise_acknowledge(device) : result;
}

int reprise_mmio_read(void* context, uint32_t offset, unsigned bytes, uint64_t* value) {
  const uintptr_t address = (uintptr_t)context + offset;
  *value = *(const volatile uint32_t*)address;
  if (bytes == 8) *value |= (uint64_t) * (const volatile uint32_t*)(address + 4) << 32;
  return 0;
}

int reprise_mmio_write(void* context, uint32_t offset, unsigned bytes, uint64_t value) {
  const uintptr_t address = (uintptr_t)context + offset;
  *(volatile uint32_t*)address = (uint32_t)value;
  if (bytes == 8) *(volatile uint32_t*)(address + 4) = (uint32_t)(value >> 32);
  return 0;
}

int reprise_mmio_store(void* context, uint64_t address, const uint8_t* data, size_t bytes) {
  volatile uint8_t* memory = (volatile uint8_t*)(uintptr_t)address;
  (void)context;
  for (size_t i = 0; i < bytes; ++i) memory[i] = data[i];
  return 0;
}

int reprise_mmio_load(void* context, uint64_t address, uint8_t* data, size_t bytes) {
  const volatile uint8_t* memory = (const volatile uint8_t*)(uintptr_t)address;
  (void)context;
  for (size_t i = 0; i < bytes; ++i) data[i] = memory[i];
  return 0;
}
