{{/* Values that contradict each other: one sentence that says what to change. */}}
{{- define "sluice.validate" -}}
{{- $v := .Values -}}
{{- $config := $v.config -}}
{{- if and (not $v.keys.existingSecret) (not $v.keys.create) (not $config.keys) -}}
{{- fail "sluice: there are no keys. Set keys.existingSecret to a Secret with key files (`sluice keys new --dir keys; kubectl create secret generic sluice-keys --from-file=keys`), or keys.create=true for a trial." -}}
{{- end -}}
{{- if and $v.keys.existingSecret $v.keys.create -}}
{{- fail "sluice: keys.existingSecret and keys.create are both set. Keep one: the Secret that exists, or the one that the chart makes." -}}
{{- end -}}
{{- if not $config.kafka.brokers -}}
{{- fail "sluice: config.kafka.brokers is empty. Name at least one broker, such as my-cluster-kafka-bootstrap.kafka:9092." -}}
{{- end -}}
{{- if not $config.input.topics -}}
{{- fail "sluice: config.input.topics is empty. Name at least one topic: `- {name: logins, format: json}`." -}}
{{- end -}}
{{- $delivery := $config.delivery | default "exactly_once" -}}
{{- if and (eq $v.kind "Deployment") (eq $delivery "exactly_once") -}}
{{- fail "sluice: kind Deployment contradicts delivery exactly_once: transactional ids need names that outlive a restart. Set kind=StatefulSet, or config.delivery=at_least_once." -}}
{{- end -}}
{{- if and (eq $v.kind "Deployment") $config.kafka.static_membership -}}
{{- fail "sluice: kind Deployment contradicts config.kafka.static_membership: a new pod has a new name. Set kind=StatefulSet, or static_membership=false." -}}
{{- end -}}
{{- if and $config.kafka.instance_id (gt (include "sluice.maxReplicas" . | int) 1) -}}
{{- fail "sluice: config.kafka.instance_id gives all pods one name, and they would fence each other. Leave it out: each pod takes its own name." -}}
{{- end -}}
{{- if ne $v.autoscaling.mode "none" -}}
{{- if gt (int $v.autoscaling.maxReplicas) (int $v.autoscaling.partitions) -}}
{{- fail (printf "sluice: autoscaling.maxReplicas (%d) is more than autoscaling.partitions (%d): pods beyond the partitions get no work. Lower maxReplicas, or add partitions." (int $v.autoscaling.maxReplicas) (int $v.autoscaling.partitions)) -}}
{{- end -}}
{{- if gt (int $v.autoscaling.minReplicas) (int $v.autoscaling.maxReplicas) -}}
{{- fail "sluice: autoscaling.minReplicas is more than autoscaling.maxReplicas. Lower one or raise the other." -}}
{{- end -}}
{{- if and (eq $v.autoscaling.mode "hpa") (not (dig "requests" "cpu" "" $v.resources)) -}}
{{- fail "sluice: autoscaling.mode hpa needs resources.requests.cpu: utilisation is a share of the request." -}}
{{- end -}}
{{- end -}}
{{- if and $v.serviceMonitor.enabled $v.podMonitor.enabled -}}
{{- fail "sluice: serviceMonitor and podMonitor are both enabled, and every metric would be scraped twice. Enable one." -}}
{{- end -}}
{{- $limit := dig "limits" "memory" "" $v.resources -}}
{{- if not $limit -}}
{{- fail "sluice: resources.limits.memory is not set. The budget of the buffers is derived from it; set it, such as 256Mi." -}}
{{- end -}}
{{- $limitBytes := include "sluice.bytes" $limit | int64 -}}
{{- $budget := include "sluice.memoryBudgetBytes" . | int64 -}}
{{- if $config.limits -}}{{- if $config.limits.memory -}}
{{- $budget = include "sluice.bytes" $config.limits.memory | int64 -}}
{{- end -}}{{- end -}}
{{- if lt $limitBytes (add $budget 67108864) -}}
{{- fail (printf "sluice: resources.limits.memory (%s) is below what the process takes: its buffers (%d MiB) and 64 MiB besides. Raise the limit, or lower memoryBudget." $limit (div $budget 1048576)) -}}
{{- end -}}
{{- if lt $budget 16777216 -}}
{{- fail (printf "sluice: resources.limits.memory (%s) leaves %d MiB for buffers, and 16 MiB is the least. Raise the limit to 96Mi or more." $limit (div $budget 1048576)) -}}
{{- end -}}
{{- if le (include "sluice.graceSeconds" . | int64) (include "sluice.drainSeconds" . | int64) -}}
{{- fail (printf "sluice: terminationGracePeriodSeconds (%s) is not above config.drain_timeout (%s): pods would be killed while they drain. Raise the first, or lower the second." (toString $v.terminationGracePeriodSeconds) (toString ($config.drain_timeout | default "25s"))) -}}
{{- end -}}
{{- with $config.admin -}}{{- if eq (toString .listen) "off" -}}
{{- fail "sluice: config.admin.listen is off, but the probes ask the admin port. Leave it out: the chart sets it." -}}
{{- end -}}{{- end -}}
{{- if and $config.signals (not $v.stateKey.existingSecret) (not (dig "state_key" "" $config.signals)) -}}
{{- fail "sluice: config.signals is set without a state key. Set stateKey.existingSecret (`openssl rand -hex 32 > state-key; kubectl create secret generic sluice-state-key --from-file=state-key`)." -}}
{{- end -}}
{{- if and (dig "pseudonyms" "salts" "file" "" $config) (gt (include "sluice.maxReplicas" . | int) 1) -}}
{{- fail "sluice: config.pseudonyms.salts.file gives each pod salts of its own, so tokens of one value would differ. Set config.pseudonyms.salts.topic, or replicas=1." -}}
{{- end -}}
{{- if and $v.kafka.sasl.mechanism (not $v.kafka.sasl.passwordSecret) -}}
{{- fail "sluice: kafka.sasl.mechanism is set without kafka.sasl.passwordSecret. Name the Secret with the password." -}}
{{- end -}}
{{- if and $v.topics.strimzi (not $v.topics.cluster) -}}
{{- fail "sluice: topics.strimzi is set without topics.cluster. Name the Strimzi cluster that the topics belong to." -}}
{{- end -}}
{{- end -}}
