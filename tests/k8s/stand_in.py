#!/usr/bin/env python3
"""As much of a cluster as tests/k8s/run.sh talks to: its pods are processes on this machine.

    stand_in.py FOLDER NETWORK        NETWORK: "127.1.2"; its addresses are the pods'

Speaks the part of Kubernetes' HTTP interface that kubectl's get, scale, delete and rollout status need,
so that the real kubectl runs; `apply` and `exec` are done by tests/k8s/stand_in_kubectl.sh. A pod of
target-api is a real one, on ports 5000 and 5001 of an address of its own; ready ones have a name at a
real name server (dnsmasq). The generator's is the entry point of its image: `loadgen idle`, a scenario or
the page; exec starts what it is given beside it. A Job's pod is loadgen with the Job's arguments. A volume
claim is a folder, the same for every pod. The broker is nats-server with its own files: of the StatefulSet at
NETWORK.2, of overlays/tutorial at the address of the generator's pod.

Environment: BIN, where the programs are
             FAULT=unready|immortal|unscalable   what this cluster does wrong, for the tests of run.sh
"""
import base64
import grp
import json
import os
import pwd
import re
import signal
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import yaml

FOLDER, NETWORK = sys.argv[1:3]
FAULT = os.environ.get("FAULT", "")
NAME = "app.kubernetes.io/name"
BROKER = f"{NETWORK}.2"
TOGETHER = ["setpriv", "--pdeathsig", "KILL"]  # a process ends with this one, however it ends
ENTRYPOINT = os.path.join(os.path.dirname(__file__), "..", "..", "docker", "entrypoint.sh")


def stamp():
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())


def send(process, number):
    """To all of a container: its process is not process 1 here, which would pass a signal on."""
    if process.poll() is None:
        os.killpg(process.pid, number)


def log_of(pod, container):
    return os.path.join(FOLDER, f"{pod}.{container}.log")


def root_of(pod):
    """Of its files, where they are not those of all pods."""
    return os.path.join(FOLDER, "root", pod)


def sets_of(cluster):
    return cluster.listed("deployments", None) + cluster.listed("statefulsets", None)


