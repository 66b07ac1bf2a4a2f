/* Rows of data files, and who gets which. */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "loadgen/base/bytes.h"
#include "loadgen/users/files/feeds.h"

static struct err err;
static char folder[] = "/tmp/test_feeds.XXXXXX";

static bool parse(struct records *rows, const char *text, enum records_format format)
{
    err = (struct err){0};
    return records_parse(rows, strdup(text), strlen(text), "f", format, &err);
}

/* The rows of files: values in <>, rows in lines; or the error. */
static const struct {
    enum records_format format;
    const char *text;
    const char *rows;
} files[] = {
    {RECORDS_CSV, "\xef\xbb\xbfuser,n\r\nanna,1\r\n\r\n\"b,\"\"c\",\r\n", "<anna><1>\n<b,\"c><>\n"},
    {RECORDS_CSV, "user\nanna", "<anna>\n"},
    {RECORDS_CSV, "user,n\nanna\n", "f:2: 1 value instead of 2, as in the first line"},
    {RECORDS_CSV, "user,n\n\nanna,1\na,b,c\n", "f:4: 3 values instead of 2, as in the first line"},
    {RECORDS_CSV, "user,\n", "f:1: column 2 has no name; the first line must name the columns"},
    {RECORDS_CSV, "user,n,user\n", "f:1: two columns are named \"user\""},
    {RECORDS_CSV, "user,n\n", "f has no rows"},
    {RECORDS_CSV, "", "f has no rows"},
    {RECORDS_CSV, "a\nb\n\"c", "f:3: a quoted value does not end"},
    {RECORDS_CSV, "\"a", "f:1: a quoted value does not end"},
    {RECORDS_LINES, "one\r\n\n two \nthree", "<one>\n< two >\n<three>\n"},
    {RECORDS_LINES, "\xef\xbb\xbfone\n", "<one>\n"},
    {RECORDS_LINES, "\n\r\n", "f has no rows"},
    {RECORDS_JSON, "[1, {\"a\": [1, 2]} ,\"x]\\\",\"]\n",
     "<1>\n<{\"a\": [1, 2]} >\n<\"x]\\\",\">\n"},
    {RECORDS_JSON, " [ null ] ", "<null >\n"},
    {RECORDS_JSON, "[]", "f has no rows"},
    {RECORDS_JSON, "{}", "f:1: expected an array: [..., ...]"},
    {RECORDS_JSON, "", "f:1: expected an array: [..., ...]"},
    {RECORDS_JSON, "[1", "f:1: the array does not end"},
    {RECORDS_JSON, "\n[1,\n2}", "f:3: expected an array: [..., ...]"},
    {RECORDS_JSON, "[1]\n]", "f:2: characters after the array"},
};

static void show(const struct records *rows, struct bytes *out)
{
    for (size_t i = 0; i < rows->count; i++) {
        const char *value = records_at(rows, i);
        for (size_t k = 0; k < (rows->format == RECORDS_CSV ? rows->columns : 1); k++) {
            bytes_add_text(out, "<");
            bytes_add_text(out, value);
            bytes_add_text(out, ">");
            value += strlen(value) + 1;
        }
        bytes_add_text(out, "\n");
    }
    bytes_add(out, "", 1);
}

START_TEST(files_have_rows)
{
    struct records rows;
    struct bytes out = {0};
    if (parse(&rows, files[_i].text, files[_i].format)) {
        show(&rows, &out);
        ck_assert_str_eq(out.at, files[_i].rows);
    } else {
        ck_assert_str_eq(err.text, files[_i].rows);
        ck_assert_int_eq(err.code, ERR_USAGE);
    }
    records_free(&rows);
    bytes_free(&out);
}
END_TEST

static const char *const bad_json[] = {"[1,]",  "[,1]", "[1 2]",    "[{]", "[}]",
                                       "[nul]", "[\"a", "[\"\\\"]", "[[]", "[1]x"};

START_TEST(what_is_no_json_is_refused)
{
    struct records rows;
    ck_assert_msg(!parse(&rows, bad_json[_i], RECORDS_JSON), "%s", bad_json[_i]);
    ck_assert_msg(strncmp(err.text, "f:1: ", 5) == 0, "%s", err.text);
}
END_TEST

START_TEST(an_error_in_json_has_its_line)
{
    struct records rows;
    ck_assert(!parse(&rows, "[\n1,\n{\"a\":\n x}\n]", RECORDS_JSON));
    ck_assert_msg(strncmp(err.text, "f:4: ", 5) == 0, "%s", err.text);
}
END_TEST

