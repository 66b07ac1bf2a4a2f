"""Ways to break the component distributed: see mutations.py."""
from mutations import CONTAINER, LOADGEN, POD, RUN, TARGETS, add, drop, lose, put, secure

WORKER, BROKER = "Deployment/loadgen-worker", "StatefulSet/nats"
FILES, SETTINGS, SERVICE = "ConfigMap/nats", "ConfigMap/broker", "Service/nats"
SAFE_TO_EVICT = "spec.template.metadata.annotations.cluster-autoscaler~kubernetes~io/safe-to-evict"


def _rows():
    for key, whose in ((WORKER, "workers"), (BROKER, "broker")):
        yield from secure(key, f"{whose}_{'are' if key == WORKER else 'is'}_restricted")
        name = f"{whose}_{'have' if key == WORKER else 'has'}_a_fixed_size"
        yield from _sizes(key, name, CONTAINER)
    yield "workers_have_a_fixed_size", "the first container has none", drop(WORKER, f"{POD}.initContainers.0.resources")
    yield from _workers()
    yield from _broker()
    yield from _secret()
    yield from _network()
    yield from _tutorial()


def _sizes(key, name, container):
    for kind in ("requests", "limits"):
        for what, size in (("cpu", "250m"), ("memory", "1Gi")):
            yield name, f"{key}: {kind} of {what}", put(key, f"{container}.resources.{kind}.{what}", size)
            yield name, f"{key}: no {kind} of {what}", drop(key, f"{container}.resources.{kind}.{what}")


def _workers():
    name = "workers_are_the_generator"
    yield name, "anywhere", drop(WORKER, f"{POD}.affinity")
    yield name, "another image", put(WORKER, f"{CONTAINER}.image", "worker")
    yield name, "always pulled", put(WORKER, f"{CONTAINER}.imagePullPolicy", "Always")
    yield name, "another command", put(WORKER, f"{CONTAINER}.args", ["idle"])
    yield name, "a master", put(WORKER, f"{CONTAINER}.env.LOCUST_MODE.value", "master")
    yield name, "fewer than a run waits for", put(WORKER, "spec.replicas", 2)
    yield name, "a run that waits for more", put(RUN, "data.LOCUST_EXPECT_WORKERS", "4")
    for variable in ("POD", "NODE", "NAMESPACE"):
        yield "workers_say_where_they_are", f"no {variable}", drop(WORKER, f"{CONTAINER}.env.HEADROOM_{variable}")
    spread = f"{POD}.topologySpreadConstraints"
    yield "workers_are_spread", "no spread", drop(WORKER, spread)
    yield "workers_are_spread", "of nobody", put(WORKER, f"{spread}.0.labelSelector.matchLabels", {"app": "x"})
    name = "nobody_is_moved_during_a_run"
    for key in (WORKER, LOADGEN):
        budget = f"PodDisruptionBudget/{key.split('/')[1]}"
        yield name, f"{key}: evicted", drop(key, SAFE_TO_EVICT)
        yield name, f"{key}: two at once", put(budget, "spec.maxUnavailable", 2)
        yield name, f"{key}: no budget", lose(budget)
    yield "workers_leave_in_order", "killed while it waits", put(WORKER, f"{POD}.terminationGracePeriodSeconds", 30)
    yield ("workers_wait_for_the_broker", "for another port",
           put(WORKER, f"{POD}.initContainers.0.command", ["/bin/bash", "-c", ": >/dev/tcp/nats/5557"]))
    name = "page_offers_rates_and_searches"
    yield name, "no such file", put(RUN, "data.LOCUST_TARGETS", "/vegeta/configmap/targets")
    yield name, "no searches", drop(RUN, "data.LOCUST_SLO")
    yield name, "no metrics", drop(RUN, "data.LOCUST_TARGET_METRICS")


def _broker():
    name = "broker_is_found"
    yield name, "the internet", put(SERVICE, "spec.type", "LoadBalancer")
    yield name, "its monitoring, too", add(SERVICE, "spec.ports", {"port": 8222, "targetPort": "monitor"})
    yield name, "another port behind", put(SERVICE, "spec.ports.0.targetPort", "monitor")
    yield name, "without TLS", put(SETTINGS, "data.LOCUST_NATS", "nats://nats:4222")
    yield name, "whoever may have signed it", drop(SETTINGS, "data.LOCUST_NATS_TLS_CA")
    yield name, "not even asked for TLS", put(SETTINGS, "data.LOCUST_NATS_INSECURE", "true")
    yield name, "flags of another broker", put(TARGETS, "data.nats-flags", "-nats=tls://other:4222\n")
    for key in (LOADGEN, WORKER):
        yield name, f"{key} has no settings", put(key, f"{CONTAINER}.envFrom", [])
    name = "broker_is_configured"
    yield name, "no users", drop(FILES, "data.users~conf")
    yield name, "without its file", put(BROKER, f"{CONTAINER}.args", ["-js"])
    yield name, "started elsewhere", drop(BROKER, f"{CONTAINER}.workingDir")
    yield name, "another ConfigMap", put(BROKER, f"{POD}.volumes.config.configMap.name", "nats")
    yield name, "mounted elsewhere", put(BROKER, f"{CONTAINER}.volumeMounts.config.mountPath", "/etc/nats")
    yield name, "any version", put(BROKER, f"{CONTAINER}.image", "docker.io/library/nats:2")
    yield name, "another image", put(BROKER, f"{CONTAINER}.image", "docker.io/a/nats:2.9.10")
    name = "broker_is_not_moved"
    yield name, "evicted", drop(BROKER, SAFE_TO_EVICT)
    yield name, "whoever empties its node", put("PodDisruptionBudget/nats", "spec.maxUnavailable", 1)
    yield name, "no budget", lose("PodDisruptionBudget/nats")
    name = "broker_keeps_what_it_has"
    yield name, "two that know nothing of each other", put(BROKER, "spec.replicas", 2)
    yield name, "in the container", drop(BROKER, f"{CONTAINER}.volumeMounts.store")
    yield name, "read only", put(BROKER, "spec.volumeClaimTemplates.0.spec.accessModes", ["ReadOnlyMany"])
    yield name, "a small volume", put(BROKER, "spec.volumeClaimTemplates.0.spec.resources.requests.storage", "1Gi")
    for kind in ("startup", "readiness", "liveness"):
        probe = f"{CONTAINER}.{kind}Probe"
        yield "broker_is_probed", f"no {kind}", drop(BROKER, probe)
        yield "broker_is_probed", f"{kind}: its own protocol", put(BROKER, f"{probe}.httpGet.port", 4222)
        yield "broker_is_probed", f"{kind}: gives up at once", put(BROKER, f"{probe}.failureThreshold", 1)


