"""What must hold for a rendered overlay. Each property is a function that raises AssertionError.

`properties()` lists those of an overlay; manifests.py runs them, and breaks each one to see it fail.
"""
from rendered import (NAME, Peer, containers, deployment_of, may_talk, mebibytes, millicpus, of_kind, pod_of,
                      port_number, selects)

TARGET, LOADGEN, JOB = "target-api", "loadgen", "capacity"
WITH_JOB = ("capacity", "gke-capacity-job")
WITH_SCENARIO = ("scenario", "example", "gke-scenario")
WITH_BROKER = ("distributed", "gke-distributed")
WITH_WORKERS = (*WITH_BROKER, "tutorial")
WITH_PAGE = ("web", "gke-web", *WITH_WORKERS)
WITH_WEBAPP = ("example", "gke-sample-webapp")
ON_GKE = ("gke", "gke-big-generator", "gke-capacity-job", "gke-scenario", "gke-sample-webapp",
          "gke-web", "gke-distributed")
LOCAL_SIZED = ("local", "capacity", "scenario", "example", "web")
BY_HAND = (*LOCAL_SIZED, "distributed", "tutorial")
COMPONENT = "app.kubernetes.io/component"
HEADLESS = "target-api-headless"
TUTORIAL, LOCAL = ((500, 300), (1000, 1024)), ((150, 192), (400, 256))
SIZES = {  # overlay: (millicpus, MiB) of a target's pod, of the generator's; gke-NAME: a component over gke
    "base": TUTORIAL,
    **dict.fromkeys(LOCAL_SIZED, LOCAL),
    **dict.fromkeys((*ON_GKE, "distributed", "tutorial"), TUTORIAL),
    "gke-big-generator": ((500, 300), (4000, 2048)),
}
# Over this many to each address, connections cost more than they carry (docs/sizes.md).
USEFUL_CONNECTIONS = 256
# What kind's system pods ask for on one node, the most of kind, k3s and minikube.
SYSTEM_MILLICPUS, SYSTEM_MIB = 950, 290
NODE_MILLICPUS, NODE_MIB = 2000, 2048

# Of the component distributed (properties_pods.py)
WORKER, BROKER = "loadgen-worker", "nats"
WORKERS = [f"Deployment/{WORKER}", f"PodDisruptionBudget/{WORKER}", "PodDisruptionBudget/loadgen", "ConfigMap/broker"]
BROKERS = [*(f"{kind}/{BROKER}" for kind in ("StatefulSet", "Service", "ServiceAccount", "NetworkPolicy",
                                             "PodDisruptionBudget", "ConfigMap")), "NetworkPolicy/to-nats"]
# Of overlays/tutorial: its Deployments, by the names of their pods, and the container beside the controller
RENAMED = {"locust-master": LOADGEN, "locust-worker": WORKER}
BESIDE = "broker"

_LISTED = []


def holds(*overlays):
    """Marks a property; without a name it is one of every overlay."""
    def mark(function):
        _LISTED.append((function, overlays))
        return function
    return mark


def properties(overlay):
    return [function for function, overlays in _LISTED if not overlays or overlay in overlays]


def equal(what, actual, expected):
    assert actual == expected, f"{what} is {actual!r}, not {expected!r}"


def pods(objects):
    """(name, pod spec, labels) of everything that makes pods."""
    for one in objects.values():
        if "template" in one.get("spec", {}):
            template, name = one["spec"]["template"], one["metadata"]["name"]
            yield RENAMED.get(name, name), template["spec"], template["metadata"]["labels"]


def only_container(objects, name):
    pod, _ = pod_of(objects, name)
    equal(f"{name}: containers", [one["name"] for one in containers(pod) if one["name"] != BESIDE], [name])
    return pod["containers"][0]


def config_of(objects, name):
    found, = [one for one in of_kind(objects, "ConfigMap")
              if one["metadata"]["name"].rsplit("-", 1)[0] == name]
    return found


