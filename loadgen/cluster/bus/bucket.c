/*
 * Keys are messages in a stream, as defined by NATS (ADR-8). The key-value functions of libnats
 * hide the broker's error codes and the revision of a deleted key, so they are used only to create
 * the bucket.
 */
#include "loadgen/cluster/bus/bucket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/base/memory.h"
#include "loadgen/cluster/bus/inside.h"
#include "loadgen/cluster/bus/stream_inside.h"

static const char operation[] = "KV-Operation";

struct bucket {
    struct bus *bus;
    char stream[sizeof BUCKET_STREAM + BUCKET_NAME_MAX];
    char prefix[sizeof BUCKET_SUBJECT + BUCKET_NAME_MAX + 1];
};

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

bool bucket_name_is_valid(const char *name)
{
    size_t length = strlen(name);
    return length > 0 && length <= BUCKET_NAME_MAX && strspn(name, letters) == length;
}

bool bucket_is_deletion(natsMsg *message)
{
    const char *what = NULL;
    return natsMsgHeader_Get(message, operation, &what) == NATS_OK && what && what[0] != '\0';
}

/* Writes the subject of a key. False: the key is not valid. */
static bool make_subject(const struct bucket *bucket, const char *key,
                         char subject[BUS_SUBJECT_MAX + 1])
{
    size_t length = strlen(key);
    bool has_bad = key[0] == '.' || length == 0 || key[length - 1] == '.' || strstr(key, "..");
    for (const char *at = key; *at; at++) {
        has_bad |= !strchr(letters, *at) && *at != '.';
    }
    int all = snprintf(subject, BUS_SUBJECT_MAX + 1, "%s%s", bucket->prefix, key);
    return !has_bad && all <= BUS_SUBJECT_MAX;
}

static struct bucket *open_bucket(struct bus *bus, const char *name)
{
    struct bucket *bucket = memory_of(calloc(1, sizeof *bucket));
    bucket->bus = bus;
    snprintf(bucket->stream, sizeof bucket->stream, BUCKET_STREAM "%s", name);
    snprintf(bucket->prefix, sizeof bucket->prefix, BUCKET_SUBJECT "%s.", name);
    return bucket;
}

/* Sets the error "cannot ... the bucket". Returns NULL. */
static struct bucket *fail(struct bus *bus, natsStatus status, const char *verb, const char *name,
                           struct err *err)
{
    char what[BUS_SUBJECT_MAX + 1];
    snprintf(what, sizeof what, "cannot %s the bucket \"%s\"", verb, name);
    bus_fail(bus, status, 0, what, err);
    return NULL;
}

/* Checks whether the bucket exists. */
static natsStatus find(struct bus *bus, const char *name)
{
    kvStore *found = NULL;
    if (!bus_is_connected(bus)) {
        return NATS_CONNECTION_DISCONNECTED;
    }
    natsStatus status = js_KeyValue(&found, bus->js, name);
    kvStore_Destroy(found);
    return status;
}

static natsStatus make(struct bus *bus, const char *name, const struct bus_stream_limits *limits)
{
    kvStore *made = NULL;
    kvConfig config;
    kvConfig_Init(&config);
    config.Bucket = name;
    config.History = 1;
    config.MaxBytes = (int64_t)limits->bytes_max;
    config.TTL = (int64_t)limits->age_max_ns;
    config.Replicas = limits->replicas > 0 ? (int)limits->replicas : 1;
    config.StorageType = limits->is_in_memory ? js_MemoryStorage : js_FileStorage;
    natsStatus status = js_CreateKeyValue(&made, bus->js, &config);
    kvStore_Destroy(made);
    return status;
}

static bool check_name(const char *name, struct err *err)
{
    return bucket_name_is_valid(name) ||
           err_set(err, ERR_USAGE,
                   "\"%s\" cannot be the name of a bucket; use letters, digits, - and _", name);
}