START_TEST(what_is_too_large_is_refused)
{
    static const struct {
        enum records_format format;
        const char *start;
        const char *end;
        const char *problem;
    } large[] = {
        {RECORDS_LINES, "a\n", "\n", "f:2: a row of more than 1 MB"},
        {RECORDS_CSV, "a\n\n", "\n", "f:3: a row of more than 1 MB"},
        {RECORDS_CSV, "", "\n1\n", "f:1: a row of more than 1 MB"},
        {RECORDS_JSON, "[1,\n\"", "\"]", "f:2: a row of more than 1 MB"},
    };
    for (size_t i = 0; i < sizeof large / sizeof *large; i++) {
        struct records rows;
        struct bytes text = {0};
        bytes_add_text(&text, large[i].start);
        memset(bytes_reserve(&text, RECORDS_ROW_BYTES_MAX + 1), 'x', RECORDS_ROW_BYTES_MAX + 1);
        text.length += RECORDS_ROW_BYTES_MAX + 1;
        bytes_add(&text, large[i].end, strlen(large[i].end) + 1);
        ck_assert(!parse(&rows, text.at, large[i].format));
        ck_assert_str_eq(err.text, large[i].problem);
        bytes_free(&text);
    }
    struct records rows;
    static char columns[RECORDS_COLUMNS_MAX + 1]; /* one more than commas */
    memset(columns, ',', RECORDS_COLUMNS_MAX);
    ck_assert(!parse(&rows, columns, RECORDS_CSV));
    ck_assert_str_eq(err.text, "f:1: more than 1000 columns");
}
END_TEST

/*
 * Threads that take all numbers, again and again. There are few numbers, so that much of the time
 * threads take from each other's leases; one takes only some, and keeps the rest of its lease.
 */
enum { THREADS = 4, NUMBERS = 150, ROUNDS = 50 };

static struct leases leases;
static pthread_barrier_t barrier;
static atomic_uint taken[NUMBERS];

struct taker {
    pthread_t id;
    unsigned thread;
    size_t most;
};

static void take_all(const struct taker *taker)
{
    uint32_t number = 0;
    for (size_t i = 0; i < taker->most; i++) {
        if (!leases_take(&leases, taker->thread, false, &number)) {
            return;
        }
        ck_assert_uint_lt(number, NUMBERS);
        atomic_fetch_add(&taken[number], 1);
    }
}

static void *take_in_rounds(void *context)
{
    const struct taker *taker = context;
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        take_all(taker);
        pthread_barrier_wait(&barrier);
    }
    return NULL;
}

START_TEST(each_number_is_leased_once)
{
    struct taker takers[THREADS];
    pthread_barrier_init(&barrier, NULL, THREADS + 1);
    for (unsigned i = 0; i < THREADS; i++) {
        takers[i] = (struct taker){.thread = i, .most = i == 0 ? 3 : SIZE_MAX};
        ck_assert_int_eq(pthread_create(&takers[i].id, NULL, take_in_rounds, &takers[i]), 0);
    }
    for (unsigned round = 1; round <= ROUNDS; round++) {
        ck_assert(leases_init(&leases, NUMBERS, THREADS));
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        for (size_t i = 0; i < NUMBERS; i++) {
            ck_assert_uint_eq(taken[i], round);
        }
        leases_fini(&leases);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(takers[i].id, NULL);
    }
    pthread_barrier_destroy(&barrier);
}
END_TEST

/* No number comes a second time before each has come once. */
START_TEST(leases_that_restart_go_round)
{
    enum { COUNT = 70, TIMES = 5 };
    unsigned seen[COUNT] = {0};
    ck_assert(leases_init(&leases, COUNT, THREADS));
    for (unsigned i = 0; i < TIMES * COUNT; i++) {
        uint32_t number = 0;
        ck_assert(leases_take(&leases, i * i % THREADS, true, &number));
        ck_assert_uint_eq(seen[number], i / COUNT);
        seen[number]++;
    }
    leases_fini(&leases);
}
END_TEST

static void setup(void)
{
    char path[64];
    snprintf(folder, sizeof folder, "/tmp/test_feeds.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/f.txt", folder);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs("a\nb\nc\n", file);
    ck_assert_int_eq(fclose(file), 0);
}

static void teardown(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/f.txt", folder);
    unlink(path);
    rmdir(folder);
}

static struct feed *open_feed(struct feeds *feeds, enum feed_order order, enum feed_end at_end,
                              size_t nth)
{
    const struct feed_options options = {RECORDS_LINES, order, at_end, nth};
    struct feed *feed = feeds_open(feeds, folder, "f.txt", &options, &err);
    ck_assert_msg(feed != NULL, "%s", err.text);
    return feed;
}

