#include "loadgen/measure/answer_codec.h"

#include <stdlib.h>
#include <string.h>

#include "loadgen/measure/varint.h"

enum { HEAD_MAX = 3 * VARINT_MAX };

struct kept_answer {
    struct kept_answer *next;
    uint64_t number;
    struct capture capture;
};

bool answer_put(struct block *block, uint64_t number, enum answer_part part,
                const struct capture_buffer *bytes, size_t *at)
{
    size_t left = bytes->length - *at;
    size_t room = BLOCK_PAYLOAD_MAX - block->length;
    if (room <= HEAD_MAX) {
        return false;
    }
    size_t length = left < room - HEAD_MAX ? left : room - HEAD_MAX;
    uint8_t *end = block_payload(block) + block->length;
    end = varint_put(end, number);
    end = varint_put(end, part);
    end = varint_put(end, length);
    if (length > 0) {
        memcpy(end, bytes->bytes + *at, length);
    }
    block->length = (size_t)(end + length - block_payload(block));
    *at += length;
    return length == left;
}

static struct kept_answer **find(struct answer_store *store, uint64_t number)
{
    struct kept_answer **at = &store->buckets[number % ANSWER_BUCKETS];
    while (*at && (*at)->number != number) {
        at = &(*at)->next;
    }
    return at;
}

static bool add_piece(struct answer_store *store, uint64_t number, uint64_t part,
                      const uint8_t *bytes, size_t length)
{
    struct kept_answer **at = find(store, number);
    if (!*at) {
        *at = calloc(1, sizeof **at);
        if (!*at) {
            return false;
        }
        (*at)->number = number;
        capture_begin(&(*at)->capture, UINT64_MAX);
    }
    struct capture *capture = &(*at)->capture;
    if (part == ANSWER_HEADERS) {
        capture_header(capture, (const char *)bytes, length);
    } else {
        capture_body(capture, (const char *)bytes, length);
    }
    return !capture->is_lost;
}

bool answer_store_add(struct answer_store *store, struct block *block)
{
    const uint8_t *at = block_payload(block);
    const uint8_t *end = at + block->length;
    while (at < end) {
        uint64_t number = 0;
        uint64_t part = 0;
        uint64_t length = 0;
        if (!varint_get(&at, end, &number) || !varint_get(&at, end, &part) ||
            !varint_get(&at, end, &length) || part > ANSWER_BODY || length > (size_t)(end - at) ||
            !add_piece(store, number, part, at, length)) {
            return false;
        }
        at += length;
    }
    return true;
}

bool answer_store_take(struct answer_store *store, uint64_t number, struct capture *capture)
{
    struct kept_answer **at = find(store, number);
    struct kept_answer *answer = *at;
    *capture = answer ? answer->capture : (struct capture){0};
    if (answer) {
        *at = answer->next;
        free(answer);
    }
    return answer != NULL;
}

void answer_store_clear(struct answer_store *store)
{
    for (size_t i = 0; i < ANSWER_BUCKETS; i++) {
        while (store->buckets[i]) {
            struct kept_answer *answer = store->buckets[i];
            store->buckets[i] = answer->next;
            capture_fini(&answer->capture);
            free(answer);
        }
    }
}
