#include "loadgen/base/moment.h"

#include <string.h>

#include "common/clock.h"

enum { DAY_S = 86400, DATE_LENGTH = 19, DAYS_TO_1970 = 719468 };

/*
 * Converts a date of the Gregorian calendar to days since 1970, and back. Years begin in March
 * here, so that the leap day is the last day: month m (from 0) begins at day (153m + 2)/5 of it,
 * and an era of 400 years has 146,097 days.
 */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - DAYS_TO_1970;
}

static void date_of(int64_t days, int64_t *year, int64_t *month, int64_t *day)
{
    days += DAYS_TO_1970;
    int64_t era = days / 146097;
    int64_t day_of_era = days - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted = (5 * day_of_year + 2) / 153;
    *day = day_of_year - (153 * shifted + 2) / 5 + 1;
    *month = shifted < 10 ? shifted + 3 : shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

/* Writes `digits` digits of `value` and then the character `behind`. Returns the end. */
static char *put(char *at, int64_t value, int digits, char behind)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    at[digits] = behind;
    return at + digits + 1;
}

/* Writes date and time of day up to the point after the seconds. Returns the end. */
static char *put_seconds(uint64_t ns, char *text)
{
    int64_t seconds = (int64_t)(ns / NS_PER_S);
    int64_t year = 0;
    int64_t month = 0;
    int64_t day = 0;
    date_of(seconds / DAY_S, &year, &month, &day);
    char *at = put(text, year, 4, '-');
    at = put(at, month, 2, '-');
    at = put(at, day, 2, 'T');
    at = put(at, seconds % DAY_S / 3600, 2, ':');
    at = put(at, seconds % 3600 / 60, 2, ':');
    return put(at, seconds % 60, 2, '.');
}

size_t moment_print(uint64_t ns, char text[MOMENT_TEXT])
{
    int64_t fraction = (int64_t)(ns % NS_PER_S);
    char *at = put(put_seconds(ns, text), fraction, 9, 'Z') - 1;
    while (at[-1] == '0' && fraction > 0) {
        at--;
    }
    at -= fraction == 0 ? 10 : 0; /* with the point */
    memcpy(at, "Z", 2);
    return (size_t)(at + 1 - text);
}

size_t moment_print_ms(uint64_t ns, char text[MOMENT_TEXT])
{
    char *end = put(put_seconds(ns, text), (int64_t)(ns % NS_PER_S / NS_PER_MS), 3, 'Z');
    *end = '\0';
    return (size_t)(end - text);
}

/* Reads a number of `digits` digits; -1 if it has other characters. */
static int64_t number(const char *text, int digits)
{
    int64_t value = 0;
    for (int i = 0; i < digits; i++) {
        unsigned digit = (unsigned char)text[i] - '0';
        if (digit > 9) {
            return -1;
        }
        value = value * 10 + (int64_t)digit;
    }
    return value;
}

static int64_t days_in(int64_t year, int64_t month)
{
    bool is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    if (month == 2) {
        return is_leap ? 29 : 28;
    }
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
}

/* Reads date and time of day as seconds since 1970. False if they are invalid. */
static bool parse_date(const char *text, int64_t *seconds)
{
    int64_t year = number(text, 4);
    int64_t month = number(text + 5, 2);
    int64_t day = number(text + 8, 2);
    int64_t hour = number(text + 11, 2);
    int64_t minute = number(text + 14, 2);
    int64_t second = number(text + 17, 2);
    if (text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        year < 1970 || year > 2262 || month < 1 || month > 12 || day < 1 ||
        day > days_in(year, month) || hour < 0 || hour > 23 || minute < 0 || minute > 59 ||
        second < 0 || second > 59) {
        return false;
    }
    *seconds = days_of(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second;
    return true;
}

/* Reads "Z" or "+02:00" as seconds. */
static bool parse_zone(const char *text, size_t length, int64_t *east)
{
    *east = 0;
    if (length == 1) {
        return text[0] == 'Z';
    }
    if (length != 6 || (text[0] != '+' && text[0] != '-') || text[3] != ':') {
        return false;
    }
    int64_t hours = number(text + 1, 2);
    int64_t minutes = number(text + 4, 2);
    *east = (hours * 3600 + minutes * 60) * (text[0] == '-' ? -1 : 1);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60;
}

bool moment_parse(const char *text, size_t length, uint64_t *ns)
{
    int64_t seconds = 0;
    int64_t fraction = 0;
    int64_t east = 0;
    if (length <= DATE_LENGTH || !parse_date(text, &seconds)) {
        return false;
    }
    size_t at = DATE_LENGTH;
    if (text[at] == '.') {
        int64_t unit = (int64_t)NS_PER_S / 10;
        for (at++; at < length && text[at] >= '0' && text[at] <= '9'; at++, unit /= 10) {
            fraction += unit * (text[at] - '0');
        }
        if (text[at - 1] == '.') {
            return false;
        }
    }
    if (!parse_zone(text + at, length - at, &east)) {
        return false;
    }
    seconds -= east;
    if (seconds < 0) {
        return false;
    }
    *ns = (uint64_t)seconds * NS_PER_S + (uint64_t)fraction;
    return *ns <= INT64_MAX;
}
