// An AXI4-Lite master with a DMA engine. After reset it copies INPUT_WORDS words from SOURCE to INPUT, gives the
// accelerator at REGISTERS the addresses INPUT and OUTPUT and starts it, waits for its interrupt, reads STATUS, and copies
// OUTPUT_WORDS words from OUTPUT to TARGET. Then `finished`, with `failed` where a response was an error or STATUS
// was not done.
module dma_master #(
  parameter [31:0] REGISTERS = 32'h0000_1000,
  parameter [31:0] SOURCE = 32'h0010_0000,
  parameter [31:0] INPUT = 32'h0014_0000,
  parameter [31:0] OUTPUT = 32'h0018_0000,
  parameter [31:0] TARGET = 32'h001C_0000
) (
  input             clock,
  input             reset,
  input      [15:0] input_words,
  input      [15:0] output_words,
  input             irq,
  output reg        finished,
  output reg        failed,
  output reg [31:0] awaddr,
  output reg        awvalid,
  input             awready,
  output reg [31:0] wdata,
  output     [3:0]  wstrb,
  output reg        wvalid,
  input             wready,
  input      [1:0]  bresp,
  input             bvalid,
  output            bready,
  output reg [31:0] araddr,
  output reg        arvalid,
  input             arready,
  input      [31:0] rdata,
  input      [1:0]  rresp,
  input             rvalid,
  output            rready
);
  localparam [3:0] COPY_READ = 0, COPY_WRITE = 1, PROGRAM = 2, WAIT = 3, STATUS = 4, CLEAR = 5, DONE = 6;
  reg [3:0]  state;
  reg        busy;      // a transaction is on its way
  reg        returning; // the second copy
  reg [15:0] word;
  reg [2:0]  step;

  wire        ended = (bvalid && bready) || (rvalid && rready);
  wire        bad = (bvalid && bresp != 2'b00) || (rvalid && rresp != 2'b00);
  wire [31:0] from = returning ? OUTPUT : SOURCE;
  wire [31:0] to = returning ? TARGET : INPUT;
  wire        last = word + 16'd1 == (returning ? output_words : input_words);

  assign wstrb = 4'b1111;
  assign bready = 1'b1;
  assign rready = 1'b1;

  // The registers that are written for a start: address and value of each step.
  reg [31:0] offset, value;
  always @* begin
    case (step)
      3'd0: {offset, value} = {32'h10, INPUT};
      3'd1: {offset, value} = {32'h14, 32'h0};
      3'd2: {offset, value} = {32'h18, OUTPUT};
      3'd3: {offset, value} = {32'h1C, 32'h0};
      default: {offset, value} = {32'h08, 32'h3};  // start, interrupt enable
    endcase
  end

  task read(input [31:0] address);
    begin
      araddr <= address;
      arvalid <= 1'b1;
      busy <= 1'b1;
    end
  endtask

  task write(input [31:0] address, input [31:0] data);
    begin
      awaddr <= address;
      awvalid <= 1'b1;
      wdata <= data;
      wvalid <= 1'b1;
      busy <= 1'b1;
    end
  endtask

  always @(posedge clock) begin
    if (reset) begin
      state <= COPY_READ;
      {busy, returning, finished, failed, awvalid, wvalid, arvalid} <= 7'b0;
      word <= 16'd0;
      step <= 3'd0;
    end else begin
      if (awvalid && awready) awvalid <= 1'b0;
      if (wvalid && wready) wvalid <= 1'b0;
      if (arvalid && arready) arvalid <= 1'b0;
      if (ended && bad) failed <= 1'b1;
      if (ended) busy <= 1'b0;
      case (state)
        COPY_READ:
          if (!busy) read(from + {14'd0, word, 2'b00});
          else if (ended) begin
            wdata <= rdata;
            state <= COPY_WRITE;
          end
        COPY_WRITE:
          if (!busy) write(to + {14'd0, word, 2'b00}, wdata);
          else if (ended) begin
            word <= last ? 16'd0 : word + 16'd1;
            state <= !last ? COPY_READ : returning ? CLEAR : PROGRAM;
          end
        PROGRAM:
          if (!busy) write(REGISTERS + offset, value);
          else if (ended) begin
            step <= step + 3'd1;
            if (step == 3'd4) state <= WAIT;
          end
        WAIT: if (irq) state <= STATUS;
        STATUS:
          if (!busy) read(REGISTERS + 32'h0C);
          else if (ended) begin
            if (rdata[2:1] != 2'b01) failed <= 1'b1;
            returning <= 1'b1;
            state <= COPY_READ;
          end
        CLEAR:
          if (!busy) write(REGISTERS + 32'h08, 32'h4);
          else if (ended) state <= DONE;
        default: finished <= 1'b1;
      endcase
    end
  end
endmodule
