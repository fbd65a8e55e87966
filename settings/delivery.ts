import { refuse } from "./cross-field-check";
import * as field from "./fields";

/** What may happen to a line when a collector ends: it comes twice, or not at all. */
export const delivery = field.choice(["at-least-once", "at-most-once"]).optional().meta({
  description:
    "What a collector starts from. `at-least-once`: the positions whose lines Loki has answered for, so that one that ended loses nothing and sends some seconds of lines again. `at-most-once`: the positions that Alloy wrote last.",
  otherwise: "`at-least-once`, and `at-most-once` with `wal.logs`",
  ifWrong:
    "`at-most-once`: a collector that ends while Loki is away loses its queue. `at-least-once` with an image that has no bash: the collectors do not start.",
});

// Not of Settings, whose type is inferred from the schema that this check is part of.
interface Read {
  delivery?: "at-least-once" | "at-most-once";
  wal: { logs: boolean };
}

/** The settings that {@link checkDelivery} reads. */
export const readByDeliveryCheck = [["delivery"], ["wal", "logs"]] as const;

/** With a write-ahead log a collector answers for lines that an earlier one read, and the two counts never meet. */
export function checkDelivery({ delivery: chosen, wal }: Read, context: Parameters<typeof refuse>[0]): void {
  if (chosen === "at-least-once" && wal.logs)
    refuse(
      context,
      "delivery",
      "is at-least-once, but alloy:wal.logs is on: with that log, Alloy counts what an earlier collector has read, too",
      "set alloy:wal.logs to false, or alloy:delivery to at-most-once",
    );
}

/** Whether collectors start from positions whose lines Loki has answered for. */
export function isAtLeastOnce({ delivery: chosen, logs, wal }: Read & { logs: { enabled: boolean } }): boolean {
  return logs.enabled && (chosen ?? (wal.logs ? "at-most-once" : "at-least-once")) === "at-least-once";
}
