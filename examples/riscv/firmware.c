/* A bare-metal program for a 64-bit RISC-V: runs one image through the accelerator with the driver. The memory map is
 * that of main.cpp. */
#include "reprise_driver.h"
#include "reprise_registers.h"

#define REGISTERS 0x10000000u
#define FINISHER ((volatile uint32_t *)0x10010000u)
#define DMA_INPUT 0x80040000u
#define DMA_OUTPUT 0x80060000u
#define INPUT ((const uint8_t *)0x80080000u)
#define OUTPUT ((uint8_t *)0x800A0000u)
#define CYCLES ((volatile uint64_t *)0x800C0000u)

/* Interrupts are disabled, so that this only waits for the line to be up. */
static void wait_for_interrupt(void *context) {
  (void)context;
  __asm__ volatile("wfi" ::: "memory");
}

int main(void) {
  const struct reprise_device device = {(void *)(uintptr_t)REGISTERS, reprise_mmio_read, reprise_mmio_write,
                                        reprise_mmio_store, reprise_mmio_load, wait_for_interrupt};
  size_t output_bytes = 0;
  uint64_t input_bytes = 0, cycles = 0;
  enum reprise_result result = reprise_probe(&device);
  if (result == REPRISE_OK) result = reprise_output_bytes(&device, &output_bytes);
  device.read(device.context, REPRISE_INPUT_BYTES, 4, &input_bytes);
  if (result == REPRISE_OK)
    result = reprise_run(&device, INPUT, (size_t)input_bytes, OUTPUT, output_bytes, DMA_INPUT, DMA_OUTPUT, &cycles);
  *CYCLES = cycles;
  *FINISHER = (uint32_t)result;
  for (;;) wait_for_interrupt(NULL);
}

__attribute__((naked, section(".text.start"), used)) void _start(void) {
  __asm__ volatile("li sp, 0x80040000\n call main\n");
}
