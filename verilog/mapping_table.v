// Stage SCATTER: the mapping table with the scatter lists of an engine's units. The twin of rtl_models/mapping_table.h.
//
// Lists lie in lines of PORTS entries, each list from the beginning of a line on; the last line of a list says so. One
// line a cycle is sent to the accumulators, from the cycle in which the activation arrives; `finished` is up in the cycle
// of the last. A unit without entries has one line without a used one.
//
// line         from bit 0 on: last; then for each port an entry: used, output, slot, shift (3 bits), negative
// Timing       ceil(entries / PORTS); an empty stage is finished at once. `lines` is read synchronously, with its output
//              register as that of the stage; `first_lines`, small, within a cycle while the activation is in SHIFT_ADD.
// Leaves out   counting events; packing lists without gaps, as the weight image stores them.
module mapping_table #(
    parameter PORTS = 4,
    parameter UNITS = 256,   // of the engine, at least 2
    parameter LINES = 1024,  // at least 2
    parameter OUTPUT_BITS = 9,
    parameter SLOT_BITS = 3,
    parameter UNIT_BITS = $clog2(UNITS),
    parameter LINE_BITS = $clog2(LINES),
    parameter ENTRY_BITS = 1 + OUTPUT_BITS + SLOT_BITS + 3 + 1
) (
    input wire clock,
    input wire reset,
    // Loading, while nothing runs.
    input wire write_line,
    input wire [LINE_BITS-1:0] line_address,
    input wire [PORTS*ENTRY_BITS:0] line_data,
    input wire write_first_line,
    input wire [UNIT_BITS-1:0] first_line_address,
    input wire [LINE_BITS-1:0] first_line_data,
    // The pipe.
    input wire advance,
    input wire ended,
    input wire in_valid,
    input wire [UNIT_BITS-1:0] in_unit,
    input wire [2:0] in_bit,
    output reg scatter_valid,
    output reg [UNIT_BITS-1:0] scatter_unit,
    output reg [2:0] scatter_bit,
    // Of an entry only where it is valid.
    output wire [PORTS-1:0] request_valid,
    output wire [PORTS*OUTPUT_BITS-1:0] request_output,
    output wire [PORTS*SLOT_BITS-1:0] request_slot,
    output wire [PORTS*3-1:0] request_shift,
    output wire [PORTS-1:0] request_negative,
    output wire finished
);
    reg [PORTS*ENTRY_BITS:0] lines[0:LINES-1];
    reg [LINE_BITS-1:0] first_lines[0:UNITS-1];
    reg [PORTS*ENTRY_BITS:0] line;
    reg [LINE_BITS-1:0] next_line;
    reg sending;

    wire take = advance || ended;
    wire last = line[0];
    wire [LINE_BITS-1:0] address = take ? first_lines[in_unit] : next_line;

    always @(posedge clock) begin
        if (write_line) lines[line_address] <= line_data;
        if (write_first_line) first_lines[first_line_address] <= first_line_data;
    end

    always @(posedge clock) begin
        line <= lines[address];
        next_line <= address + 1'b1;
    end

    always @(posedge clock) begin
        if (reset) begin
            scatter_valid <= 1'b0;
            sending <= 1'b0;
        end else if (take) begin
            scatter_valid <= in_valid && !ended;
            sending <= in_valid && !ended;
        end else begin
            sending <= sending && !last;
        end
        if (take) begin
            scatter_unit <= in_unit;
            scatter_bit <= in_bit;
        end
    end

    assign finished = !sending || last;

    genvar p;
    generate
        for (p = 0; p < PORTS; p = p + 1) begin : ports
            wire [ENTRY_BITS-1:0] entry = line[1+p*ENTRY_BITS+:ENTRY_BITS];
            assign request_valid[p] = sending && entry[0];
            assign request_output[p*OUTPUT_BITS+:OUTPUT_BITS] = entry[1+:OUTPUT_BITS];
            assign request_slot[p*SLOT_BITS+:SLOT_BITS] = entry[1+OUTPUT_BITS+:SLOT_BITS];
            assign request_shift[p*3+:3] = entry[1+OUTPUT_BITS+SLOT_BITS+:3];
            assign request_negative[p] = entry[ENTRY_BITS-1];
        end
    endgenerate
endmodule
