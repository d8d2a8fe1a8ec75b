// One 32-bit accumulator an output channel, cleared when a window begins. Several ports may name the same one. The twin
// of rtl_models/accumulator_bank.h.
//
// Timing       adds at the end of the cycle of the request; the sums appear when the window has ended.
// Leaves out   counting events; banks.
module accumulator_bank #(
    parameter PORTS = 4,
    parameter SLOTS = 8,
    parameter OUTPUTS = 512,
    parameter OUTPUT_BITS = 9,
    parameter SLOT_BITS = 3
) (
    input wire clock,
    input wire window_begins,
    input wire window_ended,
    input wire [2:0] scatter_bit,
    input wire [SLOTS*32-1:0] partial,
    input wire [PORTS-1:0] request_valid,
    input wire [PORTS*OUTPUT_BITS-1:0] request_output,
    input wire [PORTS*SLOT_BITS-1:0] request_slot,
    input wire [PORTS*3-1:0] request_shift,
    input wire [PORTS-1:0] request_negative,
    output reg [OUTPUTS*32-1:0] sums
);
    wire [PORTS*32-1:0] addends;  // 0 where nothing is asked for

    genvar p, o;
    generate
        for (p = 0; p < PORTS; p = p + 1) begin : ports
            wire [31:0] slot = {{(32 - SLOT_BITS) {1'b0}}, request_slot[p*SLOT_BITS+:SLOT_BITS]};
            wire [3:0] shift = {1'b0, request_shift[p*3+:3]} + {1'b0, scatter_bit};
            wire [31:0] value = partial[slot*32+:32] << shift;
            assign addends[p*32+:32] = !request_valid[p] ? 32'b0 : request_negative[p] ? -value : value;
        end

        for (o = 0; o < OUTPUTS; o = o + 1) begin : outputs
            integer i;
            reg [31:0] accumulator, next;
            always @* begin
                next = window_begins ? 32'b0 : accumulator;
                for (i = 0; i < PORTS; i = i + 1) begin
                    if (request_output[i*OUTPUT_BITS+:OUTPUT_BITS] == o[OUTPUT_BITS-1:0]) next = next + addends[i*32+:32];
                end
            end
            always @(posedge clock) begin
                accumulator <= next;
                if (window_ended) sums[o*32+:32] <= next;
            end
        end
    endgenerate
endmodule
