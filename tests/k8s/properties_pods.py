"""What must hold for workers and brokers: of the component distributed and of overlays/tutorial (see properties.py)."""
from properties import (BESIDE, BROKER, HEADLESS, LOADGEN, RENAMED, TARGET, WITH_BROKER, WITH_WORKERS, WORKER, apart,
                        config_of, equal, holds, restricted, takes, talkers, variables, without_group)
from rendered import containers, deployment_of, may_talk, mebibytes, millicpus, of_kind, pod_of, port_number, selects


def broker_of(objects):
    """The StatefulSet's specification, its pod, and its container."""
    spec = objects[f"StatefulSet/{BROKER}"]["spec"]
    pod = spec["template"]["spec"]
    container, = containers(pod)
    return spec, pod, container


def is_sized(name, container):
    resources = container["resources"]
    equal(f"{name}: requests", resources["requests"], resources["limits"])
    equal(f"{name}: CPU", millicpus(resources["limits"]["cpu"]), 500)
    equal(f"{name}: memory", mebibytes(resources["limits"]["memory"]), 512)


@holds(*WITH_WORKERS)
def workers_are_restricted(objects, _):
    restricted(WORKER, pod_of(objects, WORKER)[0], {"secret"})


@holds(*WITH_BROKER)
def broker_is_restricted(objects, _):
    restricted(BROKER, without_group(broker_of(objects)[1]), {"configMap", "secret"})


@holds(*WITH_WORKERS)
def workers_have_a_fixed_size(objects, _):
    for one in containers(pod_of(objects, WORKER)[0]):
        is_sized(one["name"], one)


@holds(*WITH_BROKER)
def broker_has_a_fixed_size(objects, _):
    is_sized(BROKER, broker_of(objects)[2])


@holds(*WITH_WORKERS)
def workers_are_the_generator(objects, overlay):
    """Its image, its distance to the targets, and no other command."""
    pod, _labels = pod_of(objects, WORKER)
    generator, _labels = pod_of(objects, LOADGEN)
    equal("place", pod.get("affinity"), generator["affinity"])
    apart(objects, _term(pod["affinity"]["podAntiAffinity"]))
    for one in containers(pod):
        equal(f"{one['name']}: image", one["image"], generator["containers"][0]["image"])
        equal(f"{one['name']}: pull policy", one.get("imagePullPolicy"), "IfNotPresent")
    worker, = pod["containers"]
    assert not {"command", "args"} & set(worker), "the image says what runs"
    equal("LOCUST_MODE", variables(worker).get("LOCUST_MODE"), "worker")
    equal("workers, and how many a run waits for",
          (deployment_of(objects, WORKER)["spec"]["replicas"],
           config_of(objects, "run-settings")["data"].get("LOCUST_EXPECT_WORKERS")),
          (3, "3") if overlay in WITH_BROKER else (5, None))


def _term(rules):
    (rule,), = rules.values()
    return rule.get("podAffinityTerm", rule)


@holds(*WITH_WORKERS)
def workers_say_where_they_are(objects, _):
    env = {one["name"]: one for one in pod_of(objects, WORKER)[0]["containers"][0]["env"]}
    for variable, path in (("POD", "metadata.name"), ("NODE", "spec.nodeName"), ("NAMESPACE", "metadata.namespace")):
        equal(variable, env.get(f"HEADROOM_{variable}", {}).get("valueFrom"), {"fieldRef": {"fieldPath": path}})


@holds(*WITH_WORKERS)
def workers_are_spread(objects, _):
    pod, labels = pod_of(objects, WORKER)
    rule, = pod["topologySpreadConstraints"]
    equal("spread", (rule["maxSkew"], rule["topologyKey"], rule["whenUnsatisfiable"]),
          (1, "kubernetes.io/hostname", "ScheduleAnyway"))
    assert selects(rule["labelSelector"], labels)


@holds(*WITH_WORKERS)
def nobody_is_moved_during_a_run(objects, _):
    stays(objects, deployment_of(objects, WORKER), 1)
    stays(objects, deployment_of(objects, LOADGEN), 0)


@holds(*WITH_BROKER)
def broker_is_not_moved(objects, _):
    stays(objects, objects[f"StatefulSet/{BROKER}"], 0)


def stays(objects, workload, at_once):
    """The autoscaler leaves its pods alone, and who empties a node takes at most so many at once."""
    template = workload["spec"]["template"]["metadata"]
    equal("the autoscaler", template["annotations"].get("cluster-autoscaler.kubernetes.io/safe-to-evict"), "false")
    taken = [one["spec"]["maxUnavailable"] for one in of_kind(objects, "PodDisruptionBudget")
             if selects(one["spec"]["selector"], template["labels"])]
    equal("maxUnavailable", taken, [at_once])