struct bucket *bucket_make(struct bus *bus, const char *name,
                           const struct bus_stream_limits *limits, struct err *err)
{
    if (!check_name(name, err)) {
        return NULL;
    }
    natsStatus status = find(bus, name);
    if (status == NATS_NOT_FOUND) {
        status = make(bus, name, limits);
    }
    return status == NATS_OK ? open_bucket(bus, name) : fail(bus, status, "make", name, err);
}

struct bucket *bucket_open(struct bus *bus, const char *name, struct err *err)
{
    if (!check_name(name, err)) {
        return NULL;
    }
    natsStatus status = find(bus, name);
    return status == NATS_OK ? open_bucket(bus, name) : fail(bus, status, "open", name, err);
}

void bucket_close(struct bucket *bucket)
{
    free(bucket);
}

/* Gets the last message of a key, even if it marks the key as deleted. */
static enum bus_status get_last(struct bucket *bucket, const char *subject, natsMsg **last)
{
    jsErrCode code = 0;
    if (!bus_is_connected(bucket->bus)) {
        return BUS_UNREACHABLE;
    }
    natsStatus status = js_GetLastMsg(last, bucket->bus->js, bucket->stream, subject, NULL, &code);
    return bus_status_of(status, code);
}

enum bus_status bucket_get(struct bucket *bucket, const char *key, struct bus_message *value)
{
    char subject[BUS_SUBJECT_MAX + 1];
    natsMsg *last = NULL;
    *value = (struct bus_message){0};
    if (!make_subject(bucket, key, subject)) {
        return BUS_REFUSED;
    }
    enum bus_status status = get_last(bucket, subject, &last);
    if (status == BUS_OK && bucket_is_deletion(last)) {
        status = BUS_MISSING;
    }
    if (status != BUS_OK) {
        natsMsg_Destroy(last);
        return status;
    }
    bus_message_read(value, last);
    value->subject += strlen(bucket->prefix);
    value->arrived_ns = clock_now_ns();
    value->sequence = natsMsg_GetSequence(last);
    value->stored_ns = (uint64_t)natsMsg_GetTime(last);
    return BUS_OK;
}

enum bus_status bucket_put(struct bucket *bucket, const char *key, const void *data, size_t length,
                           uint64_t *revision)
{
    char subject[BUS_SUBJECT_MAX + 1];
    return make_subject(bucket, key, subject)
               ? bus_stream_store_data(bucket->bus, subject, data, length, NULL, revision)
               : BUS_REFUSED;
}

enum bus_status bucket_change(struct bucket *bucket, const char *key, const void *data,
                              size_t length, uint64_t expected, uint64_t *revision)
{
    char subject[BUS_SUBJECT_MAX + 1];
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.ExpectLastSubjectSeq = expected;
    options.ExpectNoMessage = expected == 0;
    return make_subject(bucket, key, subject)
               ? bus_stream_store_data(bucket->bus, subject, data, length, &options, revision)
               : BUS_REFUSED;
}

enum bus_status bucket_add(struct bucket *bucket, const char *key, const void *data, size_t length,
                           uint64_t *revision)
{
    char subject[BUS_SUBJECT_MAX + 1];
    natsMsg *last = NULL;
    enum bus_status status = bucket_change(bucket, key, data, length, 0, revision);
    if (status != BUS_CONFLICT || !make_subject(bucket, key, subject) ||
        get_last(bucket, subject, &last) != BUS_OK) {
        return status;
    }
    if (bucket_is_deletion(last)) {
        status = bucket_change(bucket, key, data, length, natsMsg_GetSequence(last), revision);
    }
    natsMsg_Destroy(last);
    return status;
}

enum bus_status bucket_delete(struct bucket *bucket, const char *key)
{
    char subject[BUS_SUBJECT_MAX + 1];
    natsMsg *mark = NULL;
    if (!make_subject(bucket, key, subject) ||
        natsMsg_Create(&mark, subject, NULL, NULL, 0) != NATS_OK) {
        return BUS_REFUSED;
    }
    enum bus_status status = BUS_REFUSED;
    if (natsMsgHeader_Set(mark, operation, "DEL") == NATS_OK) {
        status = bus_stream_store(bucket->bus, mark, NULL, NULL);
    }
    natsMsg_Destroy(mark);
    return status;
}
