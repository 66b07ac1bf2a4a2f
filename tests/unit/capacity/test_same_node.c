#include <check.h>

#include "loadgen/capacity/trial/same_node.h"

static json_t *find(const char *ours, const char *first, const char *second)
{
    json_t *environment = json_pack("{s:s?}", "node", ours);
    json_t *trials = json_pack("[{}, {s:{s:[{s:s?}, {s:s?}]}}]", "target", "pods", "node", first,
                               "node", second);
    json_t *found = same_node_find(environment, trials);
    json_decref(environment);
    json_decref(trials);
    return found;
}

START_TEST(one_pod_on_the_generators_node_is_enough)
{
    ck_assert(json_is_true(find("a", "b", "a")));
    ck_assert(json_is_true(find("a", NULL, "a")));
    ck_assert(json_is_false(find("a", "b", "c")));
    ck_assert(json_is_false(find("a", "b", NULL)));
}
END_TEST

START_TEST(without_both_nodes_it_is_not_known)
{
    ck_assert(json_is_null(find(NULL, "b", "c")));
    ck_assert(json_is_null(find("a", NULL, NULL)));
    ck_assert(json_is_null(same_node_find(NULL, NULL)));
}
END_TEST

START_TEST(workers_count_and_not_their_controller)
{
    json_t *environment = json_pack("{s:s}", "node", "controller");
    json_t *trials = json_pack("[{s:[{s:n}, {s:s}], s:{s:[{s:s}]}}]", "workers", "node", "node",
                               "a", "target", "pods", "node", "controller");
    json_t *pod = json_array_get(
        json_object_get(json_object_get(json_array_get(trials, 0), "target"), "pods"), 0);
    ck_assert(json_is_false(same_node_find(environment, trials)));
    json_object_set_new(pod, "node", json_string("a"));
    ck_assert(json_is_true(same_node_find(environment, trials)));
    json_decref(environment);
    json_decref(trials);
}
END_TEST

Suite *same_node_suite(void);
Suite *same_node_suite(void)
{
    Suite *suite = suite_create("same_node");
    TCase *tests = tcase_create("same_node");
    tcase_add_test(tests, one_pod_on_the_generators_node_is_enough);
    tcase_add_test(tests, without_both_nodes_it_is_not_known);
    tcase_add_test(tests, workers_count_and_not_their_controller);
    suite_add_tcase(suite, tests);
    return suite;
}
