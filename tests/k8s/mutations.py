"""Ways to break a rendered overlay: the property that must notice, what is done, and how."""
TARGET, LOADGEN = "Deployment/target-api", "Deployment/loadgen"
POD, CONTAINER = "spec.template.spec", "spec.template.spec.containers.0"
TARGETS, SETTINGS = "ConfigMap/targets", "ConfigMap/capacity"
SCENARIO, RUN = "ConfigMap/scenario", "ConfigMap/run-settings"
JOB = "Job/capacity"
# Of overlays/tutorial
RENAMED = {LOADGEN: "Deployment/locust-master", "Deployment/loadgen-worker": "Deployment/locust-worker"}


def _find(objects, key):
    key = key if key in objects else RENAMED.get(key, key)
    found, = [one for name, one in objects.items()
              if name == key or key.startswith("ConfigMap/") and name.startswith(f"{key}-")]
    return found


def _walk(objects, key, path):
    """The holder of the last part of a path, and that part. In a list, a part is an index or a name."""
    holder, last = None, None
    value = _find(objects, key)
    for part in path.split("."):
        holder = value if last is None else holder[last]
        last = int(part) if part.isdigit() else part.replace("~", ".")
        if isinstance(holder, list) and isinstance(last, str):
            last = [one.get("name") for one in holder].index(last)
    return holder, last


def put(key, path, new):
    def mutate(objects):
        holder, last = _walk(objects, key, path)
        holder[last] = new
    return mutate


def drop(key, path):
    def mutate(objects):
        holder, last = _walk(objects, key, path)
        del holder[last]
    return mutate


def add(key, path, new):
    def mutate(objects):
        holder, last = _walk(objects, key, path)
        holder[last].append(new)
    return mutate


def lose(key):
    return lambda objects: objects.pop(key)


def _rows():
    yield "objects_are_these", "a policy is lost", lose("NetworkPolicy/default-deny")
    space = "Namespace/headroom"
    for mode in ("enforce", "audit", "warn"):
        yield ("one_namespace_that_enforces_restricted", f"{mode} is baseline",
               put(space, f"metadata.labels.pod-security~kubernetes~io/{mode}", "baseline"))
    yield ("one_namespace_that_enforces_restricted", "a Service elsewhere",
           put("Service/target-api", "metadata.namespace", "default"))
    yield ("standard_labels", "part-of is missing",
           drop("NetworkPolicy/loadgen", "metadata.labels.app~kubernetes~io/part-of"))
    yield ("standard_labels", "a Service without a name",
           drop("Service/target-api", "metadata.labels.app~kubernetes~io/name"))
    yield ("standard_labels", "pods without part-of",
           drop(TARGET, "spec.template.metadata.labels.app~kubernetes~io/part-of"))

    for key in (TARGET, LOADGEN):
        yield from secure(key)
        account = key.replace("Deployment", "ServiceAccount")
        yield "no_token", f"{account} has a token", put(account, "automountServiceAccountToken", True)
        yield "no_token", f"{key} mounts one", drop(key, f"{POD}.automountServiceAccountToken")
        yield "no_token", f"{key} is the default account", drop(key, f"{POD}.serviceAccountName")
        yield "no_service_links", f"{key} has links", drop(key, f"{POD}.enableServiceLinks")
        yield "images_run_as_they_are", f"{key} runs tail", put(key, f"{CONTAINER}.command", ["tail"])
        yield "replicas", f"{key} has two", put(key, "spec.replicas", 2)
        for variable in ("POD", "NODE", "NAMESPACE"):
            yield "downward_api", f"{key}: no {variable}", drop(key, f"{CONTAINER}.env.HEADROOM_{variable}")
        for kind in ("requests", "limits"):
            for what, size in (("cpu", "250m"), ("memory", "512Mi")):
                yield ("requests_equal_limits", f"{key}: {kind} of {what}",
                       put(key, f"{CONTAINER}.resources.{kind}.{what}", size))
                yield ("requests_equal_limits", f"{key}: no {kind} of {what}",
                       drop(key, f"{CONTAINER}.resources.{kind}.{what}"))
        yield from _probes(key)
    yield ("replicas", "two generators at once",
           put(LOADGEN, "spec.strategy", {"type": "RollingUpdate"}))
    yield ("replicas", "fewer targets in a roll-out",
           put(TARGET, "spec.strategy.rollingUpdate.maxUnavailable", 1))
    yield ("fits_a_node_of_two_cpus", "too much CPU",
           put(TARGET, f"{CONTAINER}.resources.requests.cpu", "200m"))
    yield ("fits_a_node_of_two_cpus", "too much memory",
           put(LOADGEN, f"{CONTAINER}.resources.requests.memory", "2Gi"))
    for name in ("images_loaded_by_hand", "images_of_artifact_registry"):
        yield name, "an image from Docker Hub", put(TARGET, f"{CONTAINER}.image", "docker.io/a/target-api")
    yield ("images_loaded_by_hand", "always pulled",
           put(LOADGEN, f"{CONTAINER}.imagePullPolicy", "Always"))
    yield "images_loaded_by_hand", "the default policy", drop(TARGET, f"{CONTAINER}.imagePullPolicy")
    yield from _services()
    yield from _targets()
    yield from _policies()
    yield from _placing()
    yield from _job()
    yield from _scenario()
    yield from _page()


