#include "loadgen/cluster/bus/credentials.h"

#include <string.h>

#include "loadgen/base/bytes.h"

static const char marker[] = "-----BEGIN NATS USER JWT-----";

static bool set_user(natsOptions *options, const char *path, char *line, struct err *err)
{
    line[strcspn(line, "\r\n")] = '\0';
    char *colon = strchr(line, ':');
    if (!colon || colon == line || colon[1] == '\0') {
        return err_set(
            err, ERR_USAGE,
            "cluster.nats_creds: \"%s\" has neither a NATS user JWT, as `nsc generate creds` "
            "writes it, nor a line USER:PASSWORD",
            path);
    }
    *colon = '\0';
    return natsOptions_SetUserInfo(options, line, colon + 1) == NATS_OK ||
           err_set(err, ERR_FAILED, "out of memory");
}

static bool set(natsOptions *options, const char *path, char *text, struct err *err)
{
    if (!strstr(text, marker)) {
        return set_user(options, path, text, err);
    }
    natsStatus status = natsOptions_SetUserCredentialsFromFiles(options, path, NULL);
    return status == NATS_OK || err_set(err, ERR_USAGE, "cluster.nats_creds: cannot use \"%s\": %s",
                                        path, natsStatus_GetText(status));
}

bool credentials_set(natsOptions *options, const char *path, struct err *err)
{
    struct bytes text = {0};
    bool is_set = bytes_add_file(&text, path, err);
    if (!is_set) {
        err_prefix(err, "cluster.nats_creds");
    } else {
        bytes_add(&text, "", 1);
        is_set = !text.has_failed ? set(options, path, text.at, err)
                                  : err_set(err, ERR_FAILED, "out of memory");
    }
    if (text.at) {
        explicit_bzero(text.at, text.length);
    }
    bytes_free(&text);
    return is_set;
}
