import type { Problem } from "../kit/user-error";
import { AlloySyntaxError } from "./language";
import { unknownReferences } from "./references";
import { streamsOf, type Streams } from "./stream-labels";
import { volatility } from "./volatile-labels";

/** Loki's own limit (limits_config.max_label_names_per_series); a push with more is answered with 400. */
export const maxStreamLabels = 15;

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
