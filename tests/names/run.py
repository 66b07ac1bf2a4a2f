"""Names, as a run meets them: many addresses, changing ones, and name servers that fail.

    BIN=build/release/bin python3 tests/names/run.py [CASE...]
"""

import collections
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
from attack import Nginx, Run, attack, behind, row  # noqa: E402
from lab import IPV6, check, wait_for  # noqa: E402
from name_servers import AAAA, NXDOMAIN, SERVFAIL, BadServer, Dnsmasq  # noqa: E402
from socks import Socks  # noqa: E402

TEN = [f"127.0.0.{i}" for i in range(1, 11)]
SIXTY = [f"127.0.1.{i}" for i in range(1, 61)]
NAMES = {
    "ten": TEN,
    "sixty": SIXTY,
    "both": ["127.0.0.1", "127.0.0.2", "::1"],
    "half": ["127.0.0.1", "127.0.0.99"],  # nobody listens on the second one
    "three": TEN[:3],
    "pods": ["127.0.0.1", "127.0.0.2"],
    "moving": ["127.0.0.1"],
    "one": ["127.0.0.1"],
}
IS_TSAN = "tsan" in os.environ["BIN"]
MS = 1000000
STALL = 500 * MS  # nobody who is held up by names has less


def is_even(counts, addresses, share=0.1):
    mean = sum(counts.values()) / len(addresses)
    spread = all(abs(counts[a] - mean) <= share * mean for a in addresses)
    return spread and set(counts) <= set(addresses)


def is_served(report):
    """All that were sent; on a busy machine some are not."""
    return 0 < report["answered"] == report["requests"]


def ten_addresses_get_their_connections_evenly(nginx, dns):
    url = f"http://ten.test:{nginx.port}/"
    attack("-resolvers", dns.at, "-keepalive=false", "-rate", 500, "-duration", "2s", url)
    opened = nginx.connections_of(nginx.take())
    check("without keep-alive", sum(opened.values()) > 800 and is_even(opened, TEN), opened)

    attack("-resolvers", dns.at, "-rate", 0, "-max-workers", 60, "-duration", "1s", url)
    opened = nginx.connections_of(nginx.take())
    check("kept alive", sum(opened.values()) == 60 and is_even(opened, TEN), opened)

    # few at a time: each thread opens one to each, and uses them in turn
    attack("-resolvers", dns.at, "-rate", 500, "-duration", "2s", url)
    requests = nginx.take()
    served = {a: sum(r.address == a for r in requests) for a in TEN}
    check("few at a time", len(requests) > 800 and is_even(served, TEN), served)
    check("connections", is_even(nginx.connections_of(requests), TEN), requests[:3])


def both_families_are_used(nginx, dns):
    attack("-resolvers", dns.at, "-keepalive=false", "-rate", 300, "-duration", "1s",
           f"http://both.test:{nginx.port}/")
    opened = nginx.connections_of(nginx.take())
    check("IPv4 and IPv6", is_even(opened, ["127.0.0.1", "127.0.0.2", *IPV6]), opened)


def a_family_that_does_not_work_is_left_out(nginx, dns):
    """The server has IPv4 only, the name both: as with Go's dialer nobody notices."""
    for keepalive in "true", "false":
        report = attack("-resolvers", dns.at, f"-keepalive={keepalive}", "-rate", 200, "-duration",
                        "1s", f"http://both.test:{nginx.any_port}/")
        requests = nginx.take()
        served = {a: sum(r.address == a for r in requests) for a in NAMES["pods"]}
        check("all are answered", is_served(report), report["errors"])
        check("by both others", is_even(served, NAMES["pods"], 0.5), served)
    report = attack("-resolvers", dns.at, "-rate", 50, "-duration", "1s", "http://both.test:1/")
    check("neither works", report["failed"] == report["requests"], report["errors"])
    check("and each says so", len(report["errors"]) >= 2, report["errors"])


def an_address_that_refuses_fails_and_the_other_serves(nginx, dns):
    report = attack("-resolvers", dns.at, "-keepalive=false", "-rate", 200, "-duration", "1s",
                    f"http://half.test:{nginx.port}/")
    check("half", abs(report["answered"] - report["failed"]) <= 2, report["errors"])
    dialed = f"dial tcp 127.0.0.99:{nginx.port}: connect: connection refused"
    check("the address", len(report["errors"]) == 1 and dialed in report["errors"][0],
          report["errors"])
    nginx.take()


