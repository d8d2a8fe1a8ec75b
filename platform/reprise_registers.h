/* Registers of the accelerator: docs/registers.md. Printed from platform/register_map.cpp; do not edit. */
#ifndef REPRISE_REGISTERS_H
#define REPRISE_REGISTERS_H

#define REPRISE_ID 0x00u /* r, 4 bytes: 0x52505253, "RPRS" */
#define REPRISE_ID_VALUE 0x52505253u
#define REPRISE_VERSION 0x04u /* r, 4 bytes: major << 16, minor << 8, patch */
#define REPRISE_CONTROL 0x08u /* rw, 4 bytes: bit 0 start (reads 0), bit 1 interrupt enable, bit 2 clear done (reads 0), bit 3 reset (reads 0), bit 4 last (reads 0) */
#define REPRISE_CONTROL_START (1u << 0)
#define REPRISE_CONTROL_INTERRUPT_ENABLE (1u << 1)
#define REPRISE_CONTROL_CLEAR_DONE (1u << 2)
#define REPRISE_CONTROL_RESET (1u << 3)
#define REPRISE_CONTROL_LAST (1u << 4)
#define REPRISE_STATUS 0x0Cu /* r, 4 bytes: bit 0 busy, bit 1 done, bit 2 error (a start with too many in flight, or a bus error of the DMA) */
#define REPRISE_STATUS_BUSY (1u << 0)
#define REPRISE_STATUS_DONE (1u << 1)
#define REPRISE_STATUS_ERROR (1u << 2)
#define REPRISE_INPUT_ADDRESS 0x10u /* rw, 8 bytes: low, high */
#define REPRISE_OUTPUT_ADDRESS 0x18u /* rw, 8 bytes: low, high */
#define REPRISE_INPUT_BYTES 0x20u /* r, 4 bytes: channels x height x width of the network's input */
#define REPRISE_OUTPUT_BYTES 0x24u /* r, 4 bytes: of its output */
#define REPRISE_CYCLES 0x28u /* r, 8 bytes: of the image that is done, low, high */
#define REPRISE_IMAGES 0x30u /* r, 4 bytes: completed since reset */
#define REPRISE_IN_FLIGHT 0x34u /* r, 4 bytes: images started and not completed */
#define REPRISE_MOST_IN_FLIGHT 0x38u /* r, 4 bytes: how many may be */
#define REPRISE_ROUNDS_BYTES 0x3Cu /* r, 4 bytes: of system memory that rounds need beside input and output, 0 without rounds */
#define REPRISE_ROUNDS_ADDRESS 0x40u /* rw, 8 bytes: where they are: low, high */

#endif
