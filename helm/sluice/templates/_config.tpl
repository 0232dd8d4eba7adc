{{/* The config that the pods read: what the values say, with what only the chart knows. */}}
{{- define "sluice.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- if not $config.keys -}}
{{- $_ := set $config "keys" (dict "directory" "/etc/sluice/keys") -}}
{{- end -}}
{{- $admin := merge ($config.admin | default dict) (dict "listen" (printf "0.0.0.0:%d" (int .Values.admin.port))) -}}
{{- if .Values.admin.tap }}{{ $admin = merge $admin (dict "tap" (int .Values.admin.tap)) }}{{ end -}}
{{- $_ := set $config "admin" $admin -}}
{{- if and (kindIs "map" $config.signals) .Values.stateKey.existingSecret -}}
{{- $_ := set $config.signals "state_key" ($config.signals.state_key | default (printf "/etc/sluice/state-key/%s" .Values.stateKey.key)) -}}
{{- end -}}
{{- $limits := $config.limits | default dict -}}
{{- if not $limits.memory -}}
{{- $_ := set $limits "memory" (printf "%dMiB" (div (include "sluice.memoryBudgetBytes" . | int64) 1048576)) -}}
{{- end -}}
{{- $_ := set $config "limits" $limits -}}
{{- if .Values.patterns -}}
{{- $patterns := $config.patterns | default dict -}}
{{- $_ := set $patterns "directories" (append ($patterns.directories | default list) "/etc/sluice/patterns") -}}
{{- $_ := set $config "patterns" $patterns -}}
{{- end -}}
{{- $_ := set $config "kafka" (include "sluice.kafka" . | fromYaml) -}}
{{- toYaml $config -}}
{{- end -}}

{{/* config.kafka with TLS and SASL from the mounted Secrets. */}}
{{- define "sluice.kafka" -}}
{{- $kafka := deepCopy .Values.config.kafka -}}
{{- $properties := $kafka.properties | default dict -}}
{{- $secrets := $kafka.secrets | default dict -}}
{{- $tls := or .Values.kafka.tls.caSecret .Values.kafka.tls.clientSecret -}}
{{- $sasl := .Values.kafka.sasl.mechanism -}}
{{- if or $tls $sasl -}}
{{- $protocol := ternary (ternary "SASL_SSL" "SSL" (not (empty $sasl))) "SASL_PLAINTEXT" (not (empty $tls)) -}}
{{- $properties = merge $properties (dict "security.protocol" $protocol) -}}
{{- end -}}
{{- with .Values.kafka.tls.caSecret -}}
{{- $properties = merge $properties (dict "ssl.ca.location" (printf "/etc/sluice/kafka-ca/%s" $.Values.kafka.tls.caKey)) -}}
{{- end -}}
{{- with .Values.kafka.tls.clientSecret -}}
{{- $properties = merge $properties (dict
      "ssl.certificate.location" (printf "/etc/sluice/kafka-client/%s" $.Values.kafka.tls.clientCertKey)
      "ssl.key.location" (printf "/etc/sluice/kafka-client/%s" $.Values.kafka.tls.clientKeyKey)) -}}
{{- end -}}
{{- if $sasl -}}
{{- $properties = merge $properties (dict "sasl.mechanism" $sasl "sasl.username" .Values.kafka.sasl.username) -}}
{{- $secrets = merge $secrets (dict "sasl.password" (dict "file" (printf "/etc/sluice/kafka-sasl/%s" .Values.kafka.sasl.passwordKey))) -}}
{{- end -}}
{{- if $properties }}{{ $_ := set $kafka "properties" $properties }}{{ end -}}
{{- if $secrets }}{{ $_ := set $kafka "secrets" $secrets }}{{ end -}}
{{- toYaml $kafka -}}
{{- end -}}
