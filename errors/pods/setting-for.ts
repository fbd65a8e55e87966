/** A setting that decides what a policy of the cluster objects to, and what to do about it. */
export interface DecidingSetting {
  /** As it stands in the stack's file; empty if no setting decides it. */
  key: string;
  remedy: string;
}

const exception = "have an exception made for the collectors";

/** In this order: a policy's reason often names several fields, and the first is then the one that it is about. */
const settings: [pattern: RegExp, setting: DecidingSetting][] = [
  [
    /host ?path|host ?filesystem|write mode/i,
    {
      key: "alloy:wal.path",
      remedy: `the collectors keep their positions in this directory of the node (hostPath): ${exception} that allows it, or write a directory that is allowed already`,
    },
  ],
  [
    /\blabels?\b/i,
    {
      key: "alloy:pod.labels",
      remedy: `write the label that is asked for (here it is on the pods, in alloy:labels on every object), or ${exception}`,
    },
  ],
  [
    /\bannotations?\b/i,
    {
      key: "alloy:pod.annotations",
      remedy: `write the annotation that is asked for (here it is on the pods, in alloy:annotations on every object), or ${exception}`,
    },
  ],
  [
    /\bpriority/i,
    { key: "alloy:pod.priorityClassName", remedy: `write a PriorityClass that is allowed, or ${exception}` },
  ],
  [
    /\btolerat/i,
    {
      key: "alloy:pod.tolerations",
      remedy: `the default tolerates every taint, since every node has logs: write the taints that are there, or ${exception}`,
    },
  ],
  [
    /\bimages?\b|registr|signature|digest/i,
    { key: "alloy:image", remedy: `write an image from a registry that is allowed, with its digest, or ${exception}` },
  ],
  [
    /run ?as ?(?:user|non ?root|root|group)|\broot\b|\bcapabilit|\bCHOWN\b|uid/i,
    {
      key: "alloy:wal.prepare",
      remedy: `the init container prepare-storage runs as root with CHOWN: set it to none and have the nodes make the directory for uid 473, or ${exception}`,
    },
  ],
  [
    /\b(?:cpu|memory|limits?|requests?|resources)\b/i,
    { key: "alloy:resources", remedy: `write requests and limits that are allowed, or ${exception}` },
  ],
];

/**
 * The setting that decides what a policy objects to, by the words of its reason. Policies are written by whoever runs
 * the cluster, in words of their own: this is a guess, and the reason itself is always quoted beside it. Pure.
 */
export function settingFor(reason: string): DecidingSetting {
  const found = settings.find(([pattern]) => pattern.test(reason));
  return (
    found?.[1] ?? {
      key: "",
      remedy: `ask whoever owns that policy what a DaemonSet with a hostPath needs, or ${exception}`,
    }
  );
}
