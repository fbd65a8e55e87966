import { everyBlock, parseAlloy, type Block } from "./language";
import { componentsOf, idOf, referencesIn, streamsOf } from "./stream-labels";
import { maybeVolatile } from "./volatile-labels";

/**
 * What may be wrong in a composed pipeline and may as well be meant, as lines for whoever reads a preview: labels out of
 * lines of which nobody can tell how many values they have, lines that are joined too late, and targets that every
 * collector would scrape. Pure.
 *
 * @throws AlloySyntaxError
 */
export function sectionWarnings(text: string): string[] {
  const blocks = parseAlloy(text);
  return [...unknownLabels(text), ...joinedTooLate(blocks), ...sharedTargets(blocks), ...sharedServers(blocks)];
}

function unknownLabels(text: string): string[] {
  const labels = streamsOf(text).paths.flatMap((path) => path.labels.filter(maybeVolatile));
  return [...new Map(labels.map((label) => [`${label.component} ${label.name}`, label])).values()].map(
    ({ name, component, line }) =>
      `warning: line ${line} of the pipeline: ${component} takes the stream label ${name} out of each line, and each of its ` +
      "values is a stream of its own. If there are more than some dozens, use stage.structured_metadata instead.",
  );
}

/**
 * `stage.multiline` joins lines that have the same labels. What a stage in front of it takes out of a first line is not
 * in the lines behind it, so these would not be joined.
 */
function joinedTooLate(blocks: readonly Block[]): string[] {
  const components = componentsOf(blocks);
  const found = new Map<Block, string>();
  const follow = (block: Block, labels: string | undefined, seen: readonly Block[]): void => {
    for (const id of referencesIn(block, "forward_to")) {
      const next = components.get(id);
      if (next === undefined || seen.includes(next)) continue;
      let earlier = labels;
      for (const stage of everyBlock(next.blocks)) {
        if (stage.name === "stage.multiline" && earlier !== undefined) found.set(stage, earlier);
        if (stage.name === "stage.labels") earlier = id;
      }
      follow(next, earlier, [...seen, next]);
    }
  };
  for (const block of blocks) if (block.name.startsWith("loki.source.")) follow(block, undefined, [block]);
  return [...found].map(
    ([{ line }, by]) =>
      `warning: line ${line} of the pipeline: stage.multiline comes after ${by}, which takes labels out of lines. Lines with ` +
      "other labels are not joined: name the section with stage.multiline first in alloy:extraSections.",
  );
}

/** What finds targets that are the same for whoever asks. */
const sameForAll =
  /^discovery\.(azure|consul|digitalocean|dns|ec2|eureka|gce|hetzner|http|ionos|lightsail|linode|marathon|nerve|openstack|ovhcloud|puppetdb|scaleway|serverset|triton|uyuni)$/;

/** What asks one server, whose address an attribute has. */
const ofOneServer =
  /^prometheus\.exporter\.(apache|consul|dnsmasq|elasticsearch|kafka|memcached|mongodb|mssql|mysql|oracledb|postgres|redis|squid)$/;

const ofTheNode = /^NODE_(?:IP|IP_IN_URL|NAME)$|\blocalhost\b|127\.0\.0\.1/;

/** One server that every collector would ask: each of its samples would arrive once a node. */
function sharedServers(blocks: readonly Block[]): string[] {
  return blocks
    .filter(({ name }) => sameForAll.test(name) || ofOneServer.test(name))
    .filter((block) => !everyBlock([block]).some(readsNode))
    .map(
      (block) =>
        `warning: line ${block.line} of the pipeline: ${idOf(block)} ${sameForAll.test(block.name) ? "finds the same targets" : "asks the same server"} ` +
        "from every node, and what it brings arrives once a node. Run it in an Alloy of its own with one replica.",
    );
}

const readsNode = ({ attributes }: Block): boolean =>
  [...attributes.values()].flat().some(({ kind, text }) => kind === "string" && ofTheNode.test(text));

/** An address that is written as it is, and is not the node itself, is the same for every collector. */
function sharedTargets(blocks: readonly Block[]): string[] {
  return blocks
    .filter(({ name }) => name === "prometheus.scrape")
    .flatMap((scrape) => {
      const tokens = scrape.attributes.get("targets") ?? [];
      return tokens.flatMap(({ text }, at) => {
        const [equals, value, next] = [tokens[at + 1], tokens[at + 2], tokens[at + 3]];
        if (text !== "__address__" || equals?.text !== "=" || value?.kind !== "string" || next?.text === "+") return [];
        if (/^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|$)/.test(value.text)) return [];
        return [
          `warning: line ${value.line} of the pipeline: ${idOf(scrape)} scrapes ${value.text} from every node, and its samples ` +
            'arrive once a node. Write sys.env("NODE_IP") + ":PORT" for something that runs on each node.',
        ];
      });
    });
}