def secure(key, name="pod_security_restricted"):
    for what in ("runAsNonRoot", "runAsUser", "seccompProfile"):
        yield name, f"{key}: no {what}", drop(key, f"{POD}.securityContext.{what}")
    yield name, f"{key}: root", put(key, f"{POD}.securityContext.runAsUser", 0)
    yield (name, f"{key}: unconfined",
           put(key, f"{POD}.securityContext.seccompProfile", {"type": "Unconfined"}))
    for what in ("allowPrivilegeEscalation", "capabilities", "readOnlyRootFilesystem"):
        yield name, f"{key}: no {what}", drop(key, f"{CONTAINER}.securityContext.{what}")
    yield (name, f"{key}: a capability",
           put(key, f"{CONTAINER}.securityContext.capabilities", {"drop": ["ALL"], "add": ["NET_RAW"]}))
    yield name, f"{key}: privileged", put(key, f"{CONTAINER}.securityContext.privileged", True)
    yield name, f"{key}: a user of its own", put(key, f"{CONTAINER}.securityContext.runAsUser", 0)
    yield name, f"{key}: a kernel setting", put(key, f"{POD}.securityContext.sysctls", [])
    yield name, f"{key}: hostNetwork", put(key, f"{POD}.hostNetwork", True)
    yield name, f"{key}: hostPort", put(key, f"{CONTAINER}.ports", [{"hostPort": 5000}])
    yield (name, f"{key}: hostPath",
           put(key, f"{POD}.volumes", [{"name": "x", "hostPath": {"path": "/"}}]))
    yield (name, f"{key}: an init container as it comes",
           put(key, f"{POD}.initContainers", [{"name": "x", "image": "x"}]))


def _probes(key):
    for kind in ("startup", "readiness", "liveness"):
        probe = f"{CONTAINER}.{kind}Probe"
        yield "probes_on_the_second_port", f"{key}: no {kind}", drop(key, probe)
        yield ("probes_on_the_second_port", f"{key}: {kind} on the first port",
               put(key, f"{probe}.httpGet.port", 5000))
        yield ("probes_on_the_second_port", f"{key}: {kind} asks the service",
               put(key, f"{probe}.httpGet.path", "/health"))
        yield ("probes_are_patient", f"{key}: {kind} waits a second",
               put(key, f"{probe}.timeoutSeconds", 1))
        yield ("probes_are_patient", f"{key}: {kind} gives up at once",
               put(key, f"{probe}.failureThreshold", 1))
    if key == LOADGEN:
        yield ("time_to_stop", "results are cut off",
               put(key, f"{POD}.terminationGracePeriodSeconds", 30))
        return
    yield "time_to_stop", "stops before it is known", drop(key, f"{CONTAINER}.lifecycle")
    yield ("time_to_stop", "a hook that Kubernetes before 1.30 refuses",
           put(key, f"{CONTAINER}.lifecycle.preStop", {"sleep": {"seconds": 5}}))
    yield ("time_to_stop", "a second is too short",
           put(key, f"{CONTAINER}.lifecycle.preStop.exec.command", ["/bin/sleep", "1"]))
    yield "time_to_stop", "killed while it drains", put(key, f"{POD}.terminationGracePeriodSeconds", 10)


def _services():
    outside, headless = "Service/target-api", "Service/target-api-headless"
    yield "services", "inside only", put(outside, "spec.type", "ClusterIP")
    yield ("services", "metrics for all", add(outside, "spec.ports", {"port": 5001, "targetPort": "admin"}))
    yield "services", "another port behind", put(outside, "spec.ports.0.targetPort", "admin")
    yield "services", "nobody is selected", put(outside, "spec.selector", {"app": "target-api"})
    yield "services", "not headless", drop(headless, "spec.clusterIP")
    yield "services", "names before they are ready", put(headless, "spec.publishNotReadyAddresses", True)
    yield ("services", "the generator as a target",
           put(headless, "spec.selector", {"app.kubernetes.io/part-of": "headroom"}))