def a_truncated_answer_is_asked_for_over_tcp(nginx, dns):
    attack("-resolvers", dns.at, "-keepalive=false", "-rate", 600, "-duration", "1s",
           f"http://sixty.test:{nginx.any_port}/")
    opened = nginx.connections_of(nginx.take())
    check("sixty", len(opened) == 60 and is_even(opened, SIXTY), opened)


def three(host, port):
    rules = (("-connect-to", f"{host}:80:{address}:{port}") for address in TEN[:3])
    return [flag for rule in rules for flag in rule]


def expect_even_load(nginx, what, *flags, by="address", stall=0.1, **how):
    """300/s over three addresses, while nginx stalls for 100 ms, or for `stall` seconds, after a second."""
    run = Run("-cpus", 1, "-rate", 300, "-duration", "4s", *flags, **how)
    time.sleep(1)
    nginx.process.send_signal(signal.SIGSTOP)
    time.sleep(stall)
    nginx.process.send_signal(signal.SIGCONT)
    report = run.report()
    served = collections.Counter(getattr(r, by) for r in nginx.take())
    check(f"{what}: all are answered", is_served(report), report["errors"])
    check(f"{what}: within 2 %", is_even(served, TEN[:3], 0.02), served)
    check(f"{what}: no remark", "unequal numbers" not in "".join(report["remarks"]), report["remarks"])
    rows = {r["name"].split(":")[0]: r["requests"] for r in report["addresses"]}
    check(f"{what}: the rows by address", rows == served, rows)


def a_stall_leaves_the_load_even(nginx, dns):
    """It opens connections, to one address more than to another: requests go by address all the same."""
    expect_even_load(nginx, "direct", *three("three.test", nginx.port), "http://three.test/")


def so_does_one_of_a_few_requests(nginx, dns):
    """It makes for two to four connections more, each of which would be used as often as those before."""
    expect_even_load(nginx, "11 ms", *three("three.test", nginx.port), "http://three.test/", stall=0.011)


def and_the_streams_of_http_2(nginx, dns):
    """A connection to each address, which has the requests of a stall as well."""
    for stall in 0.1, 0.011:
        expect_even_load(nginx, f"HTTP/2, {stall} s", "-h2c", *three("three.test", nginx.h2_port), "http://three.test/",
                         stall=stall)


def so_it_does_over_the_addresses_of_a_proxy(nginx, dns):
    """libcurl would choose the connections by itself. Rules for a target mean nothing to its proxy."""
    expect_even_load(nginx, "a name", "-resolvers", dns.at, "-connect-to", "api.test:80:127.0.0.9:1",
                     "http://api.test/", proxy=f"three.test:{nginx.port}")
    expect_even_load(nginx, "rules", *three("proxy.test", nginx.port), "http://api.test/", proxy="proxy.test")


def and_over_those_of_a_tunnel(nginx, dns):
    """A connection leads to one target then: two of them have connections of their own."""
    socks = Socks(TEN[:3], nginx.port)
    for targets in ["GET http://a.test/"], ["GET http://a.test/", "GET http://b.test/"]:
        expect_even_load(nginx, targets, "-resolvers", dns.at, by="remote", targets="\n\n".join(targets),
                         proxy=f"socks5://three.test:{socks.port}")


def a_dead_address_gets_its_share_again(nginx, dns):
    """The first one of two is killed and comes back; its second one serves on."""
    with tempfile.TemporaryDirectory() as folder:
        other = Nginx(folder)
        run = Run("-cpus", 1, "-rate", 300, "-duration", "6s", "-connect-to",
                  f"two.test:80:127.0.0.1:{other.port}", "-connect-to",
                  f"two.test:80:127.0.0.2:{nginx.port}", "http://two.test/")
        time.sleep(1)
        other.stop()
        time.sleep(1.5)
        other.start()
        up_at = time.time() + 1.5
        report = run.report()
        after = [sum(r.at > up_at for r in one.take()) for one in (other, nginx)]
        other.stop()
    check("few fail", report["failed"] < 0.02 * report["requests"], report["errors"])
    check("even again", after[0] > 100 and abs(after[0] - after[1]) < 0.05 * sum(after), after)
    check("a remark", "received unequal numbers of requests" in "".join(report["remarks"]), report["remarks"])


def a_name_that_was_resolved_once_is_remarked_on(nginx, dns):
    for ttl, is_said in (0, True), ("1s", False):
        report = attack("-resolvers", dns.at, "-rate", 100, "-duration", "1s", "-dns-ttl", ttl,
                        f"http://half.test:{nginx.port}/")
        check("something fails", report["failed"] > 0, report["errors"])
        check(f"-dns-ttl {ttl}", ("-dns-ttl 5s" in "".join(report["remarks"])) == is_said,
              report["remarks"])
    nginx.take()


