#include "loadgen/run/backlog.h"

#include <stdlib.h>

#include "loadgen/base/memory.h"

static struct backlog_entry *take_free(struct backlog *backlog)
{
    struct backlog_entry *entry = backlog->free;
    if (entry) {
        backlog->free = entry->next;
        return entry;
    }
    return memory_of(calloc(1, sizeof *entry));
}

struct exchange *backlog_add(struct backlog *backlog, const struct exchange *exchange)
{
    struct backlog_entry *entry = take_free(backlog);
    struct capture *captured = exchange->capture;
    entry->next = NULL;
    entry->exchange = *exchange;
    if (captured) {
        struct capture mine = entry->capture;
        entry->capture = *captured;
        *captured = mine;
        entry->exchange.capture = &entry->capture;
    }
    *(backlog->last ? backlog->last : &backlog->first) = entry;
    backlog->last = &entry->next;
    return &entry->exchange;
}

struct backlog_entry *backlog_take(struct backlog *backlog)
{
    struct backlog_entry *list = backlog->first;
    backlog->first = NULL;
    backlog->last = NULL;
    return list;
}

void backlog_recycle(struct backlog *backlog, struct backlog_entry *entry)
{
    entry->next = backlog->free;
    backlog->free = entry;
}

void backlog_fini(struct backlog *backlog)
{
    for (struct backlog_entry *entry = backlog->free; entry;) {
        struct backlog_entry *next = entry->next;
        capture_fini(&entry->capture);
        free(entry);
        entry = next;
    }
    backlog->free = NULL;
}
