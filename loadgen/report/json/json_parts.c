#include "loadgen/report/json/json_parts.h"

json_t *integer_to_json(uint64_t value)
{
    return json_integer((json_int_t)value);
}

json_t *timing_to_json(const struct histogram *h)
{
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "total",
                     integer_to_json(h->sum_ns), "mean", integer_to_json(histogram_mean(h)), "50th",
                     integer_to_json(histogram_percentile(h, 500000)), "90th",
                     integer_to_json(histogram_percentile(h, 900000)), "95th",
                     integer_to_json(histogram_percentile(h, 950000)), "99th",
                     integer_to_json(histogram_percentile(h, 990000)), "max",
                     integer_to_json(h->max_ns), "min", integer_to_json(h->count ? h->min_ns : 0));
}

json_t *bytes_to_json(uint64_t total, uint64_t requests)
{
    return json_pack("{s:o, s:f}", "total", integer_to_json(total), "mean",
                     requests ? (double)total / (double)requests : 0.0);
}
