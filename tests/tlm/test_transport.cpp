#include "tests/sc_test.h"
#include "tlm/row_transfer.h"
#include "tlm/transport.h"

using namespace reprise;

TEST_CASE("A payload that is used again is like a new one") {
  RowAccess access;
  tlm::tlm_generic_payload* used = nullptr;
  {
    RecycledPayload first(access);
    used = &*first;
    CHECK((*first).get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
    CHECK((*first).get_extension<RowAccess>() == &access);
    (*first).set_response_status(tlm::TLM_OK_RESPONSE);
  }
  RowTransfer transfer;
  RecycledPayload next(transfer);
  CHECK(&*next == used);
  CHECK((*next).get_response_status() == tlm::TLM_INCOMPLETE_RESPONSE);
  CHECK((*next).get_extension<RowAccess>() == nullptr);
  CHECK((*next).get_extension<RowTransfer>() == &transfer);
}

TEST_CASE("Payloads of transactions that are under way are not used again") {
  RowAccess outer_access;
  RowAccess inner_access;
  RecycledPayload outer(outer_access);
  {
    RecycledPayload inner(inner_access);
    CHECK(&*inner != &*outer);
  }
  CHECK((*outer).get_extension<RowAccess>() == &outer_access);
}