@holds()
def objects_are_these(objects, overlay):
    job = ["Job/capacity", "PersistentVolumeClaim/capacity", "ConfigMap/capacity"]
    page = ["Service/locust-master", "NetworkPolicy/locust-master", "NetworkPolicy/client", "PersistentVolumeClaim/runs"]
    without_hash = {key.rsplit("-", 1)[0] if key.startswith("ConfigMap/") else key for key in objects}
    if overlay == "tutorial":
        for name, own in RENAMED.items():
            without_hash.remove(f"Deployment/{name}")
            without_hash.add(f"Deployment/{own}")
    equal("the list", sorted(without_hash), sorted([
        "Namespace/headroom", "ConfigMap/targets", "PodDisruptionBudget/target-api",
        "ServiceAccount/target-api", "ServiceAccount/loadgen", "Deployment/target-api",
        "Deployment/loadgen", "Service/target-api", f"Service/{HEADLESS}", "NetworkPolicy/default-deny",
        "NetworkPolicy/target-api", "NetworkPolicy/loadgen", "NetworkPolicy/names"] + job * (overlay in WITH_JOB)
        + ["ConfigMap/scenario", "ConfigMap/run-settings"] * (overlay in WITH_SCENARIO + WITH_PAGE)
        + page * (overlay in WITH_PAGE) + WORKERS * (overlay in WITH_WORKERS) + BROKERS * (overlay in WITH_BROKER)
        + ["NetworkPolicy/broker", "NetworkPolicy/to-broker"] * (overlay == "tutorial")))


@holds()
def one_namespace_that_enforces_restricted(objects, _):
    space, = of_kind(objects, "Namespace")
    for mode in ("enforce", "audit", "warn"):
        equal(mode, space["metadata"]["labels"].get(f"pod-security.kubernetes.io/{mode}"), "restricted")
    for key, one in objects.items():
        if one is not space:
            equal(key, one["metadata"].get("namespace"), space["metadata"]["name"])


@holds()
def standard_labels(objects, _):
    for key, one in objects.items():
        equal(key, one["metadata"]["labels"].get("app.kubernetes.io/part-of"), "headroom")
        if one["kind"] in ("Deployment", "StatefulSet", "Service", "ServiceAccount", "PodDisruptionBudget"):
            assert {NAME, COMPONENT} <= set(one["metadata"]["labels"]), key
    for name, _pod, labels in pods(objects):
        equal(name, (labels[NAME], labels["app.kubernetes.io/part-of"]), (name, "headroom"))
    for one in of_kind(objects, "Deployment") + of_kind(objects, "StatefulSet"):
        name = one["metadata"]["name"]
        equal(f"{name}: selector", one["spec"]["selector"], {"matchLabels": {NAME: RENAMED.get(name, name)}})


@holds()
def pod_security_restricted(objects, overlay):
    own = dict(pod_of(objects, LOADGEN)[0])
    if overlay in WITH_PAGE:
        own = without_group(own)
    restricted(TARGET, pod_of(objects, TARGET)[0], {"configMap", "emptyDir"})
    restricted(LOADGEN, own, {"configMap", "emptyDir", *["persistentVolumeClaim"] * (overlay in WITH_PAGE),
                              *["secret"] * (overlay in WITH_BROKER)})


def without_group(pod):
    """The pod without the group that may write to its volume."""
    context = dict(pod["securityContext"])
    equal("the group of its volume", context.pop("fsGroup", None), 65532)
    return {**pod, "securityContext": context}


@holds(*WITH_JOB)
def job_is_restricted(objects, _):
    _spec, pod = job(objects)
    restricted(JOB, without_group(pod), {"configMap", "persistentVolumeClaim"})


