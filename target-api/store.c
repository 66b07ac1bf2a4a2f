#include "target-api/store.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/buffer.h"

enum {
    FIRST_CAPACITY = 16,  /* users; a power of two */
    SLOTS_PER_USER = 2,   /* of the index, which is so never more than half full */
    QUOTED_MAX = 1 << 27, /* bytes of one value; far above what a request body can hold */
};

struct user {
    int64_t id;
    size_t key_len;
    char key[sizeof "\"-9223372036854775808\":"]; /* as it stands in the metadata document */
    struct text *values[STORE_ATTRIBUTES];        /* as JSON strings */
};

/* Replaced as a whole when it is full, so that a reader never waits for the copying. */
struct table {
    size_t capacity;
    struct user *users; /* in the order in which they came */
    size_t *slots;      /* capacity * SLOTS_PER_USER; place in users + 1; 0: free */
};

struct store {
    pthread_mutex_t writing;
    pthread_rwlock_t lock; /* guards all below; the writer may read without it */
    struct table table;
    size_t count;
    struct text *metadata;
};

static const char *const attribute_names[STORE_ATTRIBUTES] = {"name", "age"};

static bool table_init(struct table *table, size_t capacity)
{
    table->capacity = capacity;
    table->users = calloc(capacity, sizeof *table->users);
    table->slots = calloc(capacity, SLOTS_PER_USER * sizeof *table->slots);
    return table->users && table->slots;
}

static void table_fini(struct table *table)
{
    free(table->users);
    free(table->slots);
    *table = (struct table){0};
}

/* The slot that holds `id`, or the free one where it belongs. */
static size_t *table_slot(const struct table *table, int64_t id)
{
    size_t mask = table->capacity * SLOTS_PER_USER - 1;
    /* Fibonacci hashing: ids in a row spread out, and so do ids that differ in high bits only. */
    size_t at = (size_t)(((uint64_t)id * UINT64_C(0x9E3779B97F4A7C15)) >> 32) & mask;
    while (table->slots[at] != 0 && table->users[table->slots[at] - 1].id != id) {
        at = (at + 1) & mask;
    }
    return &table->slots[at];
}

/* Fills `larger` with the users of `table`, whose values it shares. */
static bool table_grow(const struct table *table, size_t count, struct table *larger)
{
    if (table->capacity > SIZE_MAX / 4 / sizeof(struct user) ||
        !table_init(larger, table->capacity * 2)) {
        return false;
    }
    memcpy(larger->users, table->users, count * sizeof *table->users);
    for (size_t i = 0; i < count; i++) {
        *table_slot(larger, table->users[i].id) = i + 1;
    }
    return true;
}

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

static void user_fini(struct user *user)
{
    for (int a = 0; a < STORE_ATTRIBUTES; a++) {
        text_unref(user->values[a]);
    }
}

static bool user_init(struct user *user, int64_t id, struct slice name, struct slice age)
{
    *user = (struct user){.id = id, .values = {quote(name), quote(age)}};
    user->key_len = (size_t)snprintf(user->key, sizeof user->key, "\"%" PRId64 "\":", id);
    if (user->values[STORE_NAME] && user->values[STORE_AGE]) {
        return true;
    }
    user_fini(user);
    return false;
}

static char *append(char *end, const char *bytes, size_t len)
{
    memcpy(end, bytes, len);
    return end + len;
}

/*
 * Writes the document of `count` users of whom the one at place `changed` is `user`, and not (yet)
 * the one in the table. Measured first, so that there is one allocation and no copy.
 */
static struct text *serialise(const struct table *table, size_t count, size_t changed,
                              const struct user *user)
{
    size_t len = strlen("{\"name\":{},\"age\":{}}") + (count - 1) * STORE_ATTRIBUTES;
    for (size_t i = 0; i < count; i++) {
        const struct user *u = i == changed ? user : &table->users[i];
        len +=
            u->key_len * STORE_ATTRIBUTES + u->values[STORE_NAME]->len + u->values[STORE_AGE]->len;
    }
    struct text *text = text_create(len);
    if (!text) {
        return NULL;
    }
    char *end = text->bytes;
    for (int a = 0; a < STORE_ATTRIBUTES; a++) {
        end = append(end, a == 0 ? "{\"" : ",\"", 2);
        end = append(end, attribute_names[a], strlen(attribute_names[a]));
        end = append(end, "\":{", 3);
        for (size_t i = 0; i < count; i++) {
            const struct user *u = i == changed ? user : &table->users[i];
            if (i > 0) {
                *end++ = ',';
            }
            end = append(end, u->key, u->key_len);
            end = append(end, u->values[a]->bytes, u->values[a]->len);
        }
        *end++ = '}';
    }
    *end = '}';
    return text;
}

