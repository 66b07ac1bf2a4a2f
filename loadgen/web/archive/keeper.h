/*
 * keeper - records the runs of a board in an archive, at their begin and at their end.
 *
 *     keeper_open     runs whose server was killed become "lost", with what their files have
 *     keeper_begin    adds the run to the archive; its results go to `file`
 *     keeper_second   call it once a second in between
 *     keeper_end      adds the outcome of the run; call it before board_end
 *
 * A run continues if it cannot be kept, for example because the disk is full. The reason is then in
 * board->unkept, and in the log. That an old run cannot be deleted is only in the log.
 *
 * Threads: the command's thread. Memory: keeper_close.
 */
#ifndef LOADGEN_WEB_ARCHIVE_KEEPER_H
#define LOADGEN_WEB_ARCHIVE_KEEPER_H

#include <stdbool.h>

#include "common/err.h"
#include "loadgen/measure/summary.h"
#include "loadgen/web/archive/archive.h"
#include "loadgen/web/board/board.h"

struct keeper {
    struct board *board; /* borrowed, and has the archive */
    /* Takes a sentence for the log. */
    void (*tell)(void *context, const char *sentence);
    void *context;
    char *file;    /* of the run that is on; NULL: none */
    bool has_told; /* private: that it is not kept */
};

/*
 * Set the board and `tell` first, and board->archive, whose ids board_start then continues. False
 * with err: the archive cannot be read or written.
 */
bool keeper_open(struct keeper *keeper, struct err *err);

void keeper_begin(struct keeper *keeper);

/* Tells it if the run can no longer be kept. */
void keeper_second(struct keeper *keeper);

/* `problem` NULL: the run ended without an error. */
void keeper_end(struct keeper *keeper, const struct summary *summary, const struct err *problem);

void keeper_close(struct keeper *keeper);

#endif