def _targets():
    name = "targets_where_the_tutorial_has_them"
    yield name, "a file is missing", drop(TARGETS, "data.add_users~json")
    yield (name, "the tutorial's trap", put(
        TARGETS, "data.post-add_users-target",
        "POST http://target-api-headless:5000/add_users Content-Type: application/json {'id':4}\n"))
    yield (name, "through the load balancer",
           put(TARGETS, "data.get-health-target", "GET http://target-api:5000/health\n"))
    yield name, "mounted elsewhere", put(LOADGEN, f"{CONTAINER}.volumeMounts.targets.mountPath", "/vegeta")
    yield name, "writable", drop(LOADGEN, f"{CONTAINER}.volumeMounts.targets.readOnly")
    yield (name, "another ConfigMap",
           put(LOADGEN, f"{POD}.volumes.targets.configMap.name", "targets"))
    yield name, "no TARGET_HOST", drop(LOADGEN, f"{CONTAINER}.env.TARGET_HOST")
    yield from _flags()
    yield "results_have_room", "no /tmp", drop(LOADGEN, f"{CONTAINER}.volumeMounts.results")
    yield ("results_have_room", "a /tmp without an end",
           drop(LOADGEN, f"{POD}.volumes.results.emptyDir.sizeLimit"))


def _flags():
    name = "flags_match_the_size"
    yield name, "none", drop(TARGETS, "data.flags")
    yield name, "fewer threads than CPUs", put(TARGETS, "data.flags", "-cpus=2 -max-connections=64 -dns-ttl=5s\n")
    yield name, "any number of connections", put(TARGETS, "data.flags", "-cpus=4 -dns-ttl=5s\n")
    yield name, "too many", put(TARGETS, "data.flags", "-cpus=4 -max-connections=10000 -dns-ttl=5s\n")
    yield name, "fewer than threads", put(TARGETS, "data.flags", "-cpus=4 -max-connections=2 -dns-ttl=5s\n")
    yield name, "names asked once", put(TARGETS, "data.flags", "-cpus=4 -max-connections=64\n")
    yield name, "names asked too seldom", put(TARGETS, "data.flags", "-cpus=4 -max-connections=64 -dns-ttl=1m\n")
    yield name, "half a CPU", put(LOADGEN, f"{CONTAINER}.resources.limits.cpu", "3500m")
    yield ("it_can_measure_the_targets", "the base's generator",
           put(LOADGEN, f"{CONTAINER}.resources.limits.cpu", "1"))
    yield ("it_can_measure_the_targets", "targets of a CPU each",
           put(TARGET, f"{CONTAINER}.resources.limits.cpu", "1"))


def _policies():
    target, loadgen, names = "NetworkPolicy/target-api", "NetworkPolicy/loadgen", "NetworkPolicy/names"
    passes, stops = "policies_let_through", "policies_keep_out"
    yield stops, "no default deny, ingress", put("NetworkPolicy/default-deny", "spec.policyTypes", ["Egress"])
    yield stops, "no default deny, egress", put("NetworkPolicy/default-deny", "spec.policyTypes", ["Ingress"])
    yield (stops, "only some are denied",
           put("NetworkPolicy/default-deny", "spec.podSelector", {"matchLabels": {"app": "x"}}))
    yield passes, "5000 is closed", drop(target, "spec.ingress.0")
    yield passes, "5001 is closed", drop(target, "spec.ingress.1")
    yield stops, "5001 for anyone", drop(target, "spec.ingress.1.from")
    yield (stops, "5001 for every namespace",
           put(target, "spec.ingress.1.from.0.namespaceSelector", {}))
    yield stops, "all ports", drop(target, "spec.ingress.0.ports")
    yield passes, "no metrics for loadgen", drop(loadgen, "spec.egress.0.ports.1")
    yield passes, "no requests from loadgen", drop(loadgen, "spec.egress.0.ports.0")
    yield stops, "loadgen may attack anything", drop(loadgen, "spec.egress.0.to")
    yield stops, "any port of the resolvers", drop(names, "spec.egress.0.ports")
    yield passes, "no UDP", drop(names, "spec.egress.0.ports.0")
    yield passes, "no TCP", drop(names, "spec.egress.0.ports.1")
    for index, whose in enumerate(("the cluster's", "GKE's cache", "Cloud DNS")):
        yield passes, f"no resolver: {whose}", drop(names, f"spec.egress.0.to.{index}")
    yield (passes, "not GKE's cache as a pod",
           put(names, "spec.egress.0.to.0.podSelector", {"matchLabels": {"k8s-app": "kube-dns"}}))
    yield (stops, "all of kube-system", drop(names, "spec.egress.0.to.0.podSelector"))
    yield (passes, "clients cannot look up names",
           put(names, "spec.podSelector", {"matchLabels": {"app.kubernetes.io/component": "generator"}}))


