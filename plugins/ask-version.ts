// The SDK has loaded these already, where it runs.
import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";

/** Asks a plugin that listens on this port of this machine for its version. It has 20 s to answer. */
export function askVersion(port: number): Promise<string> {
  const client = new ResourceProviderClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  return new Promise((resolve, reject) => {
    const deadline = { deadline: Date.now() + 20_000 };
    client.getPluginInfo(new Empty(), new grpc.Metadata(), deadline, (error, info) => {
      client.close();
      if (error === null) resolve(info.getVersion());
      else reject(new Error(error.details || error.message));
    });
  });
}
