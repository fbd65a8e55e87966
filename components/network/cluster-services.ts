import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

import type { EgressNeed } from "../../pipeline/needs";
import { apiServerHost, destinationOf, hostAndPort, singleAddress } from "../../settings/network/destination";
import { runError } from "../../errors/run-error";
import { UserError } from "../../kit/user-error";
import type { Settings } from "../../settings/schema";
import {
  addresses,
  pods,
  ServiceProblem,
  tcp,
  waysToApiServer,
  wayToService,
  type NetworkPeer,
  type NetworkWay,
} from "./policy-rules";

/** Whose traffic it is about, and where that is said. */
export interface ClusterServicesArgs {
  /** The stack's settings; `network` says what the cluster cannot. */
  settings: Settings;
  /** The stack's file, named in messages. */
  stackFile: string;
}

/** The Services that pods of this stack send to, each read once. */
export class ClusterServices {
  private readonly services = new Map<string, k8s.core.v1.Service>();

  constructor(
    private readonly name: string,
    private readonly args: ClusterServicesArgs,
    private readonly parent: pulumi.Resource,
  ) {}

  /** @throws RunError in the program's run where the cluster names no pods for the host */
  waysTo({ host, port }: Pick<EgressNeed, "host" | "port">): pulumi.Output<NetworkWay[]> {
    const found = destinationOf(host, port, this.args.settings);
    switch (found.kind) {
      case "addresses":
        return pulumi.output([{ to: addresses(found.cidrs), ports: [tcp(found.port)] }]);
      case "pods":
        return pulumi.output([{ to: [pods(found.namespace, found.labels)], ports: [tcp(found.port)] }]);
      case "service":
        return this.read(found.namespace, found.name).spec.apply((spec) =>
          this.explained(host, () => [wayToService(found.namespace, found.name, found.port, spec)]),
        );
      case "api-server":
        return this.waysToApiServer(found.port);
      case "unknown":
        throw this.problem(host, `${host} is no Service of the cluster, and a NetworkPolicy knows addresses only`);
    }
  }

  /** The pods behind alloy:prometheusUrl are the Prometheus that scrapes; further scrapers are stated. */
  scrapers(): pulumi.Output<NetworkPeer[]> {
    const { settings } = this.args;
    const stated = addresses(settings.network.scrapeCidrs);
    const { host, port } = hostAndPort(settings.prometheusUrl);
    const { kind } = destinationOf(host, port, settings);
    if (!settings.selfMonitoring.enabled || (kind !== "pods" && kind !== "service")) return pulumi.output(stated);
    return this.waysTo({ host, port }).apply((ways) => [...ways.flatMap(({ to }) => to), ...stated]);
  }

  private waysToApiServer(port: number): pulumi.Output<NetworkWay[]> {
    const service = this.read("default", "kubernetes");
    const slice = k8s.discovery.v1.EndpointSlice.get(`${this.name}-api-server`, "default/kubernetes", {
      parent: this.parent,
    });
    return pulumi.all([service.spec, slice.endpoints, slice.ports]).apply(([spec, endpoints, ports]) =>
      this.explained(apiServerHost, () =>
        waysToApiServer(
          spec,
          port,
          {
            addresses: endpoints.flatMap((endpoint) => endpoint.addresses),
            ports: ports.map((one) => one.port),
          },
          singleAddress,
        ),
      ),
    );
  }

  private read(namespace: string, name: string): k8s.core.v1.Service {
    const id = `${namespace}/${name}`;
    const known = this.services.get(id);
    if (known !== undefined) return known;
    const service = k8s.core.v1.Service.get(`${this.name}-${namespace}-${name}`, id, { parent: this.parent });
    this.services.set(id, service);
    return service;
  }

  private explained<T>(host: string, look: () => T): T {
    try {
      return look();
    } catch (error) {
      if (error instanceof ServiceProblem) throw this.problem(host, error.message, error.remedy);
      throw error;
    }
  }

  private problem(host: string, problem: string, remedy = `write ${host}: { cidrs: [ADDRESS/32] }`): unknown {
    const key = `alloy:network.destinations["${host}"]`;
    const { stackFile } = this.args;
    return runError(UserError.of(stackFile, key, problem, remedy), stackFile);
  }
}
