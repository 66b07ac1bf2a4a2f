#include "target-api/user_table.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/buffer.h"

enum {
    KEY_FRAME = 3,        /* the quotes and the colon around an id */
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

static struct text *make_key(struct slice id)
{
    struct text *key = text_create(id.len + KEY_FRAME);
    if (key) {
        key->bytes[0] = '"';
        memcpy(key->bytes + 1, id.bytes, id.len);
        memcpy(key->bytes + 1 + id.len, "\":", 2);
    }
    return key;
}

bool user_init(struct user *user, struct slice id, struct slice name, struct slice age)
{
    *user = (struct user){.key = make_key(id), .values = {quote(name), quote(age)}};
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

struct slice user_id(const struct user *user)
{
    return (struct slice){user->key->bytes + 1, user->key->len - KEY_FRAME};
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

/* FNV-1a, its high bits among the low ones. */
static size_t hash(struct slice id)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < id.len; i++) {
        hash = (hash ^ (unsigned char)id.bytes[i]) * UINT64_C(0x100000001b3);
    }
    return (size_t)(hash ^ hash >> 32);
}

static bool has_id(const struct user *user, struct slice id)
{
    struct slice own = user_id(user);
    return own.len == id.len && memcmp(own.bytes, id.bytes, id.len) == 0;
}

size_t *user_table_slot(const struct user_table *table, struct slice id)
{
    size_t mask = table->capacity * SLOTS_PER_USER - 1;
    size_t at = hash(id) & mask;
    while (table->slots[at] != 0 && !has_id(&table->users[table->slots[at] - 1], id)) {
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
        *user_table_slot(larger, user_id(&table->users[i])) = i + 1;
    }
    return true;
}
