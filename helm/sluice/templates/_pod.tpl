{{/* The pod, the same under a StatefulSet and a Deployment. */}}
{{- define "sluice.pod" -}}
metadata:
  labels:
    {{- include "sluice.selectorLabels" . | nindent 4 }}
    {{- with merge (dict) (.Values.podLabels | default dict) (.Values.commonLabels | default dict) }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  annotations:
    kubectl.kubernetes.io/default-container: sluice
    {{- if eq .Values.reload "roll" }}
    checksum/config: {{ include "sluice.config" . | sha256sum }}
    checksum/patterns: {{ toYaml .Values.patterns | sha256sum }}
    {{- end }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "sluice.serviceAccountName" . | quote }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ include "sluice.graceSeconds" . }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . | quote }}
  {{- end }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: sluice
      image: {{ include "sluice.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        - run
        - -c
        - /etc/sluice/config/sluice.yaml
        {{- with .Values.extraArgs }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      {{- with .Values.extraEnv }}
      env:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with .Values.extraEnvFrom }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - {name: admin, containerPort: {{ .Values.admin.port }}, protocol: TCP}
      startupProbe:
        httpGet: {path: /livez, port: admin}
        {{- with .Values.probes.startup }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      livenessProbe:
        httpGet: {path: /livez, port: admin}
        {{- with .Values.probes.liveness }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      readinessProbe:
        httpGet: {path: /readyz, port: admin}
        {{- with .Values.probes.readiness }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        - {name: config, mountPath: /etc/sluice/config, readOnly: true}
        {{- if or .Values.keys.existingSecret .Values.keys.create }}
        - {name: keys, mountPath: /etc/sluice/keys, readOnly: true}
        {{- end }}
        - {name: tmp, mountPath: /tmp}
        {{- if .Values.patterns }}
        - {name: patterns, mountPath: /etc/sluice/patterns, readOnly: true}
        {{- end }}
        {{- if .Values.stateKey.existingSecret }}
        - {name: state-key, mountPath: /etc/sluice/state-key, readOnly: true}
        {{- end }}
        {{- if .Values.kafka.tls.caSecret }}
        - {name: kafka-ca, mountPath: /etc/sluice/kafka-ca, readOnly: true}
        {{- end }}
        {{- if .Values.kafka.tls.clientSecret }}
        - {name: kafka-client, mountPath: /etc/sluice/kafka-client, readOnly: true}
        {{- end }}
        {{- if .Values.kafka.sasl.mechanism }}
        - {name: kafka-sasl, mountPath: /etc/sluice/kafka-sasl, readOnly: true}
        {{- end }}
        {{- if .Values.geoDatabase.volume }}
        - {name: geo, mountPath: /var/lib/sluice/geo, readOnly: true}
        {{- end }}
        {{- with .Values.extraVolumeMounts }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    {{- with .Values.sidecars }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    - name: config
      configMap: {name: {{ include "sluice.fullname" . }}-config}
    {{- if or .Values.keys.existingSecret .Values.keys.create }}
    - name: keys
      secret: {secretName: {{ include "sluice.keySecret" . | quote }}, defaultMode: 0440}
    {{- end }}
    - name: tmp
      emptyDir: {sizeLimit: 16Mi}
    {{- if .Values.patterns }}
    - name: patterns
      configMap: {name: {{ include "sluice.fullname" . }}-patterns}
    {{- end }}
    {{- with .Values.stateKey.existingSecret }}
    - name: state-key
      secret: {secretName: {{ . | quote }}, defaultMode: 0440}
    {{- end }}
    {{- with .Values.kafka.tls.caSecret }}
    - name: kafka-ca
      secret: {secretName: {{ . | quote }}, defaultMode: 0440}
    {{- end }}
    {{- with .Values.kafka.tls.clientSecret }}
    - name: kafka-client
      secret: {secretName: {{ . | quote }}, defaultMode: 0440}
    {{- end }}
    {{- if .Values.kafka.sasl.mechanism }}
    - name: kafka-sasl
      secret: {secretName: {{ .Values.kafka.sasl.passwordSecret | quote }}, defaultMode: 0440}
    {{- end }}
    {{- with .Values.geoDatabase.volume }}
    - name: geo
      {{- toYaml . | nindent 6 }}
    {{- end }}
    {{- with .Values.extraVolumes }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if .Values.topologySpreadConstraints }}
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    {{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
    - maxSkew: 1
      topologyKey: {{ . }}
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "sluice.selectorLabels" $ | nindent 10 }}
    {{- end }}
    {{- end }}
{{- end -}}