/* The next row; '-': used up. */
static char next(struct feed *feed, uint64_t user)
{
    struct random random = random_seeded(user);
    size_t row = 0;
    char first = '-';
    if (feed_take(feed, &random, user, 0, &row)) {
        first = *records_at(feed->rows, row);
    }
    return first;
}

START_TEST(orders_choose_rows)
{
    struct feeds *feeds = feeds_create(1000000, "raise it");
    struct feed *in_turn = open_feed(feeds, FEED_IN_TURN, FEED_END_USER, 0);
    struct feed *by_user = open_feed(feeds, FEED_BY_USER, FEED_END_USER, 0);
    struct feed *once = open_feed(feeds, FEED_ONCE, FEED_END_TEST, 0);
    ck_assert_str_eq(feeds_find_finite(feeds), "f.txt");
    struct feed *again = open_feed(feeds, FEED_ONCE, FEED_RESTART, 0);
    struct feed *any = open_feed(feeds, FEED_RANDOM, FEED_END_USER, 0);
    for (int run = 0; run < 2; run++) { /* a run begins with the first rows */
        ck_assert(feeds_begin(feeds, 2, NULL, &err));
        for (uint64_t i = 0; i < 7; i++) {
            ck_assert_int_eq(next(in_turn, 0), "abcabca"[i]);
            ck_assert_int_eq(next(once, 0), "abc----"[i]);
            ck_assert_int_eq(next(again, 0), "abcabca"[i]);
        }
        ck_assert_int_eq(next(by_user, 0), 'a');
        ck_assert_int_eq(next(by_user, 5), 'c');
        ck_assert_int_eq(next(by_user, UINT64_C(3000000000000001)), 'b');
    }
    unsigned counts[3] = {0};
    for (uint64_t i = 0; i < 300; i++) {
        counts[next(any, i) - 'a']++;
    }
    ck_assert(counts[0] > 50 && counts[1] > 50 && counts[2] > 50);
    feeds_destroy(feeds);
}
END_TEST

/* Two processes: thread 0 has the even slots, thread 1 the odd ones. */
START_TEST(processes_share_the_rows_that_come_once)
{
    struct slots slots;
    struct portion portion;
    char got[2][8];
    for (size_t slot = 0; slot < SLOTS; slot++) {
        slots.owner[slot] = (uint16_t)(slot % 2);
    }
    for (uint16_t process = 0; process < 2; process++) {
        struct feeds *feeds = feeds_create(1000000, "raise it");
        struct feed *once = open_feed(feeds, FEED_ONCE, FEED_END_USER, 0);
        struct feed *again = open_feed(feeds, FEED_ONCE, FEED_RESTART, 0);
        portion_init(&portion, &slots, process, 1);
        ck_assert(feeds_begin(feeds, 1, &portion, &err));
        for (int i = 0; i < 3; i++) {
            got[process][i] = next(once, 0);
            got[process][3 + i] = next(again, 0);
        }
        got[process][6] = '\0';
        feeds_destroy(feeds);
    }
    ck_assert_str_eq(got[0], "ac-aca");
    ck_assert_str_eq(got[1], "b--bbb");
}
END_TEST

START_TEST(a_process_without_a_row_takes_all_if_they_come_again)
{
    const struct portion none = {.count = 0};
    struct feeds *feeds = feeds_create(1000000, "raise it");
    struct feed *once = open_feed(feeds, FEED_ONCE, FEED_END_USER, 0);
    struct feed *again = open_feed(feeds, FEED_ONCE, FEED_RESTART, 0);
    ck_assert(feeds_begin(feeds, 1, &none, &err));
    ck_assert_int_eq(next(once, 0), '-');
    for (int i = 0; i < 4; i++) {
        ck_assert_int_eq(next(again, 0), "abca"[i]);
    }
    feeds_destroy(feeds);
}
END_TEST

static void see_file(void *context, const struct feed_file *file)
{
    ++*(int *)context;
    ck_assert_str_eq(file->name, "f.txt");
    ck_assert_uint_eq(file->rows.bytes, 6);
    ck_assert_str_eq(file->rows.sha256,
                     "880553fca8fcea94e325ee2cfb48e5a985cc797f39a14cc6d3cedecfeb2ae4d2");
}

