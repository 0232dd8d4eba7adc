{{/* Values that contradict each other: one sentence that says what to change. Shapes are the schema's business. */}}
{{- define "sluice.validate" -}}
{{- include "sluice.validate.names" . -}}
{{- include "sluice.validate.keys" . -}}
{{- include "sluice.validate.kafka" . -}}
{{- include "sluice.validate.pods" . -}}
{{- include "sluice.validate.scaling" . -}}
{{- include "sluice.validate.memory" . -}}
{{- include "sluice.validate.signals" . -}}
{{- include "sluice.validate.labels" . -}}
{{- include "sluice.validate.watching" . -}}
{{- include "sluice.validate.parts" . -}}
{{- end -}}

{{- define "sluice.validate.names" -}}
{{- if not (regexMatch "^([A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?)?$" .Values.nameOverride) -}}
{{- fail (printf "sluice: nameOverride is `%s`, which cannot be a label. Use letters, digits and -, such as washer." .Values.nameOverride) -}}
{{- end -}}
{{- $name := include "sluice.fullname" . -}}
{{- if not (regexMatch "^[a-z]([a-z0-9-]*[a-z0-9])?$" $name) -}}
{{- fail (printf "sluice: the resources would be called `%s`, and a Service cannot be. Set fullnameOverride to small letters, digits and -, a letter first, such as sluice." $name) -}}
{{- end -}}
{{- end -}}

{{- define "sluice.validate.keys" -}}
{{- $keys := .Values.keys -}}
{{- $own := .Values.config.keys | default dict -}}
{{- $path := $own.directory | default $own.file | default "" -}}
{{- if not (or $keys.existingSecret $keys.create $path) -}}
{{- fail "sluice: there are no keys. Set keys.existingSecret to a Secret with key files (`sluice keys new --dir keys; kubectl create secret generic sluice-keys --from-file=keys`), or keys.create=true for a trial." -}}
{{- end -}}
{{- if and $keys.existingSecret $keys.create -}}
{{- fail "sluice: keys.existingSecret and keys.create are both set. Keep one: the Secret that exists, or the one that the chart makes." -}}
{{- end -}}
{{- if and $path (or $keys.existingSecret $keys.create) (not (hasPrefix "/etc/sluice/keys/" (printf "%s/" $path))) -}}
{{- fail (printf "sluice: config.keys names %s, but the Secret of keys is mounted at /etc/sluice/keys and would not be read. Leave out config.keys; or, if another volume brings the keys, keys.existingSecret and keys.create." $path) -}}
{{- end -}}
{{- end -}}

