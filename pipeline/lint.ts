import type { Problem } from "../kit/user-error";
import { AlloySyntaxError } from "./language";
import { unknownReferences } from "./references";
import { streamsOf, type StreamLabel, type Streams } from "./stream-labels";

/** Loki's own limit (limits_config.max_label_names_per_series); a push with more is answered with 400. */
export const maxStreamLabels = 15;

/** What a label's value is made from, and why a stream must not be indexed by it. */
const volatileSources: readonly (readonly [RegExp, string])[] = [
  [/^__meta_kubernetes_pod_(name|uid|ip|container_id)$/, "has one value a pod"],
  [/^__address__$/, "has one value a pod"],
  [/^__meta_kubernetes_pod_controller_name$/, "has one value a rollout"],
  [
    /^__meta_kubernetes_pod_label_(pod_template_hash|controller_revision_hash|pod_template_generation)$/,
    "has one value a rollout",
  ],
  [
    /^__meta_kubernetes_pod_label_((batch_kubernetes_io_)?(job_name|controller_uid)|statefulset_kubernetes_io_pod_name)$/,
    "has one value a pod or a run",
  ],
  [/^__meta_kubernetes_pod_(phase|ready)$/, "changes while the pod lives"],
  [/^__meta_kubernetes_(pod|node|namespace)_annotation/, "may change while the pod lives"],
];

/** Names that say the same, wherever the value comes from. */
const volatileNames: Readonly<Record<string, string>> = {
  instance: "has one value a container",
  pod: "has one value a pod",
  pod_name: "has one value a pod",
  pod_uid: "has one value a pod",
  pod_ip: "has one value a pod",
  uid: "has one value a pod",
  container_id: "has one value a container",
  pod_template_hash: "has one value a rollout",
  controller_revision_hash: "has one value a rollout",
  request_id: "has one value a request",
  session_id: "has one value a session",
  span_id: "has one value a request",
  trace_id: "has one value a request",
  traceID: "has one value a request",
  user_id: "has one value a user",
};

/**
 * What is wrong with the streams that a composed pipeline makes: more label names than Loki takes, a label that makes a
 * stream of each pod, rollout or request, a step whose labels nobody can tell, or a component that is not there. Pure.
 *
 * @param file what the messages call the text
 */
export function lintPipeline(text: string, file = "config.alloy"): Problem[] {
  let streams: Streams;
  try {
    streams = streamsOf(text);
  } catch (error) {
    if (!(error instanceof AlloySyntaxError)) throw error;
    return [{ file, key: "", problem: error.message, remedy: "write it in Alloy's language; `alloy fmt` says where" }];
  }
  const problems = new Map<string, Problem>();
  const report = (key: string, problem: string, remedy: string): void =>
    void problems.set(`${key} ${problem}`, { file, key, problem, remedy });

  for (const { id, line } of streams.twice)
    report(`line ${line}: ${id}`, `${id} is there twice`, "give one of the two another name");
  for (const { reference, line } of unknownReferences(text))
    report(`line ${line}: ${reference}`, "refers to a component that is not there", remedyFor(reference));
  for (const { component, line, why } of streams.opaque)
    report(
      `line ${line}: ${component}`,
      why,
      "set each label by a rule with target_label, in a component of Alloy's own",
    );
  for (const { source, writer, labels } of streams.paths) {
    const names = labels.map(({ name }) => name).sort();
    if (names.length > maxStreamLabels)
      report(
        `${source} to ${writer}`,
        `gives a stream ${names.length} labels, and Loki takes ${maxStreamLabels}: ${names.join(", ")}`,
        "keep those that queries select by, and put the rest into structured metadata",
      );
    for (const label of labels) {
      const why = volatility(label);
      if (why === undefined) continue;
      report(
        `line ${label.line}: ${label.component}`,
        `sets the stream label ${label.name}, which ${why}: each value is a stream of its own`,
        "put it beside the line with stage.structured_metadata, and drop the label in front of loki.write",
      );
    }
  }
  return [...problems.values()];
}

function remedyFor(reference: string): string {
  if (reference.startsWith("prometheus.remote_write.default."))
    return "turn alloy:metrics on, or leave the section out";
  if (/^(loki|discovery)\./.test(reference)) return "correct its name; ours are there where alloy:logs is on";
  return "correct its name, or add the component";
}

function volatility({ name, sources }: StreamLabel): string | undefined {
  if (Object.hasOwn(volatileNames, name)) return volatileNames[name];
  for (const source of sources) {
    const found = volatileSources.find(([form]) => form.test(source));
    if (found !== undefined) return found[1];
    const inLine = source.startsWith("line:") ? source.slice("line:".length) : undefined;
    if (inLine !== undefined && Object.hasOwn(volatileNames, inLine)) return volatileNames[inLine];
  }
  return undefined;
}