class Cluster:
    def __init__(self):
        self.lock = threading.RLock()
        self.version, self.next_address, self.next_name = 1, 10, 0
        self.objects = {}    # (resource, namespace, name): object
        self.processes = {}  # (namespace, pod): process of each container
        self.hosts = os.path.join(FOLDER, "hosts")
        with open(self.hosts, "w", encoding="utf-8"):
            pass
        # Who changes user or group loses what setpriv has promised.
        me = [f"--user={pwd.getpwuid(os.getuid()).pw_name}",
              f"--group={grp.getgrgid(os.getgid()).gr_name}"]
        self.names = subprocess.Popen(
            [*TOGETHER, "dnsmasq", "--keep-in-foreground", "--no-resolv", "--no-hosts", "--bind-interfaces",
             "--conf-file=/dev/null", "--pid-file=", *me,
             f"--listen-address={NETWORK}.1", "--port=10053", f"--addn-hosts={self.hosts}"])

    def put(self, resource, namespace, one):
        with self.lock:
            self.version += 1
            one["metadata"].update(namespace=namespace, resourceVersion=str(self.version))
            self.objects[resource, namespace, one["metadata"]["name"]] = one

    def listed(self, resource, namespace):
        with self.lock:
            return [one for (kind, where, _), one in sorted(self.objects.items())
                    if kind == resource and namespace in (None, where)]

    def apply(self, text):
        for one in yaml.safe_load_all(text):
            resource, namespace = one["kind"].lower() + "s", one["metadata"].get("namespace", "")
            one["metadata"].update(uid="1", generation=1, creationTimestamp=stamp())
            self.put(resource, namespace, one)
            if one["kind"] == "Pod":
                one["status"] = {"phase": "Running", "podIP": "", "conditions": [
                    {"type": "Ready", "status": "True"}]}
            if one["kind"] == "StatefulSet":
                one["spec"]["updateStrategy"] = {"type": "RollingUpdate"}
            if one["kind"] == "ConfigMap":
                folder = os.path.join(FOLDER, "configmap")
                os.makedirs(folder, exist_ok=True)
                for name, content in one["data"].items():
                    with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                        file.write(content.replace("@/vegeta/configmap", f"@{folder}"))
            yield f"{one['kind'].lower()}/{one['metadata']['name']} created"

    def start_pod(self, deployment):
        meta = deployment["metadata"]
        name, namespace = meta["name"], meta["namespace"]
        template = deployment["spec"]["template"]
        self.next_name += 1
        is_broker = deployment["kind"] == "StatefulSet"
        if not is_broker:
            self.next_address += 1
        address = BROKER if is_broker else f"{NETWORK}.{self.next_address}"
        pod = {"kind": "Pod", "apiVersion": "v1", "spec": template["spec"],
               "metadata": {"name": f"{name}-{0 if is_broker else self.next_name}", "uid": str(self.next_name),
                            "labels": template["metadata"]["labels"], "creationTimestamp": stamp()},
               "status": {"phase": "Running", "podIP": address,
                          "conditions": [{"type": "Ready", "status": "False"}]}}
        self.put("pods", namespace, pod)
        self.processes[namespace, pod["metadata"]["name"]] = [
            self.start_container(pod, container) for container in template["spec"]["containers"]]

    def start_container(self, pod, container):
        namespace, own, address = pod["metadata"]["namespace"], pod["metadata"]["name"], pod["status"]["podIP"]
        nats = ["nats-server", *self.here(own, container.get("args", [])), "-a", address]
        command = {"target-api": [os.path.join(os.environ["BIN"], "target-api"), "-bind", address],
                   "loadgen": [ENTRYPOINT, "idle", "-probe-addr", f"{address}:5001"],
                   "loadgen-worker": [ENTRYPOINT, "idle"],
                   "nats": nats, "broker": nats}[container["name"]]
        for one in pod["spec"].get("initContainers", []):
            waits = self.with_addresses(namespace, one["command"][2])
            command = [*one["command"][:2], f'{waits}; exec "$@"', "wait", *command]
        with open(log_of(own, container["name"]), "wb") as log:
            return subprocess.Popen(
                [*TOGETHER, *command], stdout=log, stderr=log, start_new_session=True,
                cwd=self.mount_files(pod, container), env=self.environment(pod, container))

    def with_addresses(self, namespace, text):
        """A URL or a path of /dev/tcp, in which names that are not on this machine are replaced."""
        text = text.replace("//nats:", f"//{BROKER}:").replace("/dev/tcp/nats/", f"/dev/tcp/{BROKER}/")
        return re.sub(r"\blocust-master\b", self.master(namespace), text)

    def master(self, namespace):
        """The address behind the Service locust-master."""
        return next((pod["status"]["podIP"] for pod in self.listed("pods", namespace)
                     if pod["metadata"]["labels"][NAME] == "loadgen" and "deletionTimestamp" not in pod["metadata"]),
                    "locust-master")

    @staticmethod
    def here(pod, arguments):
        """Arguments, in which absolute paths are those of the pod's own files."""
        return [root_of(pod) + one if one.startswith("/") else one for one in arguments]

    def mount_files(self, pod, container):
        """Writes what a container has of ConfigMaps and Secrets to a folder of its pod. Returns its working directory."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        for mount in container.get("volumeMounts", []):
            place = root_of(name) + mount["mountPath"]
            os.makedirs(place, exist_ok=True)
            for volume in pod["spec"].get("volumes", []):
                if volume["name"] == mount["name"]:
                    for file, content in self.content(namespace, volume).items():
                        with open(os.path.join(place, file), "wb") as out:
                            out.write(content)
        return root_of(name) + container["workingDir"] if "workingDir" in container else None

    def content(self, namespace, volume):
        """{file: bytes} of a volume."""
        if "secret" in volume:
            data = self.objects["secrets", namespace, volume["secret"]["secretName"]]["data"]
            return {one["path"]: base64.b64decode(data[one["key"]]) for one in volume["secret"]["items"]}
        if "configMap" in volume:
            data = self.objects["configmaps", namespace, volume["configMap"]["name"]]["data"]
            return {file: text.encode() for file, text in data.items()}
        return {}

    def has_secrets(self, deployment):
        """Without one that it mounts, a pod does not start."""
        return all(("secrets", deployment["metadata"]["namespace"], one["secret"]["secretName"]) in self.objects
                   for one in deployment["spec"]["template"]["spec"].get("volumes", []) if "secret" in one)

    def environment(self, pod, container):
        """Of a pod's container, where its folders and name servers are those of this machine."""
        namespace, name, address = pod["metadata"]["namespace"], pod["metadata"]["name"], pod["status"]["podIP"]
        path = [os.path.join(FOLDER, "pod"), os.environ["BIN"], os.environ["PATH"]]
        found = {**os.environ, "PATH": ":".join(path), "LOCUST_RESOLVERS": f"{NETWORK}.1:10053",
                 "LOCUST_LOCUSTFILE": os.path.join(FOLDER, "configmap", "scenario.lua"),
                 "LOCUST_WEB": f"{address}:8089", "LOCUST_NAME": name}
        for source in container.get("envFrom", []):
            found.update(self.objects["configmaps", namespace, source["configMapRef"]["name"]]["data"])
        variables = container.get("env", [])
        found.update({one["name"]: one["value"] for one in variables if "value" in one})
        for one in variables:
            reference = one.get("valueFrom", {}).get("secretKeyRef", {})
            secret = self.objects.get(("secrets", namespace, reference.get("name")))
            if secret:
                found[one["name"]] = base64.b64decode(secret["data"][reference["key"]]).decode()
        if found.get("LOCUST_MODE") == "master" and "LOCUST_NATS" not in found:
            found["LOCUST_NATS"] = f"nats://{address}:5557" # the pod's own loopback
        for variable in ("LOCUST_NATS", "LOCUST_MASTER"):
            if variable in found:
                found[variable] = self.with_addresses(namespace, found[variable])
        for variable in ("LOCUST_NATS_CREDS", "LOCUST_NATS_TLS_CA"):
            if variable in found:
                found[variable] = root_of(name) + found[variable]
        if "LOCUST_TARGETS" in found:
            found["LOCUST_TARGETS"] = os.path.join(FOLDER, "configmap", os.path.basename(found["LOCUST_TARGETS"]))
            del found["LOCUST_LOCUSTFILE"]
        if "LOCUST_DATA" in found:
            found["LOCUST_DATA"] = os.path.join(FOLDER, "runs")
            os.makedirs(found["LOCUST_DATA"], exist_ok=True)
        return found

    def start_job(self, job):
        """The kubelet fills in $(NAME); a generator in a pod finds name servers and folders by itself."""
        meta, template = job["metadata"], job["spec"]["template"]
        container, = template["spec"]["containers"]
        settings = {}
        for source in container["envFrom"]:
            config = self.objects["configmaps", meta["namespace"], source["configMapRef"]["name"]]
            settings.update(config["data"])
        places = {"/vegeta/configmap": os.path.join(FOLDER, "configmap"),
                  "/results": os.path.join(FOLDER, "results"),
                  "/dev/termination-log": os.path.join(FOLDER, "termination-log")}
        os.makedirs(places["/results"], exist_ok=True)
        arguments = []
        for word in container["args"]:
            word = re.sub(r"\$\((\w+)\)", lambda found: settings[found[1]], word)
            for place, here in places.items():
                word = word.replace(place, here)
            arguments.append(word)
        arguments.append(f"-resolvers={NETWORK}.1:10053")
        labels = {**template["metadata"]["labels"], "job-name": meta["name"]}
        pod = {"kind": "Pod", "apiVersion": "v1", "spec": template["spec"],
               "metadata": {"name": f"{meta['name']}-1", "uid": "job-1", "labels": labels,
                            "creationTimestamp": stamp()},
               "status": {"phase": "Running", "podIP": "", "conditions": []}}
        job["status"] = {"active": 1}
        self.put("pods", meta["namespace"], pod)
        with open(os.path.join(FOLDER, "job.log"), "w", encoding="utf-8") as log:
            process = subprocess.Popen([*TOGETHER, os.path.join(os.environ["BIN"], "loadgen"), *arguments],
                                       stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True)
        self.processes[meta["namespace"], pod["metadata"]["name"]] = [process]
        threading.Thread(target=self.end_job, args=(job, pod, process, places)).start()

    def end_job(self, job, pod, process, places):
        code = process.wait()
        message = ""
        if os.path.exists(places["/dev/termination-log"]):
            with open(places["/dev/termination-log"], encoding="utf-8") as file:
                message = file.read()
        with self.lock:
            if self.processes.pop((job["metadata"]["namespace"], pod["metadata"]["name"]), None):
                state = {"exitCode": code, "message": message, "reason": "Error" if code else "Completed"}
                pod["status"].update(phase="Failed" if code else "Succeeded", containerStatuses=[
                    {"name": "capacity", "state": {"terminated": state}}])
                job["status"] = {"failed" if code else "succeeded": 1, "conditions": [
                    {"type": "Failed" if code else "Complete", "status": "True"}]}
                for resource, one in (("pods", pod), ("jobs", job)):
                    self.put(resource, job["metadata"]["namespace"], one)

    def delete_pod(self, namespace, name, grace):
        """As the kubelet does: no name any more, a while, SIGTERM, in the end SIGKILL."""
        pod = self.objects["pods", namespace, name]
        pod["metadata"]["deletionTimestamp"] = stamp()
        self.put("pods", namespace, pod)
        processes = self.processes.pop((namespace, name), [])

        def end():
            time.sleep(min(grace, 1))
            for process in processes:
                send(process, signal.SIGTERM)
            for process in processes:
                try:
                    process.wait(max(grace, 2))
                except subprocess.TimeoutExpired:
                    send(process, signal.SIGKILL)
                    process.wait()
            with self.lock:
                self.objects.pop(("pods", namespace, name), None)
        thread = threading.Thread(target=end)
        thread.start()
        return thread

    def delete_set(self, resource, namespace, name):
        with self.lock:
            found = self.objects.pop((resource, namespace, name))
            for pod in self.pods_of(found):
                self.delete_pod(namespace, pod["metadata"]["name"], pod["spec"]["terminationGracePeriodSeconds"])

    def pods_of(self, owner):
        """Of a Deployment or a StatefulSet; also those that are on their way out."""
        wanted = owner["spec"]["selector"]["matchLabels"].items()
        return [pod for pod in self.listed("pods", owner["metadata"]["namespace"])
                if wanted <= pod["metadata"]["labels"].items()]

    def delete_namespace(self, namespace):
        with self.lock:
            for key in [one for one in self.objects if one[1] == namespace and one[0] != "pods"]:
                del self.objects[key]
            ends = [self.delete_pod(namespace, pod["metadata"]["name"], 1)
                    for pod in self.listed("pods", namespace)]

        def end():
            for one in ends:
                one.join()
            with self.lock:
                self.objects.pop(("namespaces", "", namespace), None)
        threading.Thread(target=end).start()

    def is_ready(self, pod):
        if FAULT == "unready" and pod["metadata"]["labels"][NAME] == "target-api":
            return False
        processes = self.processes.get((pod["metadata"]["namespace"], pod["metadata"]["name"]), [])
        return bool(processes) and all(self.answers(pod["status"]["podIP"], container, process)
                                       for container, process in zip(pod["spec"]["containers"], processes))

    @staticmethod
    def answers(address, container, process):
        if "readinessProbe" not in container:
            return process.poll() is None
        probe = container["readinessProbe"]["httpGet"]
        port, = [one["containerPort"] for one in container["ports"] if one["name"] == probe["port"]]
        try:
            urllib.request.urlopen(f"http://{address}:{port}{probe['path']}", timeout=1).close()
            return True
        except OSError:
            return False

    def reconcile(self):
        """What controllers, kubelet and name server do, a few times a second."""
        while True:
            for deployment in sets_of(self):
                meta, spec = deployment["metadata"], deployment["spec"]
                resource = deployment["kind"].lower() + "s"
                with self.lock:
                    if self.objects.get((resource, meta["namespace"], meta["name"])) is not deployment:
                        continue
                    own = self.pods_of(deployment)
                    present = [pod for pod in own if "deletionTimestamp" not in pod["metadata"]]
                    pods = [pod for pod in present if pod["spec"] == spec["template"]["spec"]]
                    for pod in present:
                        if pod not in pods:
                            self.delete_pod(meta["namespace"], pod["metadata"]["name"], 1)
                    one_by_one = deployment["kind"] == "StatefulSet" or spec.get("strategy", {}).get("type") == "Recreate"
                    waits = one_by_one and len(own) > len(pods) or not self.has_secrets(deployment)
                    for _ in range(0 if waits else spec["replicas"] - len(pods)):
                        self.start_pod(deployment)
                    for pod in pods[spec["replicas"]:]:
                        self.delete_pod(meta["namespace"], pod["metadata"]["name"],
                                        pod["spec"]["terminationGracePeriodSeconds"])
                ready = 0
                for pod in pods:
                    condition = pod["status"]["conditions"][0]
                    if condition["status"] == "False" and self.is_ready(pod):
                        condition["status"] = "True"
                        self.put("pods", meta["namespace"], pod)
                    ready += condition["status"] == "True"
                status = {"observedGeneration": meta["generation"], "replicas": len(pods),
                          "updatedReplicas": len(pods), "readyReplicas": ready,
                          "availableReplicas": ready, "currentRevision": "1", "updateRevision": "1"}
                with self.lock:
                    current = self.objects.get((resource, meta["namespace"], meta["name"]))
                    if status != deployment.get("status") and current is deployment:
                        deployment["status"] = status
                        self.put(resource, meta["namespace"], deployment)
            # Not by a request's thread: a process ends with the thread that started it.
            for job in self.listed("jobs", None):
                if "status" not in job:
                    self.start_job(job)
            self.write_names()
            time.sleep(0.1)

    def write_names(self):
        lines = "".join(f"{pod['status']['podIP']} target-api-headless\n"
                        for pod in self.listed("pods", None)
                        if pod["metadata"]["labels"][NAME] == "target-api"
                        and "deletionTimestamp" not in pod["metadata"]
                        and pod["status"]["conditions"][0]["status"] == "True")
        with open(self.hosts, encoding="utf-8") as file:
            if file.read() == lines:
                return
        with open(self.hosts, "w", encoding="utf-8") as file:
            file.write(lines)
        self.names.send_signal(signal.SIGHUP)

    def stop(self):
        for processes in self.processes.values():
            for process in processes:
                send(process, signal.SIGKILL)
        self.names.kill()


