#include "loadgen/capacity/trial/same_node.h"

#include <stdbool.h>
#include <string.h>

/* Both take part if their nodes are known. */
static bool compare(const json_t *generator, const json_t *pod, bool *is_known)
{
    const char *ours = json_string_value(json_object_get(generator, "node"));
    const char *theirs = json_string_value(json_object_get(pod, "node"));
    *is_known = *is_known || (ours && theirs);
    return ours && theirs && strcmp(ours, theirs) == 0;
}

/* The generator of a trial: this process, or workers. */
static bool is_shared(const json_t *environment, const json_t *trial, const json_t *pod,
                      bool *is_known)
{
    const json_t *workers = json_object_get(trial, "workers");
    bool is_found = !workers && compare(environment, pod, is_known);
    for (size_t i = 0; i < json_array_size(workers) && !is_found; i++) {
        is_found = compare(json_array_get(workers, i), pod, is_known);
    }
    return is_found;
}

json_t *same_node_find(const json_t *environment, const json_t *trials)
{
    bool is_known = false;
    size_t i, k;
    json_t *trial, *pod;
    json_array_foreach(trials, i, trial)
    {
        json_array_foreach(json_object_get(json_object_get(trial, "target"), "pods"), k, pod)
        {
            if (is_shared(environment, trial, pod, &is_known)) {
                return json_true();
            }
        }
    }
    return is_known ? json_false() : json_null();
}
