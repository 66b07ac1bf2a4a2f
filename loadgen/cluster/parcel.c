#include "loadgen/cluster/parcel.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/base/bytes.h"
#include "loadgen/base/memory.h"
#include "loadgen/order/order_json.h"

/* Sending. */

bool parcel_pack(struct wire_order *head, const json_t *json, struct order_files *files,
                 struct err *err)
{
    char *text = memory_of(json_dumps(json, JSON_COMPACT));
    head->length = strlen(text);
    memcpy(head->hash, order_files_add(files, text, head->length), sizeof head->hash);
    free(text);
    if (head->length > PARCEL_JSON_MAX) {
        return err_set(err, ERR_FAILED,
                       "the order has %zu bytes of JSON, more than the %d that workers accept; use "
                       "fewer targets",
                       (size_t)head->length, PARCEL_JSON_MAX);
    }
    return files->bytes <= ORDER_FILES_MAX ||
           err_set(err, ERR_FAILED,
                   "the files of the order total %zu bytes; workers accept at most %zu",
                   files->bytes, ORDER_FILES_MAX);
}

/* Pieces that will be sent in one chunk. */
struct packer {
    const struct parcel_sink *sink;
    struct wire_chunk chunk;
    size_t length; /* of its pieces, in bytes */
    struct bytes message;
};

static bool send_message(struct packer *packer, struct err *err)
{
    const struct bytes *message = &packer->message;
    return (!message->has_failed ||
            err_set(err, ERR_FAILED, "not enough memory to send the order")) &&
           packer->sink->send(packer->sink->context, (struct slice){message->at, message->length},
                              err);
}

static bool send_pieces(struct packer *packer, struct err *err)
{
    if (packer->chunk.count == 0) {
        return true;
    }
    bytes_clear(&packer->message);
    wire_write_chunk(&packer->message, &packer->chunk);
    packer->chunk.count = 0;
    packer->length = 0;
    return send_message(packer, err);
}

static bool add_piece(struct packer *packer, const struct order_file *file, size_t index,
                      struct err *err)
{
    struct slice bytes = order_file_chunk(file, index);
    bool has_room =
        packer->chunk.count < WIRE_PIECES && packer->length + bytes.length <= ORDER_CHUNK;
    if (!has_room && !send_pieces(packer, err)) {
        return false;
    }
    struct wire_piece *piece = &packer->chunk.pieces[packer->chunk.count++];
    memcpy(piece->hash, file->hash, sizeof piece->hash);
    piece->index = index;
    piece->bytes = bytes;
    packer->length += bytes.length;
    return true;
}

static bool add_file(struct packer *packer, const struct order_file *file, struct err *err)
{
    for (size_t i = 0; i < order_file_chunks(file->length); i++) {
        if (!add_piece(packer, file, i, err)) {
            return false;
        }
    }
    return true;
}

static bool is_json(const struct wire_order *head, const struct order_file *file)
{
    return strcmp(file->hash, head->hash) == 0;
}

/* The JSON comes first, because it names the other files. */
static bool add_files(struct packer *packer, const struct wire_order *head,
                      const struct order_files *files, struct err *err)
{
    for (size_t i = 0; i < files->count; i++) {
        if (is_json(head, &files->list[i]) && !add_file(packer, &files->list[i], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < files->count; i++) {
        if (!is_json(head, &files->list[i]) && !add_file(packer, &files->list[i], err)) {
            return false;
        }
    }
    return send_pieces(packer, err);
}

bool parcel_send(const struct wire_order *head, const struct order_files *files,
                 const struct parcel_sink *sink, struct err *err)
{
    struct packer packer = {.sink = sink, .chunk.run = head->run};
    wire_write_order(&packer.message, head);
    bool ok = send_message(&packer, err) && add_files(&packer, head, files, err);
    bytes_free(&packer.message);
    return ok;
}

/* Receiving. */

static void forget_json(struct parcel *parcel)
{
    json_decref(parcel->json);
    parcel->json = NULL;
}

/* Reads the JSON when it is complete, and registers the files that it names. */
static bool read_json(struct parcel *parcel, struct err *err)
{
    struct slice text = order_files_find(&parcel->files, parcel->head.hash);
    json_error_t error;
    if (!text.at || parcel->json) {
        return true;
    }
    parcel->json = json_loadb(text.at, text.length, 0, &error);
    if (!parcel->json) {
        return err_set(err, ERR_FAILED, "the order is not JSON: line %d: %s", error.line,
                       error.text);
    }
    if (!order_expect_files(parcel->json, &parcel->files, err)) {
        forget_json(parcel);
        return false;
    }
    return true;
}

bool parcel_open(struct parcel *parcel, const struct wire_order *head, struct err *err)
{
    forget_json(parcel);
    parcel->head = *head;
    order_files_free(&parcel->files);
    if (head->length > PARCEL_JSON_MAX) {
        return err_set(err, ERR_FAILED, "the order has more than %d bytes of JSON",
                       PARCEL_JSON_MAX);
    }
    return order_files_expect(&parcel->files, head->hash, head->length, err) &&
           read_json(parcel, err);
}

bool parcel_add(struct parcel *parcel, const struct wire_chunk *chunk, struct err *err)
{
    if (chunk->run != parcel->head.run) {
        return true;
    }
    for (size_t i = 0; i < chunk->count; i++) {
        const struct wire_piece *piece = &chunk->pieces[i];
        if (!order_files_put(&parcel->files, piece->hash, piece->index, piece->bytes, err) ||
            !read_json(parcel, err)) {
            return false;
        }
    }
    return true;
}

bool parcel_is_complete(const struct parcel *parcel)
{
    return parcel->json && order_files_is_complete(&parcel->files);
}

void parcel_free(struct parcel *parcel)
{
    json_decref(parcel->json);
    order_files_free(&parcel->files);
    *parcel = (struct parcel){0};
}
