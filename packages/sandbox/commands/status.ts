import { sandboxPaths } from "../paths";
import { readStatus, type PodStatus, type ProcessStatus, type SandboxStatus } from "../status/read-status";
import { problemsOf } from "../status/problems";
import { describeTarget } from "../own-cluster/chosen-cluster";
import { quoted } from "../process/waiting";
import { defineVerb } from "../../../commands/command-line/verb";

export const verb = defineVerb({
  name: "status",
  typed: "npm run sandbox:status",
  summary: "Show what runs in the sandbox, and everything that is wrong",
  description: [
    "Shows everything that is wrong, the servers and where they listen, what each collector does, and where the tools " +
      "come from. It quotes the end of the log of whatever is broken.",
  ],
  arguments: {},
  flags: {},
  json: "the whole status",
  examples: [{ line: "npm run sandbox:status", meaning: "find the collectors' pages and the servers' addresses" }],
  exitCodes: { 0: "everything of the sandbox runs", 1: "something is wrong, or nothing runs" },
  run: async () => {
    const status = await readStatus(sandboxPaths());
    return { exitCode: problemsOf(status).length > 0 ? 1 : 0, text: statusText(status).join("\n"), json: status };
  },
});

function statusText(status: SandboxStatus): string[] {
  const { target, processes, pods, trouble, urls, tools, plugins } = status;
  const cluster = target?.context === undefined ? [] : [`This sandbox works with ${describeTarget(target)}.`];
  if (processes.length === 0) {
    return [...cluster, "Nothing runs. Start it: npm start. What it needs: npm run sandbox:doctor"];
  }
  const problems = problemsOf(status);
  return [
    ...cluster,
    ...(problems.length === 0 ? [] : ["What is wrong", ...problems.map((problem) => `  ${problem}`), ""]),
    "Servers",
    ...processes.flatMap(processLines),
    "",
    "Collectors",
    ...(pods.length === 0 ? ["  none"] : pods.flatMap(podLines)),
    ...(trouble === undefined ? [] : [`  the node agent: ${trouble}`]),
    "",
    "Where",
    ...Object.entries(urls).map(([name, url]) => `  ${name}: ${url}`),
    "",
    "Tools",
    ...tools.map(({ name, version, origin, path }) => `  ${name} ${version} (${origin}) ${path}`),
    ...plugins.map(({ name, version, origin }) => `  plugin ${name} ${version} (${origin})`),
  ];
}

function processLines({ name, running, pid, startedAt, ports, log, lastLines }: ProcessStatus): string[] {
  const where = ports.length === 0 ? "" : `, port ${ports.join(", ")}`;
  if (running) return [`  ${name}: pid ${pid}, since ${startedAt}${where}`];
  return [`  ${name}: ENDED (pid ${pid}); the end of ${log}:`, quoted(lastLines)];
}

function podLines(pod: PodStatus): string[] {
  const { node, name, phase, ready, restarts, uiUrl, lastError, errors, log, lastLines } = pod;
  const state = `${phase}, ${ready ? "ready" : "NOT READY"}, ${restarts} restarts`;
  return [
    `  ${node}: ${name}, ${state}, ${countsText(pod)}, ${uiUrl ?? "no UI"}`,
    ...(lastError === undefined ? [] : [`      ${lastError}`]),
    ...errors.map((error) => `      ${error}`),
    ...(lastLines.length === 0 ? [] : [`    the end of ${log}:`, quoted(lastLines)]),
  ];
}

function countsText({ sent, dropped, linesPerSecond, targets }: PodStatus): string {
  if (sent === undefined) return "does not answer";
  return `${targets ?? 0} targets, ${sent} lines sent (${linesPerSecond ?? 0} a second), ${dropped ?? 0} dropped`;
}