def restricted(name, pod, volumes):
    """Pod Security's level `restricted`, and no volume of another kind."""
    for host in ("hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"):
        assert not pod.get(host), f"{name}: {host}"
    context = pod["securityContext"]
    equal(f"{name}: runAsNonRoot", context.get("runAsNonRoot"), True)
    equal(f"{name}: runAsUser", context.get("runAsUser"), 65532)
    equal(f"{name}: seccomp", context.get("seccompProfile"), {"type": "RuntimeDefault"})
    extra = set(context) - {"runAsNonRoot", "runAsUser", "runAsGroup", "seccompProfile"}
    assert not extra, f"{name}: {extra}"
    for volume in pod.get("volumes", []):
        assert set(volume) - {"name"} <= volumes, f"{name}: {volume}"
    for container in containers(pod):
        context = container["securityContext"]
        equal(f"{name}: allowPrivilegeEscalation", context.get("allowPrivilegeEscalation"), False)
        equal(f"{name}: capabilities", context.get("capabilities"), {"drop": ["ALL"]})
        equal(f"{name}: readOnlyRootFilesystem", context.get("readOnlyRootFilesystem"), True)
        extra = set(context) - {"allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem"}
        assert not extra, f"{name}: {extra} beside the pod's own"
        assert not any("hostPort" in port for port in container.get("ports", [])), f"{name}: hostPort"


@holds()
def no_token(objects, _):
    for name, pod, _labels in pods(objects):
        own = {JOB: LOADGEN, WORKER: LOADGEN}.get(name, name)
        equal(f"{name}: account", pod.get("serviceAccountName"), own)
        equal(f"{name}: pod", pod.get("automountServiceAccountToken"), False)
        account = objects[f"ServiceAccount/{own}"]
        equal(f"{name}: account's", account.get("automountServiceAccountToken"), False)


@holds()
def no_service_links(objects, _):
    for name, pod, _labels in pods(objects):
        equal(name, pod.get("enableServiceLinks"), False)


@holds()
def downward_api(objects, _):
    for name in (TARGET, LOADGEN):
        env = {one["name"]: one for one in only_container(objects, name)["env"]}
        for variable, path in (("POD", "metadata.name"), ("NODE", "spec.nodeName"),
                               ("NAMESPACE", "metadata.namespace")):
            equal(f"{name}: {variable}", env.get(f"HEADROOM_{variable}", {}).get("valueFrom"),
                  {"fieldRef": {"fieldPath": path}})


@holds()
def images_run_as_they_are(objects, _):
    for name in (TARGET, LOADGEN):
        container = only_container(objects, name)
        assert not {"command", "args"} & set(container), f"{name}: the image says what runs"


@holds()
def replicas(objects, overlay):
    for name, count in ((TARGET, 3), (LOADGEN, 0 if overlay in WITH_JOB else 1)):
        equal(name, deployment_of(objects, name)["spec"].get("replicas"), count)
    equal("two generators at once", deployment_of(objects, LOADGEN)["spec"]["strategy"]["type"], "Recreate")
    equal("fewer targets in a roll-out",
          deployment_of(objects, TARGET)["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"], 0)


@holds()
def requests_equal_limits(objects, overlay):
    for name, (cpu, memory) in zip((TARGET, LOADGEN), SIZES[overlay]):
        resources = only_container(objects, name)["resources"]
        equal(f"{name}: requests", resources["requests"], resources["limits"])
        equal(f"{name}: CPU", millicpus(resources["limits"]["cpu"]), cpu)
        equal(f"{name}: memory", mebibytes(resources["limits"]["memory"]), memory)


@holds(*LOCAL_SIZED)
def fits_a_node_of_two_cpus(objects, overlay):
    cpu, memory = SYSTEM_MILLICPUS, SYSTEM_MIB
    for name in (TARGET, LOADGEN):
        # A target more: for a roll-out, and for tests/k8s/run.sh, which scales up.
        count = deployment_of(objects, name)["spec"]["replicas"] + (name == TARGET or overlay in WITH_JOB)
        for container in containers(pod_of(objects, name)[0]):
            cpu += count * millicpus(container["resources"]["requests"]["cpu"])
            memory += count * mebibytes(container["resources"]["requests"]["memory"])
    assert cpu <= NODE_MILLICPUS, f"{cpu}m CPU"
    assert memory <= NODE_MIB, f"{memory}Mi"


@holds(*BY_HAND)
def images_loaded_by_hand(objects, _):
    for name in (TARGET, LOADGEN):
        container = only_container(objects, name)
        equal(f"{name}: image", container["image"], f"{name}:latest")
        equal(f"{name}: pull policy", container.get("imagePullPolicy"), "IfNotPresent")


