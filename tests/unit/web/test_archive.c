/* Kept runs. Not under tsan: one thread; tests/e2e/54_serve_runs.sh has two. */
#include <check.h>
#include <dirent.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loadgen/base/bytes.h"
#include "loadgen/web/archive/archive.h"
#include "loadgen/web/archive/keeper.h"

static char folder[] = "/tmp/archive.XXXXXX";
static struct archive *archive;
static struct bytes seen; /* ids that were visited */
static const struct archive_limits limits = {.runs = 3, .bytes = 1000};

static void open_archive(const char *path)
{
    struct err err = {.code = ERR_NONE};
    archive = archive_open(path, &limits, &err);
    ck_assert_msg(archive != NULL, "%s", err.text);
}

static void setup(void)
{
    snprintf(folder, sizeof folder, "/tmp/archive.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    open_archive(folder);
}

static void remove_folder(void)
{
    char path[300];
    const struct dirent *entry = NULL;
    DIR *list = opendir(folder);
    ck_assert_ptr_nonnull(list);
    while ((entry = readdir(list)) != NULL) {
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        unlink(path);
    }
    closedir(list);
    ck_assert_int_eq(rmdir(folder), 0);
}

static void teardown(void)
{
    archive_close(archive);
    bytes_free(&seen);
    remove_folder();
}

static void put(uint64_t id, uint64_t ended_ms)
{
    const struct archive_run run = {
        .id = id,
        .ended_ms = ended_ms,
        .kind = "users",
        .state = ended_ms > 0 ? "stopped" : "running",
        .asked = "{\"users\": 1}",
        .report = "'); DROP TABLE runs; --",
    };
    ck_assert(archive_put(archive, &run, NULL));
}

static void write_file(uint64_t id, size_t bytes)
{
    char *path = archive_path(archive, id, "users");
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(fprintf(out, "%0*d", (int)bytes, 0), (int)bytes);
    ck_assert_int_eq(fclose(out), 0);
    free(path);
}

static bool has_file(uint64_t id, const char *kind)
{
    char *path = archive_path(archive, id, kind);
    bool has = access(path, F_OK) == 0;
    free(path);
    return has;
}

static void see_id(void *context, uint64_t id)
{
    (void)context;
    bytes_add_number(&seen, (size_t)id);
    bytes_add_text(&seen, " ");
}

static void see(void *context, const struct archive_run *run)
{
    see_id(context, run->id);
}

/* What has been visited since the last call. */
static const char *take_seen(void)
{
    static char text[256];
    snprintf(text, sizeof text, "%.*s", (int)seen.length, seen.at ? seen.at : "");
    bytes_clear(&seen);
    return text;
}

static const char *list(uint64_t max)
{
    ck_assert(archive_list(archive, max, see, NULL, NULL));
    return take_seen();
}

static void check_run(void *context, const struct archive_run *run)
{
    char text[128];
    (void)context;
    snprintf(text, sizeof text, "%" PRIu64 " %" PRIu64 " %s %s %s %s", run->id, run->ended_ms,
             run->kind, run->state, run->asked, run->report);
    ck_assert_str_eq(text, "5 9 users stopped {\"users\": 1} '); DROP TABLE runs; --");
    ck_assert(!run->summary && !run->seconds && !run->problem);
}

START_TEST(runs_are_kept)
{
    put(5, 0);
    put(7, 0);
    put(5, 9);
    ck_assert_str_eq(list(100), "7 5 ");
    ck_assert_str_eq(list(1), "7 ");
    ck_assert_uint_eq(archive_newest(archive), 7);
    ck_assert(archive_find(archive, 5, check_run, NULL, NULL));
    ck_assert(!archive_find(archive, 6, check_run, NULL, NULL));
    ck_assert(!archive_find(archive, UINT64_MAX, check_run, NULL, NULL));
}
END_TEST

START_TEST(they_are_there_after_a_restart)
{
    put(5, 9);
    put(7, 0);
    archive_close(archive);
    open_archive(folder);
    ck_assert_str_eq(list(100), "7 5 ");
    ck_assert(archive_visit_lost(archive, see_id, NULL, NULL));
    ck_assert_str_eq(take_seen(), "7 ");
}
END_TEST

START_TEST(a_run_is_deleted_with_its_files)
{
    put(5, 9);
    put(6, 9);
    write_file(5, 10);
    write_file(6, 10);
    ck_assert(archive_delete(archive, 5, NULL));
    ck_assert(!has_file(5, "users"));
    ck_assert(has_file(6, "users"));
    ck_assert_str_eq(list(100), "6 ");
}
END_TEST

START_TEST(the_oldest_are_deleted_at_a_limit)
{
    put(1, 0); /* not ended: it stays */
    for (uint64_t id = 2; id <= 5; id++) {
        put(id, 9);
    }
    ck_assert(archive_prune(archive, see_id, NULL, NULL));
    ck_assert_str_eq(take_seen(), "2 ");
    ck_assert_str_eq(list(100), "5 4 3 1 ");
    write_file(6, 900);
    put(6, 9);
    ck_assert(archive_prune(archive, NULL, NULL, NULL));
    ck_assert_str_eq(list(100), "6 5 1 ");
    write_file(7, 2000);
    put(7, 9);
    ck_assert(archive_prune(archive, NULL, NULL, NULL));
    ck_assert_str_eq(list(100), "7 1 ");
    ck_assert(!has_file(6, "users"));
}
END_TEST

/* A directory where a run's file should be cannot be unlinked, also not by root. */
static void block_file(uint64_t id)
{
    char *path = archive_path(archive, id, "users");
    ck_assert_int_eq(mkdir(path, 0700), 0);
    free(path);
}

static void unblock_file(uint64_t id)
{
    char *path = archive_path(archive, id, "users");
    ck_assert_int_eq(rmdir(path), 0);
    free(path);
}

static void put_too_many(void)
{
    for (uint64_t id = 1; id <= 5; id++) {
        put(id, 9);
    }
    block_file(1);
}

START_TEST(one_that_cannot_be_deleted_keeps_no_other)
{
    struct err err = {.code = ERR_NONE};
    put_too_many();
    ck_assert(!archive_prune(archive, see_id, NULL, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot delete "));
    ck_assert_str_eq(take_seen(), "2 ");
    ck_assert_str_eq(list(100), "5 4 3 1 ");
    unblock_file(1);
}
END_TEST

static void hear(void *context, const char *sentence)
{
    unsigned *count = context;
    *count += strstr(sentence, "an old test was not deleted to make room: cannot delete ") != NULL;
}

START_TEST(a_run_is_kept_if_an_old_one_cannot_be_deleted)
{
    struct board board = {.lock = PTHREAD_MUTEX_INITIALIZER, .archive = archive, .generation = 8};
    unsigned heard = 0;
    struct keeper keeper = {.board = &board, .tell = hear, .context = &heard};
    put_too_many();
    ck_assert(keeper_open(&keeper, NULL));
    ck_assert_uint_eq(heard, 1);
    keeper_begin(&keeper);
    ck_assert_uint_eq(heard, 2);
    ck_assert_ptr_nonnull(keeper.file);
    ck_assert_int_eq(board.unkept.code, ERR_NONE);
    keeper_close(&keeper);
    unblock_file(1);
}
END_TEST

START_TEST(a_folder_has_one_server)
{
    struct err err = {.code = ERR_NONE};
    put(5, 9);
    ck_assert_ptr_null(archive_open(folder, &limits, &err));
    ck_assert_ptr_nonnull(strstr(err.text, ": another server keeps its runs there"));
    ck_assert_str_eq(list(100), "5 ");
}
END_TEST

START_TEST(what_cannot_be_used_is_said)
{
    struct err err = {.code = ERR_NONE};
    char path[64];
    snprintf(path, sizeof path, "%s/no/folder", folder);
    ck_assert_ptr_null(archive_open(path, &limits, &err));
    ck_assert_ptr_nonnull(strstr(err.text, "No such file or directory"));
    archive_close(archive);
    snprintf(path, sizeof path, "%s/runs.db", folder);
    FILE *out = fopen(path, "w");
    fputs("This is text, and has been here for a long time.\n", out);
    fclose(out);
    err = (struct err){.code = ERR_NONE};
    archive = archive_open(folder, &limits, &err);
    ck_assert_ptr_null(archive);
    ck_assert_ptr_nonnull(strstr(err.text, "file is not a database"));
}
END_TEST

START_TEST(without_a_folder_runs_are_in_memory)
{
    archive_close(archive);
    open_archive(NULL);
    put(5, 9);
    ck_assert_str_eq(list(100), "5 ");
    ck_assert(!archive_has_files(archive));
    ck_assert_ptr_null(archive_path(archive, 5, "users"));
    ck_assert(archive_delete(archive, 5, NULL));
    ck_assert_str_eq(list(100), "");
}
END_TEST

START_TEST(a_search_has_a_journal)
{
    char expected[64];
    char *path = archive_path(archive, 5, "capacity");
    snprintf(expected, sizeof expected, "%s/5.journal", folder);
    ck_assert_str_eq(path, expected);
    free(path);
    path = archive_path(archive, 5, "rate");
    snprintf(expected, sizeof expected, "%s/5.results", folder);
    ck_assert_str_eq(path, expected);
    free(path);
}
END_TEST

Suite *archive_suite(void);
Suite *archive_suite(void)
{
    Suite *suite = suite_create("archive");
    TCase *tests = tcase_create("archive");
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, runs_are_kept);
    tcase_add_test(tests, they_are_there_after_a_restart);
    tcase_add_test(tests, a_run_is_deleted_with_its_files);
    tcase_add_test(tests, the_oldest_are_deleted_at_a_limit);
    tcase_add_test(tests, one_that_cannot_be_deleted_keeps_no_other);
    tcase_add_test(tests, a_run_is_kept_if_an_old_one_cannot_be_deleted);
    tcase_add_test(tests, a_folder_has_one_server);
    tcase_add_test(tests, what_cannot_be_used_is_said);
    tcase_add_test(tests, without_a_folder_runs_are_in_memory);
    tcase_add_test(tests, a_search_has_a_journal);
    suite_add_tcase(suite, tests);
    return suite;
}
