#!/usr/bin/env python3
"""Prints the resource definitions of the operators that the chart can talk to, for an API server that has none of them:
of each as much as the chart uses, in the types of the operators' documentation, and closed, so that the server refuses a
field that is misspelled or of the wrong type.

Sources: prometheus-operator API monitoring.coreos.com/v1, KEDA ScaledObject keda.sh/v1alpha1, Strimzi KafkaTopic
kafka.strimzi.io/v1, and v1beta2, which older Strimzi serves (JSON is YAML).
"""
import json

STRING, INTEGER, BOOLEAN = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
STRINGS = {"type": "object", "additionalProperties": STRING}
QUANTITY = {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}
DURATION = {"type": "string", "pattern": r"^(0|(([0-9]+)y)?(([0-9]+)w)?(([0-9]+)d)?(([0-9]+)h)?(([0-9]+)m)?(([0-9]+)s)?(([0-9]+)ms)?)$"}


def obj(required="", **properties):
    made = {"type": "object", "properties": properties}
    return {**made, "required": required.split()} if required else made


def listed(item):
    return {"type": "array", "items": item}


SELECTOR = obj(matchLabels=STRINGS)
ENDPOINT = obj(port=STRING, path={"type": "string"}, interval=DURATION)
RULE = obj("expr", alert=STRING, record=STRING, expr=QUANTITY, **{"for": DURATION}, labels=STRINGS, annotations=STRINGS)
SCALING = obj(stabilizationWindowSeconds=INTEGER, selectPolicy=STRING, policies=listed(obj("type value periodSeconds", type=STRING, value=INTEGER, periodSeconds=INTEGER)))
TRIGGER = obj("type metadata", type=STRING, name=STRING, metadata=STRINGS, authenticationRef=obj("name", name=STRING, kind=STRING))
KINDS = [
    ("monitoring.coreos.com", "v1", "ServiceMonitor", obj("selector endpoints", selector=SELECTOR, endpoints=listed(ENDPOINT))),
    ("monitoring.coreos.com", "v1", "PodMonitor", obj("selector", selector=SELECTOR, podMetricsEndpoints=listed(ENDPOINT))),
    ("monitoring.coreos.com", "v1", "PrometheusRule", obj(groups=listed(obj("name", name=STRING, interval=DURATION, rules=listed(RULE))))),
    ("keda.sh", "v1alpha1", "ScaledObject", obj(
        "scaleTargetRef triggers", scaleTargetRef=obj("name", apiVersion=STRING, kind=STRING, name=STRING), minReplicaCount=INTEGER,
        maxReplicaCount=INTEGER, pollingInterval=INTEGER, cooldownPeriod=INTEGER, triggers=listed(TRIGGER),
        advanced=obj(horizontalPodAutoscalerConfig=obj(behavior=obj(scaleDown=SCALING, scaleUp=SCALING))))),
    ("kafka.strimzi.io", "v1 v1beta2", "KafkaTopic", obj(
        topicName=STRING, partitions={"type": "integer", "minimum": 1}, replicas={"type": "integer", "minimum": 1, "maximum": 32767},
        config={"type": "object", "x-kubernetes-preserve-unknown-fields": True})),
]
for group, versions, kind, spec in KINDS:
    plural = kind.lower() + "s"
    print("---")
    print(json.dumps({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": f"{plural}.{group}"},
        "spec": {"group": group, "scope": "Namespaced", "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": kind + "List"},
                 "versions": [{"name": version, "served": True, "storage": version == versions.split()[0], "schema": {"openAPIV3Schema": obj(
                     "spec", apiVersion=STRING, kind=STRING, metadata={"type": "object"}, spec=spec)}} for version in versions.split()]},
    }))
