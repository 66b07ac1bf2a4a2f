#include "loadgen/target/request/secret.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

/* `is_whole`: no letter may follow, as in author and keyword. */
static bool has_word(struct slice name, const char *word, bool is_whole)
{
    size_t length = strlen(word);
    for (size_t i = 0; i + length <= name.length; i++) {
        bool ends = i + length == name.length || !isalpha((unsigned char)name.at[i + length]);
        if (strncasecmp(name.at + i, word, length) == 0 && (ends || !is_whole)) {
            return true;
        }
    }
    return false;
}

bool secret_is_name(struct slice name)
{
    static const struct {
        const char *text;
        bool is_whole;
    } words[] = {{"auth", true},     {"authoriz", false},   {"authentic", false},
                 {"cookie", false},  {"key", true},         {"keys", true},
                 {"token", false},   {"secret", false},     {"passw", false},
                 {"session", false}, {"credential", false}, {"signature", false}};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (has_word(name, words[i].text, words[i].is_whole)) {
            return true;
        }
    }
    return false;
}

void secret_mask_url(char *url)
{
    enum { STARS = 3 };
    const char *in = strchr(url, '?');
    char *out = url + (in ? in - url : 0);
    while (in && *in) {
        *out++ = *in++; /* ?, & or # */
        size_t length = strcspn(in, "&#");
        const char *equals = memchr(in, '=', length);
        size_t name = equals ? (size_t)(equals - in) : length;
        bool is_secret = equals && secret_is_name((struct slice){in, name});
        size_t kept = is_secret ? name + 1 : length;
        size_t stars = length - kept < STARS ? length - kept : STARS;
        memmove(out, in, kept);
        memset(out + kept, '*', stars);
        out += kept + stars;
        in += length;
    }
    if (in) {
        *out = '\0';
    }
}
