#include "tests/support/temp_folder.h"

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void temp_folder_make(char folder[TEMP_FOLDER])
{
    snprintf(folder, TEMP_FOLDER, "/tmp/headroom_test.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

const char *temp_folder_path(const char *folder, const char *name, char path[TEMP_PATH])
{
    snprintf(path, TEMP_PATH, "%s/%s", folder, name);
    return path;
}

void temp_folder_write(const char *folder, const char *name, const char *text)
{
    char path[TEMP_PATH];
    FILE *out = fopen(temp_folder_path(folder, name, path), "w");
    ck_assert_ptr_nonnull(out);
    fputs(text, out);
    fclose(out);
}

void temp_folder_run(const char *folder, const char *command)
{
    char all[1024];
    int length = snprintf(all, sizeof all, "cd %s && %s", folder, command);
    ck_assert_int_lt(length, (int)sizeof all);
    ck_assert_int_eq(system(all), 0); // NOLINT(cert-env33-c): a test's own words
}

static int remove_entry(const char *path, const struct stat *about, int type, struct FTW *walk)
{
    (void)about, (void)type, (void)walk;
    return remove(path);
}

void temp_folder_remove(const char *folder)
{
    enum { FILES = 8 };
    nftw(folder, remove_entry, FILES, FTW_DEPTH | FTW_PHYS);
}
