/*
 * codes - encodings and hashes for scripts.
 *
 *     base64.encode(text)           "aGVsbG8="
 *     base64.decode(text)           raises an error if the text is not base64
 *     base64url.encode(text)        "aGVsbG8", with - and _ and without padding, as in a JWT
 *     base64url.decode(text)
 *     sha256(text, form)            the hash; form: "hex" (default), "base64", "base64url" or "raw"
 *     hmac_sha256(key, text, form)  the HMAC-SHA-256 of the text, in the same forms
 *     url_encode(text)              all bytes but A-Z a-z 0-9 - . _ ~ as %XX
 *     url_decode(text)
 *
 * Threads: the state's thread. Errors: raises Lua errors.
 */
#ifndef LOADGEN_USERS_LIBRARY_CODES_H
#define LOADGEN_USERS_LIBRARY_CODES_H

#include <lua5.4/lua.h>

/*
 * Maximum length of a text for these functions, in bytes. A longer one would use up much of the
 * script's CPU time (STATE_RUN_NS).
 */
enum { CODES_BYTES_MAX = 16 * 1024 * 1024 };

/* Declares these functions as globals. */
void codes_declare(lua_State *lua);

#endif
