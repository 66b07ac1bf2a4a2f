#include "loadgen/cluster/bus/stream.h"

#include <stdio.h>
#include <string.h>

#include "loadgen/cluster/bus/inside.h"
#include "loadgen/cluster/bus/stream_inside.h"

bool bus_stream_make(struct bus *bus, const char *name, const char *subject,
                     const struct bus_stream_limits *limits, struct err *err)
{
    char what[BUS_SUBJECT_MAX + 1];
    jsErrCode code = 0;
    jsStreamConfig config;
    jsStreamConfig_Init(&config);
    config.Name = name;
    config.Subjects = &subject;
    config.SubjectsLen = 1;
    config.Retention = js_LimitsPolicy;
    config.Discard = js_DiscardNew;
    config.MaxBytes = (int64_t)limits->bytes_max;
    config.MaxAge = (int64_t)limits->age_max_ns;
    config.Replicas = limits->replicas > 0 ? limits->replicas : 1;
    config.Storage = limits->is_in_memory ? js_MemoryStorage : js_FileStorage;
    if (!bus_is_connected(bus)) {
        return bus_fail(bus, NATS_CONNECTION_DISCONNECTED, 0, "cannot make a stream", err);
    }
    natsStatus status = js_AddStream(NULL, bus->js, &config, NULL, &code);
    if (code == JSStreamNameExistErr) {
        code = 0;
        status = js_UpdateStream(NULL, bus->js, &config, NULL, &code);
    }
    snprintf(what, sizeof what, "cannot create the stream \"%s\"", name);
    return status == NATS_OK || bus_fail(bus, status, code, what, err);
}

enum bus_status bus_stream_look(struct bus *bus, const char *name, struct bus_stream_state *state)
{
    jsErrCode code = 0;
    jsStreamInfo *info = NULL;
    *state = (struct bus_stream_state){0};
    if (!bus_is_connected(bus)) {
        return BUS_UNREACHABLE;
    }
    natsStatus status = js_GetStreamInfo(&info, bus->js, name, NULL, &code);
    if (status == NATS_OK) {
        *state = (struct bus_stream_state){
            .first = info->State.Msgs > 0 ? info->State.FirstSeq : info->State.LastSeq + 1,
            .last = info->State.LastSeq,
            .messages = info->State.Msgs,
            .bytes = info->State.Bytes,
            .made_ns = (uint64_t)info->Created,
        };
    }
    jsStreamInfo_Destroy(info);
    return bus_status_of(status, code);
}

enum bus_status bus_stream_purge(struct bus *bus, const char *name, const char *subject,
                                 uint64_t before)
{
    jsErrCode code = 0;
    jsOptions options;
    jsOptions_Init(&options);
    options.Stream.Purge.Subject = subject;
    options.Stream.Purge.Sequence = before;
    if (!bus_is_connected(bus)) {
        return BUS_UNREACHABLE;
    }
    natsStatus status = js_PurgeStream(bus->js, name, &options, &code);
    return bus_status_of(status, code);
}

enum bus_status bus_stream_remove(struct bus *bus, const char *name)
{
    jsErrCode code = 0;
    if (!bus_is_connected(bus)) {
        return BUS_UNREACHABLE;
    }
    natsStatus status = js_DeleteStream(bus->js, name, NULL, &code);
    return bus_status_of(status, code);
}

enum bus_status bus_stream_store(struct bus *bus, natsMsg *message, jsPubOptions *options,
                                 uint64_t *sequence)
{
    jsErrCode code = 0;
    jsPubAck *stored = NULL;
    if (!bus_is_connected(bus)) {
        return BUS_UNREACHABLE;
    }
    natsStatus status = js_PublishMsg(&stored, bus->js, message, options, &code);
    if (status == NATS_OK && sequence) {
        *sequence = stored->Sequence;
    }
    jsPubAck_Destroy(stored);
    return bus_status_of(status, code);
}

enum bus_status bus_stream_store_data(struct bus *bus, const char *subject, const void *data,
                                      size_t length, jsPubOptions *options, uint64_t *sequence)
{
    natsMsg *message = NULL;
    if (length > bus_message_max(bus) ||
        natsMsg_Create(&message, subject, NULL, data, (int)length) != NATS_OK) {
        return BUS_REFUSED;
    }
    enum bus_status status = bus_stream_store(bus, message, options, sequence);
    natsMsg_Destroy(message);
    return status;
}

enum bus_status bus_stream_publish(struct bus *bus, const char *subject, const void *data,
                                   size_t length, uint64_t *sequence)
{
    return bus_stream_store_data(bus, subject, data, length, NULL, sequence);
}