@holds(*ON_GKE)
def images_of_artifact_registry(objects, _):
    for name in (TARGET, LOADGEN):
        equal(name, only_container(objects, name)["image"],
              f"REGION-docker.pkg.dev/PROJECT/headroom/{name}")


def takes(service, pod, labels, port):
    assert selects({"matchLabels": service["spec"]["selector"]}, labels), "its selector takes no target"
    found, = [one for one in service["spec"]["ports"] if one["port"] == port]
    equal("the port behind", port_number(pod, found["targetPort"]), port)


@holds()
def services(objects, _):
    pod, labels = pod_of(objects, TARGET)
    outside = objects["Service/target-api"]
    equal("type", outside["spec"].get("type"), "LoadBalancer")
    equal("ports for outside", [one["port"] for one in outside["spec"]["ports"]], [5000])
    takes(outside, pod, labels, 5000)
    headless = objects[f"Service/{HEADLESS}"]
    equal("headless", headless["spec"].get("clusterIP"), "None")
    assert not headless["spec"].get("publishNotReadyAddresses"), "pods that are not ready have no name"
    takes(headless, pod, labels, 5000)
    assert not selects({"matchLabels": headless["spec"]["selector"]}, pod_of(objects, LOADGEN)[1])


@holds()
def targets_where_the_tutorial_has_them(objects, overlay):
    config = config_of(objects, "targets")
    host = f"http://{HEADLESS}:5000"
    wanted = {
        "get-health-target": [f"GET {host}/health"],
        "get-metadata-target": [f"GET {host}/metadata"],
        "post-add_users-target": [f"POST {host}/add_users/", "Content-Type: application/json",
                                  "@/vegeta/configmap/add_users.json"],
        "add_users.json": ['{"id":4,"name":"user4","age":"100"}'],
    }
    others = {"flags"} if overlay == "gke-big-generator" else {"nats-flags"} if overlay in WITH_BROKER else set()
    equal("files", sorted(set(config["data"]) - others), sorted(wanted))
    for file, lines in wanted.items():
        text = [line for line in config["data"][file].splitlines() if not line.startswith("#")]
        equal(file, text, lines)
    pod, _labels = pod_of(objects, LOADGEN)
    volume, = [one["name"] for one in pod["volumes"]
               if one.get("configMap") == {"name": config["metadata"]["name"]}]
    mount, = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == volume]
    equal("mount", mount, {"name": volume, "mountPath": "/vegeta/configmap", "readOnly": True})
    env = {one["name"]: one.get("value") for one in pod["containers"][0]["env"]}
    equal("TARGET_HOST", env.get("TARGET_HOST"), host)


@holds("gke-big-generator")
def flags_match_the_size(objects, _):
    config = config_of(objects, "targets")
    flags = dict(word.removeprefix("-").split("=") for word in config["data"]["flags"].split())
    equal("flags", sorted(flags), ["cpus", "dns-ttl", "max-connections"])
    equal("-dns-ttl", flags["dns-ttl"], "5s")
    limit = only_container(objects, LOADGEN)["resources"]["limits"]["cpu"]
    equal("a thread for each CPU", int(flags["cpus"]) * 1000, millicpus(limit))
    assert millicpus(limit) % 1000 == 0, "a whole number of CPUs is not shared (cpuManagerPolicy)"
    connections = int(flags["max-connections"])
    assert int(flags["cpus"]) <= connections <= USEFUL_CONNECTIONS, f"{connections} connections"


@holds("gke-big-generator")
def it_can_measure_the_targets(objects, _):
    """The same cost of a request on both sides, 80 % at most of the generator: docs/sizes.md."""
    target = only_container(objects, TARGET)["resources"]["limits"]["cpu"]
    targets = deployment_of(objects, TARGET)["spec"]["replicas"] * millicpus(target)
    generator = millicpus(only_container(objects, LOADGEN)["resources"]["limits"]["cpu"])
    assert 0.8 * generator >= 1.7 * targets, f"{generator}m cannot measure {targets}m"


