import * as path from "node:path";

import { factsOf } from "../../alerts/facts";
import { lokiAlerts } from "../../alerts/loki-rules";
import { alerts, type NamedAlert } from "../../alerts/table";
import { repoRoot } from "../../kit/repo-root";
import { parseSettings } from "../../settings/parse-settings";
import { readStackFile } from "../../settings/stack-file";
import { withoutFinding } from "../../operations/status/findings";

/** The page that names every alert. */
export const runbookIndexFile = path.join("docs", "runbooks", "README.md");

/** Its text, as prettier formats it: the same table as the rules' own, with the limits of production. */
export async function runbookIndex(): Promise<string> {
  const settings = parseSettings(readStackFile("production", repoRoot).config, "Pulumi.production.yaml");
  const facts = factsOf(settings, "");
  const row = (alert: NamedAlert): string => {
    const rules = alert.rules(facts);
    const cells = [
      `[${alert.name}](${alert.name}.md)`,
      rules.map(({ severity, for: after }) => `${severity}${after === undefined ? "" : ` after ${after}`}`).join(", "),
      alert.summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "$1").replaceAll(/\{\{ \$value[^}]*\}\}/g, "N"),
      withoutFinding.includes(alert.name) ? "no" : "yes",
    ];
    return `| ${cells.join(" | ")} |`;
  };
  const text = [
    "# Runbooks",
    "",
    "<!-- Made by `npm run docs:update` from the table in alerts/: edit it there. The pages beside this one are written by hand. -->",
    "",
    "Each alert about the collectors has a page of its name, and links to it. The limits and times here are those of the stack",
    "`production`; each stack's rules are computed from its own settings, and a rule about something that is off is not made.",
    "`npx alloyctl status STACK` uses the same names and limits. It looks for some seconds only, so an alert that needs an",
    'hour\'s history says "no" in the last column.',
    "",
    "In the commands of the pages, `STACK` is the stack, `NAMESPACE` is `alloy:namespace.name`, and `POD` is the collector's pod.",
    "What a page calls seen was seen in the sandbox; the rest is from the sources of Alloy and from the settings.",
    "promtool plays a fault of every alert: it fires in the fault, and is silent before and after it.",
    "",
    "| alert | severity | what it says | in `status` |",
    "| --- | --- | --- | --- |",
    ...alerts.map(row),
    "",
    "Two more are evaluated by Loki's ruler, from the lines themselves, if `alloy:ruler` is on.",
    "",
    "| alert | severity | what it says |",
    "| --- | --- | --- |",
    ...Object.entries(lokiAlerts).map(
      ([name, { severity, for: after, summary }]) =>
        `| [${name}](${name}.md) | ${severity} after ${after} | ${summary.replaceAll(/\{\{ \$labels\.(\w+) \}\}/g, "$1")} |`,
    ),
    "",
  ].join("\n");
  const { format, resolveConfig } = await import("prettier");
  const options = (await resolveConfig(path.join(repoRoot, runbookIndexFile))) ?? {};
  return format(text, { ...options, printWidth: 120, proseWrap: "always", parser: "markdown" });
}