def _placing():
    budget = "PodDisruptionBudget/target-api"
    yield "disruption_budget", "all at once", put(budget, "spec.maxUnavailable", 3)
    yield ("disruption_budget", "the generator too",
           put(budget, "spec.selector.matchLabels", {"app.kubernetes.io/part-of": "headroom"}))
    spread = f"{POD}.topologySpreadConstraints"
    yield "targets_are_spread", "no spread", drop(TARGET, spread)
    yield ("targets_are_spread", "spread over zones",
           put(TARGET, f"{spread}.0.topologyKey", "topology.kubernetes.io/zone"))
    yield ("targets_are_spread", "of nobody",
           put(TARGET, f"{spread}.0.labelSelector.matchLabels", {"app": "x"}))
    for name in ("apart_is_preferred", "apart_is_required"):
        yield name, "anywhere", drop(LOADGEN, f"{POD}.affinity")
        yield name, "apart from nobody", _apart_from_nobody
        yield name, "as good as the other", _swap


def _rules(objects):
    return _find(objects, LOADGEN)["spec"]["template"]["spec"]["affinity"]["podAntiAffinity"]


def _apart_from_nobody(objects):
    for rules in _rules(objects).values():
        rules[0].get("podAffinityTerm", rules[0])["labelSelector"] = {"matchLabels": {"app": "x"}}


def _swap(objects):
    rules = _rules(objects)
    kind, = rules
    new = {"p": "required", "r": "preferred"}[kind[0]] + "DuringSchedulingIgnoredDuringExecution"
    rules[new] = rules.pop(kind)


def _job():
    yield from secure(JOB, "job_is_restricted")
    yield "job_is_restricted", "nobody may write", drop(JOB, f"{POD}.securityContext.fsGroup")
    yield "one_try", "measured again", drop(JOB, "spec.backoffLimit")
    yield "one_try", "started again", put(JOB, f"{POD}.restartPolicy", "OnFailure")
    yield "one_try", "cut off", put(JOB, f"{POD}.terminationGracePeriodSeconds", 30)
    name = "job_is_the_generator"
    yield name, "anywhere", drop(JOB, f"{POD}.affinity")
    yield name, "another image", put(JOB, f"{CONTAINER}.image", "loadgen")
    yield name, "no limits", drop(JOB, f"{CONTAINER}.resources.limits")
    yield name, "the first container has none", drop(JOB, f"{POD}.initContainers.0.resources")
    name = "settings_are_all_used"
    yield name, "one without effect", put(SETTINGS, "data.COLOUR", "red")
    yield name, "one that is missing", drop(SETTINGS, "data.SLO")
    yield name, "too few pods", put(SETTINGS, "data.PODS", "1")
    yield name, "none", drop(JOB, f"{CONTAINER}.envFrom")
    name = "results_are_kept"
    yield name, "on the node", put(JOB, f"{POD}.volumes.results", {"name": "results", "emptyDir": {}})
    yield name, "mounted elsewhere", put(JOB, f"{CONTAINER}.volumeMounts.results.mountPath", "/tmp")
    yield name, "by one node only", put("PersistentVolumeClaim/capacity", "spec.accessModes", ["ReadOnlyMany"])
    for index in (-1, -2, -3):
        yield name, f"without the last but {-1 - index}", _drop_argument(index)
    yield "names_are_asked_again", "names asked once", _drop_argument(-5)
    name = "job_reaches_what_it_needs"
    yield name, "not a generator", drop(JOB, "spec.template.metadata.labels.app~kubernetes~io/component")
    yield name, "no TARGET_HOST", drop(JOB, f"{CONTAINER}.env.TARGET_HOST")
    yield name, "no metrics", _drop_argument(-4)


def _drop_argument(index):
    def mutate(objects):
        del objects[JOB]["spec"]["template"]["spec"]["containers"][0]["args"][index]
    return mutate