@holds(*WITH_WORKERS)
def workers_leave_in_order(objects, _):
    pod, _labels = pod_of(objects, WORKER)
    assert pod["terminationGracePeriodSeconds"] >= 2 + 30 + 5 + 5, "announced, answered, reported"


@holds(*WITH_WORKERS)
def workers_wait_for_the_broker(objects, overlay):
    pod, _labels = pod_of(objects, WORKER)
    wait, = pod["initContainers"]
    address = f"{BROKER}/4222" if overlay in WITH_BROKER else "locust-master/5557"
    assert f"/dev/tcp/{address})" in wait["command"][-1], wait["command"]


@holds(*WITH_BROKER)
def broker_is_found(objects, _):
    """By one name and port, with TLS and credentials, in the variables and in the flags."""
    service, settings = objects[f"Service/{BROKER}"], config_of(objects, "broker")
    _spec, pod, _container = broker_of(objects)
    labels = objects[f"StatefulSet/{BROKER}"]["spec"]["template"]["metadata"]["labels"]
    equal("type", service["spec"].get("type", "ClusterIP"), "ClusterIP")
    equal("ports", [one["port"] for one in service["spec"]["ports"]], [4222])
    takes(service, pod, labels, 4222)
    equal("settings", settings["data"], {
        "LOCUST_NATS": f"tls://{BROKER}:4222", "LOCUST_NATS_TLS_CA": "/broker/tls.crt",
        "LOCUST_NATS_CREDS": "/broker/credentials"})
    words = config_of(objects, "targets")["data"]["nats-flags"].split()
    flags = dict(word.removeprefix("-").split("=") for word in words)
    for name, value in settings["data"].items():
        equal(name, flags.get(name.removeprefix("LOCUST_").lower().replace("_", "-")), value)
    for name in (LOADGEN, WORKER):
        container = pod_of(objects, name)[0]["containers"][0]
        assert {"configMapRef": {"name": settings["metadata"]["name"]}} in container["envFrom"], name


def secret_in(pod, path):
    """(key, file) of what the pod has of the Secret at this path."""
    container = pod["containers"][0]
    mount, = [one for one in container["volumeMounts"] if one["mountPath"] == path]
    equal(f"{path}: readOnly", mount.get("readOnly"), True)
    volume, = [one["secret"] for one in pod["volumes"] if one["name"] == mount["name"]]
    equal("secret", volume["secretName"], BROKER)
    return {(one["key"], one["path"]) for one in volume["items"]}


@holds(*WITH_BROKER)
def each_has_its_own_part_of_the_secret(objects, _):
    equal("controller", secret_in(pod_of(objects, LOADGEN)[0], "/broker"),
          {("tls.crt", "tls.crt"), ("controller", "credentials")})
    equal("worker", secret_in(pod_of(objects, WORKER)[0], "/broker"),
          {("tls.crt", "tls.crt"), ("worker", "credentials")})
    _spec, pod, container = broker_of(objects)
    equal("broker", secret_in(pod, "/nats/tls"), {("tls.crt", "tls.crt"), ("tls.key", "tls.key")})
    equal("passwords", {one["name"]: one["valueFrom"]["secretKeyRef"] for one in container["env"]}, {
        f"{user.upper()}_PASSWORD": {"name": BROKER, "key": f"{user}-password"} for user in ("controller", "worker")})
    assert not any("secret" in one for one in pod_of(objects, TARGET)[0].get("volumes", [])), "a target has a Secret"


@holds(*WITH_BROKER)
def broker_is_configured(objects, _):
    """By the files that tests/e2e/64_workers_tls.sh tests, in the folder that they expect."""
    _spec, pod, container = broker_of(objects)
    files = config_of(objects, BROKER)
    equal("files", sorted(files["data"]), ["nats.conf", "users.conf"])
    equal("arguments", (container.get("workingDir"), container["args"]),
          ("/nats", ["-c", "config/nats.conf", "-m", "8222"]))
    volume, = [one["name"] for one in pod["volumes"] if one.get("configMap") == {"name": files["metadata"]["name"]}]
    mount, = [one for one in container["volumeMounts"] if one["name"] == volume]
    equal("mount", mount, {"name": volume, "mountPath": "/nats/config", "readOnly": True})
    is_nats(container["image"])


def is_nats(image):
    name, _, version = image.rpartition(":")
    equal("image", name, "docker.io/library/nats")
    assert len(version.split(".")) == 3, f"{version} is not a full version"


