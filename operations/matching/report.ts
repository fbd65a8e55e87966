import { re2Problem, wholeMatch } from "../../kit/re2";
import { parseImage } from "../../kit/units";
import type { Settings } from "../../settings/schema";
import { alternativesOf } from "./alternatives";
import type { Census } from "./census";
import { isPlacedOn, type Placement } from "./placement";
import { figuresOf, selectionOf, type Figures, type Selection } from "./selection";

type Read = Pick<Settings, "nodeSelector" | "logs" | "image" | "pod">;

/**
 * What a preview says of how much the settings match in the cluster as it is now, beside what the deployed settings match
 * in the same cluster; and what it warns of: nothing that matches, an alternative that matches nothing, a large jump. Pure.
 *
 * @param deployed undefined at the first deployment, and where nobody can tell
 */
export function matchReport(settings: Read, census: Census, deployed: Selection | undefined): string[] {
  const now = figuresOf(selectionOf(settings), census);
  const before = deployed && figuresOf(deployed, census);
  const lines = [
    `what the settings match now: ${figuresText(now, census)}` +
      (before === undefined ? "" : `; what is deployed matches ${figuresText(before, undefined)}`),
  ];
  if (census.refusals.length > 0)
    lines.push(`could not look at everything that they match (${census.refusals.join("; ")})`);
  return [...lines, ...limitLines(settings, census), ...warnings(settings, census, now, before)];
}

function figuresText({ nodes, namespaces, pods, containers, optedOut }: Figures, census: Census | undefined): string {
  const parts = [
    ...(nodes === undefined ? [] : [amount(nodes.length, "node", census?.nodes?.length)]),
    ...(namespaces === undefined ? [] : [amount(namespaces.length, "namespace", census?.namespaces?.length)]),
    ...(pods === undefined ? [] : [amount(pods.length, "pod", census?.pods?.length)]),
    ...(containers === undefined ? [] : [amount(containers, "container")]),
  ];
  if (parts.length === 0) return "nobody could look";
  const more = census?.podsLeftOut ?? 0;
  return (
    parts.join(", ") +
    (optedOut > 0 ? ` (${amount(optedOut, "more pod")} could be read, and opted out)` : "") +
    (more > 0 ? ` (${more} or more pods were not looked at)` : "")
  );
}

/** `2 of 3 nodes`, `1 node` */
function amount(count: number, what: string, all?: number): string {
  return `${count}${all === undefined ? "" : ` of ${all}`} ${what}${(all ?? count) === 1 ? "" : "s"}`;
}

function limitLines({ logs }: Read, { namespaces }: Census): string[] {
  if (namespaces === undefined) return [];
  return logs.rateLimits.map(({ namespaces: expression, linesPerSecond }, at) => {
    const limited = namespaces.filter(wholeMatch(expression));
    const key = `alloy:logs.rateLimits.${at}`;
    return limited.length === 0
      ? `warning: ${key}: ${expression} matches none of the ${namespaces.length} namespaces and limits nothing`
      : `${key}: ${linesPerSecond} lines per second for each of ${list(limited)}`;
  });
}

function warnings(settings: Read, census: Census, now: Figures, before: Figures | undefined): string[] {
  const { nodeSelector, logs } = settings;
  const names = census.nodes?.map(({ name }) => name);
  return [
    ...nothing(now, census, settings),
    ...deadAlternatives("alloy:nodeSelector", nodeSelector, names, "nodes"),
    ...deadAlternatives("alloy:logs.includeNamespaces", logs.includeNamespaces, census.namespaces, "namespaces"),
    ...deadAlternatives("alloy:logs.excludeNamespaces", logs.excludeNamespaces, census.namespaces, "namespaces"),
    ...(before === undefined ? [] : jump(before, now)),
    ...wrongArchitecture(settings.image, census, selectionOf(settings).placement),
  ];
}

