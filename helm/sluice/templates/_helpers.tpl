{{/* Names and labels. */}}
{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimAll "-_." -}}
{{- end -}}

{{- define "sluice.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains (include "sluice.name" .) .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "sluice.name" .) | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "sluice.selectorLabels" -}}
app.kubernetes.io/name: {{ include "sluice.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
{{- end -}}

{{/* What the pod of `helm test` is called, so that nothing takes it for one of the pods. */}}
{{- define "sluice.testName" -}}
{{- printf "%s-test" (include "sluice.name" . | trunc 58 | trimAll "-_.") -}}
{{- end -}}

{{/* Labels that the chart makes; commonLabels come to them. */}}
{{- define "sluice.ownLabels" -}}
{{ include "sluice.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: stream-processor
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "sluice.labels" -}}
{{- include "sluice.labelsAnd" (list . dict) -}}
{{- end -}}

{{/* The labels, and some of one resource, which go before commonLabels of the same name: (list . LABELS). */}}
{{- define "sluice.labelsAnd" -}}
{{- $root := first . -}}
{{ include "sluice.ownLabels" $root }}
{{- with merge (dict) (last . | default dict) ($root.Values.commonLabels | default dict) }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sluice.serviceAccountName" -}}
{{- if .Values.serviceAccount.create -}}
{{- default (include "sluice.fullname" .) .Values.serviceAccount.name -}}
{{- else -}}
{{- default "default" .Values.serviceAccount.name -}}
{{- end -}}
{{- end -}}

{{- define "sluice.keySecret" -}}
{{- .Values.keys.existingSecret | default (printf "%s-keys" (include "sluice.fullname" .)) -}}
{{- end -}}

{{- define "sluice.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* How many scaled pods there can be at most. */}}
{{- define "sluice.maxReplicas" -}}
{{- if eq .Values.autoscaling.mode "none" }}{{ .Values.replicas }}{{ else }}{{ .Values.autoscaling.maxReplicas }}{{ end -}}
{{- end -}}

{{/* How many pods there are at least. */}}
{{- define "sluice.minReplicas" -}}
{{- if eq .Values.autoscaling.mode "none" }}{{ .Values.replicas }}{{ else }}{{ .Values.autoscaling.minReplicas }}{{ end -}}
{{- end -}}

{{/* Text of a value. A number in a file of values is a float, which would print as 5.36870912e+08. */}}
{{- define "sluice.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) }}{{ printf "%.0f" . }}{{ else }}{{ toString . }}{{ end -}}
{{- end -}}

{{/* A quantity of Kubernetes (512Mi, 1Gi, 1G, 1e9, 500m) as a number. */}}
{{- define "sluice.amount" -}}
{{- $q := include "sluice.text" . -}}
{{- if not (regexMatch "^\\+?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+|[KMGTPE]i|[numkMGTPE])?$" $q) -}}
{{- fail (printf "sluice: `%s` is no quantity that Kubernetes knows; write memory like 256Mi or 1Gi, and CPU like 500m or 2" $q) -}}
{{- end -}}
{{- $scales := dict "" 1 "n" 1e-9 "u" 1e-6 "m" 1e-3 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 "P" 1e15 "E" 1e18 "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "Ti" 1099511627776 "Pi" 1125899906842624 "Ei" 1152921504606846976 -}}
{{- $unit := regexFind "[A-Za-z]+$" $q -}}
{{- mulf (float64 (trimSuffix $unit $q)) (get $scales $unit) | printf "%.3f" -}}
{{- end -}}

{{/* The same as a whole number of bytes, rounded up. */}}
{{- define "sluice.quantity" -}}
{{- include "sluice.amount" . | float64 | ceil | minf 9e18 | int64 -}}
{{- end -}}

{{/* A size of Sluice's config (64MiB, 1GiB, 100MB, 67108864) in bytes. */}}
{{- define "sluice.size" -}}
{{- $s := include "sluice.text" . | trim -}}
{{- if not (regexMatch "^[0-9]+\\s*(B|KiB|MiB|GiB|kB|KB|MB|GB)?$" $s) -}}
{{- fail (printf "sluice: `%s` is no size that Sluice knows; write it like 64MiB or 1GiB" $s) -}}
{{- end -}}
{{- $scales := dict "" 1 "B" 1 "kB" 1e3 "KB" 1e3 "MB" 1e6 "GB" 1e9 "KiB" 1024 "MiB" 1048576 "GiB" 1073741824 -}}
{{- mulf (regexFind "^[0-9]+" $s | float64) (get $scales (regexFind "[A-Za-z]*$" $s)) | int64 -}}
{{- end -}}

{{/* The budget of the buffers, in bytes: what is set, else half of the limit less 32 MiB. */}}
{{- define "sluice.memoryBudgetBytes" -}}
{{- with dig "limits" "memory" "" .Values.config | default .Values.memoryBudget -}}
{{- include "sluice.size" . -}}
{{- else -}}
{{- sub (div (include "sluice.quantity" .Values.resources.limits.memory | int64) 2) 33554432 -}}
{{- end -}}
{{- end -}}

{{/* config.drain_timeout (25s, 1m30s, 1500ms) in whole seconds, rounded up. */}}
{{- define "sluice.drainSeconds" -}}
{{- $text := .Values.config.drain_timeout | default "25s" -}}
{{- $ms := 0 -}}
{{- range $unit, $scale := dict "h" 3600000 "m" 60000 "s" 1000 "ms" 1 -}}
{{- $part := regexFind (printf "[0-9]+\\s*%s(\\s|[0-9]|$)" $unit) $text -}}
{{- $ms = addf $ms (mulf (regexFind "^[0-9]+" $part | float64) $scale) -}}
{{- end -}}
{{- if or (lt $ms 1000.0) (gt $ms 1e12) -}}
{{- fail (printf "sluice: config.drain_timeout (%s) is too short or too long for a stop; write it like 25s or 1m30s, 1s at the least" $text) -}}
{{- end -}}
{{- divf $ms 1000 | ceil | int64 -}}
{{- end -}}

{{- define "sluice.graceSeconds" -}}
{{- if .Values.terminationGracePeriodSeconds -}}
{{- .Values.terminationGracePeriodSeconds | int64 -}}
{{- else -}}
{{- add (include "sluice.drainSeconds" . | int64) 10 -}}
{{- end -}}
{{- end -}}

{{/* Ports of the brokers: those named, else those of config.kafka.brokers. */}}
{{- define "sluice.brokerPorts" -}}
{{- $ports := .Values.networkPolicy.brokerPorts -}}
{{- if not $ports -}}
{{- range .Values.config.kafka.brokers -}}
{{- $ports = append $ports (splitList ":" . | last | int) -}}
{{- end -}}
{{- end -}}
{{- $ports | uniq | toJson -}}
{{- end -}}
