"""nginx on loopback, in the foreground and as one process, on ports that the kernel chooses.

    python3 tests/support/nginx.py FOLDER <HTTP

HTTP is the content of nginx's http block; @NAME@ in it is a port, which `listen` lines define:
`listen 127.0.0.1:@NAME@ ssl;`. FOLDER gets nginx.conf, nginx.log (errors), nginx.pid as soon as requests
are answered, and `ports` with a line NAME=PORT for each; ports that it lists already are used again. The
access log is off unless HTTP has one.
"""

import os
import re
import socket
import sys

CONFIGURATION = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 4096; }}
http {{
    {log}
    client_body_temp_path {folder}/nginx.body;
    proxy_temp_path {folder}/nginx.proxy;
    fastcgi_temp_path {folder}/nginx.fastcgi;
    uwsgi_temp_path {folder}/nginx.uwsgi;
    scgi_temp_path {folder}/nginx.scgi;
    {http}
}}
"""


def reserve(address, port):
    """A socket that holds the port: nginx, which sets SO_REUSEPORT as well, can bind it, others cannot."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    sock.bind((address, port))
    sock.set_inheritable(True)
    return sock


def reserve_all(wanted, ports):
    """Sockets for (address, name of the port) in `wanted`; adds to `ports` what the kernel chose.

    A name with several addresses has one port, which the kernel chooses for the first; None if that is
    taken at another address.
    """
    found, sockets = dict(ports), []
    try:
        for address, name in wanted:
            sockets.append(reserve(address, found.get(name, 0)))
            found[name] = sockets[-1].getsockname()[1]
    except OSError:
        for sock in sockets:
            sock.close()
        return None
    ports.update(found)
    return sockets


def read_ports(path):
    try:
        with open(path, encoding="ascii") as lines:
            return {name: int(port) for name, port in (line.split("=") for line in lines)}
    except FileNotFoundError:
        return {}


def main():
    folder = os.path.abspath(sys.argv[1])
    http = sys.stdin.read()
    ports = read_ports(f"{folder}/ports")
    wanted = [(address.removesuffix(":").strip("[]") or "0.0.0.0", name)
              for address, name in re.findall(r"\blisten\s+(\S*?)@(\w+)@", http)]
    for _ in range(20):
        held = reserve_all(wanted, ports)
        if held is not None:
            break
    else:
        sys.exit(f"nginx.py: no free ports for {wanted}")
    with open(f"{folder}/nginx.conf", "w", encoding="utf-8") as out:
        log = "" if "access_log" in http else "access_log off;"
        http = re.sub(r"\b(listen\s(?!unix:)[^;]*)", r"\1 reuseport", http)
        http = re.sub(r"@(\w+)@", lambda match: str(ports[match[1]]), http)
        out.write(CONFIGURATION.format(folder=folder, log=log, http=http))
    with open(f"{folder}/ports.new", "w", encoding="ascii") as out:
        out.writelines(f"{name}={port}\n" for name, port in ports.items())
    os.rename(f"{folder}/ports.new", f"{folder}/ports")
    # `held` stays open in nginx: the ports are its own until it ends.
    os.environ["PATH"] += ":/usr/sbin"
    os.execvp("nginx", ["nginx", "-p", folder, "-e", f"{folder}/nginx.log", "-c", f"{folder}/nginx.conf"])


main()
