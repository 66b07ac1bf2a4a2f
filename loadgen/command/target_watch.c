#include "loadgen/command/target_watch.h"

bool target_watch_start(struct target_watch *target, const struct scrape_urls *urls,
                        const struct attack_options *options, struct err *err)
{
    *target = (struct target_watch){.watch = NULL};
    if (urls->count == 0) {
        return true;
    }
    address_flags_apply(&options->address, &target->plan);
    target->plan.tls = options->secure.tls;
    target->watch = watch_start(urls, &target->plan, err);
    return target->watch != NULL;
}

void target_watch_note(const struct target_watch *target, struct board *board)
{
    struct target_load load;
    if (target->watch) {
        watch_read(target->watch, &load);
        board_note_target(board, &load);
    }
}

void target_watch_stop(struct target_watch *target)
{
    watch_stop(target->watch);
    target->watch = NULL;
}