def _secret():
    name = "each_has_its_own_part_of_the_secret"
    whole = {"name": "broker", "secret": {"secretName": "nats"}}
    yield name, "a worker may give orders", put(WORKER, f"{POD}.volumes.broker.secret.items.1.key", "controller")
    yield name, "a worker has all of it", put(WORKER, f"{POD}.volumes.broker", whole)
    yield (name, "the controller has the key",
           add(LOADGEN, f"{POD}.volumes.broker.secret.items", {"key": "tls.key", "path": "k"}))
    yield name, "one password for all", put(BROKER, f"{CONTAINER}.env.0.valueFrom.secretKeyRef.key", "worker-password")
    yield name, "the broker has no key", drop(BROKER, f"{POD}.volumes.tls.secret.items.1")


def _network():
    for key in ("NetworkPolicy/nats", "NetworkPolicy/to-nats"):
        yield "only_a_run_reaches_the_broker", f"{key} is lost", lose(key)
    yield "only_a_run_reaches_the_broker", "everybody gives orders", _open_to_all
    yield "only_a_run_reaches_the_broker", "all ports of the broker", _open_all_ports
    yield "only_a_run_reaches_the_broker", "workers reach anything", put("NetworkPolicy/to-nats", "spec.egress", [{}])


def _open_to_all(objects):
    objects["NetworkPolicy/nats"]["spec"]["ingress"][0]["from"] = [{"podSelector": {}}]
    objects["NetworkPolicy/to-nats"]["spec"]["podSelector"] = {}


def _open_all_ports(objects):
    del objects["NetworkPolicy/nats"]["spec"]["ingress"][0]["ports"]
    del objects["NetworkPolicy/to-nats"]["spec"]["egress"][0]["ports"]


def _tutorial():
    name, service, beside = "names_of_the_tutorials", "Service/locust-master", f"{POD}.containers.1"
    yield name, "ours", _own_names
    yield name, "no port for workers", drop(service, "spec.ports.1")
    yield name, "another port behind", put(service, "spec.ports.2.targetPort", "loc-master-p1")
    yield name, "a rate", put(RUN, "data.LOCUST_TARGETS", "/vegeta/configmap/get-health-target")
    yield name, "a log without tables", drop(RUN, "data.LOCUST_PRINT_STATS")
    yield name, "another master", put(SETTINGS, "data.LOCUST_MASTER", "loadgen")
    yield name, "no settings", put(WORKER, f"{CONTAINER}.envFrom", [])
    name = "broker_is_beside_the_controller"
    yield from _sizes(LOADGEN, name, beside)
    yield name, "nowhere", drop(LOADGEN, beside)
    yield name, "another port", put(LOADGEN, f"{beside}.args", ["-js", "-sd", "/store", "-p", "4222"])
    yield name, "any version", put(LOADGEN, f"{beside}.image", "docker.io/library/nats:2")
    yield name, "as much as the node has", drop(LOADGEN, f"{POD}.volumes.store.emptyDir.sizeLimit")
    for kind in ("readiness", "liveness"):
        yield name, f"no {kind}", drop(LOADGEN, f"{beside}.{kind}Probe")
    name = "only_workers_reach_the_broker"
    for key in ("NetworkPolicy/broker", "NetworkPolicy/to-broker"):
        yield name, f"{key} is lost", lose(key)
    yield name, "clients give orders", _clients_give_orders


def _own_names(objects):
    for renamed in ("locust-master", "locust-worker"):
        objects[f"Deployment/x-{renamed}"] = objects.pop(f"Deployment/{renamed}")


def _clients_give_orders(objects):
    del objects["NetworkPolicy/broker"]["spec"]["ingress"][0]["from"]
    objects["NetworkPolicy/to-broker"]["spec"]["podSelector"] = {}


MUTATIONS = list(_rows())
