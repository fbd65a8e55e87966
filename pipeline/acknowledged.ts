import { parseDuration } from "../kit/units";
import { everyBlock, parseAlloy, stringAttribute } from "./language";
import { idOf } from "./stream-labels";

/** What the pod has to know of a pipeline whose collectors start from positions that are answered for. */
export interface Acknowledged {
  /** Sources that keep positions, by their ids: `loki.source.kubernetes.pods`. Each has a folder of that name. */
  sources: string[];
  /** How long a line may wait in a step before it is counted. */
  heldSeconds: number;
}

// Those that write positions.yml. Source: grafana/alloy, internal/component/loki/source/*, positions.New
const withPositions = ["kubernetes", "podlogs", "file", "journal", "docker"].map((kind) => `loki.source.${kind}`);

// The default of max_wait_time. Source: grafana/alloy, internal/component/loki/process/stages/multiline.go
const multilineWait = "3s";

/**
 * The sources whose positions are kept, and how long their lines may be held up: stage.multiline waits for the lines
 * that belong to the one that it has. Pure.
 *
 * @throws AlloySyntaxError
 */
export function acknowledgedBy(text: string): Acknowledged {
  const blocks = parseAlloy(text);
  const waits = everyBlock(blocks)
    .filter(({ name }) => name === "stage.multiline")
    .map((stage) => parseDuration(stringAttribute(stage, "max_wait_time") ?? multilineWait) ?? 0);
  return {
    sources: blocks
      .filter(({ name }) => withPositions.includes(name))
      .map(idOf)
      .sort(),
    heldSeconds: Math.ceil(Math.max(0, ...waits) / 1000),
  };
}
