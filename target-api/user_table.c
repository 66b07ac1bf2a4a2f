#include "target-api/user_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/buffer.h"

enum {
    SLOTS_PER_USER = 2,   /* of the index, which is so never more than half full */
    QUOTED_MAX = 1 << 27, /* bytes of one value; far above what a request body can hold */
};

static struct text *quote(struct slice value)
{
    struct buffer b;
    buffer_init(&b, QUOTED_MAX);
    struct text *text = NULL;
    if (buffer_add_json_string(&b, value)) {
        text = text_create(b.len);
        if (text) {
            memcpy(text->bytes, b.bytes, b.len);
        }
    }
    buffer_fini(&b);
    return text;
}

bool user_init(struct user *user, int64_t id, struct slice name, struct slice age)
{
    *user = (struct user){.id = id, .values = {quote(name), quote(age)}};
    user->key_len = (size_t)snprintf(user->key, sizeof user->key, "\"%" PRId64 "\":", id);
    if (user->values[0] && user->values[1]) {
        return true;
    }
    user_fini(user);
    return false;
}

void user_fini(struct user *user)
{
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        text_unref(user->values[a]);
    }
}

struct document_entry user_entry(const struct user *user)
{
    struct document_entry entry = {.key = {user->key, user->key_len}};
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        entry.values[a] = (struct slice){user->values[a]->bytes, user->values[a]->len};
    }
    return entry;
}

size_t user_bytes(const struct user *user)
{
    return user->values[0]->len + user->values[1]->len;
}

bool user_table_init(struct user_table *table, size_t capacity)
{
    table->capacity = capacity;
    table->users = calloc(capacity, sizeof *table->users);
    table->slots = calloc(capacity, SLOTS_PER_USER * sizeof *table->slots);
    return table->users && table->slots;
}

void user_table_fini(struct user_table *table)
{
    free(table->users);
    free(table->slots);
    *table = (struct user_table){0};
}

size_t *user_table_slot(const struct user_table *table, int64_t id)
{
    size_t mask = table->capacity * SLOTS_PER_USER - 1;
    /* Fibonacci hashing: ids in a row spread out, and so do ids that differ in high bits only. */
    size_t at = (size_t)(((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (table->slots[at] != 0 && table->users[table->slots[at] - 1].id != id) {
        at = (at + 1) & mask;
    }
    return &table->slots[at];
}

bool user_table_grow(const struct user_table *table, size_t count, struct user_table *larger)
{
    if (table->capacity > SIZE_MAX / 4 / sizeof(struct user) ||
        !user_table_init(larger, table->capacity * 2)) {
        return false;
    }
    memcpy(larger->users, table->users, count * sizeof *table->users);
    for (size_t i = 0; i < count; i++) {
        *user_table_slot(larger, table->users[i].id) = i + 1;
    }
    return true;
}
