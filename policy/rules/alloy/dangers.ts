/**
 * What a difference from the settings can do, for the reader of a message: "is nothing that the settings ask for" is true
 * of a label and of a command beside the credential. The tables decide nothing; each difference is refused without them.
 */
interface Danger {
  /** On the type of the resource, `kubernetes:apps/v1:DaemonSet`. */
  type: RegExp;
  /** On the path of the field; absent for the resource as a whole. */
  path?: RegExp;
  /** Completes "…: it". */
  can: string;
}

const workload = /^kubernetes:(apps|batch|extensions|core)\/[^:]*:(DaemonSet|Deployment|StatefulSet|Job|CronJob|Pod)/;

/** Fields, the most telling first. */
export const ofFields: readonly Danger[] = [
  {
    type: workload,
    path: /\.(c|initC|ephemeralC)ontainers\[\d+\]$|\.ephemeralContainers$|\.initContainers$/,
    can: "can read the collector's storage and token, and by one more mount its credential",
  },
  {
    type: workload,
    path: /\.initContainers\[\d+\]\.(command|args|image|env|securityContext|volume)/,
    can: "can do as root what it likes with a directory of every node",
  },
  { type: workload, path: /\.lifecycle\b/, can: "can run a command beside the credential" },
  { type: workload, path: /\.command\b/, can: "can run another program with the collector's files and rights" },
  { type: workload, path: /\.args\b/, can: "can open a port to others, have other files read, or write without end" },
  {
    type: workload,
    path: /\.env(From)?\b/,
    can: "can load code into the process, and change whose certificates it trusts and through whom it calls",
  },
  {
    type: workload,
    path: /\.volumeMounts\b/,
    can: "can put other files in the place of the pipeline or its credential",
  },
  { type: workload, path: /\.volumes\b/, can: "can bring in files of the node, of another image or of another Secret" },
  { type: workload, path: /\.image\b/, can: "can run any program with the collector's credential" },
  {
    type: workload,
    path: /\.\w+Probe\b/,
    can: "can run a command or call another host, or hide a collector that hangs",
  },
  { type: workload, path: /\.resources\b/, can: "can take the node's memory or processors from everybody" },
  { type: workload, path: /\.securityContext\b/, can: "can loosen what the pod is confined by" },
  {
    type: workload,
    path: /\.(hostAliases|dnsConfig|dnsPolicy)\b/,
    can: "can lead Loki's name, and the credential with it, to somebody else",
  },
  {
    type: workload,
    path: /\.(host(Network|PID|IPC|Users)|shareProcessNamespace)\b/,
    can: "can show the pod what belongs to the node or to its other containers",
  },
  { type: workload, path: /\.serviceAccount/, can: "can give the pod somebody else's rights" },
  { type: workload, path: /metadata\.annotations\b/, can: "can have a runtime or a network plugin give the pod more" },
  {
    type: workload,
    path: /metadata\.labels\b|\.selector\b/,
    can: "can take the pods out of the NetworkPolicy, the PodMonitor or the DaemonSet itself",
  },
  {
    type: workload,
    path: /\.(nodeSelector|nodeName|affinity|tolerations|runtimeClassName|schedulerName|priorityClassName)\b/,
    can: "can leave nodes without a collector, or give the pod to another runtime or scheduler",
  },
  { type: workload, path: /\.updateStrategy\b/, can: "can leave many nodes without a collector at once" },
  {
    type: /:NetworkPolicy$/,
    path: /^spec\.podSelector\b/,
    can: "can leave the pods without a policy, which allows everything",
  },
  { type: /:NetworkPolicy$/, path: /^spec\b/, can: "can open a way for the credential, or close one for the lines" },
  {
    type: /:PodMonitor$/,
    path: /elabelings\b|\.(sampleLimit|targetLimit|labelLimit|interval|scrapeTimeout)\b/,
    can: "can drop samples, and with them every alarm",
  },
  { type: /:PodMonitor$/, path: /^spec\b/, can: "can take in pods of others, or show somebody Prometheus' token" },
  { type: /:ConfigMap$/, path: /^(data|binaryData)\b/, can: "is what every collector runs or reads" },
  { type: /:ClusterRole$/, path: /^(rules|aggregationRule)\b/, can: "is what every collector may do in the cluster" },
  { type: /:ClusterRoleBinding$/, path: /^(roleRef|subjects)\b/, can: "is who may do what the collectors may" },
  { type: /:ServiceAccount$/, path: /annotations\b/, can: "can give the collectors a role in a cloud" },
  { type: /:ServiceAccount$/, path: /automount|ecrets\b/, can: "can give every container a token or a Secret" },
  { type: /:Namespace$/, path: /labels\b/, can: "can take the namespace out of what admission checks" },
  { type: /^vault:.*:Policy$/, path: /policy\b/, can: "is what the collectors may read and write in Vault" },
  { type: /^vault:.*Role$/, path: /./, can: "decides who may log in to Vault as a collector, and for how long" },
  { type: /^pulumi:providers:/, path: /./, can: "can send objects and credentials to another cluster or server" },
];

