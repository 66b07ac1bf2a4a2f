#include "loadgen/users/goal/iterations.h"

#include "loadgen/base/least.h"

void iterations_plan(struct goal *goal, const struct schedule *schedule, const struct slots *slots)
{
    struct pacing *pacing = &goal->pacing;
    pacing->is_on = !schedule_is_closed(schedule);
    pacing->begin_ns = UINT64_MAX;
    if (pacing->is_on) {
        epoch_init(&pacing->epoch, schedule, slots);
    }
}

void iterations_begin(struct iterations *own, struct goal *goal, struct drive_thread *thread)
{
    own->goal = goal;
    own->thread = thread;
    if (goal->pacing.is_on) {
        epoch_cursor_init(&own->next, &goal->pacing.epoch, thread->number);
    }
}

/* The last user of this process starts the schedule. */
void iterations_pass_start(struct iterations *own)
{
    struct pacing *pacing = &own->goal->pacing;
    if (pacing->is_on && atomic_fetch_add(&pacing->past_start, 1) + 1 == own->users) {
        uint64_t begin_ns = most(clock_now_ns(), own->from_ns) + ITERATIONS_LEAD_NS;
        uint64_t duration_ns = pacing->epoch.piece.schedule.duration_ns;
        atomic_store(&pacing->begin_ns, begin_ns);
        if (duration_ns && duration_ns < UINT64_MAX - begin_ns) {
            goal_end_at(own->goal, begin_ns + duration_ns);
        }
        own->thread->wake_all(own->thread);
    }
}

void iterations_end_user(struct iterations *own)
{
    struct pacing *pacing = &own->goal->pacing;
    if (pacing->is_on && atomic_fetch_add(&pacing->ended, 1) + 1 == own->users) {
        own->thread->wake_all(own->thread);
    }
}

bool iterations_go_on(const struct iterations *own)
{
    const struct pacing *pacing = &own->goal->pacing;
    bool has_end = atomic_load(&own->goal->end_ns) != UINT64_MAX;
    return pacing->is_on && !own->is_over && (has_end || atomic_load(&pacing->ended) < own->users);
}

void iterations_set_free(struct iterations *own, struct idle *user)
{
    user->next = NULL;
    *(own->last ? own->last : &own->first) = user;
    own->last = &user->next;
}

static struct idle *take_free(struct iterations *own)
{
    struct idle *user = own->first;
    own->first = user->next;
    if (!own->first) {
        own->last = NULL;
    }
    return user;
}

uint64_t iterations_next_ns(const struct iterations *own, uint64_t end_ns)
{
    const struct pacing *pacing = &own->goal->pacing;
    uint64_t begin_ns = pacing->is_on ? atomic_load(&pacing->begin_ns) : UINT64_MAX;
    if (own->is_over || begin_ns == UINT64_MAX || own->next.due_ns >= UINT64_MAX - begin_ns) {
        return UINT64_MAX;
    }
    uint64_t due_ns = begin_ns + own->next.due_ns;
    return due_ns < end_ns ? due_ns : UINT64_MAX;
}

struct idle *iterations_take(struct iterations *own, uint64_t now_ns, uint64_t end_ns,
                             uint64_t *due_ns)
{
    struct budget *budget = &own->goal->iterations;
    while ((*due_ns = iterations_next_ns(own, end_ns)) <= now_ns) {
        if (budget_is_used_up(budget) || (own->first && !budget_take(budget))) {
            own->is_over = true;
            return NULL;
        }
        epoch_take(&own->next);
        if (own->first) {
            atomic_fetch_add(&own->goal->pacing.started, 1);
            return take_free(own);
        }
        atomic_fetch_add(&own->goal->pacing.dropped, 1);
    }
    return NULL;
}
