import * as fs from "node:fs";
import * as path from "node:path";

import type { Settings } from "../settings/schema";
import type { EgressNeed, PipelineNeeds } from "./needs";
import { apiServerHost } from "../settings/network/destination";
import { fillTemplate, type SectionContent } from "./template";

/**
 * One subject of the pipeline. Its text is `sections/NAME.alloy`, in Alloy's own language; what fills that text in and
 * what it needs around it stand beside it in `sections/NAME.ts`.
 */
export interface Section {
  name: string;
  isOn: (settings: Settings) => boolean;
  content: (settings: Settings) => SectionContent;
  needs: (settings: Settings) => PipelineNeeds;
}

/** The text of a section as its file has it. */
export function readSection(name: string): string {
  return fs.readFileSync(path.join(__dirname, "sections", `${name}.alloy`), "utf8");
}

/** A part of a section that only some settings have: `sections/parts/NAME.alloy`, filled in. */
export function part(name: string, content: SectionContent): string {
  return fillTemplate(`parts/${name}.alloy`, readSection(`parts/${name}`), content);
}

/** Variables that several sections read. */
export const variables = {
  nodeName: { name: "NODE_NAME", why: "which node this collector is on; from the downward API" },
  clusterName: { name: "CLUSTER_NAME", why: "label cluster" },
};

/** The Kubernetes API, which discovery and the log source ask. */
export const apiServer: EgressNeed = {
  host: apiServerHost,
  port: 443,
  why: "discovery and logs of this node's pods",
};
