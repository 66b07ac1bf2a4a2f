"""What oracle.py asks: the same requests every time, made from a seed.

A case is (method, target, headers, body), all bytes but the method.
"""
import json
import random

SEED = 20240607
JSON = {"Content-Type": "application/json"}

IDS = [
    "0", "1", "2", "3", "9", "-1", "+1", "%2B1", "01", "007", "-0", "00", "1.0", "1e0", "0x1", "1_0", "1__0", "_1",
    "1_", "%201", "1%20", "%201%20", "1%0A", "%091", "%0B1", "%1C1", "%E2%80%8B1", "", "%20",
    "a", "1a", "%C2%B2", "%E2%85%A0", "%FF", "1%FF",
    "1%00", "%00", "--1", "-", "+", "%2B", "1,0", "1+1", "1%2C0", "true", "True", "None", "null", "%22", "1%3F", "%231",
    "9223372036854775807", "-9223372036854775808", "-999999999999999999", "1000000000000000000", "0" * 400 + "1",
    "1" + "_1" * 17, "%31", "%3", "%",
    "%zz1", "1%2f", "%2e", "1;2", "1=2", "~1", "1'", "(1)",
]
QUERIES = [
    "", "users_id", "users_id=", "users_id=&users_id=1", "users_id=1&users_id=", "users_id=1&users_id=2",
    "users_id=2&users_id=x", "users_id=x&users_id=2", "a=b", "a=b&users_id=1", "users_id=1&a=b", "&users_id=1",
    "users_id=1&", "&&users_id=1&&", "Users_id=1", "users%5Fid=1", "users_id%3D1", "users_id=1=", "users_id==1",
    "users_id=1;a=b", "users_id=1#x", "users+id=1", "users_id=1?", "?users_id=1", "users_id[]=1", "users_id=%00",
]
PATHS = [
    "/", "//", "/?a", "/health", "/health/", "/health//", "/health?x=1", "/HEALTH", "/healt%68", "/health%20", "/health%00",
    "/health/x", "/metadata", "/metadata/", "/metadata?x", "/users_name", "/users_name/", "/users_name//", "/users",
    "/users/", "/users/name", "/users/name/", "/users//name", "/users/%6eame", "/users/bogus", "/users/name%20", "/users/Name",
    "/users/name/x", "/users/%C3%A9", "/users/name%2Fx", "/add_users", "/add_users/", "/add_users//", "/add_users/1", "/nope",
    "/%", "/a%2Fb", "/.", "/..", "/health/..", "/users_name/1/2", "/users_name/1/", "/users_name/1//", "/;", "/users_name;1",
]
METHODS = ["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"]
TYPES = [
    "application/json; charset=utf-8", "application/vnd.api+json", "APPLICATION/JSON", "application/json;x", "text/json",
    "text/plain", "application/jsonx", "application/x+json+x", "application/", "json", "application/json, text/plain",
    "application/json ", "application/ld+json;a=b", "multipart/form-data", "application/x-www-form-urlencoded", "*/*",
    "application/problem+JSON", "application/json/x", "",
]
VALUES = [
    "0", "-0", "1", "7", "-5", "1.5", "6.9", "-6.9", "0.1", "1e3", "1E+2", "1e-7", "1e16", "123456789012345680.0", "5e-324",
    "9223372036854775807", "-9223372036854775808", "true", "false", "null", '""', '"a"',
    '"1"', '" 2 "', '"+3"', '"1_0"', '"01"', '"1.0"', '"1e2"', '"0x1"', '"\\u001c4"', '"true"', '"\\n5\\t"',
    "[]", "[1]", "{}", '{"a":1}', '"é"', '"日本"', '"\\u65e5"', '"\\ud83d\\ude00"', '"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\u0000"',
    '"\x7f\\u0080"', '"\\u001F"', "0.30000000000000004", "100000.0", "1e15",
    "12345678901234567.0", "1.0", "-0.0", '"<&>"', '"' + "x" * 300 + '"',
]
# Beyond 64 bits, but a name or an age all the same.
TEXTS = ["1e22", "1e308", "-1.5e30", '"18446744073709551616"', '"' + "9" * 4301 + '"']
BODIES = [
    "", " ", "null", "1", "-1.5", "true", '"a"', '"ab"', "[1]", "[null]", "{}", "[[]]", "[{}]", '["abc"]',
    '[["id",1,2]]', "[[[],1]]", "[[{},1]]", '[{"a":1}]', '{"self":1,"id":1,"name":"a","age":"1"}',
    '{"\\u0069d":1,"name":"a","age":"1"}', '{"ID":1,"name":"a","age":"1"}',
    '{"id":1,"id":2,"name":"a","age":"1"}', '{"id":1,"name":"a","age":"1","name":null}', '{"id":1,"name":"a","age":"1"',
    '{"id":1,"name":"a","age":"1"}x', '{"id":1,"name":"a","age":"1"}\n\n', '{"id":1,,"name":"a"}', '{"id":1,"name":"a",}', "{'id':1}",
    '{"id" 1}', '{"id":1 "name":"a"}', '{"id":}', '{"id"', '{"', "{", "[", "]", "}", "[1,]", "[1 2]", "nul", "tru", "01", "1.", ".5", "+1",
    "-", "1e", '"\\x"', '"\\u12"', '"\\u12g4"', '"a\nb"', '"a\tb"', '"', '"\\', '{"a":"\\', "\ufeff{}", "é", '{"é":x}',
    "//", '{"id":1/**/}', '{"id":1,"x":1}', "[" * 964 + "]" * 964, '{"a":' * 964 + "1" + "}" * 964, "[" * 100000,
    '{"id":1,"name":"a","age":"1","x":' + "[" * 963 + "]" * 963 + "}",
]
RAW_BODIES = [b"\xff", b"\xc0\x80", b'{"id":1,"name":"\xff"}', b'{"id":x,"name":"\xff"}', b"\xef\xbb\xbf"]
GOOD = '{"id":%s,"name":%s,"age":%s}'
# The original stores these and can then answer nothing about its users any more.
BREAKING = [
    b'{"id":1,"name":"\\ud800","age":"1"}', b'{"id":1,"name":"a","age":"x\\udc00y"}',
]