def _scenario():
    name = "scenario_is_run"
    yield name, "it waits for kubectl exec", drop(LOADGEN, f"{CONTAINER}.env.LOCUST_MODE")
    yield name, "a master", put(LOADGEN, f"{CONTAINER}.env.LOCUST_MODE.value", "master")
    yield name, "no settings", drop(LOADGEN, f"{CONTAINER}.envFrom")
    yield name, "no file of that name", put(SCENARIO, "data", {"shop.lua": ""})
    yield name, "mounted elsewhere", put(LOADGEN, f"{CONTAINER}.volumeMounts.scenario.mountPath", "/mnt")
    yield name, "writable", drop(LOADGEN, f"{CONTAINER}.volumeMounts.scenario.readOnly")
    yield name, "another ConfigMap", put(LOADGEN, f"{POD}.volumes.scenario.configMap.name", "scenario")
    name = "settings_of_the_run"
    yield name, "one without effect", put(RUN, "data.USERS", "5")
    yield name, "one that the pod has", put(RUN, "data.LOCUST_MODE", "standalone")
    yield name, "again and again", put(RUN, "data.LOCUST_HEADLESS", "true")
    yield name, "too few pods", put(RUN, "data.TARGET_PODS", "1")
    yield name, "names resolved once", drop(RUN, "data.LOCUST_DNS_TTL")
    yield name, "without an end", drop(RUN, "data.LOCUST_RUN_TIME")
    yield name, "somebody has to start it", drop(RUN, "data.LOCUST_AUTOSTART")
    yield "app_that_is_served", "not the tutorial's, or the tutorial's", _other_app


def _page():
    service, policy, client = "Service/locust-master", "NetworkPolicy/locust-master", "NetworkPolicy/client"
    name = "page_is_served"
    yield name, "it waits for kubectl exec", drop(LOADGEN, f"{CONTAINER}.env.LOCUST_MODE")
    yield name, "a run by itself", put(RUN, "data.LOCUST_AUTOSTART", "true")
    yield name, "a run that ends the pod", put(RUN, "data.LOCUST_HEADLESS", "true")
    yield name, "no settings", drop(LOADGEN, f"{CONTAINER}.envFrom")
    yield name, "names resolved once", drop(RUN, "data.LOCUST_DNS_TTL")
    yield name, "no file of that name", put(SCENARIO, "data", {"shop.lua": ""})
    yield name, "the scenario is elsewhere", put(LOADGEN, f"{CONTAINER}.volumeMounts.scenario.mountPath", "/mnt")
    name = "who_may_ask_the_page"
    yield name, "the internet", put(service, "spec.type", "LoadBalancer")
    yield name, "another port", put(service, "spec.ports.0.port", 80)
    yield name, "another port behind", put(service, "spec.ports.0.targetPort", 5001)
    yield name, "of the targets", put(service, "spec.selector", {"app.kubernetes.io/name": "target-api"})
    yield name, "any name", put(RUN, "data.LOCUST_ALLOW_HOST", "*")
    yield name, "not its own name", drop(RUN, "data.LOCUST_ALLOW_HOST")
    yield name, "nobody", drop(RUN, "data.LOCUST_NO_TOKEN")
    yield name, "no Secret", drop(LOADGEN, f"{CONTAINER}.env.HEADROOM_TOKEN")
    yield (name, "only with a Secret",
           drop(LOADGEN, f"{CONTAINER}.env.HEADROOM_TOKEN.valueFrom.secretKeyRef.optional"))
    name = "page_is_for_the_namespace"
    yield name, "nobody comes in", lose(policy)
    yield name, "from anywhere", drop(policy, "spec.ingress.0.from")
    yield name, "from every namespace", put(policy, "spec.ingress.0.from.0.namespaceSelector", {})
    yield name, "clients cannot send", lose(client)
    yield name, "every pod is a client", put(client, "spec.podSelector", {})
    name = "runs_are_kept"
    yield name, "on the node", put(LOADGEN, f"{POD}.volumes.runs", {"name": "runs", "emptyDir": {}})
    yield name, "mounted elsewhere", put(LOADGEN, f"{CONTAINER}.volumeMounts.runs.mountPath", "/data")
    yield name, "in memory", drop(RUN, "data.LOCUST_DATA")
    yield name, "read only", put("PersistentVolumeClaim/runs", "spec.accessModes", ["ReadOnlyMany"])


def _other_app(objects):
    env = _find(objects, TARGET)["spec"]["template"]["spec"]["containers"][0]["env"]
    had = [one for one in env if one["name"] == "HEADROOM_SAMPLE_WEBAPP"]
    if had:
        env.remove(had[0])
    else:
        env.append({"name": "HEADROOM_SAMPLE_WEBAPP", "value": "true"})


MUTATIONS = list(_rows())
