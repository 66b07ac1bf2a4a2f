/*
 * version - the version of this build, which `-version` prints and result files contain.
 */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

extern const char version_number[]; /* "0.1.0" */
extern const char version_commit[]; /* from git describe; "unknown" if built without git */

/* Prints the four lines that vegeta's -version prints. */
void version_print(void);

#endif
