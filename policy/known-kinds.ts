/**
 * Custom kinds that have a namespace, speak for no more than what is in it, and are made into nothing that the program
 * does not show: group → kinds. What is not here is refused by rule `kind-allowed`: a namespace that is written into an
 * object says nothing, since the API server drops it from a kind that is the whole cluster's.
 * Sources: each project's own CustomResourceDefinitions (`scope: Namespaced`) and its reference of the kind.
 */
export const namespacedKinds: Readonly<Record<string, readonly string[]>> = {
  // Certificates and secrets, as far as they come into this namespace. PushSecret sends them out, and is not here.
  "cert-manager.io": ["Certificate", "Issuer"],
  "external-secrets.io": ["ExternalSecret", "SecretStore"],
  "secrets.hashicorp.com": [
    ...["VaultStaticSecret", "VaultDynamicSecret", "VaultPKISecret", "VaultAuth", "VaultConnection"],
    "HCPVaultSecretsApp",
  ],
  "secrets-store.csi.x-k8s.io": ["SecretProviderClass"],
  "bitnami.com": ["SealedSecret"],
  "isindir.github.com": ["SopsSecret"],
  // Ways in. A ServiceEntry gives a name to the whole mesh, a ReferenceGrant another namespace's objects a way in.
  "gateway.networking.k8s.io": [
    ...["Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "BackendTLSPolicy"],
  ],
  "networking.istio.io": ["Gateway", "VirtualService", "DestinationRule", "Sidecar"],
  "security.istio.io": ["AuthorizationPolicy", "PeerAuthentication", "RequestAuthentication"],
  "telemetry.istio.io": ["Telemetry"],
  "traefik.io": [
    ...["IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "Middleware", "MiddlewareTCP", "TLSOption"],
    ...["ServersTransport", "ServersTransportTCP", "TraefikService"],
  ],
  "traefik.containo.us": ["IngressRoute", "IngressRouteTCP", "IngressRouteUDP", "Middleware", "TLSOption"],
  "projectcontour.io": ["HTTPProxy"],
  "route.openshift.io": ["Route"],
  "policy.linkerd.io": [
    ...["Server", "ServerAuthorization", "AuthorizationPolicy", "MeshTLSAuthentication", "NetworkAuthentication"],
    "HTTPRoute",
  ],
  "linkerd.io": ["ServiceProfile"],
  "networking.gke.io": ["ManagedCertificate", "FrontendConfig", "GCPGatewayPolicy", "HealthCheckPolicy"],
  "cloud.google.com": ["BackendConfig"],
  // Guards, which rule guard-effective reads.
  "cilium.io": ["CiliumNetworkPolicy"],
  "crd.projectcalico.org": ["NetworkPolicy", "NetworkSet"],
  "projectcalico.org": ["NetworkPolicy", "NetworkSet"],
  // Scaling and storage.
  "keda.sh": ["ScaledObject", "TriggerAuthentication"],
  "autoscaling.k8s.io": ["VerticalPodAutoscaler"],
  "snapshot.storage.k8s.io": ["VolumeSnapshot"],
  // Databases and queues, by operators that confine the pods that they make by themselves.
  "postgresql.cnpg.io": ["Cluster", "Pooler", "ScheduledBackup", "Backup", "Database"],
  "kafka.strimzi.io": ["Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser"],
  "rabbitmq.com": [
    ...["RabbitmqCluster", "Queue", "Exchange", "Binding", "Vhost", "User", "Permission", "Policy", "TopicPermission"],
  ],
  "elasticsearch.k8s.elastic.co": ["Elasticsearch"],
  "kibana.k8s.elastic.co": ["Kibana"],
  // What is seen, and who is told.
  "grafana.integreatly.org": ["GrafanaDashboard", "GrafanaDatasource", "GrafanaFolder", "GrafanaAlertRuleGroup"],
  "loki.grafana.com": ["LokiStack", "AlertingRule", "RecordingRule"],
  "operator.victoriametrics.com": ["VMRule"],
  "notification.toolkit.fluxcd.io": ["Alert", "Provider"],
  "image.toolkit.fluxcd.io": ["ImageRepository", "ImagePolicy"],
};

/** Whether the kind is known to stay within its namespace; what is in it other rules read. */
export const isKnownKind = ({ group, kind }: { group: string; kind: string }): boolean =>
  Object.hasOwn(namespacedKinds, group) && (namespacedKinds[group] ?? []).includes(kind);