{{- define "sluice.validate.kafka" -}}
{{- $config := .Values.config -}}
{{- if not $config.kafka.brokers -}}
{{- fail "sluice: config.kafka.brokers is empty. Name at least one broker, such as my-cluster-kafka-bootstrap.kafka:9092." -}}
{{- end -}}
{{- range $config.kafka.brokers -}}
{{- if or (not (regexMatch "^([A-Za-z_]+://)?(\\[[^], /@]+\\]|[^:, /@]+):[1-9][0-9]{0,4}$" .)) (gt (regexFind "[0-9]+$" . | int) 65535) -}}
{{- fail (printf "sluice: config.kafka.brokers names `%s`, which is no host:port. Write it like my-cluster-kafka-bootstrap.kafka:9092; ports end at 65535." .) -}}
{{- end -}}
{{- end -}}
{{- if not $config.input.topics -}}
{{- fail "sluice: config.input.topics is empty. Name at least one topic: `- {name: logins, format: json}`." -}}
{{- end -}}
{{- /* What Sluice takes for a secret by its name, and refuses: here it would stand in a ConfigMap already. */}}
{{- range $name, $_ := $config.kafka.properties -}}
{{- if regexMatch "password|secret|passphrase|^ssl\\.key\\.pem$|^sasl\\.oauthbearer\\.config$|private\\.key\\.pem$" $name -}}
{{- fail (printf "sluice: config.kafka.properties.%s is a secret, and would stand in a ConfigMap. Put it into a Secret, and write config.kafka.secrets: {%s: {env: NAME}} with extraEnv; for a password there is kafka.sasl." $name $name) -}}
{{- end -}}
{{- end -}}
{{- $sasl := .Values.kafka.sasl -}}
{{- if and (not $sasl.mechanism) (or $sasl.passwordSecret $sasl.username) -}}
{{- fail "sluice: kafka.sasl has a user or a password and no mechanism, so they would not be used. Set kafka.sasl.mechanism, such as SCRAM-SHA-512." -}}
{{- end -}}
{{- if and $sasl.mechanism (not $sasl.username) -}}
{{- fail "sluice: kafka.sasl.mechanism is set without kafka.sasl.username. Name the user." -}}
{{- end -}}
{{- if and $sasl.mechanism (not $sasl.passwordSecret) -}}
{{- fail "sluice: kafka.sasl.mechanism is set without kafka.sasl.passwordSecret. Name the Secret with the password." -}}
{{- end -}}
{{- if $sasl.mechanism -}}
{{- range $name := list "sasl.username" "sasl.password" -}}
{{- if hasKey ($config.kafka.secrets | default dict) $name -}}
{{- fail (printf "sluice: config.kafka.secrets.%s and kafka.sasl are both set, and only one can be used. Keep one." $name) -}}
{{- end -}}
{{- end -}}
{{- /* librdkafka knows the mechanism by two names. */}}
{{- range $name, $own := dict "sasl.mechanism" $sasl.mechanism "sasl.mechanisms" $sasl.mechanism "sasl.username" $sasl.username -}}
{{- $set := get ($config.kafka.properties | default dict) $name | toString -}}
{{- if and $set (ne $set $own) -}}
{{- fail (printf "sluice: config.kafka.properties.%s is %s, but kafka.sasl says %s. Leave that property out: the chart sets it." $name $set $own) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- $tls := or .Values.kafka.tls.caSecret .Values.kafka.tls.clientSecret -}}
{{- $protocol := get ($config.kafka.properties | default dict) "security.protocol" | toString | upper -}}
{{- if and $tls $protocol (not (hasSuffix "SSL" $protocol)) -}}
{{- fail (printf "sluice: kafka.tls names certificates, but config.kafka.properties.security.protocol is %s, which does not use them. Leave that property out: the chart sets it." $protocol) -}}
{{- end -}}
{{- if and $sasl.mechanism $protocol (not (hasPrefix "SASL" $protocol)) -}}
{{- fail (printf "sluice: kafka.sasl names a user, but config.kafka.properties.security.protocol is %s, which knows none. Leave that property out: the chart sets it." $protocol) -}}
{{- end -}}
{{- $secured := or $tls $sasl.mechanism (and $protocol (ne $protocol "PLAINTEXT")) -}}
{{- if and (eq .Values.autoscaling.mode "keda") $secured (not .Values.autoscaling.keda.authenticationRef) -}}
{{- fail "sluice: the brokers ask for TLS or a user, and KEDA would have neither. Set autoscaling.keda.authenticationRef to a TriggerAuthentication." -}}
{{- end -}}
{{- if and .Values.topics.strimzi (not .Values.topics.cluster) -}}
{{- fail "sluice: topics.strimzi is set without topics.cluster. Name the Strimzi cluster that the topics belong to." -}}
{{- end -}}
{{- if and .Values.topics.strimzi (kindIs "map" (dig "output" "create" nil $config)) -}}
{{- fail "sluice: topics.strimzi and config.output.create would both make the topics, each with settings of its own. Keep one." -}}
{{- end -}}
{{- end -}}

