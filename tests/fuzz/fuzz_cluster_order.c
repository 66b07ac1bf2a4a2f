/*
 * fuzz_cluster_order - any bytes as messages to a worker, for libFuzzer (`make fuzz`).
 *
 * The first message is the JSON of an order, which the worker gets whole: no input can guess its
 * hash. An epoch has the slots of one thread behind it, as inputs are shorter than all slots. Other
 * messages come as they are.
 *
 * What is checked beside the sanitizers: a message that was read is written and read again without
 * a change; a parcel that is complete has all files of its order.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/cluster/parcel.h"
#include "loadgen/order/order_json.h"
#include "loadgen/pace/slots.h"
#include "tests/support/letters.h"
#include "tests/support/wire_copy.h"

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void check_refusal(const struct err *err)
{
    require((err->code == ERR_FAILED || err->code == ERR_USAGE) && err->text[0]);
}

static void check_epoch(struct slice message)
{
    static const char slots[SLOTS];
    struct bytes whole = {0};
    bytes_add(&whole, message.at, message.length);
    bytes_add(&whole, slots, sizeof slots);
    require(wire_copy_is_stable((struct slice){whole.at, whole.length}));
    bytes_free(&whole);
}

static void open_with(struct parcel *parcel, struct slice json)
{
    struct err err = {0};
    struct wire_order head = {.run = 1, .length = json.length};
    struct wire_chunk chunk = {.run = 1, .count = 1};
    sha256_print(json.at, json.length, head.hash);
    memcpy(chunk.pieces[0].hash, head.hash, sizeof head.hash);
    chunk.pieces[0].bytes = json;
    if (!parcel_open(parcel, &head, &err) || !parcel_add(parcel, &chunk, &err)) {
        check_refusal(&err);
    }
}

static void receive(struct parcel *parcel, struct slice message)
{
    struct err err = {0};
    struct wire_order head;
    struct wire_chunk chunk;
    bool ok = true;
    if (wire_read_order(message, &head) == WIRE_READ_OK) {
        ok = parcel_open(parcel, &head, &err);
    } else if (wire_read_chunk(message, &chunk) == WIRE_READ_OK) {
        ok = parcel_add(parcel, &chunk, &err);
    }
    if (!ok) {
        check_refusal(&err);
    }
}

static void read_order(const struct parcel *parcel)
{
    struct err err = {0};
    struct order_copy copy;
    if (order_from_json(parcel->json, &parcel->files, &copy, &err)) {
        order_copy_free(&copy);
    } else {
        check_refusal(&err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct parcel parcel = {0};
    struct slice rest = {(const char *)data, size};
    struct slice letter;
    if (letters_next(&rest, &letter)) {
        open_with(&parcel, letter);
    }
    while (letters_next(&rest, &letter)) {
        require(wire_copy_is_stable(letter));
        if (wire_kind(letter) == WIRE_EPOCH) {
            check_epoch(letter);
        }
        receive(&parcel, letter);
    }
    if (parcel_is_complete(&parcel)) {
        read_order(&parcel);
    }
    parcel_free(&parcel);
    return 0;
}
