// Merges the columns of each slot: column j counts 2^j, the last of a signed slot -2^j. The partial sums stand through
// SCATTER. The twin of rtl_models/shift_add.h.
//
// Timing       a register behind a path of as many cycles as the stage SHIFT_ADD has.
// Leaves out   counting events.
module shift_add #(
    parameter COLUMNS = 8,   // of a unit, up to 255; as many slots
    parameter CODE_BITS = 5  // of a code, or of the value that it stands for, 2..31, in two's complement
) (
    input wire clock,
    input wire advance,
    // The activation in the stage.
    input wire valid,
    input wire [7:0] columns,       // in use
    input wire [3:0] slot_columns,  // 1..8
    input wire signed_slots,
    input wire [COLUMNS*CODE_BITS-1:0] code,
    output reg [COLUMNS*32-1:0] partial  // one a slot
);
    wire [31:0] width = {28'b0, slot_columns};
    wire [COLUMNS*32-1:0] sums;

    genvar k;
    generate
        for (k = 0; k < COLUMNS; k = k + 1) begin : slots
            integer j, column;
            reg [CODE_BITS-1:0] value;
            reg [31:0] weighted, sum;
            always @* begin
                sum = 0;
                value = 0;
                weighted = 0;
                column = 0;
                for (j = 0; j < 8; j = j + 1) begin
                    column = k * width + j;
                    value = j < width && column < {24'b0, columns} ? code[column*CODE_BITS+:CODE_BITS] : 0;
                    weighted = {{(32 - CODE_BITS) {value[CODE_BITS-1]}}, value} << j;
                    sum = sum + (signed_slots && j + 1 == width ? -weighted : weighted);
                end
            end
            assign sums[k*32+:32] = sum;
        end
    endgenerate

    always @(posedge clock) if (advance && valid) partial <= sums;
endmodule
