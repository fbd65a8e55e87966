import { examine, type DoctorReport, type ToolReport } from "../doctor";
import { formatProblems } from "../../../kit/user-error";
import { formatBytes } from "../toolchain/disk";
import type { PlanCost } from "../toolchain/plan";
import { formatTypical } from "../toolchain/durations";
import { defineVerb } from "../../../commands/command-line/verb";

export const verb = defineVerb({
  name: "doctor",
  typed: "npm run sandbox:doctor",
  summary: "Show what npm start needs, what is missing, and what it will cost",
  description: [
    "Looks at the machine, the tools, the plugins and the ports that the sandbox needs, and says how long the next " +
      "npm start will take. It changes nothing and reaches no network.",
  ],
  arguments: {},
  flags: {},
  json: "the whole report; ready says whether npm start can begin",
  examples: [{ line: "npm run sandbox:doctor", meaning: "before the first npm start" }],
  exitCodes: { 0: "npm start can begin", 1: "something has to be fixed first" },
  run: async () => {
    const report = await examine();
    return { exitCode: report.ready ? 0 : 1, text: reportText(report).join("\n"), json: report };
  },
});

function reportText(report: DoctorReport): string[] {
  const { machine, places, tools, notes, plugins, running, busy, problems } = report;
  const there = tools.filter(({ path }) => path !== undefined);
  return [
    "Machine",
    `  ${machine.platform}, ${machine.processors} processors, ${formatBytes(machine.memoryBytes)} of memory, Node ${machine.node}`,
    `  collectors are boxed in by ${machine.isolation ?? "bubblewrap, which is tried once it is there"}`,
    "",
    "Places",
    `  sandbox ${places.sandbox}, ${formatBytes(places.sandboxFreeBytes)} free`,
    `  cache ${places.cache}, ${formatBytes(places.cacheFreeBytes)} free`,
    "",
    `Tools: ${there.length} of ${tools.length} are there`,
    ...tools.map(toolLine),
    ...notes.map((note) => `  (${note})`),
    "",
    "Plugins",
    ...plugins.map(({ name, version, origin }) =>
      origin === "stand-in"
        ? `  ${name} ${version}: no official plugin is on this machine; a first start downloads it if it can, or a stand-in of this repository is used`
        : `  ${name} ${version}: official, from the ${origin}`,
    ),
    "",
    "Sandbox",
    `  ${running.length === 0 ? "nothing runs" : `runs: ${running.join(", ")}`}`,
    ...(busy === undefined ? [] : [`  ${busy} starts or stops it right now`]),
    "",
    "What npm start will cost",
    ...costLines(report),
    "",
    problems.length === 0
      ? "Nothing is missing that npm start does not get by itself."
      : formatProblems(problems, "npm start would not come up"),
  ];
}

function toolLine({ name, version, from, path }: ToolReport): string {
  if (path !== undefined) return `  ✔ ${name} ${version} (${from}) ${path}`;
  return `  … ${name} ${version}: will be ${from === "build" ? "built" : "downloaded"}`;
}

function costLines({ cost, offline }: DoctorReport): string[] {
  const start = "about a minute for itself, 500 MB of disk and 2 GB of memory while it runs";
  if (cost.seconds === 0) return [`  ${start}; nothing is downloaded`];
  const lines = (what: PlanCost): string[] => [
    `about ${formatTypical(what.seconds)} on 2 processors with 100 Mbit/s, ${formatBytes(what.downloadBytes)} over the network,`,
    `      ${formatBytes(what.diskBytes)} of disk in the cache meanwhile, of which ${formatBytes(what.keptBytes)} stay`,
  ];
  const [first = "", ...rest] = lines(cost);
  const without =
    offline === undefined
      ? []
      : [
          "  where the sites of the releases cannot be reached, built from Go modules and packages:",
          ...lines(offline.cost).map((line) => `      ${line.trim()}`),
          ...offline.problems.map(({ file, problem }) => `      but ${file}: ${problem}`),
        ];
  return [`  once: ${first}`, ...rest, ...without, `  each time: ${start}`];
}
