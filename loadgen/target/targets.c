#include "loadgen/target/targets.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static bool out_of_memory(struct err *err)
{
    return err_set(err, ERR_FAILED, "not enough memory for the targets");
}

/* Makes room for one more element; the list doubles at each power of two. */
static bool grow(void *list, size_t count, size_t size)
{
    void **at = list;
    if (count & (count - 1)) {
        return true;
    }
    void *larger = realloc(*at, (count ? 2 * count : 1) * size);
    if (larger) {
        *at = larger;
    }
    return larger != NULL;
}

bool targets_find_endpoint(struct targets *targets, const struct draft *draft, uint32_t *index,
                           struct err *err)
{
    const struct url *url = &draft->parts;
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        const struct endpoint *known = &targets->endpoints[i];
        if (known->is_https == url->is_https && known->port == url->port &&
            strcasecmp(known->host, url->host) == 0) {
            *index = (uint32_t)i;
            return true;
        }
    }
    if (targets->endpoint_room && targets->endpoint_count == targets->endpoint_room) {
        return err_set(err, ERR_USAGE, "order.lazy supports at most %zu different hosts and ports",
                       targets->endpoint_room);
    }
    char *host = strdup(url->host);
    if (!host || (!targets->endpoint_room &&
                  !grow(&targets->endpoints, targets->endpoint_count, sizeof(struct endpoint)))) {
        free(host);
        return out_of_memory(err);
    }
    *index = (uint32_t)targets->endpoint_count;
    targets->endpoints[targets->endpoint_count++] =
        (struct endpoint){host, url->port, url->is_https};
    return true;
}

bool targets_add(struct targets *targets, const struct draft *draft, struct err *err)
{
    struct target target = {.row = rows_add(&targets->rows, draft->name.at)};
    target.name = target.row == ROWS_OTHER
                      ? arena_copy(&targets->arena, draft->name.at, draft->name.length)
                      : rows_name(&targets->rows, target.row);
    target.method = arena_copy(&targets->arena, draft->method.at, draft->method.length);
    target.url = arena_copy(&targets->arena, draft->shown_url.at, strlen(draft->shown_url.at) + 1);
    if (!target.name || !target.method || !target.url) {
        return out_of_memory(err);
    }
    targets->list[targets->count++] = target;
    return true;
}

/* Consecutive targets often have the same body. */
static bool set_body_file(struct targets *targets, const char *path, struct err *err)
{
    struct target *target = &targets->list[targets->count - 1];
    const char *last = targets->count > 1 ? target[-1].body_file : NULL;
    bool is_same = last && strcmp(last, path) == 0;
    target->body_file = is_same ? last : arena_copy(&targets->arena, path, strlen(path) + 1);
    return target->body_file || out_of_memory(err);
}

/* Turns the draft into a target and its request. */
static bool add_with_request(struct targets *targets, const struct draft *draft,
                             const struct message_defaults *defaults, struct err *err)
{
    struct request request = {.target = (uint32_t)targets->count, .is_constant = true};
    const struct message message = draft_message(draft);
    if (!targets_find_endpoint(targets, draft, &request.endpoint, err)) {
        return false;
    }
    bytes_clear(&targets->scratch);
    message_write(&targets->scratch, &message, defaults, &request);
    request.bytes = targets->scratch.has_failed
                        ? NULL
                        : arena_copy(&targets->arena, targets->scratch.at, targets->scratch.length);
    if (!request.bytes || !grow(&targets->list, targets->count, sizeof *targets->list) ||
        !grow(&targets->requests, targets->count, sizeof *targets->requests)) {
        return out_of_memory(err);
    }
    if (!targets_add(targets, draft, err)) {
        return false;
    }
    request.row = targets->list[request.target].row;
    targets->requests[request.target] = request;
    const char *file = draft->body_file.length > 0 ? draft->body_file.at
                       : draft->has_body           ? NULL
                                                   : defaults->body_file;
    return !file || request.body_length == 0 || set_body_file(targets, file, err);
}

bool targets_read(struct targets *targets, FILE *in, const char *name, const struct format *format,
                  const struct message_defaults *defaults, struct err *err)
{
    struct reader reader;
    enum read_state state = READ_OK;
    *targets = (struct targets){0};
    reader_init(&reader, in, name, format, defaults->target_host);
    while ((state = reader_next(&reader, err)) == READ_OK) {
        if (!add_with_request(targets, &reader.draft, defaults, err)) {
            state = READ_FAIL;
            break;
        }
    }
    reader_fini(&reader);
    bytes_free(&targets->scratch);
    if (state == READ_END && targets->count == 0) {
        state = READ_FAIL;
        err_set(err, ERR_USAGE, "%s: no targets to attack; write one per line, such as %s", name,
                format == &format_json ? "{\"method\":\"GET\",\"url\":\"http://127.0.0.1:5000/\"}"
                                       : "GET http://127.0.0.1:5000/");
    }
    if (state == READ_FAIL) {
        targets_free(targets);
    }
    return state == READ_END;
}

bool targets_single(struct targets *targets, const char *url,
                    const struct message_defaults *defaults, struct err *err)
{
    struct draft draft = {.target_host = defaults->target_host};
    *targets = (struct targets){0};
    bool ok = draft_set_method(&draft, "GET", strlen("GET"), err) &&
              draft_set_url(&draft, url, err) && draft_finish(&draft, err) &&
              add_with_request(targets, &draft, defaults, err);
    draft_free(&draft);
    bytes_free(&targets->scratch);
    if (!ok) {
        targets_free(targets);
    }
    return ok;
}

size_t targets_endpoint_room(const struct targets *targets)
{
    return targets->endpoint_room ? targets->endpoint_room : targets->endpoint_count;
}

void targets_count_turns(const struct targets *targets, uint64_t n, uint64_t by_row[ROWS_ALL])
{
    for (size_t i = 0; i < targets->count; i++) {
        by_row[targets->list[i].row] += n / targets->count + (i < n % targets->count);
    }
}

void targets_free(struct targets *targets)
{
    for (size_t i = 0; i < targets->endpoint_count; i++) {
        free(targets->endpoints[i].host);
    }
    free(targets->endpoints);
    free(targets->list);
    free(targets->requests);
    rows_free(&targets->rows);
    arena_free(&targets->arena);
    bytes_free(&targets->scratch);
    *targets = (struct targets){0};
}