/** Resources that the settings do not ask for; a type that nothing knows comes last. */
export const ofResources: readonly Danger[] = [
  {
    type: /:(Mutating|Validating)(Webhook|Admission)\w*$/,
    can: "can see, change or refuse every object that anybody writes",
  },
  {
    type: /^(command|pulumi-nodejs|pulumi-python|terraform|docker|docker-build):/,
    can: "can run any code with the rights of whoever deploys",
  },
  { type: /^pulumi:providers:/, can: "can send objects and credentials to another cluster or server" },
  {
    type: /^vault:/,
    can: "can grant or overwrite in Vault what other stacks live by",
  },
  {
    type: /:(ExternalSecret|ClusterExternalSecret|PushSecret|SealedSecret|SopsSecret|VaultStaticSecret|VaultAuth|SecretProviderClass|Secret)$/,
    can: "can bring in a credential or a token that lives for ever",
  },
  { type: /:(Cluster)?Role(Binding)?$/, can: "can grant what no component of the pipeline needs" },
  {
    type: /:(Service|Ingress|Gateway|HTTPRoute|GRPCRoute|TCPRoute|TLSRoute|Route|VirtualService|IngressRoute|Endpoints|EndpointSlice)$/,
    can: "can put the collectors' UI, which asks for no password, before others",
  },
  {
    type: /:(\w*NetworkPolicy|\w*GlobalNetworkSet|AuthorizationPolicy|PeerAuthentication|Sidecar|ServiceEntry|EnvoyFilter)$/,
    can: "can open what the NetworkPolicy closes, since policies add up",
  },
  {
    type: /:(ServiceMonitor|PodMonitor|Probe|ScrapeConfig)$/,
    can: "can have Prometheus show its token to somebody whom no setting names",
  },
  { type: workload, can: "runs beside the collectors, in a namespace that admits what they need" },
  { type: /:ServiceAccount$/, can: "can be bound to rights, in Kubernetes, Vault or a cloud, under a name they trust" },
  {
    type: /:(ConfigMap|PersistentVolume|PersistentVolumeClaim)$/,
    can: "can be mounted in the place of what they read",
  },
  // A group with a dot is somebody else's, apart from Kubernetes' own.
  {
    type: /^kubernetes:(?!(?:[\w-]+\.)?k8s\.io\/)[^:/]+\.[^:]+:/,
    can: "can have its operator make anything of it",
  },
];

/** What differs, with what it can do behind it where that is known. */
export function withDanger(type: string, path: string, problem: string): string {
  const danger = ofFields.find((one) => one.type.test(type) && one.path?.test(path) === true);
  return danger === undefined ? problem : `${problem}: it ${danger.can}`;
}

/** The same of a resource that should not be there. */
export function withDangerOfResource(type: string, problem: string): string {
  const danger = ofResources.find((one) => one.type.test(type));
  return danger === undefined ? problem : `${problem}: it ${danger.can}`;
}