/** Nothing to collect is never what was meant. */
function nothing({ nodes, namespaces, pods }: Figures, census: Census, { nodeSelector, logs }: Read): string[] {
  if (census.nodes?.length === 0) return ["warning: the cluster has no node, so no collector will run"];
  if (nodes?.length === 0 && census.nodes?.some(({ name }) => wholeMatch(nodeSelector)(name)) === true)
    return [
      "warning: alloy:pod.nodeAffinity leaves out every node that alloy:nodeSelector matches: no line would be collected",
    ];
  if (nodes?.length === 0)
    return [
      `warning: alloy:nodeSelector ${nodeSelector} matches none of ${list(census.nodes?.map(({ name }) => name) ?? [])}: no line would be collected`,
    ];
  if (namespaces?.length === 0)
    return [
      `warning: alloy:logs.includeNamespaces ${logs.includeNamespaces}` +
        (logs.excludeNamespaces === "" ? "" : ` without alloy:logs.excludeNamespaces ${logs.excludeNamespaces}`) +
        ` matches none of ${list(census.namespaces ?? [])}: no line would be collected`,
    ];
  if (pods?.length === 0 && census.podsLeftOut === 0)
    return [
      "warning: no pod of the cluster is in a namespace and on a node that the settings match: no line would be collected",
    ];
  return [];
}

/** In a list of alternatives one that matches nothing is misspelt, or is of another cluster. */
function deadAlternatives(
  key: string,
  expression: string,
  present: readonly string[] | undefined,
  what: string,
): string[] {
  const alternatives = alternativesOf(expression);
  if (present === undefined || present.length === 0 || alternatives.length === 0) return [];
  const dead = alternatives.filter((one) => re2Problem(one) === undefined && !present.some(wholeMatch(one)));
  // If none matches at all, the other warning has said so, unless nothing was to be left out.
  if (dead.length === 0 || (dead.length === alternatives.length && key !== "alloy:logs.excludeNamespaces")) return [];
  return [`warning: ${key}: ${list(dead)} matches none of the ${present.length} ${what} of the cluster`];
}

const leastJump = 5;

/** A change that takes away, or adds, half of what is read: rarely meant, and cheap to look at once more. */
function jump(before: Figures, now: Figures): string[] {
  const found: string[] = [];
  const lost = (before.namespaces ?? []).filter((one) => now.namespaces?.includes(one) === false);
  const gained = (now.namespaces ?? []).filter((one) => before.namespaces?.includes(one) === false);
  if (lost.length > 0) found.push(`no longer collected: ${list(lost)}`);
  if (gained.length > 0) found.push(`newly collected: ${list(gained)}`);
  const [was, is] = [before.containers, now.containers];
  if (was === undefined || is === undefined || Math.abs(was - is) < leastJump) return found;
  if (is <= was / 2 || is >= was * 2)
    found.push(
      `warning: the change takes the collectors from ${was} to ${is} containers. Look at alloy:nodeSelector and alloy:logs before you deploy it.`,
    );
  return found;
}

const architectures: Readonly<Record<string, string>> = {
  amd64: "amd64",
  x86_64: "amd64",
  arm64: "arm64",
  aarch64: "arm64",
};

/** An image whose tag names one architecture starts on no node of another. */
function wrongArchitecture(image: string, { nodes = [] }: Census, placement: Placement): string[] {
  const { tag = "", repository = "" } = parseImage(image) ?? {};
  const word = /(?:^|[-_.])(amd64|x86_64|arm64|aarch64)(?:$|[-_.])/.exec(`${repository.split("/").at(-1)}-${tag}`)?.[1];
  const only = word === undefined ? undefined : architectures[word];
  const others = nodes.flatMap(({ name, labels }) => {
    const arch = labels["kubernetes.io/arch"];
    const isOther = only !== undefined && arch !== undefined && arch !== only;
    return isOther && isPlacedOn(placement, labels) ? [`${name} (${arch})`] : [];
  });
  if (others.length === 0) return [];
  return [
    `warning: alloy:image is for ${only} only, and ${list(others)} cannot run it: ` +
      "the collector ends there with exec format error. Take the tag without an architecture.",
  ];
}

/** Up to six of them by name. */
function list(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more` : shown;
}