def body_cases(draw):
    texts = BODIES + [GOOD % (value, '"a"', '"1"') for value in VALUES]
    texts += [GOOD % (n % 3, value, '"1"') for n, value in enumerate(VALUES + TEXTS)]
    texts += [GOOD % ('"1"', '"b"', value) for value in VALUES[::3] + TEXTS]
    for _ in range(150):  # several at once, some left out, spaces anywhere
        members = [f'"{key}"{draw.choice(["", " "])}:{draw.choice(VALUES)}' for key in ("id", "name", "age", "x") if draw.random() < .85]
        draw.shuffle(members)
        texts.append("{" + draw.choice([",", ", ", " ,\n"]).join(members) + "}")
    for _ in range(120):  # one change to a body that was good
        text = GOOD % (draw.choice(VALUES), draw.choice(VALUES), draw.choice(VALUES))
        at = draw.randrange(len(text))
        texts.append(text[:at] + draw.choice(["", "\\", '"', ",", ":", "}", "[", " ", "é", "\n", "0"]) + text[at + draw.randrange(2):])
    yield from (text.encode() for text in texts)
    yield from RAW_BODIES
    for text in (GOOD % ("1", '"日本😀"', '"1"'), '{"id":', "null", '"é" x', ""):
        yield text.encode("utf-8-sig")


def cases():
    """All cases, each of which may change what is stored, and the breaking ones after them."""
    draw = random.Random(SEED)
    found = [(method, path, {}, None) for path in PATHS for method in METHODS[:2]]
    found += [(method, draw.choice(PATHS), {}, None) for method in METHODS for _ in range(6)]
    found += [("GET", f"/users_name/{i}", {}, None) for i in IDS]
    found += [("GET", draw.choice(["/users_name/", "/users_name", "/users/age", "/users/name/"]) + f"?users_id={i}", {}, None)
              for i in IDS]
    found += [("GET", path + query, {}, None) for query in QUERIES for path in ("/users_name/?", "/users/name?")]
    found += [("POST", "/add_users/", {"Content-Type": kind}, body) for kind in TYPES
              for body in (b'{"id":1,"name":"a","age":"1"}', b"[1]")]
    found += [("POST", draw.choice(["/add_users/", "/add_users"]), JSON, body) for body in body_cases(draw)]
    draw.shuffle(found)
    return found, [("POST", "/add_users/", JSON, body) for body in BREAKING]


if __name__ == "__main__":
    ordinary, breaking = cases()
    print(json.dumps({"ordinary": len(ordinary), "breaking": len(breaking)}))
