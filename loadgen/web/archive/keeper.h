/*
 * keeper - records the runs of a board in an archive, when they begin and when they end.
 *
 *     keeper_open     marks runs whose server was killed as "lost", and reads their files
 *     keeper_begin    adds the run to the archive; its results go to `file`
 *     keeper_second   call it once per second during the run
 *     keeper_end      adds the outcome of the run; call it before board_end
 *
 * A run continues if it cannot be kept, for example because the disk is full. The reason is then in
 * board->unkept, and in the log. If an old run cannot be deleted, only the log says so.
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
    /* Writes a sentence to the log. */
    void (*tell)(void *context, const char *sentence);
    void *context;
    char *file;    /* of the active run; NULL: none */
    bool has_told; /* private: the log says that the run is not kept */
};

/*
 * Set the board, board->archive and `tell` first. New runs get ids above those in the archive.
 * False with err: the archive cannot be read or written.
 */
bool keeper_open(struct keeper *keeper, struct err *err);

void keeper_begin(struct keeper *keeper);

/* Writes to the log if the run can no longer be kept. */
void keeper_second(struct keeper *keeper);

/* `problem` NULL: the run ended without an error. */
void keeper_end(struct keeper *keeper, const struct summary *summary, const struct err *problem);

void keeper_close(struct keeper *keeper);

#endif