@holds()
def results_have_room(objects, _):
    pod, _labels = pod_of(objects, LOADGEN)
    mount, = [one for one in pod["containers"][0]["volumeMounts"] if one["mountPath"] == "/tmp"]
    volume, = [one for one in pod["volumes"] if one["name"] == mount["name"]]
    assert volume["emptyDir"].get("sizeLimit"), "a full node is nobody's wish"
    assert not mount.get("readOnly")


@holds()
def probes_on_the_second_port(objects, overlay):
    """The page is its own probe: the only answer that needs no token."""
    for name in (TARGET, LOADGEN):
        is_page = name == LOADGEN and overlay in WITH_PAGE
        pod, container = pod_of(objects, name)[0], only_container(objects, name)
        for kind, path in (("startup", "/readyz"), ("readiness", "/readyz"), ("liveness", "/livez")):
            probe = container.get(f"{kind}Probe", {}).get("httpGet", {})
            equal(f"{name}: {kind}", (probe.get("path"), port_number(pod, probe.get("port"))),
                  ("/", 8089) if is_page else (path, 5001))


@holds()
def probes_are_patient(objects, _):
    for name in (TARGET, LOADGEN):
        container = only_container(objects, name)
        for kind, at_least in (("startup", 60), ("readiness", 30), ("liveness", 60)):
            probe = container[f"{kind}Probe"]
            assert probe["timeoutSeconds"] >= 5, f"{name}: {kind} waits {probe['timeoutSeconds']} s"
            patience = probe["periodSeconds"] * probe["failureThreshold"]
            assert patience >= at_least, f"{name}: {kind} gives up after {patience} s"


@holds()
def time_to_stop(objects, _):
    target, loadgen = pod_of(objects, TARGET)[0], pod_of(objects, LOADGEN)[0]
    hook = target["containers"][0]["lifecycle"]["preStop"]
    equal("hook that every version knows", list(hook), ["exec"])
    program, pause = hook["exec"]["command"]
    equal("hook", program, "/bin/sleep")
    pause = int(pause)
    assert pause >= 5, "name servers and proxies hear of it first"
    assert target["terminationGracePeriodSeconds"] >= pause + 10 + 5, "10 s for what was let in"
    assert loadgen["terminationGracePeriodSeconds"] >= 30 + 5, "30 s for an attack's answers"


def talkers(objects):
    own = of_kind(objects, "Namespace")[0]["metadata"]["name"]
    system = {"namespace": "kube-system"}
    pods_of_run = {name: Peer(labels, own) for name, _pod, labels in pods(objects) if name in (WORKER, BROKER)}
    return own, pods_of_run | {
        "target": Peer(pod_of(objects, TARGET)[1], own),
        "loadgen": Peer(pod_of(objects, LOADGEN)[1], own),
        "a pod of ours": Peer({NAME: "other"}, own),
        "a client": Peer({NAME: "client", COMPONENT: "client"}, own),
        "a client elsewhere": Peer({NAME: "client", COMPONENT: "client"}, "elsewhere"),
        "a pod elsewhere": Peer({NAME: LOADGEN, COMPONENT: "generator"}, "elsewhere"),
        "the internet": Peer(address="93.184.216.34"),
        "CoreDNS": Peer({"k8s-app": "kube-dns"}, **system),
        "GKE's cache": Peer({"k8s-app": "node-local-dns"}, **system),
        "GKE's cache's address": Peer(address="169.254.20.10"),
        "Cloud DNS, metadata": Peer(address="169.254.169.254"),
        "another of the system": Peer({"k8s-app": "metrics-server"}, **system),
    }


@holds()
def policies_let_through(objects, overlay):
    own, peers = talkers(objects)
    resolvers = ("CoreDNS", "GKE's cache", "GKE's cache's address", "Cloud DNS, metadata")
    wanted = [("loadgen", "target", 5000, "TCP"), ("loadgen", "target", 5001, "TCP"),
              ("the internet", "target", 5000, "TCP"), ("a pod elsewhere", "target", 5000, "TCP")]
    wanted += [(who, one, 53, protocol) for who in ("loadgen", "a client") for one in resolvers
               for protocol in ("UDP", "TCP")]
    wanted += [("a client", "loadgen", 8089, "TCP")] * (overlay in WITH_PAGE)
    wanted += [(WORKER, "target", 5000, "TCP"), (WORKER, "CoreDNS", 53, "UDP")] * (overlay in WITH_WORKERS)
    for source, destination, port, protocol in wanted:
        assert may_talk(objects, own, peers[source], peers[destination], port, protocol), \
            f"{source} cannot reach {destination}, port {port}/{protocol}"


