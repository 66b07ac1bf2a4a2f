#include "loadgen/measure/hdr/hdr_log.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/hex.h"
#include "loadgen/measure/hdr/hdr_codec.h"

enum { LINE = 1 << 19 }; /* longer than any histogram */

#define YEAR_S (365 * 24 * 3600.0)

void hdr_log_write_head(FILE *out, uint64_t wall_ns)
{
    static const char *const names[] = {"StartTime", "BaseTime"};
    uint64_t ms = wall_ns / NS_PER_MS;
    fputs("#[Histogram log format version 1.3]\n", out);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        fprintf(out, "#[%s: %" PRIu64 ".%03" PRIu64 " (seconds since epoch)]\n", names[i],
                ms / 1000, ms % 1000);
    }
    fputs("\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_"
          "Histogram\"\n",
          out);
}

static void write_escaped(FILE *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        unsigned char byte = (unsigned char)*c;
        if (byte <= ' ' || byte == ',' || byte == '%' || byte == 0x7f) {
            fprintf(out, "%%%02X", byte);
        } else {
            fputc(byte, out);
        }
    }
}

bool hdr_log_write(FILE *out, const char *prefix, const char *name, uint64_t length_ns,
                   const struct histogram *h)
{
    struct bytes text = {0};
    if (!hdr_encode(h, &text)) {
        bytes_free(&text);
        return false;
    }
    fputs("Tag=", out);
    write_escaped(out, prefix);
    write_escaped(out, name);
    fprintf(out, ",0.000,%.3f,%.3f,%.*s\n", (double)length_ns / (double)NS_PER_S,
            (double)h->max_ns / (double)NS_PER_MS, (int)text.length, text.at);
    bytes_free(&text);
    return true;
}

bool hdr_log_open(struct hdr_log *log, FILE *in, const char *name, struct err *err)
{
    *log = (struct hdr_log){.in = in, .name = name, .line = malloc(LINE)};
    return log->line || err_set(err, ERR_FAILED, "not enough memory for a line of %s", name);
}

void hdr_log_close(struct hdr_log *log)
{
    free(log->line);
    log->line = NULL;
}

static enum hdr_log_read fail(const struct hdr_log *log, const char *what, struct err *err)
{
    err_set(err, ERR_FAILED, "%s:%zu: %s", log->name, log->number, what);
    return HDR_LOG_FAIL;
}

/* Reads a number and the comma after it. */
static bool take_number(const char **at, double *number)
{
    char *end = NULL;
    bool is_digit = isdigit((unsigned char)**at);
    *number = is_digit ? strtod(*at, &end) : 0;
    if (!is_digit || *end != ',' || !isfinite(*number)) {
        return false;
    }
    *at = end + 1;
    return true;
}

static void unescape(char *text)
{
    char *to = text;
    for (const char *c = text; *c; c++) {
        int high = *c == '%' ? hex_digit(c[1]) : -1;
        int low = high >= 0 ? hex_digit(c[2]) : -1;
        char byte = (char)(low >= 0 ? high * 16 + low : 0);
        *to++ = (char)(byte ? byte : *c);
        c += byte ? 2 : 0;
    }
    *to = '\0';
}

/* Reads the tag and the comma after it; "" if there is none. */
static const char *take_tag(char **at)
{
    static const char prefix[] = "Tag=";
    char *tag = *at + strlen(prefix);
    char *comma = strchr(*at, ',');
    if (strncmp(*at, prefix, strlen(prefix)) != 0 || !comma) {
        return "";
    }
    *comma = '\0';
    *at = comma + 1;
    unescape(tag);
    return tag;
}

static void take_comment(struct hdr_log *log, const char *line)
{
    static const char start[] = "#[StartTime: ";
    static const char base[] = "#[BaseTime: ";
    if (strncmp(line, start, strlen(start)) == 0) {
        log->start_s = strtod(line + strlen(start), NULL);
    } else if (strncmp(line, base, strlen(base)) == 0) {
        log->base_s = strtod(line + strlen(base), NULL);
        log->has_base = true;
    }
}

static enum hdr_log_read take_entry(struct hdr_log *log, struct hdr_log_entry *entry,
                                    struct histogram *h, struct err *err)
{
    char *line = log->line;
    double greatest = 0;
    entry->tag = take_tag(&line);
    const char *at = line;
    if (!take_number(&at, &entry->start_s) || !take_number(&at, &entry->length_s) ||
        !take_number(&at, &greatest)) {
        return fail(log, "not a line of a histogram log (Tag=NAME,START,LENGTH,MAX,TEXT)", err);
    }
    struct err cause = {0};
    if (!hdr_decode(at, strcspn(at, " \r\n"), h, &cause)) {
        return fail(log, cause.text, err);
    }
    /* Without BaseTime, times over a year before StartTime are relative to it. */
    bool is_relative = !log->has_base && entry->start_s < log->start_s - YEAR_S;
    entry->start_s += log->has_base ? log->base_s : is_relative ? log->start_s : 0;
    return HDR_LOG_ENTRY;
}

enum hdr_log_read hdr_log_read(struct hdr_log *log, struct hdr_log_entry *entry,
                               struct histogram *h, struct err *err)
{
    while (fgets(log->line, LINE, log->in)) {
        log->number++;
        size_t length = strlen(log->line);
        bool is_whole = length > 0 && (log->line[length - 1] == '\n' || feof(log->in));
        if (!is_whole) {
            return fail(log, "the line is too long, or contains a NUL byte", err);
        }
        char first = log->line[0];
        if (first == '#') {
            take_comment(log, log->line);
        } else if (first != '"' && log->line[strspn(log->line, " \r\n")] != '\0') {
            return take_entry(log, entry, h, err);
        }
    }
    if (ferror(log->in)) {
        err_set(err, ERR_FAILED, "%s: cannot read: %s", log->name, strerror(errno));
        return HDR_LOG_FAIL;
    }
    return HDR_LOG_END;
}
