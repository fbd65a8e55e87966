import assert from "node:assert/strict";

import { RE2JS } from "re2js";

import { composePipeline } from "../../pipeline/compose";
import { blocksOf, find, textAt } from "../support/alloy-text";
import { rulesOf, stringsAt } from "../support/pipelines";
import { settingsOf } from "../support/settings";

describe("pipeline of logs from files", () => {
  const text = composePipeline(settingsOf({ logs: { source: "files" } })).text;
  const blocks = blocksOf(text);
  const places = rulesOf(blocks, "discovery.relabel", "pods").filter(
    (rule) => textAt(rule, "target_label") === "__path__",
  );

  /** The path as Prometheus' relabelling sets it: a rule that does not match changes nothing. */
  function pathOf(values: Record<string, string>): string {
    let path = "";
    for (const rule of places) {
      const joined = stringsAt(rule, "source_labels").map((label) => values[label.replace("__meta_kubernetes_", "")]);
      const match = RE2JS.compile(`^(?:${textAt(rule, "regex") ?? ""})$`).matcher(
        joined.join(textAt(rule, "separator")),
      );
      if (!match.find()) continue;
      path = (textAt(rule, "replacement") ?? "").replace(
        /\$\{?(\d)\}?/g,
        (_, at: string) => match.group(Number(at)) ?? "",
      );
    }
    return path;
  }

  const uid = "0a1b2c3d-1111-2222-3333-444455556666";
  const hash = "pod_annotation_kubernetes_io_config_hash";
  const pod = { namespace: "shop", pod_name: "web-0", pod_uid: uid, [hash]: "", pod_container_name: "web" };

  it("are those of the container, in the kubelet's folder of its pod", () => {
    assert.equal(pathOf(pod), `/var/log/pods/shop_web-0_${uid}/web/*.log`);
  });

  it("are those of a static pod by the hash of its file, which is not the uid that the API server has", () => {
    const path = pathOf({ ...pod, [hash]: "9f86d081884c7d659a2feaa0c55ad015" });
    assert.equal(path, "/var/log/pods/shop_web-0_9f86d081884c7d659a2feaa0c55ad015/web/*.log");
  });

  it("are never somebody else's, whatever a pod's annotation says", () => {
    for (const told of ["x/../../kube-system_secret-pod_uid", "..", "*", "{a,b}", "9f86d081884c7d65*2feaa0c55ad0155"])
      assert.equal(pathOf({ ...pod, [hash]: told }), pathOf(pod), told);
  });

  it("have pod and container in their path, where the metadata is taken from", () => {
    const [stage] = find(blocks, "stage.regex");
    assert.ok(stage);
    const file = pathOf(pod).replace("*", "0");
    const match = RE2JS.compile(textAt(stage, "expression") ?? "").matcher(file);
    assert.ok(match.find());
    assert.deepEqual([match.group("pod"), match.group("container")], ["web-0", "web"]);
  });

  it("are asked for with a format only where there are files", () => {
    assert.throws(() => settingsOf({ logs: { fileFormat: "docker" } }), /logs\.fileFormat\n {4}is about files/);
    assert.throws(() => settingsOf({ logs: { source: "file" } }), /logs\.source/);
  });
});
