import * as fs from "node:fs/promises";
import * as path from "node:path";

import { runPulumi } from "../../../packages/sandbox/engine/engine";
import { collectorPods, sandbox, stackObjects } from "./sandbox";

/** Values that must not be found anywhere, each with what it is. */
const needles = new Map<string, string>();
/** What the commands of the tests have printed. */
const printed: string[] = [];

/** Has a value be searched for from now on. */
export function remember(what: string, value: string): void {
  needles.set(value, what);
}

/** Keeps what a command has printed, to be searched. */
export function keepOutput(text: string): void {
  printed.push(text);
}

/** How many values are searched for. */
export const needleCount = (): number => needles.size;

/** The ways in which a value may be written down. */
export function forms(value: string): string[] {
  const asJson = JSON.stringify(value).slice(1, -1);
  return [...new Set([value, asJson, Buffer.from(value).toString("base64")])];
}

/** What of all that is remembered a text holds. */
export function secretsIn(text: string): string[] {
  return [...needles].flatMap(([value, what]) => (forms(value).some((form) => text.includes(form)) ? [what] : []));
}

/**
 * Which of all that is remembered stands where it must not, one text a finding. A user's name may stand in Alloy's own
 * UI, which is how a rotation sees which one a collector has, and in nginx's log, which names whom it refuses.
 */
export function misplaced(places: ReadonlyMap<string, string>): string[] {
  return [...places].flatMap(([place, text]) =>
    secretsIn(text)
      .filter(
        (what) => !(what.startsWith("the user ") && / in the UI of |\/loki-gateway\.(?:previous\.)?log$/.test(place)),
      )
      .map((what) => `${place} holds ${what}`),
  );
}

/** Every file below a folder. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Everything of a deployment that others than its owner may read, by what it is. */
export async function readablePlaces(): Promise<Map<string, string>> {
  const { paths } = sandbox();
  const engine = await sandbox().engine();
  const places = new Map<string, string>([["what the commands have printed", printed.join("\n")]]);
  const pulumi = async (what: string, ...args: string[]): Promise<void> => {
    const { exitCode, stdout, stderr } = await runPulumi(engine, args);
    if (exitCode !== 0) throw new Error(`pulumi ${args.join(" ")}: ${stderr}`);
    places.set(what, `${stdout}\n${stderr}`);
  };
  await pulumi("the state export", "stack", "export");
  await pulumi("the stack's outputs, secrets shown", "stack", "output", "--json", "--show-secrets");
  await pulumi("a preview with its diff", "preview", "--diff", "--non-interactive");
  await pulumi("a preview as JSON", "preview", "--json");

  for (const file of await filesBelow(paths.pulumi))
    // The engine's own environment and passphrase, for this user alone.
    if (!/\/(?:engine\.json|passphrase)$/.test(file)) places.set(file, await fs.readFile(file, "utf8"));
  for (const file of await filesBelow(paths.logs)) places.set(file, await fs.readFile(file, "utf8"));

  const listed = [
    "/api/v1/events",
    "/api/v1/configmaps",
    "/apis/apps/v1/controllerrevisions",
    collectorPods,
    ...Object.entries(stackObjects).flatMap(([kind, apiPath]) => (kind === "Secret" ? [] : [apiPath])),
  ];
  for (const apiPath of listed) places.set(apiPath, JSON.stringify((await sandbox().find(apiPath)) ?? {}));

  for (const { pid, uiUrl, node } of (await sandbox().agent()).pods) {
    for (const file of ["cmdline", "environ"])
      places.set(`${file} of ${node}'s collector`, await fs.readFile(`/proc/${pid}/${file}`, "utf8"));
    const list = await (await fetch(new URL("/api/v0/web/components", uiUrl))).text();
    const ids = (JSON.parse(list) as { localID: string }[]).map(({ localID }) => localID);
    for (const id of ids) {
      const component = await fetch(new URL(`/api/v0/web/components/${id}`, uiUrl));
      places.set(`${id} in the UI of ${node}'s collector`, await component.text());
    }
    places.set(`metrics of ${node}'s collector`, await (await fetch(new URL("/metrics", uiUrl))).text());
  }
  return places;
}
