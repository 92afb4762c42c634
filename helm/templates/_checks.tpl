{{- /* Contradictions that values.schema.json cannot express. */ -}}
{{- define "sakark.checks" -}}
{{- with .Values.database -}}
{{- if and (eq .secretName .ownerSecretName) (eq .urlKey .ownerUrlKey) -}}
{{- fail "database: what answers requests must not have the address of the owner of the tables" -}}
{{- end -}}
{{- end -}}
{{- with .Values.api.autoscaling -}}
{{- if gt (int .minReplicas) (int .maxReplicas) -}}
{{- fail "api.autoscaling: minReplicas is more than maxReplicas" -}}
{{- end -}}
{{- end -}}
{{- $host := (urlParse .Values.publicUrl).hostname -}}
{{- if and .Values.ingress.enabled (ne .Values.ingress.host $host) -}}
{{- fail (printf "ingress.host is %s, but publicUrl tells clients %s" .Values.ingress.host $host) -}}
{{- end -}}
{{- end -}}
