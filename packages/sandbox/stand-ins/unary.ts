import * as grpc from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { Any } from "google-protobuf/google/protobuf/any_pb";
import { InitFailedError } from "./provider";
import { redact } from "./redact";
import type { PropertyMap } from "./values";
import { toStruct } from "./values";

type Handler<Request, Response> = (request: Request) => Response | Promise<Response>;

/** Turns an async function into a gRPC method; errors become one message, without a stack, free of secret values. */
export function unary<Request, Response>(
  handler: Handler<Request, Response>,
  secretsOf: (request: Request) => PropertyMap[] = () => [],
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    Promise.resolve()
      .then(() => handler(call.request))
      .then(
        (response) => callback(null, response),
        (error: unknown) => callback(grpcError(error, secretsOf(call.request))),
      );
  };
}

function grpcError(error: unknown, secrets: PropertyMap[]): Partial<grpc.StatusObject> {
  const message = redact(messageOf(error), ...secrets);
  if (!(error instanceof InitFailedError)) return { code: grpc.status.UNKNOWN, details: message };
  const detail = new ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(toStruct(error.state));
  detail.setReasonsList([message, ...error.reasons.map((reason) => redact(reason, ...secrets))]);
  if (error.inputs !== undefined) detail.setInputs(toStruct(error.inputs));
  const any = new Any();
  any.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(message);
  status.addDetails(any);
  // Go's gRPC carries structured errors in this trailer; grpc-js has no API for them.
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: message, metadata };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