/* With `writing` held. Takes over `user`; on failure too. */
static enum store_result put(struct store *store, struct user *user, struct text **metadata)
{
    size_t found = *table_slot(&store->table, user->id);
    size_t place = found ? found - 1 : store->count;
    size_t count = found ? store->count : store->count + 1;
    struct table larger = {0};
    bool grows = count > store->table.capacity;
    struct text *document = serialise(&store->table, count, place, user);
    if (!document || (grows && !table_grow(&store->table, store->count, &larger))) {
        text_unref(document);
        table_fini(&larger);
        user_fini(user);
        return STORE_NO_MEMORY;
    }
    *metadata = text_ref(document);

    pthread_rwlock_wrlock(&store->lock);
    struct table old_table = store->table;
    if (grows) {
        store->table = larger;
    }
    struct user old_user = store->table.users[place]; /* zeroes when it is new */
    struct text *old_document = store->metadata;
    store->count = count;
    store->table.users[place] = *user;
    *table_slot(&store->table, user->id) = place + 1;
    store->metadata = document;
    pthread_rwlock_unlock(&store->lock);

    user_fini(&old_user);
    text_unref(old_document);
    if (grows) {
        table_fini(&old_table);
    }
    return STORE_OK;
}

enum store_result store_put(struct store *store, int64_t id, struct slice name, struct slice age,
                            struct text **metadata)
{
    struct user user;
    if (!user_init(&user, id, name, age)) {
        return STORE_NO_MEMORY;
    }
    pthread_mutex_lock(&store->writing);
    enum store_result result = put(store, &user, metadata);
    pthread_mutex_unlock(&store->writing);
    return result;
}

static bool add_samples(struct store *store)
{
    static const char *const samples[][STORE_ATTRIBUTES] = {
        {"user1", "24"}, {"user2", "30"}, {"user3", "18"}};
    for (int64_t id = 0; id < 3; id++) {
        struct text *metadata = NULL;
        if (store_put(store, id, slice_of(samples[id][STORE_NAME]),
                      slice_of(samples[id][STORE_AGE]), &metadata) != STORE_OK) {
            return false;
        }
        text_unref(metadata);
    }
    return true;
}

struct store *store_create(struct err *err)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        err_set(err, ERR_FAILED, "out of memory");
        return NULL;
    }
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&store->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_mutex_init(&store->writing, NULL);
    if (!table_init(&store->table, FIRST_CAPACITY) || !add_samples(store)) {
        err_set(err, ERR_FAILED, "out of memory");
        store_destroy(store);
        return NULL;
    }
    return store;
}

void store_destroy(struct store *store)
{
    if (!store) {
        return;
    }
    for (size_t i = 0; i < store->count; i++) {
        user_fini(&store->table.users[i]);
    }
    table_fini(&store->table);
    text_unref(store->metadata);
    pthread_rwlock_destroy(&store->lock);
    pthread_mutex_destroy(&store->writing);
    free(store);
}

bool store_find_attribute(struct slice name, enum store_attribute *attribute)
{
    for (int a = 0; a < STORE_ATTRIBUTES; a++) {
        if (slice_equals(name, attribute_names[a])) {
            *attribute = (enum store_attribute)a;
            return true;
        }
    }
    return false;
}

struct text *store_get(struct store *store, int64_t id, enum store_attribute attribute)
{
    struct text *value = NULL;
    pthread_rwlock_rdlock(&store->lock);
    size_t found = *table_slot(&store->table, id);
    if (found) {
        value = text_ref(store->table.users[found - 1].values[attribute]);
    }
    pthread_rwlock_unlock(&store->lock);
    return value;
}

struct text *store_get_metadata(struct store *store)
{
    pthread_rwlock_rdlock(&store->lock);
    struct text *metadata = text_ref(store->metadata);
    pthread_rwlock_unlock(&store->lock);
    return metadata;
}
