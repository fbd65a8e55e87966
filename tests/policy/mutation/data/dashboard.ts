import type { Mutation } from "../mutation";
import { fields } from "./fields";

const board = "ConfigMap/alloy-dashboard";
const text = 'data["alloy-detectviz-prod.json"]';
const rule = "alloy-fields";

/** In the dashboard's text, the first is replaced by the second. */
const redrawn = (from: string, to: string): Mutation => ({
  rule,
  base: "production",
  edits: [{ object: board, field: text, replace: [from, to] }],
});

/** Whoever wants a fault to stay unseen, or a browser that is logged in to do something, would begin here. */
export const dashboardMutations: Mutation[] = [
  // Other series than the title says, somebody else's, and everybody's.
  redrawn("loki_write_dropped_entries_total", "loki_write_sent_entries_total"),
  redrawn('{cluster=\\"detectviz-prod\\",namespace', '{cluster=\\"other\\",namespace'),
  redrawn('job=\\"alloy\\",', ""),
  redrawn('sha256!=\\"', 'sha256!=\\"0'),
  redrawn("sum by (cluster, namespace) (max", "label_replace(max"),
  redrawn('|~ \\"level=(error|warn)\\"', '|~ \\"level=never\\"'),
  redrawn('app=\\"alloy\\"', 'app=~\\".+\\"'),
  // A data source by name, and one of a kind that runs what it is given.
  redrawn('"uid":"${datasource}"', '"uid":"somebody-elses"'),
  redrawn('"type":"loki","uid":"${loki}"', '"type":"testdata","uid":"${loki}"'),
  // Links, markup, and a panel that holds any text.
  redrawn("https://github.com/detectviz/alloy/blob/main/docs/runbooks/Alloy", "http://203.0.113.7/Alloy"),
  redrawn("/README.md", "/../../../login"),
  redrawn('"description":"', '"description":"<img src=x onerror=alert(1)>'),
  redrawn('"type":"timeseries"', '"type":"text"'),
  redrawn('"options":{', '"pluginVersion":"1","options":{'),
  redrawn('"url":"https', '"url":"javascript:alert(1)//https'),
  // Without a panel, with one that nobody knows, and one that anybody may change.
  redrawn('"title":"Lines lost, by reason"', '"title":"Lines"'),
  redrawn('"type":"row","id":1,', '"type":"stat","id":1,'),
  redrawn('"editable": false', '"editable": true'),
  redrawn('"tags": [', '"snapshot": {}, "tags": ['),
  ...fields(rule, "production", board, [
    [text, "{}"],
    [text, "no JSON"],
    ['data["extra.json"]', "{}"],
    ["metadata.labels.grafana_dashboard", "0"],
    ["metadata.namespace", "kube-system"],
    ["metadata.annotations.grafana_folder", "Elsewhere"],
  ]),
  { rule: "alloy-complete", base: "production", remove: [board] },
];