@holds()
def policies_keep_out(objects, overlay):
    own, peers = talkers(objects)
    ours = {"target", "loadgen", "a pod of ours", "a client", WORKER, BROKER}
    generators = {"loadgen", WORKER}
    for source, one in peers.items():
        for destination, other in peers.items():
            for port in (22, 53, 80, 443, 4222, 5000, 5001, 5557, 5558, 8089, 8222):
                allowed = (destination == "target" and port == 5000 and source not in ours - generators
                           or source in generators and (destination, port) in (("target", 5001), (BROKER, 4222))
                           or (source, destination, port) == ("a client", "loadgen", 8089) and overlay in WITH_PAGE
                           or (source, destination, port) == (WORKER, "loadgen", 5557) and overlay == "tutorial"
                           or source in generators | {"a client"} and port == 53
                           and ("DNS" in destination or "cache" in destination))
                if ours & {source, destination} and not allowed:
                    assert not may_talk(objects, own, one, other, port), \
                        f"{source} reaches {destination}, port {port}"


@holds()
def disruption_budget(objects, _):
    budget = objects["PodDisruptionBudget/target-api"]["spec"]
    equal("maxUnavailable", budget.get("maxUnavailable"), 1)
    assert selects(budget["selector"], pod_of(objects, TARGET)[1])
    assert not selects(budget["selector"], pod_of(objects, LOADGEN)[1]), "a node could not be emptied"


@holds()
def targets_are_spread(objects, _):
    pod, labels = pod_of(objects, TARGET)
    rule, = pod["topologySpreadConstraints"]
    equal("spread", (rule["maxSkew"], rule["topologyKey"], rule["whenUnsatisfiable"]),
          (1, "kubernetes.io/hostname", "ScheduleAnyway"))
    assert selects(rule["labelSelector"], labels)


def apart(objects, term):
    equal("topologyKey", term["topologyKey"], "kubernetes.io/hostname")
    assert selects(term["labelSelector"], pod_of(objects, TARGET)[1])


@holds("base", *BY_HAND)
def apart_is_preferred(objects, _):
    rules = pod_of(objects, LOADGEN)[0]["affinity"]["podAntiAffinity"]
    equal("kinds", list(rules), ["preferredDuringSchedulingIgnoredDuringExecution"])
    rule, = rules["preferredDuringSchedulingIgnoredDuringExecution"]
    apart(objects, rule["podAffinityTerm"])


@holds(*ON_GKE)
def apart_is_required(objects, _):
    rules = pod_of(objects, LOADGEN)[0]["affinity"]["podAntiAffinity"]
    equal("kinds", list(rules), ["requiredDuringSchedulingIgnoredDuringExecution"])
    rule, = rules["requiredDuringSchedulingIgnoredDuringExecution"]
    apart(objects, rule)


def job(objects):
    """The Job's specification, and its pod."""
    found = objects["Job/capacity"]["spec"]
    return found, found["template"]["spec"]


@holds(*WITH_JOB)
def one_try(objects, _):
    spec, pod = job(objects)
    equal("backoffLimit", spec.get("backoffLimit"), 0)
    equal("restartPolicy", pod.get("restartPolicy"), "Never")
    assert pod["terminationGracePeriodSeconds"] >= 30 + 5, "30 s for the answers of a trial"


@holds(*WITH_JOB)
def job_is_the_generator(objects, _):
    _spec, pod = job(objects)
    generator, _labels = pod_of(objects, LOADGEN)
    equal("place", pod.get("affinity"), generator["affinity"])
    for one in containers(pod):
        equal(f"{one['name']}: image", one["image"], generator["containers"][0]["image"])
        equal(f"{one['name']}: size", one.get("resources"), generator["containers"][0]["resources"])