@holds(*WITH_BROKER)
def broker_keeps_what_it_has(objects, _):
    spec, _pod, container = broker_of(objects)
    equal("brokers", spec["replicas"], 1)
    claim, = spec["volumeClaimTemplates"]
    equal("access", claim["spec"]["accessModes"], ["ReadWriteOnce"])
    mount, = [one for one in container["volumeMounts"] if one["name"] == claim["metadata"]["name"]]
    equal("mount", mount, {"name": claim["metadata"]["name"], "mountPath": "/nats/store"})
    conf = config_of(objects, BROKER)["data"]["nats.conf"]
    stored, = [line.split()[1] for line in conf.splitlines() if line.strip().startswith("max_file:")]
    assert 1024 * int(stored.removesuffix("GB")) <= 0.8 * mebibytes(claim["spec"]["resources"]["requests"]["storage"])


@holds(*WITH_BROKER)
def broker_is_probed(objects, _):
    _spec, pod, container = broker_of(objects)
    for kind, path, at_least in (("startup", "/healthz", 60), ("readiness", "/", 30), ("liveness", "/", 60)):
        probe = container.get(f"{kind}Probe", {})
        where = probe.get("httpGet", {})
        equal(kind, (where.get("path"), port_number(pod, where.get("port"))), (path, 8222))
        assert probe["timeoutSeconds"] >= 5 and probe["periodSeconds"] * probe["failureThreshold"] >= at_least, kind


@holds(*WITH_BROKER)
def page_offers_rates_and_searches(objects, _):
    settings = config_of(objects, "run-settings")["data"]
    folder, _, file = settings["LOCUST_TARGETS"].rpartition("/")
    equal("folder", folder, "/vegeta/configmap")
    assert file in config_of(objects, "targets")["data"], f"there is no {file}"
    assert settings.get("LOCUST_SLO"), "searches need an SLO"
    equal("metrics", settings.get("LOCUST_TARGET_METRICS"), f"http://{HEADLESS}:5001/metrics")


@holds(*WITH_BROKER)
def only_a_run_reaches_the_broker(objects, _):
    own, peers = talkers(objects)
    run = (LOADGEN, WORKER)
    for name, one in peers.items():
        for port in (22, 4222, 8222):
            allowed = name in run and port == 4222
            equal(f"{name}, port {port}", may_talk(objects, own, one, peers[BROKER], port), allowed)
        for source in run:
            if name != BROKER:
                assert not may_talk(objects, own, peers[source], one, 4222), f"{source} reaches {name}"


@holds("tutorial")
def names_of_the_tutorials(objects, _):
    for name in RENAMED:
        assert f"Deployment/{name}" in objects, f"there is no {name}"
    pod, labels = pod_of(objects, LOADGEN)
    for port in (8089, 5557, 5558):
        takes(objects["Service/locust-master"], pod, labels, port)
    run = config_of(objects, "run-settings")["data"]
    assert "LOCUST_TARGETS" not in run, "no users"
    equal("tables in the master's log", run.get("LOCUST_PRINT_STATS"), "true")
    equal("settings", config_of(objects, "broker")["data"],
          {"LOCUST_MASTER": "locust-master", "LOCUST_NATS_INSECURE": "true"})
    for name in (LOADGEN, WORKER):
        assert {"configMapRef": {"name": config_of(objects, "broker")["metadata"]["name"]}} in \
            pod_of(objects, name)[0]["containers"][0]["envFrom"], name


@holds("tutorial")
def broker_is_beside_the_controller(objects, _):
    pod, _labels = pod_of(objects, LOADGEN)
    _controller, broker = pod["containers"]
    equal("name", broker["name"], BESIDE)
    is_sized(BESIDE, broker)
    equal("arguments", broker["args"], ["-js", "-sd", "/store", "-p", "5557", "-m", "5558"])
    is_nats(broker["image"])
    mount, = broker["volumeMounts"]
    volume, = [one for one in pod["volumes"] if one["name"] == mount["name"]]
    equal("mount", (mount["mountPath"], volume["emptyDir"].get("sizeLimit")), ("/store", "3Gi"))
    for kind in ("readiness", "liveness"):
        equal(kind, port_number_of(broker, broker.get(f"{kind}Probe", {}).get("httpGet", {}).get("port")), 5558)


def port_number_of(container, name):
    return port_number({"containers": [container]}, name)


@holds("tutorial")
def only_workers_reach_the_broker(objects, _):
    own, peers = talkers(objects)
    for name, one in peers.items():
        for port in (5557, 5558):
            equal(f"{name}, port {port}", may_talk(objects, own, one, peers["loadgen"], port),
                  (name, port) == (WORKER, 5557))
