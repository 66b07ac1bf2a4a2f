#include "loadgen/users/lua/sort.h"

#include <lua5.4/lauxlib.h>
#include <stdbool.h>

#include "loadgen/users/lua/state.h"

enum { LIST = 1, ORDER = 2 }; /* indexes of the arguments */

enum { COMPARE_STEPS = 10, BYTES_PER_STEP = 16 };

/* True if the value at index a is less than the one at index b. */
static bool is_less(lua_State *lua, int a, int b)
{
    size_t length = lua_type(lua, a) == LUA_TSTRING ? lua_rawlen(lua, a) : 0;
    state_spend(lua, COMPARE_STEPS + length / BYTES_PER_STEP);
    if (lua_isnil(lua, ORDER)) {
        return lua_compare(lua, a, b, LUA_OPLT);
    }
    a = lua_absindex(lua, a);
    b = lua_absindex(lua, b);
    lua_pushvalue(lua, ORDER);
    lua_pushvalue(lua, a);
    lua_pushvalue(lua, b);
    lua_call(lua, 2, 1);
    bool is = lua_toboolean(lua, -1);
    lua_pop(lua, 1);
    return is;
}

/* Swaps elements i and j if j is less. */
static void put_in_order(lua_State *lua, lua_Integer i, lua_Integer j)
{
    lua_geti(lua, LIST, i);
    lua_geti(lua, LIST, j);
    if (is_less(lua, -1, -2)) {
        lua_seti(lua, LIST, i);
        lua_seti(lua, LIST, j);
    } else {
        lua_pop(lua, 2);
    }
}

static void refuse_order(lua_State *lua)
{
    luaL_error(lua, "invalid order function for sorting");
}

/* Pushes the first element after i that is not less than the pivot, and returns its index. */
static lua_Integer climb(lua_State *lua, lua_Integer i, lua_Integer end, int pivot)
{
    lua_geti(lua, LIST, ++i);
    while (is_less(lua, -1, pivot)) {
        if (i == end) {
            refuse_order(lua);
        }
        lua_pop(lua, 1);
        lua_geti(lua, LIST, ++i);
    }
    return i;
}

/* Pushes the last element before j that is not greater than the pivot, and returns its index. */
static lua_Integer descend(lua_State *lua, lua_Integer j, lua_Integer end, int pivot)
{
    lua_geti(lua, LIST, --j);
    while (is_less(lua, pivot, -1)) {
        if (j < end) {
            refuse_order(lua);
        }
        lua_pop(lua, 1);
        lua_geti(lua, LIST, --j);
    }
    return j;
}

/*
 * Partitions the range around its middle element, and returns that element's new index. There are
 * at least four elements, and the first, middle and last are in order. No order function can lead
 * out of the range.
 */
static lua_Integer divide(lua_State *lua, lua_Integer first, lua_Integer last)
{
    lua_Integer middle = first + (last - first) / 2;
    lua_Integer i = first;
    lua_Integer j = last - 1;
    lua_geti(lua, LIST, middle); /* stays on the stack; in the list it is kept at last - 1 */
    int pivot = lua_gettop(lua);
    lua_geti(lua, LIST, last - 1);
    lua_seti(lua, LIST, middle);
    lua_pushvalue(lua, pivot);
    lua_seti(lua, LIST, last - 1);
    for (;;) {
        i = climb(lua, i, last - 1, pivot);
        j = descend(lua, j, i, pivot);
        if (j < i) {
            break;
        }
        lua_seti(lua, LIST, i);
        lua_seti(lua, LIST, j);
    }
    lua_pop(lua, 1);
    lua_geti(lua, LIST, last - 1);
    lua_seti(lua, LIST, i);
    lua_seti(lua, LIST, last - 1);
    lua_pop(lua, 1);
    return i;
}

/* Quicksort. It recurses only into the smaller part, so its depth is at most log2 of the length. */
static void sort_range(lua_State *lua, lua_Integer first, lua_Integer last)
{
    while (first < last) {
        lua_Integer middle = first + (last - first) / 2;
        put_in_order(lua, first, last);
        put_in_order(lua, first, middle);
        put_in_order(lua, middle, last);
        if (last - first < 3) {
            return;
        }
        middle = divide(lua, first, last);
        if (middle - first < last - middle) {
            sort_range(lua, first, middle - 1);
            first = middle + 1;
        } else {
            sort_range(lua, middle + 1, last);
            last = middle - 1;
        }
    }
}

void sort_list(lua_State *lua, lua_Integer count)
{
    luaL_checkstack(lua, 10, NULL);
    sort_range(lua, 1, count);
}
