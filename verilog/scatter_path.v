// The end of a processing engine's pipeline, stages SHIFT_ADD and SCATTER: wires between shift_add, mapping_table and
// accumulator_bank as in rtl_models/processing_engine.cpp.
module scatter_path #(
    parameter PORTS = 4,
    parameter COLUMNS = 8,
    parameter CODE_BITS = 5,
    parameter OUTPUTS = 512,
    parameter UNITS = 256,
    parameter LINES = 1024,
    parameter OUTPUT_BITS = $clog2(OUTPUTS),
    parameter SLOT_BITS = $clog2(COLUMNS + 1),
    parameter UNIT_BITS = $clog2(UNITS),
    parameter LINE_BITS = $clog2(LINES),
    parameter ENTRY_BITS = 1 + OUTPUT_BITS + SLOT_BITS + 3 + 1
) (
    input wire clock,
    input wire reset,
    // Loading the mapping table.
    input wire write_line,
    input wire [LINE_BITS-1:0] line_address,
    input wire [PORTS*ENTRY_BITS:0] line_data,
    input wire write_first_line,
    input wire [UNIT_BITS-1:0] first_line_address,
    input wire [LINE_BITS-1:0] first_line_data,
    // From the pipeline's control.
    input wire window_begins,
    input wire window_ended,
    input wire advance,
    // The activation in SHIFT_ADD, and what the converters made of it.
    input wire valid,
    input wire [UNIT_BITS-1:0] unit,
    input wire [2:0] input_bit,
    input wire [7:0] columns,
    input wire [3:0] slot_columns,
    input wire signed_slots,
    input wire [COLUMNS*CODE_BITS-1:0] code,
    // Out, and what lies between the blocks.
    output wire [COLUMNS*32-1:0] partial,
    output wire scatter_valid,
    output wire [UNIT_BITS-1:0] scatter_unit,
    output wire [2:0] scatter_bit,
    output wire [PORTS-1:0] request_valid,
    output wire [PORTS*OUTPUT_BITS-1:0] request_output,
    output wire [PORTS*SLOT_BITS-1:0] request_slot,
    output wire [PORTS*3-1:0] request_shift,
    output wire [PORTS-1:0] request_negative,
    output wire finished,
    output wire [OUTPUTS*32-1:0] sums
);
    shift_add #(
        .COLUMNS(COLUMNS),
        .CODE_BITS(CODE_BITS)
    ) merger (
        .clock(clock),
        .advance(advance),
        .valid(valid),
        .columns(columns),
        .slot_columns(slot_columns),
        .signed_slots(signed_slots),
        .code(code),
        .partial(partial)
    );

    mapping_table #(
        .PORTS(PORTS),
        .UNITS(UNITS),
        .LINES(LINES),
        .OUTPUT_BITS(OUTPUT_BITS),
        .SLOT_BITS(SLOT_BITS)
    ) table_unit (
        .clock(clock),
        .reset(reset),
        .write_line(write_line),
        .line_address(line_address),
        .line_data(line_data),
        .write_first_line(write_first_line),
        .first_line_address(first_line_address),
        .first_line_data(first_line_data),
        .advance(advance),
        .ended(window_ended),
        .in_valid(valid),
        .in_unit(unit),
        .in_bit(input_bit),
        .scatter_valid(scatter_valid),
        .scatter_unit(scatter_unit),
        .scatter_bit(scatter_bit),
        .request_valid(request_valid),
        .request_output(request_output),
        .request_slot(request_slot),
        .request_shift(request_shift),
        .request_negative(request_negative),
        .finished(finished)
    );

    accumulator_bank #(
        .PORTS(PORTS),
        .SLOTS(COLUMNS),
        .OUTPUTS(OUTPUTS),
        .OUTPUT_BITS(OUTPUT_BITS),
        .SLOT_BITS(SLOT_BITS)
    ) accumulators (
        .clock(clock),
        .window_begins(window_begins),
        .window_ended(window_ended),
        .scatter_bit(scatter_bit),
        .partial(partial),
        .request_valid(request_valid),
        .request_output(request_output),
        .request_slot(request_slot),
        .request_shift(request_shift),
        .request_negative(request_negative),
        .sums(sums)
    );
endmodule
