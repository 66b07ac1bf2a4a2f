#include "target-api/users/store.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "target-api/users/user_file.h"
#include "target-api/users/user_table.h"

enum { FIRST_CAPACITY = 16 }; /* users; a power of two */

struct store {
    struct store_options options;
    struct user_file *file; /* NULL: memory only */
    pthread_mutex_t writing;
    pthread_rwlock_t lock; /* guards the fields below; the writer reads them without it */
    struct user_table table;
    size_t count;
    uint64_t bytes;
    struct document *document;
};

static const char *const attribute_names[STORE_ATTRIBUTES] = {"name", "age"};

/* A write: the state of the store if it succeeds. */
struct change {
    struct user user;
    size_t index;
    bool is_new;
    size_t count;
    uint64_t bytes;
    struct user_table larger; /* `users` NULL: the table stays */
    struct document *document;
};

struct view {
    const struct store *store;
    const struct change *change;
};

/* A user as the change leaves it. */
static struct document_entry changed_entry(const void *cls, size_t index)
{
    const struct view *view = cls;
    bool is_changed = index == view->change->index;
    return user_entry(is_changed ? &view->change->user : &view->store->table.users[index]);
}

static enum store_result plan(const struct store *store, struct change *change)
{
    size_t found = *user_table_slot(&store->table, change->user.id);
    change->is_new = found == 0;
    change->index = change->is_new ? store->count : found - 1;
    change->count = store->count + change->is_new;
    size_t more = user_bytes(&change->user);
    size_t less = change->is_new ? 0 : user_bytes(&store->table.users[change->index]);
    change->bytes = store->bytes + more - less;
    if (change->count > store->options.users_max && change->is_new) {
        return STORE_FULL;
    }
    return change->bytes > store->options.bytes_max && more > less ? STORE_FULL : STORE_OK;
}

/* Everything that can fail; invisible to readers. */
static enum store_result prepare(const struct store *store, struct change *change)
{
    struct document_entry entry = user_entry(&change->user);
    struct view view = {store, change};
    change->document = change->is_new
                           ? document_append(store->document, &entry)
                           : document_replace(store->document, change->index, changed_entry, &view);
    if (!change->document) {
        return STORE_NO_MEMORY;
    }
    return change->count <= store->table.capacity ||
                   user_table_grow(&store->table, store->count, &change->larger)
               ? STORE_OK
               : STORE_NO_MEMORY;
}

static void publish(struct store *store, struct change *change)
{
    pthread_rwlock_wrlock(&store->lock);
    struct user_table old_table = store->table;
    if (change->larger.users) {
        store->table = change->larger;
    }
    struct user old_user = store->table.users[change->index]; /* zeroes if new */
    struct document *old_document = store->document;
    store->count = change->count;
    store->bytes = change->bytes;
    store->table.users[change->index] = change->user;
    *user_table_slot(&store->table, change->user.id) = change->index + 1;
    store->document = change->document;
    pthread_rwlock_unlock(&store->lock);

    user_fini(&old_user);
    document_unref(old_document);
    if (change->larger.users) {
        user_table_fini(&old_table);
    }
}

/* With `writing` held. `file` NULL: not written to a file. */
static enum store_result put(struct store *store, struct change *change, struct user_file *file,
                             struct slice name, struct slice age)
{
    enum store_result result = plan(store, change);
    if (result == STORE_OK) {
        result = prepare(store, change);
    }
    if (result == STORE_OK && file &&
        !user_file_put(file, change->index, change->user.id, name, age)) {
        result = STORE_FAILED;
    }
    if (result == STORE_OK) {
        publish(store, change);
        return STORE_OK;
    }
    document_unref(change->document);
    user_table_fini(&change->larger);
    user_fini(&change->user);
    return result;
}

static enum store_result put_user(struct store *store, struct user_file *file, int64_t id,
                                  struct slice name, struct slice age, struct document **metadata)
{
    struct change change = {0};
    if (!user_init(&change.user, id, name, age)) {
        return STORE_NO_MEMORY;
    }
    pthread_mutex_lock(&store->writing);
    enum store_result result = put(store, &change, file, name, age);
    if (result == STORE_OK && metadata) {
        *metadata = document_ref(change.document); /* still the newest: `writing` is held */
    }
    pthread_mutex_unlock(&store->writing);
    return result;
}

enum store_result store_put(struct store *store, int64_t id, struct slice name, struct slice age,
                            struct document **metadata)
{
    return put_user(store, store->file, id, name, age, metadata);
}

static bool add_samples(struct store *store)
{
    static const struct {
        int64_t id;
        const char *name;
        const char *age;
    } samples[] = {{0, "user1", "24"}, {1, "user2", "30"}, {2, "user3", "18"}};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        if (store_put(store, samples[i].id, slice_of(samples[i].name), slice_of(samples[i].age),
                      NULL) != STORE_OK) {
            return false;
        }
    }
    return true;
}

static bool take_from_file(void *cls, int64_t id, struct slice name, struct slice age)
{
    return put_user(cls, NULL, id, name, age, NULL) == STORE_OK;
}

static bool fill(struct store *store, struct err *err)
{
    if (store->options.path) {
        store->file = user_file_open(store->options.path, err);
        if (!store->file || !user_file_read(store->file, take_from_file, store, err)) {
            return false;
        }
    }
    if (store->count == 0 && !add_samples(store)) {
        return err_set(err, ERR_FAILED,
                       "cannot store the three sample users; raise -max-users-bytes");
    }
    return true;
}

struct store *store_create(const struct store_options *options, struct err *err)
{
    struct store *store = calloc(1, sizeof *store);
    if (!store) {
        err_set(err, ERR_FAILED, "not enough memory");
        return NULL;
    }
    store->options = *options;
    pthread_rwlockattr_t attributes;
    pthread_rwlockattr_init(&attributes);
    pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    pthread_rwlock_init(&store->lock, &attributes);
    pthread_rwlockattr_destroy(&attributes);
    pthread_mutex_init(&store->writing, NULL);
    if (!user_table_init(&store->table, FIRST_CAPACITY) || !(store->document = document_create())) {
        err_set(err, ERR_FAILED, "not enough memory");
        store_destroy(store);
        return NULL;
    }
    if (!fill(store, err)) {
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
    user_file_close(store->file);
    for (size_t i = 0; i < store->count; i++) {
        user_fini(&store->table.users[i]);
    }
    user_table_fini(&store->table);
    document_unref(store->document);
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
    size_t found = *user_table_slot(&store->table, id);
    if (found) {
        value = text_ref(store->table.users[found - 1].values[attribute]);
    }
    pthread_rwlock_unlock(&store->lock);
    return value;
}

struct document *store_get_metadata(struct store *store)
{
    pthread_rwlock_rdlock(&store->lock);
    struct document *document = document_ref(store->document);
    pthread_rwlock_unlock(&store->lock);
    return document;
}

struct store_counts store_count(struct store *store)
{
    pthread_rwlock_rdlock(&store->lock);
    struct store_counts counts = {.users = store->count, .bytes = store->bytes};
    pthread_rwlock_unlock(&store->lock);
    return counts;
}