{{- define "sluice.validate.pods" -}}
{{- $v := .Values -}}
{{- $config := $v.config -}}
{{- $wrong := ternary "Recreate" "OnDelete" (eq $v.kind "StatefulSet") -}}
{{- if eq $v.updateStrategy $wrong -}}
{{- fail (printf "sluice: a %s knows no updateStrategy %s. Set RollingUpdate, or %s." $v.kind $wrong (ternary "OnDelete" "Recreate" (eq $v.kind "StatefulSet"))) -}}
{{- end -}}
{{- if and (eq $v.kind "Deployment") (ne ($config.delivery | default "exactly_once") "at_least_once") -}}
{{- fail "sluice: kind Deployment contradicts delivery exactly_once: transactional ids need names that outlive a restart. Set kind=StatefulSet, or config.delivery=at_least_once." -}}
{{- end -}}
{{- if and (eq $v.kind "Deployment") $config.kafka.static_membership -}}
{{- fail "sluice: kind Deployment contradicts config.kafka.static_membership: a new pod has a new name. Set kind=StatefulSet, or static_membership=false." -}}
{{- end -}}
{{- if and $config.kafka.instance_id (gt (include "sluice.maxReplicas" . | int) 1) -}}
{{- fail "sluice: config.kafka.instance_id gives all pods one name, and they would fence each other. Leave it out: each pod takes its own name." -}}
{{- end -}}
{{- if and (dig "pseudonyms" "salts" "file" "" $config) (gt (include "sluice.maxReplicas" . | int) 1) -}}
{{- fail "sluice: config.pseudonyms.salts.file gives each pod salts of its own, so tokens of one value would differ. Set config.pseudonyms.salts.topic, or replicas=1." -}}
{{- end -}}
{{- if le (include "sluice.graceSeconds" . | int64) (include "sluice.drainSeconds" . | int64) -}}
{{- fail (printf "sluice: terminationGracePeriodSeconds (%s) is not above config.drain_timeout (%s): pods would be killed while they drain. Raise the first, or lower the second." (include "sluice.text" $v.terminationGracePeriodSeconds) ($config.drain_timeout | default "25s")) -}}
{{- end -}}
{{- $listen := dig "admin" "listen" "" $config -}}
{{- if eq $listen "off" -}}
{{- fail "sluice: config.admin.listen is off, but the probes ask the admin port. Leave it out: the chart sets it." -}}
{{- end -}}
{{- if and $listen (not (has $listen (list (printf "0.0.0.0:%d" (int $v.admin.port)) (printf "[::]:%d" (int $v.admin.port))))) -}}
{{- fail (printf "sluice: config.admin.listen is %s, but probes and Prometheus come to port %d of the pod. Leave it out, and set admin.port to the port that you want." $listen (int $v.admin.port)) -}}
{{- end -}}
{{- if and $v.admin.tap (hasKey ($config.admin | default dict) "tap") -}}
{{- if ne (int $config.admin.tap) (int $v.admin.tap) -}}
{{- fail (printf "sluice: admin.tap (%d) and config.admin.tap (%d) are one thing and differ. Keep one." (int $v.admin.tap) (int $config.admin.tap)) -}}
{{- end -}}
{{- end -}}
{{- range $v.extraArgs -}}
{{- if regexMatch "^--admin(=|$)" . -}}
{{- fail "sluice: extraArgs sets --admin, but probes and Prometheus come to admin.port. Leave it out, and set admin.port to the port that you want." -}}
{{- end -}}
{{- if regexMatch "^--instance-id(=|$)" . -}}
{{- fail "sluice: extraArgs sets --instance-id, which gives all pods one name. Leave it out: each pod takes its own name." -}}
{{- end -}}
{{- if regexMatch "^--workers(=|$)" . -}}
{{- fail "sluice: extraArgs sets --workers, of which the memory budget would know nothing. Leave it out, and set config.workers." -}}
{{- end -}}
{{- if regexMatch "^(-c|--config(=|$))" . -}}
{{- fail "sluice: extraArgs sets --config, and Sluice takes one config only. Leave it out: what stands in config is the config." -}}
{{- end -}}
{{- if regexMatch "^(-[hV]|--(help|version)$)" . -}}
{{- fail (printf "sluice: extraArgs sets %s, with which Sluice prints something and ends, and the pod would be started again and again. Leave it out." .) -}}
{{- end -}}
{{- end -}}
{{- /* The container's word goes before the pod's. */}}
{{- $pod := $v.podSecurityContext | default dict -}}
{{- $container := $v.securityContext | default dict -}}
{{- $user := ternary $container.runAsUser $pod.runAsUser (hasKey $container "runAsUser") -}}
{{- if and (ternary $container.runAsNonRoot $pod.runAsNonRoot (hasKey $container "runAsNonRoot")) (not (kindIs "invalid" $user)) (eq (int64 $user) 0) -}}
{{- fail "sluice: runAsUser is 0 and runAsNonRoot is true, so no container would start. Leave out runAsUser: Sluice needs no root." -}}
{{- end -}}
{{- if and (not $v.serviceAccount.create) $v.serviceAccount.annotations -}}
{{- fail "sluice: serviceAccount.annotations are for a ServiceAccount that the chart makes, and serviceAccount.create is false. Leave them out, or annotate the one that exists." -}}
{{- end -}}
{{- $budget := $v.podDisruptionBudget -}}
{{- if and $budget.enabled (regexMatch "^0+%?$" (include "sluice.text" $budget.maxUnavailable)) -}}
{{- fail (printf "sluice: podDisruptionBudget.maxUnavailable is %s, and no node could ever be drained. Set 1, or podDisruptionBudget.enabled=false." (include "sluice.text" $budget.maxUnavailable)) -}}
{{- end -}}
{{- end -}}

