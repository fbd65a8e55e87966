import { examine, type DoctorReport, type ToolReport } from "../doctor";
import { formatProblems } from "../../../kit/user-error";
import { formatBytes } from "../toolchain/disk";
import { formatTypical } from "../toolchain/durations";
import { runCommand } from "../../../commands/command";

/**
 * `npm run sandbox:doctor [-- --json]`: what `npm start` needs, what of it is there, what is missing, and what it will
 * cost. Changes nothing, reaches no network. Exit code 1 where something has to be mended first.
 */
runCommand(
  "sandbox:doctor",
  [],
  async ({ values }) => {
    const report = await examine();
    if (values["json"] === true) console.log(JSON.stringify(report, undefined, 2));
    else console.log(reportText(report).join("\n"));
    if (!report.ready) process.exitCode = 1;
  },
  { json: { type: "boolean" } },
);

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
        ? `  ${name} ${version}: no official plugin is on this machine, a stand-in of this repository is used`
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

function costLines({ cost }: DoctorReport): string[] {
  const start = "about a minute for itself, 500 MB of disk and 2 GB of memory while it runs";
  if (cost.seconds === 0) return [`  ${start}; nothing is downloaded`];
  return [
    `  once: about ${formatTypical(cost.seconds)} on 2 processors, ${formatBytes(cost.downloadBytes)} from Go modules, PyPI and the Debian archive,`,
    `        ${formatBytes(cost.diskBytes)} of disk in the cache meanwhile, of which ${formatBytes(cost.keptBytes)} stay`,
    `  each time: ${start}`,
  ];
}
