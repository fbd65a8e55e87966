import * as fs from "node:fs/promises";
import * as path from "node:path";

import { runPulumi } from "../../sandbox/engine";
import { sandbox, stackObjects } from "./e2e-sandbox";
import { exportStack } from "./e2e-state";

/** The ways in which a password may be written down: as it is, in base64, and inside of a credential file. */
export function formsOf(password: string, file?: string): string[] {
  const base64 = (text: string): string => Buffer.from(text).toString("base64");
  return [password, base64(password), ...(file === undefined ? [] : [base64(file)])];
}

/** Every file below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Logs of every process of the sandbox, and of every container. */
export async function logFiles(): Promise<string[]> {
  const logs = await filesBelow(sandbox().paths.logs);
  for (const node of await fs.readdir(sandbox().paths.nodes))
    logs.push(...(await filesBelow(path.join(sandbox().paths.nodes, node, "logs"))));
  return logs;
}

/**
 * Searches everything that is kept or printed for these texts: state, its history, outputs, a preview with its
 * differences, each object but the Secret, pods, events, logs, command lines, environments, Alloy's UI.
 *
 * @returns the places that hold one, empty where there is none
 */
export async function placesThatHold(needles: readonly string[]): Promise<string[]> {
  const places: string[] = [];
  const look = (place: string, text: string): void => {
    if (needles.some((needle) => text.includes(needle))) places.push(place);
  };
  const engine = await sandbox().engine();
  look("the state export", (await exportStack(sandbox())).text);
  const outputs = await runPulumi(engine, ["stack", "output", "--json", "--show-secrets"]);
  look("the outputs", outputs.stdout + outputs.stderr);
  const preview = await runPulumi(engine, ["preview", "--diff", "--refresh", "--non-interactive"]);
  if (preview.exitCode !== 0) throw new Error(`the preview failed: ${preview.stdout}${preview.stderr}`);
  look("a preview with its differences", preview.stdout + preview.stderr);
  for (const file of await filesBelow(sandbox().paths.pulumi)) look(file, await fs.readFile(file, "utf8"));

  for (const [kind, apiPath] of Object.entries(stackObjects))
    if (kind !== "Secret") look(kind, JSON.stringify(await sandbox().find(apiPath)));
  for (const list of ["/api/v1/namespaces/monitoring/pods", "/api/v1/events", "/apis/apps/v1/controllerrevisions"])
    look(list, JSON.stringify(await sandbox().get(list)));

  for (const file of await logFiles()) look(file, await fs.readFile(file, "utf8"));
  for (const { pid, uiUrl, node } of (await sandbox().agent()).pods) {
    for (const file of ["cmdline", "environ"])
      look(`${file} of ${node}`, await fs.readFile(`/proc/${pid}/${file}`, "utf8"));
    const ui = (url: string): Promise<string> => fetch(new URL(url, uiUrl)).then((response) => response.text());
    const components = JSON.parse(await ui("/api/v0/web/components")) as { localID: string }[];
    for (const { localID } of components)
      look(`Alloy's UI of ${node}: ${localID}`, await ui(`/api/v0/web/components/${localID}`));
  }
  return places;
}