{{- define "sluice.validate.scaling" -}}
{{- $scaling := .Values.autoscaling -}}
{{- if ne $scaling.mode "none" -}}
{{- if gt (int $scaling.maxReplicas) (int $scaling.partitions) -}}
{{- fail (printf "sluice: autoscaling.maxReplicas (%d) is more than autoscaling.partitions (%d): pods beyond the partitions get no work. Lower maxReplicas, or add partitions." (int $scaling.maxReplicas) (int $scaling.partitions)) -}}
{{- end -}}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) -}}
{{- fail "sluice: autoscaling.minReplicas is more than autoscaling.maxReplicas. Lower one or raise the other." -}}
{{- end -}}
{{- end -}}
{{- /* An output that the chart makes has as many partitions as its input, or more. */}}
{{- $topics := .Values.topics -}}
{{- if and $topics.strimzi (ne $scaling.mode "none") (gt (int $scaling.partitions) (int $topics.partitions)) -}}
{{- fail (printf "sluice: autoscaling.partitions (%d) is more than topics.partitions (%d), but an output needs as many partitions as its input has. Raise topics.partitions, or lower autoscaling.partitions." (int $scaling.partitions) (int $topics.partitions)) -}}
{{- end -}}
{{- if and $topics.strimzi (eq $scaling.mode "none") (gt (int .Values.replicas) (int $topics.partitions)) -}}
{{- fail (printf "sluice: replicas (%d) is more than topics.partitions (%d): pods beyond the partitions get no work. Lower replicas, or add partitions." (int .Values.replicas) (int $topics.partitions)) -}}
{{- end -}}
{{- if eq $scaling.mode "hpa" -}}
{{- if not (dig "requests" "cpu" "" .Values.resources) -}}
{{- fail "sluice: autoscaling.mode hpa needs resources.requests.cpu: utilisation is a share of the request." -}}
{{- end -}}
{{- if lt (int $scaling.minReplicas) 1 -}}
{{- fail "sluice: autoscaling.minReplicas is 0, and an HPA keeps one pod at least: without pods there is no CPU to look at. Set 1, or mode keda." -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.validate.memory" -}}
{{- $limit := dig "limits" "memory" "" .Values.resources -}}
{{- if not $limit -}}
{{- fail "sluice: resources.limits.memory is not set. The budget of the buffers is derived from it; set it, such as 256Mi." -}}
{{- end -}}
{{- $limitBytes := include "sluice.quantity" $limit | int64 -}}
{{- $own := dig "limits" "memory" "" .Values.config -}}
{{- if and $own .Values.memoryBudget -}}
{{- fail "sluice: memoryBudget and config.limits.memory are one thing, and both are set. Keep one." -}}
{{- end -}}
{{- $name := ternary "memoryBudget" "config.limits.memory" (empty $own) -}}
{{- $budget := include "sluice.memoryBudgetBytes" . | int64 -}}
{{- if lt $budget 16777216 -}}
{{- with or $own .Values.memoryBudget -}}
{{- fail (printf "sluice: %s (%s) is too little for buffers: 16MiB is the least. Raise it, or leave it out." $name (include "sluice.text" .)) -}}
{{- end -}}
{{- fail (printf "sluice: resources.limits.memory (%s) leaves %d MiB for buffers, and 16 MiB is the least. Raise the limit to 96Mi or more." (include "sluice.text" $limit) (max 0 (div $budget 1048576))) -}}
{{- end -}}
{{- /* The least that a worker's queue, batch and arena take: half of its queue holds the largest message, 1 MB. */}}
{{- with .Values.config.workers -}}
{{- if lt $budget (mul . 4718592) -}}
{{- fail (printf "sluice: config.workers (%d) is too many for the buffers (%d MiB): each takes 4.5 MiB at the least. Lower it, or raise %s." (int .) (div $budget 1048576) (ternary $name "resources.limits.memory" (or (not (empty $own)) (not (empty $.Values.memoryBudget))))) -}}
{{- end -}}
{{- end -}}
{{- if lt $limitBytes (add $budget 67108864) -}}
{{- fail (printf "sluice: resources.limits.memory (%s) is below what the process takes: its buffers (%d MiB) and 64 MiB besides. Raise the limit, or lower %s." (include "sluice.text" $limit) (div $budget 1048576) $name) -}}
{{- end -}}
{{- $limits := .Values.resources.limits | default dict -}}
{{- range $name, $request := .Values.resources.requests -}}
{{- if and (hasKey $limits $name) (gt (include "sluice.amount" $request | float64) (include "sluice.amount" (get $limits $name) | float64)) -}}
{{- fail (printf "sluice: resources.requests.%s (%s) is above resources.limits.%s (%s). Lower the first, or raise the second." $name (include "sluice.text" $request) $name (include "sluice.text" (get $limits $name))) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.validate.signals" -}}
{{- /* Signals without a single setting are signals, too. */}}
{{- $signals := .Values.config.signals -}}
{{- if kindIs "map" $signals -}}
{{- if not (or $.Values.stateKey.existingSecret $signals.state_key) -}}
{{- fail "sluice: config.signals is set without a state key. Set stateKey.existingSecret (`openssl rand -hex 32 > state-key; kubectl create secret generic sluice-state-key --from-file=state-key`)." -}}
{{- end -}}
{{- if and $.Values.stateKey.existingSecret $signals.state_key (not (hasPrefix "/etc/sluice/state-key/" $signals.state_key)) -}}
{{- fail (printf "sluice: config.signals.state_key is %s, but the Secret of stateKey is mounted at /etc/sluice/state-key and would not be read. Leave out one of the two." $signals.state_key) -}}
{{- end -}}
{{- if not $.Values.geoDatabase.volume -}}
{{- $mounts := list -}}
{{- range $.Values.extraVolumeMounts }}{{ $mounts = append $mounts (printf "%s/" (trimSuffix "/" .mountPath)) }}{{ end -}}
{{- range $file := values ($signals.geo | default dict) -}}
{{- $mounted := false -}}
{{- range $mounts }}{{ if hasPrefix . (toString $file) }}{{ $mounted = true }}{{ end }}{{ end -}}
{{- if and (hasPrefix "/var/lib/sluice/geo/" (toString $file)) (not $mounted) -}}
{{- fail (printf "sluice: config.signals.geo names %s, and nothing is mounted there. Set geoDatabase.volume to the volume with the database." $file) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- if not $signals.events -}}
{{- fail "sluice: config.signals names no events, so nothing could be judged. Describe one shape at least in config.signals.events, or leave signals out." -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A label or annotation of the chart that is set once more would stand twice in its manifest. */}}
{{- define "sluice.validate.labels" -}}
{{- $v := .Values -}}
{{- $labels := include "sluice.ownLabels" . | fromYaml -}}
{{- $checks := list
      (list "commonLabels" $v.commonLabels $labels)
      (list "podLabels" $v.podLabels (include "sluice.selectorLabels" . | fromYaml))
      (list "serviceMonitor.labels" $v.serviceMonitor.labels $labels)
      (list "podMonitor.labels" $v.podMonitor.labels $labels)
      (list "prometheusRule.labels" $v.prometheusRule.labels $labels)
      (list "dashboard.labels" $v.dashboard.labels $labels) -}}
{{- range $checks -}}
{{- $value := index . 0 -}}
{{- $own := index . 2 -}}
{{- range $label, $_ := index . 1 -}}
{{- if hasKey $own $label -}}
{{- fail (printf "sluice: %s sets %s, which the chart sets itself. Leave it out; nameOverride and the name of the release are what it is made of." $value $label) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range list "kubectl.kubernetes.io/default-container" "checksum/config" "checksum/patterns" -}}
{{- if hasKey ($v.podAnnotations | default dict) . -}}
{{- fail (printf "sluice: podAnnotations sets %s, which the chart sets itself. Leave it out." .) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sluice.validate.watching" -}}
{{- if and .Values.serviceMonitor.enabled .Values.podMonitor.enabled -}}
{{- fail "sluice: serviceMonitor and podMonitor are both enabled, and every metric would be scraped twice. Enable one." -}}
{{- end -}}
{{- if and .Values.prometheusRule.enabled (not (or .Values.serviceMonitor.enabled .Values.podMonitor.enabled .Values.prometheusRule.job)) -}}
{{- fail "sluice: prometheusRule is enabled, and nothing scrapes the pods, so SluiceDown would always fire. Enable serviceMonitor or podMonitor; or, if something else scrapes them, set prometheusRule.job to the label job of their metrics." -}}
{{- end -}}
{{- $alerts := list -}}
{{- range (.Files.Get "files/alerts.yaml" | fromYaml).groups }}{{ range .rules }}{{ $alerts = append $alerts .alert }}{{ end }}{{ end -}}
{{- range .Values.prometheusRule.disabled -}}
{{- if not (has . $alerts) -}}
{{- fail (printf "sluice: prometheusRule.disabled names %s, and there is no such alert. There are: %s." . (join ", " $alerts)) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* Parts of the pod that come from the chart and from values: two of one name, and the API server would refuse the pod. */}}
{{- define "sluice.validate.parts" -}}
{{- $pod := (include "sluice.pod" . | fromYaml).spec -}}
{{- $sluice := first $pod.containers -}}
{{- $names := list -}}
{{- range concat $pod.containers ($pod.initContainers | default list) -}}
{{- if has .name $names -}}
{{- fail (printf "sluice: two containers of the pod are called %s. Give the one of sidecars or initContainers another name." .name) -}}
{{- end -}}
{{- $names = append $names .name -}}
{{- end -}}
{{- $volumes := list -}}
{{- range $pod.volumes -}}
{{- if has .name $volumes -}}
{{- fail (printf "sluice: extraVolumes brings a volume %s, and there is one of that name. Give it another." .name) -}}
{{- end -}}
{{- $volumes = append $volumes .name -}}
{{- end -}}
{{- $places := list -}}
{{- range $sluice.volumeMounts -}}
{{- $place := trimSuffix "/" .mountPath -}}
{{- if has $place $places -}}
{{- fail (printf "sluice: extraVolumeMounts mounts %s at %s, where something is mounted. Choose another place." .name .mountPath) -}}
{{- end -}}
{{- $places = append $places $place -}}
{{- if not (has .name $volumes) -}}
{{- fail (printf "sluice: extraVolumeMounts mounts a volume %s, and there is none. Add it to extraVolumes, or name one of: %s." .name (join ", " $volumes)) -}}
{{- end -}}
{{- end -}}
{{- $variables := list -}}
{{- range $sluice.env -}}
{{- if has .name $variables -}}
{{- fail (printf "sluice: extraEnv sets %s twice. Keep one." .name) -}}
{{- end -}}
{{- $variables = append $variables .name -}}
{{- end -}}
{{- end -}}
