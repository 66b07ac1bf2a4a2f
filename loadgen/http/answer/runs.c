#include "loadgen/http/answer/runs.h"

#include <stdbool.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* The bytes that are allowed in a name. */
static const bool name_bytes[256] = {
    ['!'] = true, ['#'] = true, ['$'] = true, ['%'] = true, ['&'] = true, ['\''] = true,
    ['*'] = true, ['+'] = true, ['-'] = true, ['.'] = true, ['^'] = true, ['_'] = true,
    ['`'] = true, ['|'] = true, ['~'] = true, ['0'] = true, ['1'] = true, ['2'] = true,
    ['3'] = true, ['4'] = true, ['5'] = true, ['6'] = true, ['7'] = true, ['8'] = true,
    ['9'] = true, ['a'] = true, ['b'] = true, ['c'] = true, ['d'] = true, ['e'] = true,
    ['f'] = true, ['g'] = true, ['h'] = true, ['i'] = true, ['j'] = true, ['k'] = true,
    ['l'] = true, ['m'] = true, ['n'] = true, ['o'] = true, ['p'] = true, ['q'] = true,
    ['r'] = true, ['s'] = true, ['t'] = true, ['u'] = true, ['v'] = true, ['w'] = true,
    ['x'] = true, ['y'] = true, ['z'] = true, ['A'] = true, ['B'] = true, ['C'] = true,
    ['D'] = true, ['E'] = true, ['F'] = true, ['G'] = true, ['H'] = true, ['I'] = true,
    ['J'] = true, ['K'] = true, ['L'] = true, ['M'] = true, ['N'] = true, ['O'] = true,
    ['P'] = true, ['Q'] = true, ['R'] = true, ['S'] = true, ['T'] = true, ['U'] = true,
    ['V'] = true, ['W'] = true, ['X'] = true, ['Y'] = true, ['Z'] = true,
};

static bool is_control(char c)
{
    return ((unsigned char)c < ' ' && c != '\t') || c == 127;
}

#ifdef __SSE2__

enum { VECTOR = sizeof(__m128i) };

/*
 * Sets a bit for each of sixteen bytes that is neither a letter nor a hyphen; most names consist of
 * those.
 */
static unsigned find_others(const char *at)
{
    __m128i bytes = _mm_loadu_si128((const void *)at);
    __m128i lower = _mm_or_si128(bytes, _mm_set1_epi8(0x20));
    __m128i letter = _mm_sub_epi8(lower, _mm_set1_epi8('a')); /* 0 to 25, as an unsigned number */
    __m128i is_letter = _mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8('z' - 'a')), letter);
    __m128i is_hyphen = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('-'));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(is_letter, is_hyphen)) ^ 0xffff;
}

/* Sets a bit for each of sixteen bytes that is a control character. */
static unsigned find_controls(const char *at)
{
    __m128i bytes = _mm_loadu_si128((const void *)at);
    __m128i is_low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(' ' - 1)), bytes);
    __m128i is_tab = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t'));
    __m128i is_delete = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(127));
    return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_andnot_si128(is_tab, is_low), is_delete));
}

#endif

const char *runs_skip_name(const char *at, const char *end)
{
#ifdef __SSE2__
    for (; end - at >= VECTOR; at += VECTOR) {
        unsigned others = find_others(at);
        if (others) {
            at += __builtin_ctz(others);
            break;
        }
    }
#endif
    while (at < end && name_bytes[(unsigned char)*at]) {
        at++;
    }
    return at;
}

const char *runs_skip_text(const char *at, const char *end)
{
#ifdef __SSE2__
    for (; end - at >= VECTOR; at += VECTOR) {
        unsigned controls = find_controls(at);
        if (controls) {
            return at + __builtin_ctz(controls);
        }
    }
#endif
    while (at < end && !is_control(*at)) {
        at++;
    }
    return at;
}