def expect_even(nginx, what, addresses):
    """60 connections, or a few on their way elsewhere, evenly at these; soon, and a little later."""
    for _ in range(40):
        counts = nginx.open_now()
        if 60 <= sum(counts.values()) <= 64 and is_even(counts, addresses):
            break
        time.sleep(0.05)
    time.sleep(0.2)
    counts = nginx.open_now()
    check(what, 60 <= sum(counts.values()) <= 64 and is_even(counts, addresses), counts)


def pods_that_come_and_go_are_followed(nginx, dns):
    """Long-lived connections, busy most of the time, of two threads."""
    run = Run("-resolvers", dns.at, "-dns-ttl", "200ms", "-rate", 0, "-max-workers", 60,
              "-duration", "9s", f"http://pods.test:{nginx.port}/")
    time.sleep(1)
    expect_even(nginx, "two pods", TEN[:2])
    dns.change({**NAMES, "pods": ["127.0.0.1", "127.0.0.2", "127.0.0.3"]})
    time.sleep(1)
    expect_even(nginx, "a third one", TEN[:3])
    dns.change({**NAMES, "pods": ["127.0.0.2", "127.0.0.3"]})
    time.sleep(0.5)
    expect_even(nginx, "the first has gone", TEN[1:3])
    left_at = time.time()
    report = run.report()
    requests = nginx.take()
    check("nothing failed", report["failed"] == 0 and report["timed_out"] == 0, report["errors"])
    late = [r for r in requests if r.address == "127.0.0.1" and r.at > left_at]
    check("no request to it", not late, late[:3])
    opened = nginx.connections_of(requests)
    check("moved, not churned", sum(opened.values()) <= 60 + 20 + 30 + 20, opened)
    dns.change(NAMES)


def an_idle_connection_to_what_has_gone_is_closed(nginx, dns):
    run = Run("-resolvers", dns.at, "-dns-ttl", "200ms", "-rate", "1/1s", "-duration", "4s",
              "-timeout", "5s", f"http://moving.test:{nginx.port}/")
    wait_for("a connection to the one", lambda: set(nginx.open_now()) == {"127.0.0.1"})
    dns.change({**NAMES, "moving": ["127.0.0.4"]})
    wait_for("the close of the old one", lambda: "127.0.0.1" not in nginx.open_now(), 1.5)
    report = run.report()
    check("all are answered", is_served(report), report["errors"])
    check("by the new one", nginx.take()[-1].address == "127.0.0.4")
    dns.change(NAMES)


def the_ttl_says_how_often_is_asked(nginx, dns):
    url = f"http://one.test:{nginx.port}/"
    flags = "-resolvers", dns.at, "-cpus", 1, "-rate", 50, "-duration", "2s", "-keepalive=false"
    counts = []
    for ttl in "0", "300ms", "-1":
        before = dns.questions("one")
        attack(*flags, "-dns-ttl", ttl, url)
        counts.append(dns.questions("one") - before)
    check("once, each 300 ms, each time", counts[0] == 1 and 5 <= counts[1] <= 8 and
          counts[2] >= 90, counts)
    nginx.take()


def a_name_may_come_up_later(nginx, dns):
    run = Run("-resolvers", dns.at, "-rate", 50, "-duration", "4s",
              f"http://later.test:{nginx.port}/")
    time.sleep(1.5)
    dns.change({**NAMES, "later": ["127.0.0.1"]})
    report = run.report()
    check("no such host, then answers", report["failed"] >= 50 and report["answered"] >= 50,
          report["errors"])
    check("the reason", report["errors"] == [
        f'Get "http://later.test:{nginx.port}/": lookup later.test on {dns.at}: no such host'],
        report["errors"])
    check("asked for once a second", dns.questions("later") <= 12, dns.questions("later"))
    dns.change(NAMES)
    nginx.take()


BAD_SERVERS = [
    ("silent", BadServer, {"is_silent": True}, "i/o timeout"),
    ("no such name", BadServer, {"code": NXDOMAIN}, "no such host"),
    ("failing", BadServer, {"code": SERVFAIL}, "server misbehaving"),
    ("rubbish", BadServer, {"rubbish": b"\xff" * 40}, ""),
    ("short", BadServer, {"rubbish": b""}, "i/o timeout"),
]


