#include "loadgen/target/catalogue.h"

#include <string.h>

#include "loadgen/base/memory.h"

#define NO_TARGET UINT32_MAX

/* Rows keep their numbers. */
static void copy_rows(struct rows *into, const struct rows *from)
{
    for (size_t i = 0; i < from->count; i++) {
        rows_add(into, rows_name(from, i));
    }
    into->others = from->others;
}

void catalogue_init(struct catalogue *catalogue, const struct targets *targets, bool grows)
{
    memset(catalogue, 0, sizeof *catalogue);
    pthread_mutex_init(&catalogue->lock, NULL);
    catalogue->targets = targets;
    catalogue->rows = &targets->rows;
    catalogue->first = grows ? targets->count : SIZE_MAX;
    if (!grows) {
        return;
    }
    copy_rows(&catalogue->own_rows, &targets->rows);
    catalogue->rows = &catalogue->own_rows;
    for (size_t row = 0; row < ROWS_ALL; row++) {
        catalogue->of_row[row] = NO_TARGET;
    }
    for (size_t i = targets->count; i-- > 0;) {
        catalogue->of_row[targets->list[i].row] = (uint32_t)i;
    }
}

void catalogue_fini(struct catalogue *catalogue)
{
    arena_free(&catalogue->arena);
    rows_free(&catalogue->own_rows);
    pthread_mutex_destroy(&catalogue->lock);
}

size_t catalogue_added(const struct catalogue *catalogue)
{
    return atomic_load_explicit(&catalogue->added, memory_order_acquire);
}

const struct target *catalogue_target(const struct catalogue *catalogue, uint32_t index)
{
    return index >= catalogue->first ? &catalogue->list[index - catalogue->first]
                                     : &catalogue->targets->list[index];
}

/* The row of a name. Names that share the row "other" are counted once, as far as they are known.
 */
static uint16_t row_of(struct catalogue *all, const char *name, uint64_t hash)
{
    for (size_t i = 0; i < all->other_count; i++) {
        if (all->others[i] == hash) {
            return ROWS_OTHER;
        }
    }
    if (all->other_count == ROWS_MAX) {
        return rows_find(&all->own_rows, name);
    }
    uint16_t row = rows_add(&all->own_rows, name);
    if (row == ROWS_OTHER) {
        all->others[all->other_count++] = hash;
    }
    return row;
}

static const char *keep(struct catalogue *all, const char *text)
{
    return memory_of(arena_copy(&all->arena, text, strlen(text) + 1));
}

static void add(struct catalogue *all, uint16_t row, const char *method, const char *url)
{
    bool is_other = row == ROWS_OTHER;
    size_t count = all->added;
    all->list[count] = (struct target){
        .name = is_other ? TARGET_OTHERS : rows_name(&all->own_rows, row),
        .method = keep(all, is_other ? "other" : method),
        .url = keep(all, is_other ? TARGET_OTHERS : url),
        .row = row,
    };
    all->of_row[row] = (uint32_t)(all->first + count);
    atomic_store_explicit(&all->added, count + 1, memory_order_release);
}

void catalogue_table_init(struct catalogue_table *table, struct catalogue *all)
{
    memset(table, 0, sizeof *table);
    table->all = all;
}

/* Asks the list about a name that is new to the thread. */
static void look_up(struct catalogue *all, const char *name, uint64_t hash, const char *method,
                    const char *url, struct catalogue_entry *entry)
{
    pthread_mutex_lock(&all->lock);
    entry->row = row_of(all, name, hash);
    if (all->of_row[entry->row] == NO_TARGET) {
        add(all, entry->row, method, url);
    }
    entry->target = all->of_row[entry->row];
    pthread_mutex_unlock(&all->lock);
}

/* The entry of this name, or the free one for it. */
static struct catalogue_entry *entry_of(struct catalogue_table *table, const char *name,
                                        uint64_t hash)
{
    enum { ENTRIES = sizeof table->entries / sizeof table->entries[0] };
    for (uint64_t i = hash;; i++) {
        struct catalogue_entry *entry = &table->entries[i % ENTRIES];
        bool is_same =
            entry->hash == hash && (entry->row == ROWS_OTHER ||
                                    strcmp(rows_name(table->all->rows, entry->row), name) == 0);
        if (!entry->is_taken || is_same) {
            return entry;
        }
    }
}

void catalogue_find(struct catalogue_table *table, const char *name, const char *method,
                    const char *url, struct request *request)
{
    struct catalogue *all = table->all;
    uint64_t hash = rows_hash(name);
    struct catalogue_entry *entry = entry_of(table, name, hash);
    struct catalogue_entry found = {.hash = hash, .is_taken = true};
    if (entry->is_taken) {
        found = *entry;
    } else if (table->other_count < ROWS_MAX) {
        look_up(all, name, hash, method, url, &found);
    } else { /* every row has its name since long, and the thread has seen it */
        found.row = rows_find(all->rows, name);
        found.target = all->of_row[found.row];
    }
    if (!entry->is_taken && (found.row != ROWS_OTHER || table->other_count < ROWS_MAX)) {
        *entry = found;
        table->other_count += found.row == ROWS_OTHER;
    }
    request->target = found.target;
    request->row = found.row;
}