@holds(*WITH_JOB)
def settings_are_all_used(objects, _):
    spec, pod = job(objects)
    config = config_of(objects, JOB)
    container, = pod["containers"]
    text = " ".join(container["args"] + pod["initContainers"][0]["command"])
    for one in containers(pod):
        equal(f"{one['name']}: settings", one.get("envFrom"),
              [{"configMapRef": {"name": config["metadata"]["name"]}}])
    for name in config["data"]:
        assert f"$({name})" in text or f"${name}" in text, f"{name} has no effect"
    used = {word.split("$(")[1].rstrip(")") for word in container["args"] if "$(" in word}
    assert used <= set(config["data"]), f"{used - set(config['data'])} is not set"
    equal("pods to wait for", config["data"]["PODS"],
          str(deployment_of(objects, TARGET)["spec"]["replicas"]))


@holds(*WITH_JOB)
def results_are_kept(objects, _):
    _spec, pod = job(objects)
    claim = objects["PersistentVolumeClaim/capacity"]["spec"]
    equal("access", claim["accessModes"], ["ReadWriteOnce"])
    volume, = [one["name"] for one in pod["volumes"]
               if one.get("persistentVolumeClaim") == {"claimName": "capacity"}]
    container, = pod["containers"]
    mount, = [one for one in container["volumeMounts"] if one["name"] == volume]
    equal("mount", mount, {"name": volume, "mountPath": "/results"})
    for argument in ("-output=/results/capacity.json", "-html=/results/capacity.html",
                     "-termination-log=/dev/termination-log"):
        assert argument in container["args"], f"{argument} is missing"


@holds(*WITH_JOB)
def names_are_asked_again(objects, _):
    """A pod that is replaced during the search must not turn into errors."""
    _spec, pod = job(objects)
    container, = pod["containers"]
    assert "-dns-ttl=5s" in container["args"], container["args"]


@holds(*WITH_JOB)
def job_reaches_what_it_needs(objects, _):
    own, peers = talkers(objects)
    template = objects["Job/capacity"]["spec"]["template"]
    peer = Peer(template["metadata"]["labels"], own)
    for port in (5000, 5001):
        assert may_talk(objects, own, peer, peers["target"], port), f"not port {port} of the targets"
    assert may_talk(objects, own, peer, peers["CoreDNS"], 53, "UDP"), "no names"
    assert not may_talk(objects, own, peer, peers["the internet"], 443), "the internet"
    env = {one["name"]: one.get("value") for one in template["spec"]["containers"][0]["env"]}
    equal("TARGET_HOST", env.get("TARGET_HOST"), f"http://{HEADLESS}:5000")
    assert f"-target-metrics=http://{HEADLESS}:5001/metrics" in template["spec"]["containers"][0]["args"]


def variables(container):
    return {one["name"]: one.get("value") for one in container["env"]}


@holds(*WITH_SCENARIO)
def scenario_is_run(objects, _):
    container = only_container(objects, LOADGEN)
    files, settings = config_of(objects, "scenario"), config_of(objects, "run-settings")
    equal("LOCUST_MODE", variables(container).get("LOCUST_MODE"), "standalone")
    equal("settings", container.get("envFrom"), [{"configMapRef": {"name": settings["metadata"]["name"]}}])
    mounted_scenario(objects, files)


def mounted_scenario(objects, files):
    assert "scenario.lua" in files["data"], "the image looks for scenario.lua"
    pod, _labels = pod_of(objects, LOADGEN)
    volume, = [one["name"] for one in pod["volumes"] if one.get("configMap") == {"name": files["metadata"]["name"]}]
    mount, = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == volume]
    equal("mount", mount, {"name": volume, "mountPath": "/scenario", "readOnly": True})


