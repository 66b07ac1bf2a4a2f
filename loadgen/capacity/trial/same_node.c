#include "loadgen/capacity/trial/same_node.h"

#include <string.h>

json_t *same_node_find(const json_t *environment, const json_t *trials)
{
    const char *ours = json_string_value(json_object_get(environment, "node"));
    json_t *found = json_null();
    size_t i, k;
    json_t *trial, *pod;
    json_array_foreach(trials, i, trial)
    {
        json_array_foreach(json_object_get(json_object_get(trial, "target"), "pods"), k, pod)
        {
            const char *theirs = json_string_value(json_object_get(pod, "node"));
            if (ours && theirs && strcmp(ours, theirs) == 0) {
                return json_true();
            }
            found = ours && theirs ? json_false() : found;
        }
    }
    return found;
}