def a_bad_name_server_is_an_outcome_and_holds_nobody_up(nginx, dns):
    targets = (f"# @name good\nGET http://127.0.0.1:{nginx.port}/\n\n"
               "# @name bad\nGET http://no.such.test/\n")
    for name, server, how, reason in BAD_SERVERS:
        bad = server(**how)
        report = attack("-resolvers", bad.at, "-rate", 400, "-duration", "2s", "-timeout", "1s",
                        targets=targets)
        good, all_bad = row(report, "good"), row(report, "bad")
        texts = report["errors"]
        check(name, good["success"] == 1 and all_bad["success"] == 0, report)
        check(f"{name}: failed as such", report["failed"] == all_bad["requests"] and report["timed_out"] == 0, texts)
        check(f"{name}: the reason",
              all(f"lookup no.such.test on {bad.at}: {reason}" in text for text in texts), texts)
        check(f"{name}: in time", all_bad["latencies"]["max"] < 1200 * MS, all_bad)
        check(f"{name}: not stalled", good["latencies"]["99th"] < STALL, good["latencies"])
        check(f"{name}: nor late", report["lag"]["99th"] < STALL, report["lag"])
        check(f"{name}: not asked for each request", bad.questions < 60, bad.questions)
    nginx.take()


def names_that_come_up_in_the_run_hold_nobody_up(nginx, dns):
    """Targets that are read lazily, each with a name of its own, and a server that says nothing."""
    silent = BadServer(is_silent=True)
    targets = "".join(f"# @name good\nGET http://127.0.0.1:{nginx.port}/\n\n"
                      f"# @name bad\nGET http://name{i}.test/\n\n" for i in range(200))
    run = Run("-resolvers", silent.at, "-lazy", "-rate", 200, "-timeout", "1s", targets=targets)
    time.sleep(1.5)
    check("files", run.open_files() < 60, run.open_files())
    report = run.report()
    good = row(report, "good")
    check("good", good["success"] == 1 and good["requests"] > 150, report["errors"])
    check("bad", report["failed"] > 150 and report["timed_out"] == 0, report["failed"])
    check("not stalled", good["latencies"]["99th"] < STALL, good["latencies"])
    check("nor late", report["lag"]["99th"] < STALL, report["lag"])
    nginx.take()


def a_slow_name_server_is_waited_for_before_the_run(nginx, dns):
    slow = BadServer(delay=0.7)
    report = attack("-resolvers", slow.at, "-rate", 100, "-duration", "1s",
                    f"http://slow.test:{nginx.port}/")
    check("answered", is_served(report), report["errors"])
    check("nobody paid for it", report["latencies"]["max"] < 400 * MS, report["latencies"])
    # with no cache each connection does, and only itself
    report = attack("-resolvers", slow.at, "-rate", 20, "-duration", "1s", "-dns-ttl", -1,
                    f"http://slow.test:{nginx.port}/")
    check("no cache", is_served(report) and report["connect"]["max"] > 300 * MS,
          report["connect"])
    nginx.take()


def a_server_that_is_bad_about_one_family_is_good_for_the_other(nginx, dns):
    for how in {"is_silent": True}, {"code": SERVFAIL}, {"code": NXDOMAIN}:
        half = BadServer(about=AAAA, **how)
        report = attack("-resolvers", half.at, "-rate", 100, "-duration", "500ms",
                        f"http://half.test:{nginx.port}/")
        check(how, is_served(report), report["errors"])
        check("nobody paid for it", report["latencies"]["max"] < 400 * MS, report["latencies"])
    nginx.take()


def a_stop_is_heard_while_names_are_asked_for(nginx, dns):
    run = Run("-resolvers", BadServer(is_silent=True).at, "-duration", "20s", "-rate", 100,
              "http://no.such.test/")
    time.sleep(2)  # a sanitizer on a busy machine starts slowly
    begun = time.time()
    run.process.send_signal(2)
    run.report()
    check("at once", time.time() - begun < (3 if IS_TSAN else 1), time.time() - begun)


def an_old_answer_serves_while_nobody_answers(nginx, dns):
    """dnsmasq stops in the middle of the run."""
    with tempfile.TemporaryDirectory() as folder:
        other = Dnsmasq(folder, NAMES)
        run = Run("-resolvers", other.at, "-dns-ttl", "200ms", "-keepalive=false", "-rate", 100,
                  "-duration", "4s", f"http://ten.test:{nginx.port}/")
        time.sleep(1)
        other.stop()
        report = run.report()
    check("all are answered", is_served(report), report["errors"])
    check("at once", report["latencies"]["99th"] < STALL, report["latencies"])
    nginx.take()


