import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** What a plugin may tell the engine outside its answers. */
export interface Host {
  /** A diagnostic: stays in the update's report. */
  log(severity: "info" | "warning", urn: string, message: string): void;
  /** Progress beside the resource while it is worked on; an empty text clears it. */
  status(urn: string, message: string): void;
}

/** A host for plugins that nobody listens to (tests, and the time before an engine attached). */
export const silentHost: Host = { log: () => undefined, status: () => undefined };

/** Sends to the engine at `address` (host:port). The same text about the same resource is sent once in a row. */
export function engineHost(address: string): Host {
  const engine = new EngineClient(address, grpc.credentials.createInsecure());
  const last = new Map<string, string>();
  const send = (severity: LogSeverity, urn: string, message: string, ephemeral: boolean): void => {
    const key = `${urn} ${ephemeral}`;
    if (last.get(key) === message) return;
    last.set(key, message);
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    // An engine that is gone cannot be told anything, and the operation's own answer reports what matters.
    engine.log(request, () => undefined);
  };
  return {
    log: (severity, urn, message) =>
      send(severity === "warning" ? LogSeverity.WARNING : LogSeverity.INFO, urn, message, false),
    status: (urn, message) => send(LogSeverity.INFO, urn, message, true),
  };
}
