import assert from "node:assert/strict";

import { acknowledgedBy } from "../../pipeline/acknowledged";
import { expectedCommand } from "../../policy/rules/alloy/expected/delivery";
import { settingsOf } from "../support/settings";

describe("at-least-once: what the pod has to know of a pipeline", () => {
  const stages = (text: string): string => `loki.process "a" {\n\tforward_to = []\n\n${text}\n}\n`;
  const texts: [title: string, text: string, sources: string[], heldSeconds: number][] = [
    ["nothing to read", "", [], 0],
    ["one source", 'loki.source.kubernetes "pods" {\n}\n', ["loki.source.kubernetes.pods"], 0],
    [
      "each that keeps positions, sorted",
      'loki.source.journal "n" {\n}\nloki.source.file "pods" {\n}\nloki.source.api "x" {\n}\n',
      ["loki.source.file.pods", "loki.source.journal.n"],
      0,
    ],
    ["lines that are joined", stages('\tstage.multiline {\n\t\tfirstline = "^a"\n\t}'), [], 3],
    [
      "the longest wait, rounded up, however deep",
      stages(
        '\tstage.match {\n\t\tselector = "{}"\n\n\t\tstage.multiline {\n\t\t\tfirstline     = "^a"\n\t\t\tmax_wait_time = "7500ms"\n\t\t}\n\t}',
      ),
      [],
      8,
    ],
  ];

  for (const [title, text, sources, heldSeconds] of texts)
    it(`${title}: as the policy pack reads it by itself`, () => {
      assert.deepEqual(acknowledgedBy(text), { sources, heldSeconds });
      const { command } = expectedCommand(settingsOf(), text) as { command: unknown[] };
      assert.deepEqual(command.slice(3), ["delivery", "/var/lib/alloy", String(heldSeconds), ...sources, "--"]);
    });
});
