/**
 * @severity medium
 * @link https://grafana.com/docs/alloy/latest/reference/cli/run/
 */
import type { Stability } from "../../../pipeline/needs";
import { onContainers } from "../../pods";
import type { ResourceRule } from "../../rule";
import { isAbsent, texts } from "../../values";

/** The collector's command line leaves no door open; `stability` is what the pipeline needs. */
export function collectorArguments(container: string, stability: Stability): ResourceRule {
  const demanded: { flag: string; values: string[]; why: string }[] = [
    { flag: "--disable-reporting", values: ["", "true"], why: "or usage is reported to Grafana" },
    { flag: "--server.http.enable-pprof", values: ["false"], why: "or memory, credentials in it, is read over HTTP" },
    { flag: "--server.http.disable-support-bundle", values: ["", "true"], why: "or a bundle is made over HTTP" },
    { flag: "--stability.level", values: [stability], why: "since nothing in the pipeline needs another" },
  ];
  return {
    name: "alloy-arguments",
    description:
      "The collector reports to nobody, serves neither profiles nor bundles, and runs at the level it needs.",
    severity: "medium",
    remediation: "Give each flag once, with the value that is asked for.",
    url: "https://grafana.com/docs/alloy/latest/reference/cli/run/",
    checks: [
      onContainers(({ container: spec, name, position, path }, report) => {
        if (name !== container || position !== "containers") return;
        if (!isAbsent(spec["command"])) report.violation(`${path}.command`, "replaces the image's own");
        const given = texts(spec["args"]);
        for (const { flag, values, why } of demanded) {
          const settings = given.filter((one) => one === flag || one.startsWith(`${flag}=`));
          const wanted = values.map((value) => (value === "" ? flag : `${flag}=${value}`));
          if (settings.length !== 1 || !wanted.includes(settings[0] ?? ""))
            report.violation(`${path}.args`, `does not hold ${wanted[0] ?? flag} once, ${why}`);
        }
      }),
    ],
  };
}
