import { sandboxPaths } from "../sandbox/paths";
import { readStatus, type PodStatus, type ProcessStatus, type SandboxStatus } from "../sandbox/status";
import { runCommand } from "./command";

/**
 * `npm run sandbox:status [-- --json]`: what runs, what each collector does, and the last words of whatever is broken.
 * Exit code 1 where something of the sandbox is down or not ready.
 */
runCommand(
  "sandbox:status",
  [],
  async ({ values }) => {
    const status = await readStatus(sandboxPaths());
    if (values["json"] === true) console.log(JSON.stringify(status, undefined, 2));
    else console.log(statusText(status).join("\n"));
    const broken = status.processes.some(({ running }) => !running) || status.pods.some(({ ready }) => !ready);
    if (broken) process.exitCode = 1;
  },
  { json: { type: "boolean" } },
);

function statusText(status: SandboxStatus): string[] {
  if (status.processes.length === 0) return ["Nothing runs. Start it: npm start"];
  return [
    "Servers",
    ...status.processes.flatMap(processLines),
    "",
    "Collectors",
    ...(status.pods.length === 0 ? ["  none"] : status.pods.flatMap(podLines)),
    ...(status.trouble === undefined ? [] : [`  the node agent: ${status.trouble}`]),
    "",
    "Where",
    ...Object.entries(status.urls).map(([name, url]) => `  ${name}: ${url}`),
    "",
    "Tools",
    ...status.tools.map(({ name, version, origin, path }) => `  ${name} ${version} (${origin}) ${path}`),
    ...status.plugins.map(({ name, version, origin }) => `  plugin ${name} ${version} (${origin})`),
  ];
}

function processLines({ name, running, pid, startedAt, log, lastLines }: ProcessStatus): string[] {
  if (running) return [`  ${name}: pid ${pid}, since ${startedAt}`];
  return [`  ${name}: ENDED (pid ${pid}); the end of ${log}:`, ...lastLines.map((line) => `      ${line}`)];
}

function podLines(pod: PodStatus): string[] {
  const { node, name, phase, ready, restarts, sent, dropped, targets, uiUrl, lastError, errors } = pod;
  const counts =
    sent === undefined ? "does not answer" : `${targets ?? 0} targets, ${sent} lines sent, ${dropped ?? 0} dropped`;
  return [
    `  ${node}: ${name}, ${phase}, ${ready ? "ready" : "NOT READY"}, ${restarts} restarts, ${counts}, ${uiUrl ?? "no UI"}`,
    ...(lastError === undefined ? [] : [`      ${lastError}`]),
    ...errors.map((error) => `      ${error}`),
  ];
}
