/* A driver for the accelerator: registers, memory and the interrupt, nothing else. C99, no library, no allocation.
 *
 * How registers and memory are reached is up to `reprise_device`; reprise_mmio_*() are for a bare machine that sees
 * them at addresses of its own. One image: reprise_run(). Several in flight: reprise_start() while there is room
 * (MOST_IN_FLIGHT), reprise_wait(), reprise_fetch(), reprise_acknowledge(), in the order of the starts. */
#ifndef REPRISE_DRIVER_H
#define REPRISE_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum reprise_result {
  REPRISE_OK = 0,
  REPRISE_BUS_ERROR,  /* an access of ours failed */
  REPRISE_NO_DEVICE,  /* ID is another one */
  REPRISE_WRONG_SIZE, /* of the input or the output */
  REPRISE_FAILED      /* the accelerator reports an error, or an interrupt without a reason */
};

/* Callbacks return 0 where they succeed. */
struct reprise_device {
  void* context;
  int (*read)(void* context, uint32_t offset, unsigned bytes, uint64_t* value); /* a register, of 4 or 8 bytes */
  int (*write)(void* context, uint32_t offset, unsigned bytes, uint64_t value);
  int (*store)(void* context, uint64_t address, const uint8_t* data, size_t bytes); /* to memory */
  int (*load)(void* context, uint64_t address, uint8_t* data, size_t bytes);
  void (*wait_for_interrupt)(void* context); /* returns with the line up; may return too early */
};

enum reprise_result reprise_probe(const struct reprise_device* device);
/* Interrupt off, images in flight given up, errors forgotten. STATUS is busy until it is through. */
enum reprise_result reprise_reset(const struct reprise_device* device);

/* Networks in rounds (ROUNDS_BYTES is not 0) need memory of that size, at an address as the accelerator sees it, before
 * the first start. */
enum reprise_result reprise_give_memory(const struct reprise_device* device, uint64_t address);
/* Puts the input to memory and starts. `input` and `output` are addresses as the accelerator sees them. */
enum reprise_result reprise_start(const struct reprise_device* device, const uint8_t* data, size_t bytes,
                                  uint64_t input, uint64_t output);
/* Until the next image is done; gives STATUS. */
enum reprise_result reprise_wait(const struct reprise_device* device, uint32_t* status);
enum reprise_result reprise_output_bytes(const struct reprise_device* device, size_t* bytes);
/* The output of an image that is done, from memory, and its cycles. */
enum reprise_result reprise_fetch(const struct reprise_device* device, uint8_t* data, size_t bytes, uint64_t output,
                                  uint64_t* cycles);
enum reprise_result reprise_acknowledge(const struct reprise_device* device);

/* All of it for one image. `output_data` has room for `output_bytes`, which is what the accelerator gives. */
enum reprise_result reprise_run(const struct reprise_device* device, const uint8_t* input_data, size_t input_bytes,
                                uint8_t* output_data, size_t output_bytes, uint64_t input, uint64_t output,
                                uint64_t* cycles);

/* Callbacks for registers at the address `context` and memory at its own addresses. */
int reprise_mmio_read(void* context, uint32_t offset, unsigned bytes, uint64_t* value);
int reprise_mmio_write(void* context, uint32_t offset, unsigned bytes, uint64_t value);
int reprise_mmio_store(void* context, uint64_t address, const uint8_t* data, size_t bytes);
int reprise_mmio_load(void* context, uint64_t address, uint8_t* data, size_t bytes);

#ifdef __cplusplus
}
#endif

#endif
