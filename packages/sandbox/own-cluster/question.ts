import { sandboxStack } from "../engine/engine";
import type { InstalledPlugin } from "../stand-ins/install";
import type { Settings } from "../../../settings/schema";
import type { OwnPlaces } from "./places";

/** What `npm start -- --context NAME` would do and where, before it asks; each line one sentence or two. */
export function describePlaces(
  places: Pick<OwnPlaces, "given" | "target" | "retained">,
  settings: Pick<Settings, "namespace" | "vault">,
  plugins: readonly InstalledPlugin[],
): string[] {
  const { given, retained, target } = places;
  const { context, server, version, nodes } = given.cluster;
  const namespace = settings.namespace.name;
  const standIns = plugins.filter(({ origin }) => origin === "stand-in").map(({ name }) => name);
  const here = [
    ...(given.loki === undefined ? [{ name: "Loki", flag: "--loki URL" }] : []),
    ...(given.prometheus === undefined ? [{ name: "Prometheus", flag: "--prometheus URL" }] : []),
  ];
  return [
    `Stack ${sandboxStack} would be deployed to context ${context}: ${server}, ${version}, ${nodes.length} nodes.`,
    retained.namespace
      ? `Namespace ${namespace} is there already: it would be used as it is, and not be changed.`
      : `Namespace ${namespace} would be created.`,
    vaultSentence(),
    ...(here.length === 0
      ? []
      : [
          `${here.map(({ name }) => name).join(" and ")} would be started here, on 127.0.0.1: collectors reach that only from this machine's network. Yours: ${here.map(({ flag }) => flag).join(", ")}.`,
        ]),
    standIns.length === 0
      ? "Pulumi's official plugins would do it."
      : `Stand-ins of this repository would do it, in place of the official plugins ${standIns.join(", ")}.`,
  ];

  function vaultSentence(): string {
    const place = `Vault at ${target.vault ?? ""}, path ${settings.vault?.path ?? ""}`;
    if (target.vault === undefined) return "Credentials would come from a Vault that is started here.";
    if (retained.credentials) return `The credential would be the one that is in ${place}, already.`;
    return `A first password would be written to ${place}.`;
  }
}
