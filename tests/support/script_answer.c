#include "tests/support/script_answer.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static void write_body(FILE *out, const struct script_step *step)
{
    for (size_t i = 0; i < step->body_bytes; i++) {
        size_t left = step->body_bytes - i;
        if (step->chunk_bytes != 0 && i % step->chunk_bytes == 0) {
            fprintf(out, "%s%zx\r\n", i == 0 ? "" : "\r\n",
                    left < step->chunk_bytes ? left : step->chunk_bytes);
        }
        fputc('a' + (int)(i % 26), out);
    }
    if (step->chunk_bytes != 0) {
        fprintf(out, "%s0\r\n\r\n", step->body_bytes == 0 ? "" : "\r\n");
    }
}

static void write_header(FILE *out, const struct script_step *step)
{
    fprintf(out, "HTTP/1.1 %u Scripted\r\n%s", step->status == 0 ? 200 : step->status,
            step->headers == NULL ? "" : step->headers);
    if (step->chunk_bytes != 0) {
        fputs("Transfer-Encoding: chunked\r\n\r\n", out);
    } else {
        fprintf(out, "Content-Length: %zu\r\n\r\n", step->body_bytes);
    }
}

static bool answer_init(struct script_answer *answer, const struct script_step *step)
{
    FILE *out = open_memstream(&answer->bytes, &answer->len);
    if (out == NULL) {
        return false;
    }
    if (step->raw != NULL) {
        fputs(step->raw, out);
    } else {
        write_header(out, step);
    }
    answer->head_len = (size_t)ftell(out);
    if (step->raw == NULL) {
        write_body(out, step);
    }
    bool ok = ferror(out) == 0;
    return fclose(out) == 0 && ok;
}

struct script_answer *script_answers_create(const struct script *script, struct err *err)
{
    if (script->loop_from >= script->step_count) {
        err_set(err, ERR_USAGE, "script: %zu steps, and loop_from is %zu", script->step_count,
                script->loop_from);
        return NULL;
    }
    struct script_answer *answers = calloc(script->step_count, sizeof *answers);
    for (size_t i = 0; answers != NULL && i < script->step_count; i++) {
        if (!answer_init(&answers[i], &script->steps[i])) {
            script_answers_destroy(answers, script);
            answers = NULL;
        }
    }
    if (answers == NULL) {
        err_set(err, ERR_FAILED, "script: no memory for %zu steps", script->step_count);
    }
    return answers;
}

void script_answers_destroy(struct script_answer *answers, const struct script *script)
{
    for (size_t i = 0; answers != NULL && i < script->step_count; i++) {
        free(answers[i].bytes);
    }
    free(answers);
}
