"""What `kubectl kustomize` printed, as objects; and what a cluster would make of it."""
import ipaddress

import yaml

NAME = "app.kubernetes.io/name"

def load(path):
    """{"Kind/name": object}, in the order of the file. A name that stands twice is an error."""
    with open(path, encoding="utf-8") as file:
        listed = [one for one in yaml.safe_load_all(file) if one]
    objects = {}
    for one in listed:
        key = f"{one['kind']}/{one['metadata']['name']}"
        if key in objects:
            raise ValueError(f"{path}: {key} stands twice")
        objects[key] = one
    return objects


def of_kind(objects, kind):
    return [one for one in objects.values() if one["kind"] == kind]


def deployment_of(objects, name):
    """The Deployment whose pods have this name, whatever its own is: overlays/tutorial has others."""
    found, = [one for one in of_kind(objects, "Deployment")
              if one["spec"]["template"]["metadata"]["labels"].get(NAME) == name]
    return found


def pod_of(objects, name):
    """The pod template's spec of a Deployment, and its labels."""
    template = deployment_of(objects, name)["spec"]["template"]
    return template["spec"], template["metadata"]["labels"]


def containers(pod):
    return pod.get("initContainers", []) + pod["containers"]


def port_number(pod, port):
    """The number of a port that may be given by its name."""
    if isinstance(port, int):
        return port
    for container in pod["containers"]:
        for one in container.get("ports", []):
            if one.get("name") == port:
                return one["containerPort"]
    return None


def millicpus(text):
    text = str(text)
    return int(text[:-1]) if text.endswith("m") else int(text) * 1000


def mebibytes(text):
    return {"Mi": 1, "Gi": 1024}[text[-2:]] * int(text[:-2])


def selects(selector, labels):
    """Whether a LabelSelector takes these labels."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for rule in selector.get("matchExpressions", []):
        if rule["operator"] != "In":
            raise ValueError(f"operator {rule['operator']}")
        if labels.get(rule["key"]) not in rule["values"]:
            return False
    return True


class Peer:
    """One end of a connection: a pod of ours, a pod of another namespace, or an address outside."""

    def __init__(self, labels=None, namespace=None, address=None):
        self.labels, self.namespace, self.address = labels, namespace, address


def _peer_is(rule, peer, own):
    if "ipBlock" in rule:
        inside = peer.address and ipaddress.ip_address(peer.address) in ipaddress.ip_network(
            rule["ipBlock"]["cidr"])
        return bool(inside) and not rule["ipBlock"].get("except")
    if peer.labels is None:
        return False
    if "namespaceSelector" in rule:
        names = {"kubernetes.io/metadata.name": peer.namespace}
        if not selects(rule["namespaceSelector"], names):
            return False
    elif peer.namespace != own:
        return False
    return selects(rule.get("podSelector", {}), peer.labels)


def _direction_allows(objects, own, subject, other, port, protocol, direction, peers_key):
    """NetworkPolicies add up: with one that selects the pod, only what one of them names passes."""
    if subject.labels is None or subject.namespace != own:
        return True
    chosen = [one["spec"] for one in of_kind(objects, "NetworkPolicy")
              if direction in one["spec"]["policyTypes"]
              and selects(one["spec"]["podSelector"], subject.labels)]
    for policy in chosen:
        for rule in policy.get(direction.lower()) or []:
            ports = rule.get("ports")
            if ports and not any(one["port"] == port and one.get("protocol", "TCP") == protocol
                                 for one in ports):
                continue
            peers = rule.get(peers_key)
            if not peers or any(_peer_is(one, other, own) for one in peers):
                return True
    return not chosen


def may_talk(objects, own, source, destination, port, protocol="TCP"):
    """Whether the policies let a connection through, from both ends' point of view."""
    return (_direction_allows(objects, own, source, destination, port, protocol, "Egress", "to")
            and _direction_allows(objects, own, destination, source, port, protocol, "Ingress", "from"))
