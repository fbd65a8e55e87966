import { z } from "zod";

import * as field from "./fields";
import { brokenPromises } from "./outage-sum";
import { ifValid, refuse } from "./cross-field-check";
import { formatDuration, parseDuration } from "../kit/units";

const refusedWithSum = "A promise that the node cannot keep is refused, and the message shows the sum.";

const load = z
  .strictObject({
    nodeLinesPerSecond: field.count.default(100).meta({
      description: "Lines per second that all containers of the busiest node write together.",
      ifWrong: "Too low: with `wal.logs`, the disk fills up in an outage before the budget is over.",
    }),
    containerLinesPerSecond: field.count.default(10).meta({
      description: "Lines per second that the busiest container writes.",
      ifWrong: "Too low: the kubelet rotates that container's log away in an outage before the budget is over.",
    }),
    containers: field.count.default(30).meta({
      description: "Containers whose logs are collected on the busiest node.",
      ifWrong: "Too low: the collector exceeds its memory limit in an outage, is killed and loses its queue.",
    }),
    bytesPerLine: field.count.default(200).meta({
      description: "Average length of a line, in bytes.",
      ifWrong: "Too low: the sum promises more than the node can hold.",
    }),
  })
  .prefault({})
  .meta({ description: "The load that the outage budget is checked against." });

/** `alloy:wal`: what the collector keeps on the node, and what it promises to survive with it. */
export const wal = z
  .strictObject({
    path: field.storagePath.default("/var/lib/alloy").meta({
      description:
        "Directory on the node (hostPath) for read positions and write-ahead logs. It survives pods and reboots.",
      ifWrong:
        "A directory of the node itself is refused. After a change the collectors find no positions: lines are sent again, or missed.",
    }),
    // Less than Loki's window: `older_than` goes by the clock, so with 1h of both, catching up would drop the first lines.
    outageBudget: field.outage.default("50m").meta({
      description: "How long Loki may be unavailable without a lost line, while the collector itself stays up.",
      ifWrong: refusedWithSum,
    }),
    // Loki accepts a line until half of max_chunk_age (2h) behind its stream's newest.
    lokiWindow: field.duration.default("1h").meta({
      description:
        "Maximum age, relative to the stream's newest line, that Loki accepts: half of Loki's `max_chunk_age`.",
      ifWrong: "Longer than Loki's real window: after a long outage Loki refuses the older lines, and they are lost.",
    }),
    logs: field.flag.default(false).meta({
      description:
        "A write-ahead log for log lines, too. Read docs/decisions/0004-log-wal-off.md before you turn it on.",
      ifWrong:
        "On: budget × rate of lines is always on the disk, and a collector that is killed in an outage may lose more lines.",
    }),
    prepare: field.choice(["init", "none"]).default("init").meta({
      description:
        "Who gives the directory to the collector's user: an init container (`init`), or whoever provisions the nodes (`none`).",
      ifWrong: "`none` on nodes that do not provision it: the collector cannot write and does not start.",
    }),
    disk: field.memory.default("1Gi").meta({
      description: "Space that the directory has on every node.",
      ifWrong: `More than the node has: the disk fills up in an outage. ${refusedWithSum}`,
    }),
    kubeletLogSize: field.memory.default("10Mi").meta({
      description: "The kubelets' `containerLogMaxSize`: how much of a container's log waits on the node for Loki.",
      ifWrong: "Larger than the kubelets' real value: lines are lost in an outage that the budget promises to survive.",
    }),
    load,
  })
  .superRefine(
    ({ outageBudget, lokiWindow }, context) => {
      const budget = parseDuration(outageBudget) ?? 0;
      const window = parseDuration(lokiWindow) ?? 0;
      if (budget > window)
        refuse(
          context,
          "outageBudget",
          `promises ${outageBudget}, but Loki refuses a line that is more than ${formatDuration(window)} older than its stream's newest`,
          `lower it to ${formatDuration(window)}; or raise Loki's max_chunk_age and write half of it in alloy:wal.lokiWindow`,
        );
    },
    ifValid(["outageBudget"], ["lokiWindow"]),
  )
  .superRefine(
    (plan, context) => {
      // A budget beyond Loki's window is refused above; its sum would only say it twice.
      if ((parseDuration(plan.outageBudget) ?? 0) > (parseDuration(plan.lokiWindow) ?? 0)) return;
      for (const { key, problem, remedy } of brokenPromises(plan)) refuse(context, key, problem, remedy);
    },
    ifValid(["outageBudget"], ["lokiWindow"], ["logs"], ["disk"], ["kubeletLogSize"], ["load"]),
  )
  .prefault({})
  .meta({ description: "What the collector keeps on the node, and which outage it promises to survive with it." });
