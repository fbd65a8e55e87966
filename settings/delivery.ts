import { refuse } from "./cross-field-check";
import * as field from "./fields";

/** What may happen to a line when a collector ends: it comes twice, or not at all. */
export const delivery = field.choice(["at-least-once", "at-most-once"]).optional().meta({
  description:
    "What a collector starts from. `at-least-once`: the positions whose lines Loki has answered for, so that one that ended loses nothing and sends some seconds of lines again. `at-most-once`: the positions that Alloy wrote last.",
  otherwise: "`at-least-once`, and `at-most-once` with `wal.logs` or if `logs.source` is `files`",
  ifWrong:
    "`at-most-once`: a collector that ends while Loki is away loses its queue. `at-least-once` with an image that has no bash: the collectors do not start.",
});

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  delivery?: "at-least-once" | "at-most-once";
  logs: { source: "kubernetes" | "files" };
  wal: { logs: boolean };
}

/** The settings that {@link checkDelivery} reads. */
export const readByDeliveryCheck = [["delivery"], ["logs", "source"], ["wal", "logs"]];

/**
 * With a write-ahead log a collector answers for lines that an earlier one read, and the two counts never meet. With
 * files a position is a number of bytes: an older one would be put into a file that has been rotated since.
 */
export function checkDelivery({ delivery: chosen, logs, wal }: Read, context: Parameters<typeof refuse>[0]): void {
  if (chosen !== "at-least-once") return;
  if (wal.logs)
    refuse(
      context,
      "delivery",
      "is at-least-once, but alloy:wal.logs is on: with that log, Alloy counts what an earlier collector has read, too",
      "set alloy:wal.logs to false, or alloy:delivery to at-most-once",
    );
  if (logs.source === "files")
    refuse(
      context,
      "delivery",
      "is at-least-once, but alloy:logs.source is files: an earlier position means nothing in a file that was rotated since",
      "set alloy:logs.source to kubernetes, or alloy:delivery to at-most-once",
    );
}

/** Whether collectors start from positions whose lines Loki has answered for. */
export function isAtLeastOnce(settings: Read & { logs: { enabled: boolean } }): boolean {
  const { delivery: chosen, logs, wal } = settings;
  const usual = wal.logs || logs.source === "files" ? "at-most-once" : "at-least-once";
  return logs.enabled && (chosen ?? usual) === "at-least-once";
}
