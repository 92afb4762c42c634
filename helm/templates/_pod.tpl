{{- /* What every pod of the chart has: no rights, and none of the cluster's own additions. */ -}}
{{- define "sakark.pod" -}}
automountServiceAccountToken: false
# Otherwise a service called sakark puts SAKARK_PORT and the like into the environment, and a
# setting that is unknown stops the start.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
volumes:
  - name: tmp
    emptyDir: {}
{{- with .claimName }}
  - name: deposits
    persistentVolumeClaim:
      claimName: {{ . }}
{{- end }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* What every container has: its image, and nothing to write to but /tmp. */ -}}
{{- define "sakark.container" -}}
image: {{ include "sakark.image" . | quote }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: ["ALL"]
volumeMounts:
  - name: tmp
    mountPath: /tmp
{{- if .claimName }}
  - name: deposits
    mountPath: /deposits
{{- end }}
{{- end -}}

{{- /* Spread the pods of a component over nodes and zones, each revision by itself. */ -}}
{{- define "sakark.spread" -}}
{{- range list "kubernetes.io/hostname" "topology.kubernetes.io/zone" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "sakark.selector" $.root | nindent 6 }}
      app.kubernetes.io/component: {{ $.component }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end -}}

{{- define "sakark.secret" -}}
- name: {{ .name }}
  valueFrom:
    secretKeyRef:
      name: {{ .secret }}
      key: {{ .key }}
{{- end -}}

{{- /* The settings that the API and the worker share. Nothing is set to an empty string. */ -}}
{{- define "sakark.settings" -}}
{{- with .Values.database -}}
{{ include "sakark.secret" (dict "name" "SAKARK_DATABASE_URL" "secret" .secretName "key" .urlKey) }}
- name: SAKARK_DATABASE_POOL_SIZE
  value: {{ .poolSize | quote }}
{{- end }}
{{- with .Values.operator }}
{{- if .secretName }}
- name: SAKARK_OPERATOR_ISSUER
  value: {{ .issuer | quote }}
- name: SAKARK_OPERATOR_AUDIENCE
  value: {{ .audience | quote }}
{{ include "sakark.secret" (dict "name" "SAKARK_DATABASE_OPERATOR_URL" "secret" .secretName "key" .urlKey) }}
{{- end }}
{{- end }}
{{- with .Values.s3 }}
- name: SAKARK_S3_BUCKET
  value: {{ .bucket | quote }}
- name: SAKARK_S3_REGION
  value: {{ .region | quote }}
{{- if .endpoint }}
- name: SAKARK_S3_ENDPOINT
  value: {{ .endpoint | quote }}
{{- end }}
{{- if .secretName }}
{{ include "sakark.secret" (dict "name" "SAKARK_S3_ACCESS_KEY" "secret" .secretName "key" .accessKeyKey) }}
{{ include "sakark.secret" (dict "name" "SAKARK_S3_SECRET_KEY" "secret" .secretName "key" .secretKeyKey) }}
{{- end }}
{{- end }}
- name: SAKARK_PUBLIC_URL
  value: {{ .Values.publicUrl | quote }}
{{- with .Values.corsOrigins }}
- name: SAKARK_CORS_ORIGINS
  value: {{ join "," . | quote }}
{{- end }}
{{- with .Values.trustedProxies }}
- name: SAKARK_TRUSTED_PROXIES
  value: {{ join "," . | quote }}
{{- end }}
- name: SAKARK_METRICS_PORT
  value: {{ .Values.metrics.port | quote }}
{{- with .Values.tracing }}
{{- if .endpoint }}
- name: SAKARK_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
- name: SAKARK_OTLP_SAMPLE_RATIO
  value: {{ .sampleRatio | quote }}
{{- end }}
{{- end }}
- name: SAKARK_LOG_FORMAT
  value: json
{{- range $name, $value := .Values.settings }}
- name: {{ $name }}
  value: {{ $value | quote }}
{{- end }}
{{- end -}}
