/* Not under tsan: one thread. */
#include <check.h>
#include <string.h>

#include "loadgen/web/http/route.h"

#define LONG "12345678901234567890123456789012"

/* Path of a route, path of a request, and the id; NULL: it is another path. */
static const struct {
    const char *route;
    const char *path;
    const char *id;
} paths[] = {
    {"/", "/", ""},
    {"/", "", NULL},
    {"/runs", "/runs", ""},
    {"/runs", "/runs/", NULL},
    {"/runs", "/run", NULL},
    {"/runs/*", "/runs/7", "7"},
    {"/runs/*", "/runs/*", "*"},
    {"/runs/*", "/runs/a b", "a b"},
    {"/runs/*", "/runs/", NULL},
    {"/runs/*", "/runs", NULL},
    {"/runs/*", "/runs/7/", NULL},
    {"/runs/*", "/runs//7", NULL},
    {"/runs/*", "/runs/7/stop", NULL},
    {"/runs/*/stop", "/runs/7/stop", "7"},
    {"/runs/*/stop", "/runs/7", NULL},
    {"/runs/*/stop", "/runs//stop", NULL},
    {"/runs/*/stop", "/runs/7/stop/", NULL},
    {"/runs/*/stop", "/runs/7/8/stop", NULL},
    {"/runs/*", "/runs/" LONG, LONG},
    {"/runs/*", "/runs/" LONG "3", NULL},
};
enum { PATHS = sizeof paths / sizeof paths[0] };

START_TEST(a_star_is_one_part_of_the_path)
{
    char id[HTTP_ID_MAX + 1] = "not set";
    const struct http_route route = {.path = paths[_i].route};
    bool is_at = http_route_is_at(&route, paths[_i].path, id);
    ck_assert_msg(is_at == (paths[_i].id != NULL), "%s at %s", paths[_i].path, paths[_i].route);
    ck_assert_str_eq(id, is_at ? paths[_i].id : "");
}
END_TEST

Suite *route_suite(void);
Suite *route_suite(void)
{
    Suite *suite = suite_create("route");
    TCase *tests = tcase_create("route");
    tcase_add_loop_test(tests, a_star_is_one_part_of_the_path, 0, PATHS);
    suite_add_tcase(suite, tests);
    return suite;
}