def the_second_server_is_asked_when_the_first_is_silent(nginx, dns):
    silent = BadServer(is_silent=True)
    report = attack("-resolvers", f"{silent.at},{dns.at}", "-rate", 50, "-duration", "1s",
                    f"http://one.test:{nginx.port}/")
    check("answered", is_served(report), report["errors"])
    nginx.take()


def connect_to_goes_elsewhere_in_turn(nginx, dns):
    report = attack("-resolvers", dns.at, "-keepalive=false", "-rate", 300, "-duration", "1s",
                    "-connect-to", f"shop.example:80:127.0.0.7:{nginx.port}",
                    "-connect-to", f"shop.example:80:one.test:{nginx.port}",
                    *(f"-connect-to=shop.example:80:[{address}]:{nginx.port}" for address in IPV6),
                    "-connect-to", "shop.example:81:127.0.0.8:1", "http://shop.example/")
    requests = nginx.take()
    check("answered", is_served(report), report["errors"])
    opened = nginx.connections_of(requests)
    check("in turn", is_even(opened, ["127.0.0.7", "127.0.0.1", *IPV6]), opened)
    check("the request says what it said", {r.host for r in requests} == {"shop.example"})


def connections_come_from_laddr(nginx, dns):
    report = attack("-resolvers", dns.at, "-laddr", "127.0.0.50", "-rate", 100, "-duration", "1s",
                    f"http://both.test:{nginx.port}/")
    requests = nginx.take()
    check("answered", is_served(report), report["errors"])
    check("from there", {r.remote for r in requests} == {"127.0.0.50"}, requests[:2])
    check("IPv4 only", {r.address for r in requests} == {"127.0.0.1", "127.0.0.2"})
    for address in IPV6:
        report = attack("-resolvers", dns.at, "-laddr", address, "-rate", 10, "-duration", "1s",
                        f"http://one.test:{nginx.port}/")
        check("none is left", report["errors"] and "lookup one.test" in report["errors"][0],
              report["errors"])


def nothing_is_asked_for_a_number_or_a_host_of_this_machine(nginx, dns):
    silent = BadServer(is_silent=True)
    for host in "127.0.0.1", "localhost", "LOCALHOST", *(f"[{address}]" for address in IPV6):
        report = attack("-resolvers", silent.at, "-rate", 100, "-duration", "500ms",
                        f"http://{host}:{nginx.port}/")
        check(host, is_served(report), report["errors"])
    check("nothing", silent.questions == 0, silent.questions)
    nginx.take()


def redirects_to_names_are_followed(nginx, dns):
    import http.server
    import threading

    class Redirect(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", f"http://ten.test:{nginx.port}/new")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Redirect)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    report = attack("-resolvers", dns.at, "-rate", 100, "-duration", "1s",
                    f"http://127.0.0.1:{server.server_port}/old")
    requests = nginx.take()
    check("answered", is_served(report) and report["redirected"] == 100, report["errors"])
    check("by all", len({r.address for r in requests}) == 10, requests[:2])
    server.shutdown()


CASES = [value for value in list(globals().values())
         if callable(value) and getattr(value, "__code__", None) and
         value.__code__.co_varnames[:2] == ("nginx", "dns")]


BEHIND_A_PROXY = [a_dead_address_gets_its_share_again, an_idle_connection_to_what_has_gone_is_closed]


def problem_of(case):
    """Why the case failed, with servers of its own; None: it passed."""
    with tempfile.TemporaryDirectory() as folder:
        nginx, dns = Nginx(folder), Dnsmasq(folder, NAMES)
        try:
            case(nginx, dns)
            return None
        except AssertionError as problem:
            return problem
        finally:
            nginx.stop()
            dns.stop()


def holds(case, is_behind):
    """A case that fails is tried once more: the machine itself may have stood still for a second."""
    begun = time.time()
    behind.proxy = is_behind
    name = case.__name__ + (", behind a proxy" if is_behind else "")
    problem = problem_of(case)
    if problem:
        print(f"again   {name}: {problem}", flush=True)
        problem = problem_of(case)
    result = f"FAILED  {name}: {problem}" if problem else f"ok      {name}"
    print(f"{result} ({time.time() - begun:.1f} s)", flush=True)
    return problem is None


def main():
    """Four at a time: most of a case is waiting."""
    cases = [(case, False) for case in CASES] + [(case, True) for case in BEHIND_A_PROXY]
    wanted = [case for case in cases if len(sys.argv) < 2 or case[0].__name__ in sys.argv[1:]]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with ThreadPoolExecutor(4) as pool:
        all_hold = all(list(pool.map(lambda case: holds(*case), wanted)))
    Run.stop_all()
    sys.exit(0 if all_hold else 1)


main()