RESOURCES = {"v1": [("namespaces", "Namespace", False), ("pods", "Pod", True), ("nodes", "Node", False),
                    ("services", "Service", True), ("events", "Event", True), ("secrets", "Secret", True)],
             "apps/v1": [("deployments", "Deployment", True), ("deployments/scale", "Scale", True),
                         ("statefulsets", "StatefulSet", True)],
             "batch/v1": [("jobs", "Job", True)]}
NODE = {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "this-machine"},
        "status": {"allocatable": {"cpu": "2", "memory": "4Gi"}, "nodeInfo": {"kubeletVersion": "v0"}}}


class Handler(BaseHTTPRequestHandler):
    cluster = None
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, value, code=200):
        text = value if isinstance(value, bytes) else json.dumps(value).encode()
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def missing(self, what):
        self.answer({"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound",
                     "message": f"{what} not found", "code": 404}, 404)

    def parts(self):
        """(resource, namespace, name, subresource) of a path, and its query."""
        url = urllib.parse.urlsplit(self.path)
        path = url.path.strip("/").split("/")
        path = path[3:] if path[0] == "apis" else path[2:]
        namespace = ""
        if path[0] == "namespaces" and len(path) > 2:
            namespace, path = path[1], path[2:]
        path += [None] * 3
        return path[0], namespace, path[1], path[2], dict(urllib.parse.parse_qsl(url.query))

    def discovery(self, path):
        if path == "/version":
            return {"major": "1", "minor": "32", "gitVersion": "v1.32.0-stand-in"}
        if path == "/api":
            return {"kind": "APIVersions", "versions": ["v1"]}
        if path == "/apis":
            groups = []
            for name in ("apps", "batch"):
                version = {"groupVersion": f"{name}/v1", "version": "v1"}
                groups.append({"name": name, "versions": [version], "preferredVersion": version})
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}
        group = path.split("/", 2)[2]
        if path in ("/api/v1", "/apis/apps/v1", "/apis/batch/v1"):
            return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": group, "resources": [
                {"name": name, "singularName": "", "kind": kind, "namespaced": namespaced,
                 "verbs": ["get", "list", "watch", "delete", "patch"]}
                for name, kind, namespaced in RESOURCES[group]]}
        return None

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        if url.path.count("/") <= 3 and (found := self.discovery(url.path)):
            self.answer(found)
            return
        resource, namespace, name, sub, query = self.parts()
        if sub == "log" and name.startswith("capacity-"):
            with open(os.path.join(FOLDER, "job.log"), "rb") as log:
                self.answer(log.read())
        elif sub == "log":
            pod = self.cluster.objects["pods", namespace, name]
            container = query.get("container", pod["spec"]["containers"][0]["name"])
            with open(log_of(name, container), "rb") as log:
                self.answer(b"what a pod said\n" + log.read())
        elif name:
            self.one(resource, namespace, name, sub)
        elif query.get("watch"):
            self.watch(resource, namespace, query)
        else:
            kind = {"pods": "PodList", "deployments": "DeploymentList", "statefulsets": "StatefulSetList",
                    "jobs": "JobList"}.get(resource, "List")
            group = {"deployments": "apps/v1", "statefulsets": "apps/v1", "jobs": "batch/v1"}.get(resource, "v1")
            self.answer({"kind": kind, "apiVersion": group,
                         "metadata": {"resourceVersion": str(self.cluster.version)},
                         "items": self.chosen(resource, namespace, query)})

    def one(self, resource, namespace, name, sub):
        found = self.cluster.objects.get((resource, namespace, name))
        if not found:
            self.missing(f"{resource} \"{name}\"")
        elif sub == "scale":
            self.answer({"kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": found["metadata"],
                         "spec": {"replicas": found["spec"]["replicas"]}})
        else:
            self.answer(found)

    def chosen(self, resource, namespace, query):
        if resource == "nodes":
            return [NODE]
        fields, labels = query.get("fieldSelector", ""), query.get("labelSelector", "")
        return [one for one in self.cluster.listed(resource, namespace)
                if (not fields or fields == f"metadata.name={one['metadata']['name']}")
                and all(one["metadata"].get("labels", {}).get(rule.split("=")[0]) == rule.split("=")[1]
                        for rule in labels.split(",") if rule)]

    def watch(self, resource, namespace, query):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Connection", "close")
        self.end_headers()
        known, end = {}, time.time() + 60
        while time.time() < end:
            now = {one["metadata"]["name"]: json.dumps(one)
                   for one in self.chosen(resource, namespace, query)}
            events = [("MODIFIED" if name in known else "ADDED", text)
                      for name, text in now.items() if known.get(name) != text]
            events += [("DELETED", text) for name, text in known.items() if name not in now]
            known = now
            try:
                for kind, text in events:
                    self.wfile.write(f'{{"type":"{kind}","object":{text}}}\n'.encode())
                self.wfile.flush()
            except OSError:
                break
            time.sleep(0.05)
        self.close_connection = True

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_POST(self):
        self.answer("\n".join(self.cluster.apply(self.body())).encode() + b"\n")

    def do_PATCH(self):
        resource, namespace, name, _sub, _query = self.parts()
        replicas = json.loads(self.body())["spec"]["replicas"]
        found = self.cluster.objects[resource, namespace, name]
        if FAULT != "unscalable":
            found["spec"]["replicas"] = replicas
            found["metadata"]["generation"] += 1
            self.cluster.put(resource, namespace, found)
        self.one(resource, namespace, name, "scale")

    def do_DELETE(self):
        resource, namespace, name, _sub, _query = self.parts()
        body = self.body()
        grace = (json.loads(body) if body else {}).get("gracePeriodSeconds", 30)
        found = self.cluster.objects.get((resource, namespace, name))
        if not found:
            self.missing(f"{resource} \"{name}\"")
            return
        if resource == "namespaces":
            self.cluster.delete_namespace(name)
        elif resource != "pods":
            self.cluster.delete_set(resource, namespace, name)
        elif FAULT != "immortal":
            self.cluster.delete_pod(namespace, name, grace)
        self.answer(found)


def main():
    cluster = Handler.cluster = Cluster()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=cluster.reconcile, daemon=True).start()
    with open(os.path.join(FOLDER, "kubeconfig.new"), "w", encoding="utf-8") as file:
        yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "stand-in",
            "clusters": [{"name": "c", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}],
            "users": [{"name": "u", "user": {}}],
            "contexts": [{"name": "stand-in", "context": {"cluster": "c", "user": "u"}}]}, file)
    os.rename(os.path.join(FOLDER, "kubeconfig.new"), os.path.join(FOLDER, "kubeconfig"))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        server.serve_forever()
    finally:
        cluster.stop()


main()
