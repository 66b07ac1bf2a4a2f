#include "loadgen/binary/block.h"

#include <string.h>
#include <zlib.h>

static const char magic[4] = {'H', 'R', 'M', '1'};

static void put_u32(uint8_t *at, uint32_t value)
{
    for (int i = 0; i < 4; i++) {
        at[i] = (uint8_t)(value >> (8 * i));
    }
}

static uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* Covers type, length and payload: everything except the magic and the checksum. */
static uint32_t checksum(const struct block *block)
{
    uLong crc = crc32(0, block->bytes + 4, 8);
    return (uint32_t)crc32(crc, block->bytes + BLOCK_PREFIX, (uInt)block->length);
}

void block_seal(struct block *block)
{
    memset(block->bytes, 0, BLOCK_PREFIX);
    memcpy(block->bytes, magic, sizeof magic);
    block->bytes[4] = (uint8_t)block->type;
    put_u32(block->bytes + 8, (uint32_t)block->length);
    put_u32(block->bytes + 12, checksum(block));
}

enum block_read block_read(struct block *block, const void *bytes, size_t length)
{
    if (memcmp(bytes, magic, length < sizeof magic ? length : sizeof magic) != 0) {
        return BLOCK_READ_NONE;
    }
    if (length < BLOCK_PREFIX) {
        return BLOCK_READ_PART;
    }
    memcpy(block->bytes, bytes, BLOCK_PREFIX);
    block->type = block->bytes[4];
    block->length = get_u32(block->bytes + 8);
    if (block->length > BLOCK_PAYLOAD_MAX) {
        return BLOCK_READ_NONE;
    }
    if (length < BLOCK_PREFIX + block->length) {
        return BLOCK_READ_PART;
    }
    memcpy(block_payload(block), (const uint8_t *)bytes + BLOCK_PREFIX, block->length);
    return checksum(block) == get_u32(block->bytes + 12) ? BLOCK_READ_OK : BLOCK_READ_DAMAGE;
}