static void see_text(void *context, const struct feed_file *file)
{
    ++*(int *)context;
    ck_assert_uint_eq(file->rows.bytes, 3);
    ck_assert_str_eq(file->rows.sha256,
                     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

START_TEST(files_that_are_read_otherwise_are_noted_once)
{
    int count = 0;
    struct feeds *feeds = feeds_create(1000000, "raise it");
    for (int i = 0; i < 2; i++) {
        feeds_note_file(feeds, "a.txt", "abc", 3);
        feeds_note_file(feeds, "b.txt", "abc", 3);
    }
    feeds_visit_files(feeds, see_text, &count);
    ck_assert_int_eq(count, 2);
    feeds_destroy(feeds);
}
END_TEST

START_TEST(states_that_declare_the_same_share_it)
{
    int count = 0;
    struct feeds *feeds = feeds_create(1000000, "raise it");
    struct feed *first = open_feed(feeds, FEED_IN_TURN, FEED_END_USER, 0);
    open_feed(feeds, FEED_ONCE, FEED_RESTART, 0);
    ck_assert_ptr_null(feeds_find_finite(feeds));
    struct feed *second = open_feed(feeds, FEED_IN_TURN, FEED_END_USER, 1);
    ck_assert_ptr_ne(first, second);
    ck_assert_ptr_eq(first->rows, second->rows);
    ck_assert_ptr_eq(open_feed(feeds, FEED_IN_TURN, FEED_END_USER, 0), first);
    ck_assert_ptr_eq(open_feed(feeds, FEED_IN_TURN, FEED_END_USER, 1), second);
    feeds_visit_files(feeds, see_file, &count);
    ck_assert_int_eq(count, 1);
    feeds_destroy(feeds);
}
END_TEST

/* Also the same file under other names: each is 6 bytes, and 4 for each of its 3 rows. */
START_TEST(files_together_are_bounded)
{
    struct feeds *feeds = feeds_create(40, "raise it");
    struct feed_options options = {.format = RECORDS_LINES};
    err = (struct err){0};
    ck_assert_ptr_nonnull(feeds_open(feeds, folder, "f.txt", &options, &err));
    ck_assert_ptr_nonnull(feeds_open(feeds, folder, "./f.txt", &options, &err));
    ck_assert_ptr_null(feeds_open(feeds, folder, "././f.txt", &options, &err));
    ck_assert_str_eq(err.text,
                     "././f.txt: the data files are too large in total: this file needs 1 MB, "
                     "and 0 MB are left; raise it");
    ck_assert_int_eq(err.code, ERR_USAGE);
    options.nth = 1;
    ck_assert_ptr_nonnull(feeds_open(feeds, folder, "f.txt", &options, &err));
    feeds_destroy(feeds);
}
END_TEST

START_TEST(files_that_cannot_be_read_say_why)
{
    static const struct {
        const char *name;
        const char *problem;
    } names[] = {
        {"none", "cannot read none: No such file or directory"},
        {"../f", "cannot read ../f: No such file or directory"},
        {"/etc/passwd", "cannot read /etc/passwd: it is not in the scenario's folder"},
        {".", "cannot read .: it is not in the scenario's folder"},
    };
    struct feeds *feeds = feeds_create(1000000, "raise it");
    const struct feed_options options = {.format = RECORDS_LINES};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        err = (struct err){0};
        ck_assert_ptr_null(feeds_open(feeds, folder, names[i].name, &options, &err));
        ck_assert_str_eq(err.text, names[i].problem);
    }
    feeds_destroy(feeds);
}
END_TEST

Suite *feeds_suite(void);
Suite *feeds_suite(void)
{
    Suite *suite = suite_create("feeds");
    TCase *tests = tcase_create("feeds");
    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, files_have_rows, 0, sizeof files / sizeof *files);
    tcase_add_loop_test(tests, what_is_no_json_is_refused, 0, sizeof bad_json / sizeof *bad_json);
    tcase_add_test(tests, an_error_in_json_has_its_line);
    tcase_add_test(tests, what_is_too_large_is_refused);
    tcase_add_test(tests, each_number_is_leased_once);
    tcase_add_test(tests, leases_that_restart_go_round);
    tcase_add_test(tests, orders_choose_rows);
    tcase_add_test(tests, processes_share_the_rows_that_come_once);
    tcase_add_test(tests, a_process_without_a_row_takes_all_if_they_come_again);
    tcase_add_test(tests, states_that_declare_the_same_share_it);
    tcase_add_test(tests, files_that_are_read_otherwise_are_noted_once);
    tcase_add_test(tests, files_together_are_bounded);
    tcase_add_test(tests, files_that_cannot_be_read_say_why);
    suite_add_tcase(suite, tests);
    return suite;
}
