/*
 * temp_folder - a folder of files for one test.
 *
 * A failure fails the calling test. Threads: one.
 */
#ifndef TESTS_SUPPORT_TEMP_FOLDER_H
#define TESTS_SUPPORT_TEMP_FOLDER_H

enum { TEMP_FOLDER = 32, TEMP_PATH = 256 };

/* Makes an empty folder, and writes its path. */
void temp_folder_make(char folder[TEMP_FOLDER]);

/* The path of a file in the folder; returns `path`. */
const char *temp_folder_path(const char *folder, const char *name, char path[TEMP_PATH]);

/* Writes a text to a file in the folder. */
void temp_folder_write(const char *folder, const char *name, const char *text);

/* Runs a command of the shell in the folder. */
void temp_folder_run(const char *folder, const char *command);

/* Removes the folder and its content. */
void temp_folder_remove(const char *folder);

#endif
