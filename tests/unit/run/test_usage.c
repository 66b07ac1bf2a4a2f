#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/clock.h"
#include "common/process/cgroup.h"
#include "loadgen/run/usage.h"

static void burn(uint64_t ns)
{
    uint64_t until_ns = clock_read_ns(CLOCK_PROCESS_CPUTIME_ID) + ns;
    while (clock_read_ns(CLOCK_PROCESS_CPUTIME_ID) < until_ns) {
    }
}

START_TEST(what_was_used_before_is_not_counted)
{
    burn(200 * NS_PER_MS);
    struct usage usage = usage_begin("");
    struct generator generator = {.threads = 3, .held_back_ns = 7};
    burn(50 * NS_PER_MS);
    usage_note(&usage, NS_PER_S, 3 * NS_PER_S, &generator);
    ck_assert_double_ge(generator.cpu_seconds, 0.045); /* the two clocks tick differently */
    ck_assert_double_lt(generator.cpu_seconds, 0.2);
    ck_assert_double_eq(generator.wall_seconds, 2);
    ck_assert_double_gt(generator.cpu_limit, 0);
    ck_assert_double_le(generator.cpu_limit, cgroup_usable_cpus(0));
    ck_assert_double_ge(generator.throttled_seconds, 0);
    ck_assert_uint_gt(generator.memory_bytes, 1 << 20);
    ck_assert_uint_eq(generator.threads, 3); /* not its own */
    ck_assert_uint_eq(generator.held_back_ns, 7);
}
END_TEST

static char root[] = "/tmp/usage-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/sys/fs/cgroup/%s", root, name);
    FILE *out = fopen(path, "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

/* The root of a cgroup v2 tree. */
static void make_cgroup(void)
{
    static const char *const dirs[] = {"/sys", "/sys/fs", "/sys/fs/cgroup"};
    char path[128];
    ck_assert_ptr_nonnull(mkdtemp(root));
    for (size_t i = 0; i < sizeof dirs / sizeof dirs[0]; i++) {
        snprintf(path, sizeof path, "%s%s", root, dirs[i]);
        ck_assert_int_eq(mkdir(path, 0700), 0);
    }
    write_file("cgroup.controllers", "cpu\n");
}

static void remove_cgroup(void)
{
    static const char *const names[] = {"/sys/fs/cgroup/cgroup.controllers",
                                        "/sys/fs/cgroup/cpu.stat",
                                        "/sys/fs/cgroup",
                                        "/sys/fs",
                                        "/sys",
                                        ""};
    char path[128];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s%s", root, names[i]);
        ck_assert_int_eq(remove(path), 0);
    }
}

/* It was throttled for so long since it was made. */
static void be_throttled(unsigned us)
{
    char text[64];
    snprintf(text, sizeof text, "nr_throttled 1\nthrottled_usec %u\n", us);
    write_file("cpu.stat", text);
}

START_TEST(the_most_throttled_second_is_kept)
{
    make_cgroup();
    be_throttled(5000000);
    struct usage usage = usage_begin(root);
    struct generator generator = {0};
    static const unsigned readings_us[] = {5000000, 5200000, 5900000, 5950000};
    for (unsigned i = 0; i < sizeof readings_us / sizeof readings_us[0]; i++) {
        be_throttled(readings_us[i]);
        usage_note(&usage, 0, i * NS_PER_S, &generator);
    }
    remove_cgroup();
    ck_assert(generator.has_throttled);
    ck_assert_double_eq_tol(generator.throttled_seconds, 0.95, 1e-9);
    ck_assert_uint_eq(generator.throttled_most_ns, 700 * NS_PER_MS);
    generator.loop_unread_ns = 3 * NS_PER_MS;
    ck_assert_uint_eq(generator_read_late_ns(&generator), 703 * NS_PER_MS);
}
END_TEST

START_TEST(before_the_start_no_time_has_passed)
{
    struct usage usage = usage_begin("");
    struct generator generator = {.wall_seconds = 1};
    usage_note(&usage, 2 * NS_PER_S, NS_PER_S, &generator);
    ck_assert_double_eq(generator.wall_seconds, 0);
}
END_TEST

START_TEST(scripts_share_the_wait_for_a_cpu)
{
    ck_assert_double_eq(usage_script_seconds(2 * NS_PER_S, 4 * NS_PER_S, 3), 1.5);
    ck_assert_double_eq(usage_script_seconds(2 * NS_PER_S, 4 * NS_PER_S, 5), 2);
    ck_assert_double_eq(usage_script_seconds(0, 0, 0), 0);
}
END_TEST

Suite *usage_suite(void);
Suite *usage_suite(void)
{
    Suite *suite = suite_create("usage");
    TCase *tests = tcase_create("usage");
    tcase_add_test(tests, what_was_used_before_is_not_counted);
    tcase_add_test(tests, the_most_throttled_second_is_kept);
    tcase_add_test(tests, scripts_share_the_wait_for_a_cpu);
    tcase_add_test(tests, before_the_start_no_time_has_passed);
    suite_add_tcase(suite, tests);
    return suite;
}
