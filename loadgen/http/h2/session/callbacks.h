/*
 * callbacks - nghttp2's callbacks of a session: they fill in the exchanges of its streams and call
 * on_end.
 *
 * Threads: see session.h. Memory: the caller frees the callbacks with nghttp2's function.
 */
#ifndef LOADGEN_HTTP_H2_SESSION_CALLBACKS_H
#define LOADGEN_HTTP_H2_SESSION_CALLBACKS_H

#include "loadgen/http/h2/session/session_state.h"

/* For sessions whose user data is a struct h2_session. NULL: out of memory. */
nghttp2_session_callbacks *h2_callbacks_create(void);

#endif
