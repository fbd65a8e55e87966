import * as grpc from "@grpc/grpc-js";
import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import {
  GetRootResourceResponse,
  RequirePulumiVersionResponse,
  SetRootResourceResponse,
} from "@pulumi/pulumi/proto/engine_pb";
import type { LogRequest, SetRootResourceRequest } from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { unary } from "../../stand-ins/unary";

/** What a plugin told the engine outside its answers. */
export interface EngineLog {
  severity: "debug" | "info" | "warning" | "error";
  urn: string;
  message: string;
  /** Progress beside the resource, which goes away again. */
  ephemeral: boolean;
}

const SEVERITIES = ["debug", "info", "warning", "error"] as const;

/**
 * The engine as a plugin sees it. The address is the plugin's first argument; an official plugin that gets none has
 * nobody to tell its progress to, and the kubernetes plugin panics at its first create (await.Creation, LogStatus).
 */
export class Engine {
  private constructor(
    private readonly server: grpc.Server,
    /** `127.0.0.1:PORT` */
    readonly address: string,
    /** Everything that plugins have told it, for tests that look for stacks, secrets and warnings. */
    readonly logs: EngineLog[],
  ) {}

  static async start(): Promise<Engine> {
    const logs: EngineLog[] = [];
    let root = "";
    const server = new grpc.Server();
    // Every method of the service: one that is missing would answer "unimplemented", which no engine does.
    const methods: Record<keyof typeof EngineService, grpc.UntypedHandleCall> = {
      log: unary((request: LogRequest) => {
        logs.push({
          severity: SEVERITIES[request.getSeverity()] ?? "error",
          urn: request.getUrn(),
          message: request.getMessage(),
          ephemeral: request.getEphemeral(),
        });
        return new Empty();
      }),
      getRootResource: unary(() => new GetRootResourceResponse().setUrn(root)),
      setRootResource: unary((request: SetRootResourceRequest) => {
        root = request.getUrn();
        return new SetRootResourceResponse();
      }),
      startDebugging: unary(() => new Empty()),
      requirePulumiVersion: unary(() => new RequirePulumiVersionResponse()),
    };
    server.addService(EngineService, methods);
    const port = await new Promise<number>((resolve, reject) => {
      server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      );
    });
    return new Engine(server, `127.0.0.1:${port}`, logs);
  }

  stop(): void {
    this.server.forceShutdown();
  }
}