@holds(*WITH_SCENARIO)
def settings_of_the_run(objects, _):
    settings = config_of(objects, "run-settings")["data"]
    for name in settings:
        assert name.startswith("LOCUST_") or name == "TARGET_PODS", f"{name} has no effect"
    own = set(settings) & set(variables(only_container(objects, LOADGEN)))
    assert not own, f"{own} of the pod has precedence"
    assert "LOCUST_HEADLESS" not in settings, "the pod would be started again after the run"
    equal("the run begins by itself", settings.get("LOCUST_AUTOSTART"), "true")
    equal("pods to wait for", settings.get("TARGET_PODS"),
          str(deployment_of(objects, TARGET)["spec"]["replicas"]))
    equal("names are resolved again", settings.get("LOCUST_DNS_TTL"), "5s")
    assert settings.get("LOCUST_RUN_TIME", "0s") != "0s", "a run without an end has no report"


@holds(*WITH_PAGE)
def page_is_served(objects, overlay):
    container = only_container(objects, LOADGEN)
    files, settings = config_of(objects, "scenario"), config_of(objects, "run-settings")
    equal("LOCUST_MODE", variables(container).get("LOCUST_MODE"), "master" if overlay in WITH_WORKERS else "standalone")
    names = ["run-settings"] + ["broker"] * (overlay in WITH_WORKERS)
    equal("settings", container.get("envFrom"),
          [{"configMapRef": {"name": config_of(objects, name)["metadata"]["name"]}} for name in names])
    assert not {"LOCUST_AUTOSTART", "LOCUST_HEADLESS"} & set(settings["data"]), "a run in place of the page"
    equal("names are resolved again", settings["data"].get("LOCUST_DNS_TTL"), "5s")
    mounted_scenario(objects, files)


@holds(*WITH_PAGE)
def who_may_ask_the_page(objects, overlay):
    """Everybody whom the policy lets in, unless there is a Secret; by the names of the Service."""
    settings = config_of(objects, "run-settings")["data"]
    service = objects["Service/locust-master"]
    equal("type", service["spec"].get("type", "ClusterIP"), "ClusterIP")
    equal("ports", [one["port"] for one in service["spec"]["ports"]], [8089] + [5557, 5558] * (overlay == "tutorial"))
    takes(service, *pod_of(objects, LOADGEN), 8089)
    equal("names", settings.get("LOCUST_ALLOW_HOST", "").split(","),
          [f"locust-master{rest}" for rest in ("", ".headroom", ".headroom.svc", ".headroom.svc.cluster.local")])
    equal("no token", settings.get("LOCUST_NO_TOKEN"), "true")
    token, = [one for one in only_container(objects, LOADGEN)["env"] if one["name"] == "HEADROOM_TOKEN"]
    equal("the Secret", token.get("valueFrom"),
          {"secretKeyRef": {"name": "locust-master", "key": "token", "optional": True}})


@holds(*WITH_PAGE)
def page_is_for_the_namespace(objects, _):
    own, peers = talkers(objects)
    for source, one in peers.items():
        for port in (22, 5000, 5001, 8089):
            equal(f"{source}, port {port}", may_talk(objects, own, one, peers["loadgen"], port),
                  (source, port) == ("a client", 8089))


@holds(*WITH_PAGE)
def runs_are_kept(objects, _):
    pod, _labels = pod_of(objects, LOADGEN)
    equal("access", objects["PersistentVolumeClaim/runs"]["spec"]["accessModes"], ["ReadWriteOnce"])
    volume, = [one["name"] for one in pod["volumes"]
               if one.get("persistentVolumeClaim") == {"claimName": "runs"}]
    mount, = [one for one in pod["containers"][0]["volumeMounts"] if one["name"] == volume]
    equal("mount", mount, {"name": volume, "mountPath": "/runs"})
    settings = config_of(objects, "run-settings")["data"]
    equal("-data", settings.get("LOCUST_DATA"), "/runs")
    claim = objects["PersistentVolumeClaim/runs"]["spec"]["resources"]["requests"]["storage"]
    equal("-data-size and the claim", (settings.get("LOCUST_DATA_SIZE"), claim), ("700MB", "1Gi"))


@holds()
def app_that_is_served(objects, overlay):
    equal("the tutorial's app", variables(only_container(objects, TARGET)).get("HEADROOM_SAMPLE_WEBAPP"),
          "true" if overlay in WITH_WEBAPP else None)
