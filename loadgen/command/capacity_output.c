#include "loadgen/command/capacity_output.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "loadgen/command/files/output.h"
#include "loadgen/plot/capacity/page.h"

static bool is_stdout(const char *path)
{
    return path && strcmp(path, "stdout") == 0;
}

static void remove_old(const char *path)
{
    struct stat old;
    if (path && !is_stdout(path) && lstat(path, &old) == 0 && S_ISREG(old.st_mode)) {
        unlink(path);
    }
}

bool capacity_output_begin(const struct capacity_options *options, struct err *err)
{
    bool ok = (!options->output || output_check("-output", options->output, err)) &&
              (!options->html || output_check("-html", options->html, err));
    if (ok) {
        remove_old(options->output);
        remove_old(options->html);
    }
    return ok;
}

static bool write_text(const struct capacity_options *options,
                       const struct capacity_searches *searches, struct err *err)
{
    bool is_taken = is_stdout(options->output) || is_stdout(options->html);
    return is_taken || capacity_write_text(searches, stdout) ||
           output_fail("-output", "stdout", err);
}

static bool write_json(const char *path, const json_t *result, struct err *err)
{
    FILE *out = output_open("-output", path, err);
    if (!out) {
        return false;
    }
    bool ok = capacity_write_json(result, out) || output_fail("-output", path, err);
    return output_close(out, "-output", path, err) && ok;
}

static bool write_page(const char *path, json_t *result, struct err *err)
{
    FILE *out = output_open("-html", path, err);
    if (!out) {
        return false;
    }
    bool ok = capacity_page_write(result, out, err);
    return output_close(out, "-html", path, err) && ok;
}

static bool write_files(const struct capacity_options *options,
                        const struct capacity_searches *searches, struct err *err)
{
    json_t *result = options->output || options->html ? capacity_make_json(searches) : NULL;
    bool ok = (!options->output || write_json(options->output, result, err)) &&
              (!options->html || write_page(options->html, result, err));
    json_decref(result);
    return ok;
}

static bool conclude(const struct capacity_search *search, struct err *err)
{
    static const enum err_code codes[] = {
        [SEARCH_FOUND] = ERR_NONE,
        [SEARCH_ABOVE_MAXIMUM] = ERR_NONE,
        [SEARCH_BELOW_MINIMUM] = ERR_SLO_MISSED,
        [SEARCH_GENERATOR_LIMITED] = ERR_GENERATOR_LIMIT,
        [SEARCH_OUT_OF_TIME] = ERR_FAILED,
    };
    char sentence[CAPACITY_SENTENCE];
    enum err_code code = codes[search->move.verdict];
    return code == ERR_NONE || err_set(err, code, "%s", capacity_sentence(search, sentence));
}

bool capacity_output_write(const struct capacity_options *options,
                           const struct capacity_searches *searches, struct err *err)
{
    return write_text(options, searches, err) && write_files(options, searches, err) &&
           conclude(capacity_find_median(searches), err);
}

bool capacity_output_terminate(const struct capacity_options *options,
                               const struct capacity_searches *searches, struct err *err)
{
    const char *path = options->termination_log;
    char sentence[CAPACITY_SENTENCE];
    const char *text = err->code != ERR_NONE
                           ? err->text
                           : capacity_sentence(capacity_find_median(searches), sentence);
    FILE *out = path ? fopen(path, "we") : NULL;
    bool ok = !path || (out && fprintf(out, "%s\n", text) > 0);
    ok = (!out || fclose(out) == 0) && ok;
    return ok ||
           err_set(err, ERR_FAILED, "-termination-log: cannot write %s: %s", path, strerror(errno));
}
