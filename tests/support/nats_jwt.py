"""An operator, an account and a user of NATS, as `nsc` would make them.

    python3 tests/support/nats_jwt.py FOLDER

Writes FOLDER/jwt.conf, which the server's configuration includes, and FOLDER/user.creds, the file for
the client. The user may do everything in the account.
"""

import base64
import json
import os
import subprocess
import sys

OPERATOR, ACCOUNT, USER, SEED = 14 << 3, 0, 20 << 3, 18 << 3
UNLIMITED = -1


def crc16(data):
    """CRC-16/XMODEM."""
    crc = 0
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def encode_key(prefix, key):
    data = bytes(prefix) + key
    return base64.b32encode(data + crc16(data).to_bytes(2, "little")).decode().rstrip("=")


def encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


class Identity:
    """A pair of Ed25519 keys; the last 32 bytes of each DER are the key itself."""

    def __init__(self, folder, name, kind):
        self.name, self.path = name, f"{folder}/{name}.key"
        openssl("genpkey", "-algorithm", "ed25519", "-out", self.path)
        seed = openssl("pkey", "-in", self.path, "-outform", "DER")[-32:]
        public = openssl("pkey", "-in", self.path, "-pubout", "-outform", "DER")[-32:]
        self.public = encode_key([kind], public)
        self.seed = encode_key([SEED | kind >> 5, (kind & 31) << 3], seed)

    def sign(self, text):
        with open(f"{self.path}.text", "w", encoding="ascii") as out:
            out.write(text)
        return openssl("pkeyutl", "-sign", "-rawin", "-inkey", self.path, "-in", out.name)

    def vouch_for(self, other, claims):
        """A JWT in which this one says who the other is."""
        header = {"typ": "JWT", "alg": "ed25519-nkey"}
        body = {"jti": other.name, "iat": 1700000000, "iss": self.public, "sub": other.public,
                "name": other.name, "nats": {**claims, "version": 2}}
        text = ".".join(encode(json.dumps(part).encode()) for part in (header, body))
        return f"{text}.{encode(self.sign(text))}"


def main(folder):
    operator = Identity(folder, "operator", OPERATOR)
    account = Identity(folder, "account", ACCOUNT)
    user = Identity(folder, "user", USER)
    limits = dict.fromkeys(("subs", "conn", "leaf", "imports", "exports", "data", "payload"), UNLIMITED)
    account_jwt = operator.vouch_for(account, {"type": "account", "limits": {**limits, "wildcards": True}})
    user_jwt = account.vouch_for(user, {"type": "user", "pub": {}, "sub": {}, "subs": UNLIMITED,
                                        "data": UNLIMITED, "payload": UNLIMITED})
    with open(os.path.join(folder, "jwt.conf"), "w", encoding="ascii") as out:
        out.write(f"operator: {operator.vouch_for(operator, {'type': 'operator'})}\n"
                  f"resolver: MEMORY\nresolver_preload: {{ {account.public}: {account_jwt} }}\n")
    with open(os.path.join(folder, "user.creds"), "w", encoding="ascii") as out:
        out.write(f"-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n"
                  f"-----BEGIN USER NKEY SEED-----\n{user.seed}\n------END USER NKEY SEED------\n")


main(sys.argv[1])
