// Scatter paths of 1 to 16 COLUMNS, with 1 to 8 PORTS and 5, 8, 11, .. 23 CODE_BITS. One is selected: it alone is clocked
// and seen. Everything is as wide here as at the widest of them.
/* verilator lint_off UNUSEDSIGNAL */
module every_width (
    input wire clock,
    input wire reset,
    input wire [3:0] selected,
    output wire [31:0] ports,
    output wire [31:0] columns_of_unit,
    output wire [31:0] code_bits,
    input wire write_line,
    input wire [12:0] line_address,
    input wire [135:0] line_data,  // bit 0: last; from bit 8 on each port's entry in 16 bits
    input wire write_first_line,
    input wire [3:0] first_line_address,
    input wire [12:0] first_line_data,
    input wire window_begins,
    input wire window_ended,
    input wire advance,
    input wire valid,
    input wire [3:0] unit,
    input wire [2:0] input_bit,
    input wire [7:0] columns,
    input wire [3:0] slot_columns,
    input wire signed_slots,
    input wire [511:0] code,  // 32 bits each
    output wire [511:0] partial,
    output wire scatter_valid,
    output wire [3:0] scatter_unit,
    output wire [2:0] scatter_bit,
    output wire [7:0] request_valid,
    output wire [63:0] request_output,  // 8 bits each, as the slot, the shift and the sign
    output wire [63:0] request_slot,
    output wire [63:0] request_shift,
    output wire [7:0] request_negative,
    output wire finished,
    output wire [639:0] sums
);
    localparam CASES = 16;
    localparam OUTPUTS = 20;
    localparam OUTPUT_BITS = 5;

    wire [31:0] all_ports[0:CASES-1];
    wire [31:0] all_columns[0:CASES-1];
    wire [31:0] all_code_bits[0:CASES-1];
    wire [511:0] all_partial[0:CASES-1];
    wire [7:0] all_scatter[0:CASES-1];
    wire [7:0] all_valid[0:CASES-1];
    wire [63:0] all_output[0:CASES-1];
    wire [63:0] all_slot[0:CASES-1];
    wire [63:0] all_shift[0:CASES-1];
    wire [7:0] all_negative[0:CASES-1];
    wire [CASES-1:0] all_finished;
    wire [639:0] all_sums[0:CASES-1];

    genvar i, p, c;
    generate
        for (i = 0; i < CASES; i = i + 1) begin : cases
            localparam PORTS = 1 + i * 3 % 8;
            localparam COLUMNS = 1 + i;
            localparam CODE_BITS = 5 + i % 7 * 3;
            localparam SLOT_BITS = $clog2(COLUMNS + 1);
            localparam ENTRY_BITS = 1 + OUTPUT_BITS + SLOT_BITS + 3 + 1;

            wire [PORTS*ENTRY_BITS:0] line;
            wire [COLUMNS*CODE_BITS-1:0] codes;
            wire [COLUMNS*32-1:0] partials;
            wire [PORTS-1:0] valids, negatives;
            wire [PORTS*OUTPUT_BITS-1:0] outputs;
            wire [PORTS*SLOT_BITS-1:0] slots;
            wire [PORTS*3-1:0] shifts;

            assign line[0] = line_data[0];
            for (p = 0; p < 8; p = p + 1) begin : lanes
                if (p < PORTS) begin : used
                    // used 0, output 1..5, slot 6..10, shift 11..13, negative 14
                    assign line[1+p*ENTRY_BITS+:ENTRY_BITS] = {
                        line_data[8+p*16+11+:4], line_data[8+p*16+6+:SLOT_BITS], line_data[8+p*16+:6]
                    };
                    assign all_valid[i][p] = valids[p];
                    assign all_negative[i][p] = negatives[p];
                    assign all_output[i][p*8+:8] = {3'b0, outputs[p*OUTPUT_BITS+:OUTPUT_BITS]};
                    assign all_slot[i][p*8+:8] = {{(8 - SLOT_BITS) {1'b0}}, slots[p*SLOT_BITS+:SLOT_BITS]};
                    assign all_shift[i][p*8+:8] = {5'b0, shifts[p*3+:3]};
                end else begin : unused
                    assign all_valid[i][p] = 1'b0;
                    assign all_negative[i][p] = 1'b0;
                    assign all_output[i][p*8+:8] = 8'b0;
                    assign all_slot[i][p*8+:8] = 8'b0;
                    assign all_shift[i][p*8+:8] = 8'b0;
                end
            end
            for (c = 0; c < 16; c = c + 1) begin : columns_of
                if (c < COLUMNS) begin : used
                    assign codes[c*CODE_BITS+:CODE_BITS] = code[c*32+:CODE_BITS];
                    assign all_partial[i][c*32+:32] = partials[c*32+:32];
                end else begin : unused
                    assign all_partial[i][c*32+:32] = 32'b0;
                end
            end
            assign all_ports[i] = PORTS;
            assign all_columns[i] = COLUMNS;
            assign all_code_bits[i] = CODE_BITS;

            scatter_path #(
                .PORTS(PORTS),
                .COLUMNS(COLUMNS),
                .CODE_BITS(CODE_BITS),
                .OUTPUTS(OUTPUTS),
                .UNITS(16),
                .LINES(8192)
            ) path (
                .clock(clock && selected == i),
                .reset(reset),
                .write_line(write_line),
                .line_address(line_address),
                .line_data(line),
                .write_first_line(write_first_line),
                .first_line_address(first_line_address),
                .first_line_data(first_line_data),
                .window_begins(window_begins),
                .window_ended(window_ended),
                .advance(advance),
                .valid(valid),
                .unit(unit),
                .input_bit(input_bit),
                .columns(columns),
                .slot_columns(slot_columns),
                .signed_slots(signed_slots),
                .code(codes),
                .partial(partials),
                .scatter_valid(all_scatter[i][7]),
                .scatter_unit(all_scatter[i][6:3]),
                .scatter_bit(all_scatter[i][2:0]),
                .request_valid(valids),
                .request_output(outputs),
                .request_slot(slots),
                .request_shift(shifts),
                .request_negative(negatives),
                .finished(all_finished[i]),
                .sums(all_sums[i])
            );
        end
    endgenerate

    assign ports = all_ports[selected];
    assign columns_of_unit = all_columns[selected];
    assign code_bits = all_code_bits[selected];
    assign partial = all_partial[selected];
    assign {scatter_valid, scatter_unit, scatter_bit} = all_scatter[selected];
    assign request_valid = all_valid[selected];
    assign request_output = all_output[selected];
    assign request_slot = all_slot[selected];
    assign request_shift = all_shift[selected];
    assign request_negative = all_negative[selected];
    assign finished = all_finished[selected];
    assign sums = all_sums[selected];
endmodule
