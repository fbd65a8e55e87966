import assert from "node:assert/strict";

import { withConfig } from "../support/config";
import { spaces } from "../support/gate";
import { sandbox } from "../support/sandbox";

const exporter = `/apis/apps/v1/namespaces/${spaces.shop}/daemonsets`;
const prometheus = `/apis/monitoring.coreos.com/v1/namespaces/${spaces.shop}/prometheuses`;
const exporterLabels = { "app.kubernetes.io/name": "prometheus-node-exporter" };

/** What a preview refuses, and what it warns of on a real API server. */
export function previewTests(): void {
  describe("a preview", () => {
    it("refuses an outage budget that no node can hold, with the sum", () =>
      withConfig([[["alloy:wal"], { load: { containerLinesPerSecond: 1000 } }]], async () => {
        const before = await sandbox().deployed();
        const result = await sandbox().npm("preview", ["local"]);
        assert.notEqual(result.exitCode, 0, result.output);
        assert.match(
          result.output,
          /1 problem; nothing was deployed\.\n +Pulumi\.local\.yaml: alloy:wal\.outageBudget\n/,
        );
        assert.match(
          result.output,
          /promises 50m, but in that time the busiest container writes 703\.8 MiB \(1000 lines\/s × \(200 \+ 46\) bytes × 3000 s\)/,
        );
        assert.match(result.output, /→ lower it to 42s, or raise the kubelets' containerLogMaxSize/);
        assert.deepEqual(await sandbox().deployed(), before);
      }));

    describe("beside a node-exporter and a Prometheus", () => {
      before(async () => {
        await sandbox().api.request("POST", exporter, {
          body: {
            apiVersion: "apps/v1",
            kind: "DaemonSet",
            metadata: { name: "kps-prometheus-node-exporter", labels: exporterLabels },
            spec: {
              selector: { matchLabels: exporterLabels },
              template: {
                metadata: { labels: exporterLabels },
                spec: {
                  nodeSelector: { "example.com/no-such-node": "here" },
                  containers: [{ name: "main", image: "demo.invalid/played-by-the-sandbox:1" }],
                },
              },
            },
          },
        });
        await sandbox().api.request("POST", prometheus, {
          body: {
            apiVersion: "monitoring.coreos.com/v1",
            kind: "Prometheus",
            metadata: { name: "k8s" },
            spec: { podMonitorSelector: {}, podMonitorNamespaceSelector: {} },
          },
        });
      });

      after(async () => {
        await sandbox().api.request("DELETE", `${exporter}/kps-prometheus-node-exporter`);
        await sandbox().api.request("DELETE", `${prometheus}/k8s`);
      });

      const asNodeExporter: [string[], unknown] = [["alloy:metrics"], { job: "node-exporter", scrapeInterval: "5s" }];
      const url = "http://kube-prometheus-stack-prometheus.monitoring:9090/api/v1/write";

      it("warns that nodes would be counted double, and that no Prometheus takes what collectors write", () =>
        withConfig([[["alloy:prometheusUrl"], url], asNodeExporter], async () => {
          const result = await sandbox().npm("preview", ["local"]);
          assert.equal(result.exitCode, 0, result.output);
          assert.match(
            result.output,
            /^warning: a node-exporter runs as well \(gate-shop\/kps-prometheus-node-exporter\), and alloy:metrics\.job is node-exporter/m,
          );
          assert.match(
            result.output,
            /^warning: no Prometheus of the cluster takes remote writes \(gate-shop\/k8s\): .* enableRemoteWriteReceiver: true/m,
          );
          // The address of metrics is behind every position.
          assert.doesNotMatch(result.output, /will be read again/);
        }));

      it("warns of neither with the default job and with remote writes that are taken", () =>
        withConfig([[["alloy:prometheusUrl"], url]], async () => {
          await sandbox().api.request("PATCH", `${prometheus}/k8s`, {
            type: "application/merge-patch+json",
            body: { spec: { enableRemoteWriteReceiver: true } },
          });
          const result = await sandbox().npm("preview", ["local"]);
          assert.equal(result.exitCode, 0, result.output);
          assert.doesNotMatch(result.output, /node-exporter runs as well|takes remote writes/);
        }));
    });
  });
}
