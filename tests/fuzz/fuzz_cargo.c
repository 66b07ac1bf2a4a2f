/*
 * fuzz_cargo - any JSON as the users of an order and as a worker's account of them, for libFuzzer
 * (`make fuzz`).
 *
 * The files of an order are named by their hashes, which no input can guess: every entry that has a
 * hash is the scenario below.
 *
 * What is checked beside the sanitizers: what is refused has a reason; what is accepted can be
 * shown, gives an account, and takes this one and the input as those of a worker.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "loadgen/measure/exceptions.h"
#include "loadgen/order/files.h"
#include "loadgen/target/request/source.h"
#include "loadgen/target/targets.h"
#include "loadgen/users/cargo.h"
#include "loadgen/users/users.h"

static const char scenario[] = "local A = User { wait = constant(1), host = env(\"HOST\") }\n"
                               "A:task(function(self) self:get(\"/\") end)\n";

static void require(bool ok)
{
    if (!ok) {
        abort();
    }
}

static void name_files(const json_t *cargo, const char *hash)
{
    size_t i;
    json_t *item;
    json_array_foreach(json_object_get(cargo, "files"), i, item)
    {
        if (json_object_get(item, "sha256")) {
            json_object_set_new(item, "sha256", json_string(hash));
        }
    }
}

static void check_source(struct source *source, const json_t *input)
{
    static struct exceptions exceptions;
    json_t *plan = json_object();
    json_t *account = users_cargo.account(source);
    exceptions_init(&exceptions);
    users_cargo.show(source, plan);
    require(json_object_size(plan) > 0);
    require(!users_cargo.take_account(source, account, &exceptions));
    users_cargo.take_account(source, input, &exceptions);
    exceptions_fini(&exceptions);
    json_decref(account);
    json_decref(plan);
    users_cargo.discard(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct order_files files = {0};
    struct targets targets = {0};
    struct source source;
    struct err err = {0};
    json_t *json = json_loadb((const char *)data, size, 0, NULL);
    if (!json) {
        return 0;
    }
    name_files(json, order_files_add(&files, scenario, sizeof scenario - 1));
    if (users_cargo.unpack(json, &files, &targets, &source, &err)) {
        check_source(&source, json);
        targets_free(&targets);
    } else {
        require(err.code != ERR_NONE && err.text[0]);
    }
    order_files_free(&files);
    json_decref(json);
    return 0;
}
