/* What the API shows of a run. Not under tsan: one thread. */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "loadgen/web/api/run_json.h"
#include "loadgen/web/api/runs.h"
#include "loadgen/web/archive/archive.h"
#include "loadgen/web/board/board.h"
#include "tests/support/temp_folder.h"

static struct board board;
static unsigned looks;
static unsigned locked_looks;

/* Instead of the library's: whether a file is looked at while the board is locked. */
int lstat(const char *restrict path, /* NOLINT: not with the reserved names of the library */
          struct stat *restrict status)
{
    looks++;
    if (pthread_mutex_trylock(&board.lock) == 0) {
        pthread_mutex_unlock(&board.lock);
    } else {
        locked_looks++;
    }
    return fstatat(AT_FDCWD, path, status, AT_SYMLINK_NOFOLLOW);
}

static void setup(void)
{
    static const struct runner *const runners[RUN_KINDS];
    static const struct archive_limits limits = {.runs = 3, .bytes = 100000};
    ck_assert(board_init(&board, runners, -1, NULL));
    board.archive = archive_open(NULL, &limits, NULL);
    ck_assert_ptr_nonnull(board.archive);
}

static void teardown(void)
{
    archive_close(board.archive);
    board_fini(&board);
}

/* The status of the answer. */
static unsigned ask(const char *method, const char *path, uint64_t id)
{
    struct http_request request = {.method = method, .query = ""};
    struct http_reply reply = {.status = 0};
    const struct http_route *route = runs_routes;
    while (strcmp(route->path, path) != 0) {
        route++;
        ck_assert_ptr_nonnull(route->path);
    }
    snprintf(request.id, sizeof request.id, "%" PRIu64, id);
    route->answer(&board, &request, &reply);
    bytes_free(&reply.body);
    return reply.status;
}

/* Is there something to download? The list and the run say the same as the download. */
static bool has_result(uint64_t id)
{
    json_t *run = run_json_find(&board, id, NULL);
    json_t *list = run_json_list(&board, 1, NULL);
    bool has = json_is_true(json_object_get(run, "has_result"));
    const json_t *first = json_array_get(list, 0);
    ck_assert_int_eq(has, json_is_true(json_object_get(first, "has_result")));
    ck_assert_uint_eq(ask("GET", "/api/v1/runs/*/result", id), has ? HTTP_OK : HTTP_NOT_FOUND);
    json_decref(run);
    json_decref(list);
    return has;
}

START_TEST(a_stopped_search_has_no_document)
{
    struct archive_run run = {
        .id = 5,
        .ended_ms = 9,
        .kind = "capacity",
        .state = "stopped",
        .search = "{\"result\": {\"capacity\": null}}",
    };
    ck_assert(archive_put(board.archive, &run, NULL));
    ck_assert(!has_result(5));
    run.report = "{}";
    ck_assert(archive_put(board.archive, &run, NULL));
    ck_assert(has_result(5));
    run.kind = "users"; /* its report is no result */
    ck_assert(archive_put(board.archive, &run, NULL));
    ck_assert(!has_result(5));
}
END_TEST

START_TEST(a_deleted_run_that_was_not_kept_is_gone)
{
    const struct err why = {ERR_FAILED, "the disk is full", false};
    board.phase = BOARD_STOPPED;
    board_unkept(&board, &why);
    ck_assert_uint_eq(ask("GET", "/api/v1/runs/*", board.generation), HTTP_OK);
    ck_assert_uint_eq(ask("DELETE", "/api/v1/runs/*", board.generation), HTTP_NO_CONTENT);
    ck_assert_uint_eq(ask("GET", "/api/v1/runs/*", board.generation), HTTP_NOT_FOUND);
    ck_assert_uint_eq(ask("DELETE", "/api/v1/runs/*", board.generation), HTTP_NOT_FOUND);
    json_t *list = run_json_list(&board, 9, NULL);
    ck_assert_uint_eq(json_array_size(list), 0);
    json_decref(list);
}
END_TEST

/* A file system may take long, and the run waits for the lock once a second. */
START_TEST(files_are_looked_at_without_the_lock)
{
    static const struct archive_limits limits = {.runs = 3, .bytes = 100000};
    char folder[TEMP_FOLDER];
    temp_folder_make(folder);
    archive_close(board.archive);
    board.archive = archive_open(folder, &limits, NULL);
    ck_assert_ptr_nonnull(board.archive);
    board.phase = BOARD_ON;
    looks = 0;
    ck_assert(!has_result(board.generation));
    ck_assert_uint_gt(looks, 0);
    ck_assert_uint_eq(locked_looks, 0);
    temp_folder_remove(folder);
}
END_TEST

Suite *run_json_suite(void);
Suite *run_json_suite(void)
{
    Suite *suite = suite_create("run_json");
    TCase *tests = tcase_create("run_json");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_stopped_search_has_no_document);
    tcase_add_test(tests, a_deleted_run_that_was_not_kept_is_gone);
    tcase_add_test(tests, files_are_looked_at_without_the_lock);
    suite_add_tcase(suite, tests);
    return suite;
}
