{{/* Names and labels. */}}
{{- define "sluice.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
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
app.kubernetes.io/name: {{ include "sluice.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "sluice.labels" -}}
{{ include "sluice.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/component: stream-processor
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- with .Values.commonLabels }}
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

{{/* A quantity of memory (512Mi, 1Gi, 1G, 1000000) in bytes. */}}
{{- define "sluice.bytes" -}}
{{- $q := toString . -}}
{{- $units := dict "Ki" 1024 "Mi" 1048576 "Gi" 1073741824 "KiB" 1024 "MiB" 1048576 "GiB" 1073741824 "k" 1000 "M" 1000000 "G" 1000000000 "" 1 -}}
{{- $number := regexFind "^[0-9.]+" $q -}}
{{- $unit := trimPrefix $number $q | trim -}}
{{- if not (hasKey $units $unit) -}}
{{- fail (printf "sluice: `%s` is no quantity of memory; write it like 256Mi or 1Gi" $q) -}}
{{- end -}}
{{- mulf (float64 $number) (get $units $unit) | int64 -}}
{{- end -}}

{{/* The budget of the buffers, in bytes: what is set, else half of the limit less 32 MiB. */}}
{{- define "sluice.memoryBudgetBytes" -}}
{{- if .Values.memoryBudget -}}
{{- include "sluice.bytes" .Values.memoryBudget -}}
{{- else -}}
{{- $limit := include "sluice.bytes" (dig "limits" "memory" "256Mi" .Values.resources) | int64 -}}
{{- sub (div $limit 2) 33554432 -}}
{{- end -}}
{{- end -}}

{{/* A duration of the config (25s, 2m, 500ms) in whole seconds, rounded up. */}}
{{- define "sluice.seconds" -}}
{{- $d := toString . -}}
{{- $n := regexFind "^[0-9]+" $d | int64 -}}
{{- $unit := regexFind "[a-z]+$" $d -}}
{{- if eq $unit "ms" -}}{{ div (add $n 999) 1000 }}
{{- else if eq $unit "s" -}}{{ $n }}
{{- else if eq $unit "m" -}}{{ mul $n 60 }}
{{- else if eq $unit "h" -}}{{ mul $n 3600 }}
{{- else -}}{{ fail (printf "sluice: `config.drain_timeout: %s` is no duration; write it like 25s or 2m" $d) }}
{{- end -}}
{{- end -}}

{{- define "sluice.drainSeconds" -}}
{{- include "sluice.seconds" (.Values.config.drain_timeout | default "25s") -}}
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
