#include "loadgen/users/iterations.h"

#include "loadgen/users/seat.h"
#include "loadgen/users/user.h"

void pacing_init(struct pacing *pacing, const struct schedule *schedule, const struct slots *slots)
{
    pacing->is_on = !schedule_is_closed(schedule);
    pacing->begin_ns = UINT64_MAX;
    if (pacing->is_on) {
        epoch_init(&pacing->epoch, schedule, slots);
    }
}

void iterations_begin(struct seat *seat)
{
    const struct pacing *pacing = &seat->goal->pacing;
    if (pacing->is_on) {
        epoch_cursor_init(&seat->iterations.next, &pacing->epoch, (uint16_t)seat->thread->index);
    }
}

/* The last user of all threads lets the schedule begin. */
void iterations_pass_start(struct seat *seat)
{
    struct goal *goal = seat->goal;
    struct pacing *pacing = &goal->pacing;
    if (pacing->is_on && atomic_fetch_add(&pacing->past_start, 1) + 1 == seat->users_of_all) {
        uint64_t begin_ns = clock_now_ns() + ITERATIONS_LEAD_NS;
        uint64_t duration_ns = pacing->epoch.piece.schedule.duration_ns;
        atomic_store(&pacing->begin_ns, begin_ns);
        if (duration_ns && duration_ns < UINT64_MAX - begin_ns) {
            goal_end_at(goal, begin_ns + duration_ns);
        }
        seat->thread->wake_all(seat->thread);
    }
}

/* Threads without users go on as long as others have some: their iterations are dropped. */
void iterations_end_user(struct seat *seat)
{
    struct pacing *pacing = &seat->goal->pacing;
    if (pacing->is_on && atomic_fetch_add(&pacing->ended, 1) + 1 == seat->users_of_all) {
        seat->thread->wake_all(seat->thread);
    }
}

void iterations_set_free(struct user *user)
{
    struct iterations *own = &user->seat->iterations;
    user->next_free = NULL;
    *(own->last_free ? own->last_free : &own->first_free) = user;
    own->last_free = &user->next_free;
}

static struct user *take_free(struct iterations *own)
{
    struct user *user = own->first_free;
    own->first_free = user->next_free;
    if (!own->first_free) {
        own->last_free = NULL;
    }
    return user;
}

uint64_t iterations_next_ns(const struct seat *seat)
{
    const struct iterations *own = &seat->iterations;
    const struct pacing *pacing = &seat->goal->pacing;
    uint64_t begin_ns = pacing->is_on ? atomic_load(&pacing->begin_ns) : UINT64_MAX;
    if (own->is_over || begin_ns == UINT64_MAX || own->next.due_ns >= UINT64_MAX - begin_ns) {
        return UINT64_MAX;
    }
    uint64_t due_ns = begin_ns + own->next.due_ns;
    return due_ns < seat->end_ns ? due_ns : UINT64_MAX;
}

bool iterations_go(struct seat *seat, uint64_t now_ns, unsigned most)
{
    struct iterations *own = &seat->iterations;
    struct pacing *pacing = &seat->goal->pacing;
    struct budget *budget = &seat->goal->iterations;
    unsigned started = 0;
    uint64_t due_ns = iterations_next_ns(seat);
    while (due_ns <= now_ns && started < most) {
        if (budget_is_used_up(budget) || (own->first_free && !budget_take(budget))) {
            own->is_over = true;
        } else if (own->first_free) {
            atomic_fetch_add(&pacing->started, 1);
            started++;
            epoch_take(&own->next);
            user_iterate(take_free(own), due_ns);
        } else {
            atomic_fetch_add(&pacing->dropped, 1);
            epoch_take(&own->next);
        }
        due_ns = iterations_next_ns(seat);
    }
    return due_ns > now_ns;
}
