import { composePipeline } from "../../pipeline/compose";
import { canaryTarget } from "../../settings/canary/schema";
import { apiServerHost, destinationOf, hostAndPort } from "../../settings/network/destination";
import { UserError } from "../../kit/user-error";
import type { Settings } from "../../settings/schema";

/**
 * The lines of `alloy:network.destinations` that are missing where no cluster can be asked, one a host, each with what a
 * cluster would have said left open. Pure; empty where nothing has to be asked.
 *
 * @param folder where the settings' paths start
 */
export function unstatedHosts(settings: Settings, folder: string): string[] {
  if (!settings.network.enabled) return [];
  const { canary, selfMonitoring } = settings;
  const called = [
    ...composePipeline(settings, folder).needs.egress,
    ...(canary.enabled ? [canaryTarget(settings)] : []),
    // The pods behind it are those that scrape.
    ...(selfMonitoring.enabled ? [hostAndPort(settings.prometheusUrl)] : []),
  ];
  const lines = called.flatMap(({ host, port }) => {
    const { kind } = destinationOf(host, port, settings);
    if (kind === "service") return [`${host}: { podLabels: { LABEL: VALUE }, port: PORT-OF-THE-PODS }`];
    return kind === "api-server" ? [`${apiServerHost}: { cidrs: [SERVICE-IP/32, API-SERVER-IP/32], port: 6443 }`] : [];
  });
  return [...new Set(lines)];
}

/**
 * Refuses what would be made up otherwise: a NetworkPolicy that looks right and holds nothing.
 *
 * @throws UserError with the lines to copy
 */
export function refuseUnstatedHosts(settings: Settings, file: string, folder: string): void {
  const lines = unstatedHosts(settings, folder);
  if (lines.length === 0) return;
  throw UserError.of(
    file,
    "alloy:network.destinations",
    "no cluster is asked here, and only a cluster knows what is behind these hosts",
    `write them under alloy:network.destinations, and fill in what is in capitals: ${lines.map((line) => `\n        ${line}`).join("")}\n      kubectl -n default get service,endpointslice kubernetes shows the API server's addresses; kubectl describe service NAME shows labels and port`,
  );
}
