import { everyBlock, stringAttribute, type Block } from "../language";
import { credentialsDirectory } from "../credential-files";
import { idOf } from "../stream-labels";
import type { Finding, SectionCheck } from "./finding";
import { componentLists } from "./nested";

interface Reader {
  /** Attributes that name files. */
  attributes: readonly string[];
  /** What the component reads of the node if none is written. */
  usual?: string;
}

/** What reads files, by component. */
const readers: Readonly<Record<string, Reader>> = {
  "loki.source.journal": { attributes: ["path"], usual: "/var/log/journal" },
  "loki.source.file": { attributes: ["targets"] },
  "loki.source.docker": { attributes: ["host"], usual: "/var/run/docker.sock" },
  "discovery.docker": { attributes: ["host"], usual: "/var/run/docker.sock" },
  "discovery.file": { attributes: ["files"] },
  "local.file": { attributes: ["filename"] },
  "local.file_match": { attributes: ["path_targets"] },
  "otelcol.receiver.filelog": { attributes: ["include"] },
  "prometheus.exporter.cadvisor": { attributes: ["docker_host", "containerd_host"], usual: "/sys/fs/cgroup" },
  "prometheus.exporter.process": { attributes: ["procfs_path"] },
  "prometheus.exporter.unix": {
    attributes: ["rootfs_path", "procfs_path", "sysfs_path", "udev_data_path", "directory"],
  },
};

/** The same of a rule that makes the path of a file out of a pod's labels. */
const pathRules: Reader = { attributes: ["replacement"] };

const setsPath = (rule: Block): boolean => stringAttribute(rule, "target_label") === "__path__";

/** What a section may ask for. */
const readable = ["/var/log/journal"];

/** What every container sees without a mount. */
const always = ["/proc", "/sys", "/var/run/secrets/kubernetes.io", "/etc/alloy", "/etc/ssl"];

/**
 * The files that a section reads are files that the pod has. One that is not mounted is not there, and Alloy says
 * nothing of it: it is healthy and reads no line.
 */
export const checkFiles: SectionCheck = (blocks, { storage, readPaths }) =>
  componentLists(blocks)
    .flat()
    .flatMap((block): Finding[] => {
      const seen = [storage, credentialsDirectory, ...readPaths, ...always];
      const reader = (Object.hasOwn(readers, block.name) ? readers[block.name] : undefined) ?? pathRules;
      const looked = reader === pathRules ? block.blocks.filter(setsPath) : everyBlock([block]);
      const written = looked.flatMap((inner) => reader.attributes.flatMap((name) => pathsIn(inner, name)));
      const paths = written.length === 0 && reader.usual !== undefined ? [reader.usual] : written;
      return paths
        .filter((path) => !seen.some((directory) => `${path}/`.startsWith(`${directory}/`)))
        .map((path) => ({
          line: block.line,
          problem: `${idOf(block)} reads ${path}, which the pod does not mount: it would read nothing and report no error`,
          remedy: readable.some((directory) => `${path}/`.startsWith(`${directory}/`))
            ? "name the directory in the section's needs.readPaths"
            : "leave it to an Alloy of its own that mounts the path. This program's pods have no files of the node, " +
              `other than ${[storage, ...readPaths].join(" and ")}`,
        }));
    });

/** The paths in an attribute: of a text, of a list of texts, and behind `__path__` in a list of targets. */
function pathsIn(block: Block, attribute: string): string[] {
  const expression = block.attributes.get(attribute) ?? [];
  const single = stringAttribute(block, attribute);
  const texts =
    single !== undefined ? [single] : expression.flatMap(({ kind, text }) => (kind === "string" ? [text] : []));
  return texts.map((text) => text.replace(/^(?:unix|file):\/\//, "")).filter((text) => text.startsWith("/"));
}
