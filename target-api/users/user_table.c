#include "target-api/users/user_table.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/base/buffer.h"

enum {
    KEY_MAX = 24,         /* bytes of an id with its quotes and colon, and of a NUL */
    SLOTS_PER_USER = 2,   /* so slots are at most half full */
    QUOTED_MAX = 1 << 27, /* bytes of a value; more than a request body can hold */
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

static struct text *make_key(int64_t id)
{
    char key[KEY_MAX];
    size_t len = (size_t)snprintf(key, sizeof key, "\"%" PRId64 "\":", id);
    struct text *text = text_create(len);
    if (text) {
        memcpy(text->bytes, key, len);
    }
    return text;
}

bool user_init(struct user *user, int64_t id, struct slice name, struct slice age)
{
    *user = (struct user){.id = id, .key = make_key(id), .values = {quote(name), quote(age)}};
    if (user->key && user->values[0] && user->values[1]) {
        return true;
    }
    user_fini(user);
    return false;
}

void user_fini(struct user *user)
{
    text_unref(user->key);
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        text_unref(user->values[a]);
    }
}

struct document_entry user_entry(const struct user *user)
{
    struct document_entry entry = {.key = {user->key->bytes, user->key->len}};
    for (int a = 0; a < DOCUMENT_ATTRIBUTES; a++) {
        entry.values[a] = (struct slice){user->values[a]->bytes, user->values[a]->len};
    }
    return entry;
}

size_t user_bytes(const struct user *user)
{
    return user->key->len + user->values[0]->len + user->values[1]->len;
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

/* The golden ratio spreads consecutive ids; its product is best in the high bits. */
static size_t hash(int64_t id)
{
    uint64_t product = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15);
    return (size_t)(product ^ product >> 32);
}

size_t *user_table_slot(const struct user_table *table, int64_t id)
{
    size_t mask = table->capacity * SLOTS_PER_USER - 1;
    size_t at = hash(id) & mask;
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
