#!/bin/sh
# Result files without their R blocks: commands say so, and a file ten times as large takes no more memory.
#
# Not under sanitizers: they take memory themselves; the unit tests of answer_codec run there.
set -eu
. "$(dirname "$0")/lib.sh"
loadgen=$BIN/loadgen
start_target_api
cd "$TMP"

"$loadgen" attack -rate 1000 -duration 1s -max-body -1 -output whole.bin "http://$API/health"

# without_results.py KIND TIMES <whole.bin: the file without its R. Its B come so often: "again" as they
# are, "more" with numbers that go on; "tail" is one body that goes on from block to block.
cat >without_results.py <<'PY'
import struct, sys, zlib

kind, times = sys.argv[1], int(sys.argv[2])
data, out = sys.stdin.buffer.read(), sys.stdout.buffer

def number(value):
    code = bytearray()
    while value >= 128:
        code.append(value & 127 | 128)
        value >>= 7
    return bytes(code) + bytes([value])

def block(name, payload):
    about = name + bytes(3) + struct.pack('<I', len(payload))
    return b'HRM1' + about + struct.pack('<I', zlib.crc32(about + payload)) + payload

found, at = {}, 0
while at < len(data):
    length = struct.unpack('<I', data[at + 8:at + 12])[0]
    found.setdefault(data[at + 4:at + 5], []).append(data[at:at + 16 + length])
    at += 16 + length
out.write(b''.join(found[b'H'] + found[b'T'] + found.get(b'A', [])))
body = b'b' * 1000
for i in range(times):
    if kind == 'again':
        out.write(b''.join(found[b'B']))
    elif kind == 'more':
        out.write(block(b'B', b''.join(number(i * 50 + k) + number(1) + number(len(body)) + body for k in range(50))))
    else:
        out.write(block(b'B', number(7) + number(1) + number(60000) + bytes(60000)))
out.write(b''.join(found[b'S'] + found[b'E']))
PY

# peak COMMAND...: runs loadgen with the file on stdin; sets PEAK, in kB; its stderr is in err
peak() {
    python3 - "$loadgen" "$@" <<'PY' >peak
import os, subprocess, sys
command = sys.argv[1:]
with open('file.bin', 'rb') as file, open('err', 'w') as err, open('out', 'w') as out:
    child = subprocess.Popen(command, stdin=file, stdout=out, stderr=err)
    _, status, usage = os.wait4(child.pid, 0)
print(usage.ru_maxrss)
PY
    PEAK=$(cat peak)
}

# bounded MOST KIND TIMES COMMAND...: each takes MOST kB at most for a file with so many times the blocks
bounded() {
    most=$1 kind=$2 times=$3
    shift 3
    python3 without_results.py "$kind" "$times" <whole.bin >file.bin
    for command; do
        # shellcheck disable=SC2086
        peak $command
        echo "$kind, $times times, $(stat -c %s file.bin) bytes, $command: $PEAK kB"
        [ "$PEAK" -le "$most" ] || fail "$command takes $PEAK kB for a file without results, $most at most"
        expect_has "what $command says" "$(cat err)" "the run has 1000 results, but 0 were found"
    done
}

bounded 130000 again 1000 "encode -to json"
bounded 130000 more 400 "encode -to json"
bounded 130000 more 4000 "encode -to json" "encode -to csv" "encode -to bin" report "report -type json" "report -every 1s" plot
bounded 330000 tail 6000 "encode -to json"
expect_has "what a report says" "$("$loadgen" report file.bin)" "1000 results, but 0 were found"
