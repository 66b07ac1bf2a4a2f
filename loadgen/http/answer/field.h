/*
 * field - interprets header fields: a part of the answer reader (answer.h).
 *
 *     answer_field_begin -> answer_field_take, for each piece of the value -> answer_field_end
 */
#ifndef LOADGEN_HTTP_ANSWER_FIELD_H
#define LOADGEN_HTTP_ANSWER_FIELD_H

#include <stddef.h>

#include "loadgen/http/answer/state.h"

/* Starts a field. `length` ANSWER_NAME: the name is not one that the reader interprets. */
void answer_field_begin(struct answer *answer, const char *name, size_t length);
void answer_field_take(struct answer *answer, const char *at, size_t length);
void answer_field_end(struct answer *answer);

/* Call this at the end of the head. Marks the answer broken if its fields contradict each other. */
void answer_fields_check(struct answer *answer);

#endif
