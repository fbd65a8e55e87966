import { setTimeout as sleep } from "node:timers/promises";

import { errorText } from "../../../kit/error-text";
import { ApiError, type KubeApi } from "../servers/cluster/kube-api";

interface ListedObject {
  metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string };
}

/**
 * Follows a list in the API for as long as `signal` allows: lists, watches from there, and lists again when the watch
 * ends or the connection breaks. `onChange` gets all objects at every list and every change.
 */
export async function followList<T extends ListedObject>(
  api: KubeApi,
  path: string,
  query: Record<string, string>,
  handlers: { onChange: (objects: ReadonlyMap<string, T>) => void; onTrouble: (text: string) => void },
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const list = await api.request<{ items: T[]; metadata: { resourceVersion: string } }>(
        "GET",
        `${path}?${new URLSearchParams(query).toString()}`,
      );
      const objects = new Map(list.items.map((object) => [keyOf(object), object]));
      handlers.onChange(objects);
      await api.watch<T>(
        path,
        { ...query, resourceVersion: list.metadata.resourceVersion, timeoutSeconds: "300" },
        (event) => {
          if (event.type === "BOOKMARK") return;
          if (event.type === "DELETED") objects.delete(keyOf(event.object));
          else objects.set(keyOf(event.object), event.object);
          handlers.onChange(objects);
        },
        signal,
      );
    } catch (error) {
      if (signal.aborted) return;
      // 410: the history that the watch wanted is gone, which a new list mends.
      if (!(error instanceof ApiError && error.code === 410)) handlers.onTrouble(errorText(error));
      await sleep(1000, undefined, { signal }).catch(() => undefined); // aborted: the loop ends
    }
  }
}

function keyOf(object: ListedObject): string {
  return object.metadata.uid ?? `${object.metadata.namespace ?? ""}/${object.metadata.name}`;
}

interface DataObject extends ListedObject {
  /** ConfigMap: text. Secret: base64. */
  data?: Record<string, string>;
  /** ConfigMap: base64. */
  binaryData?: Record<string, string>;
}

type Kind = "configmaps" | "secrets";

/** ConfigMaps and Secrets of the namespaces that pods of the agent live in, kept up to date by watches. */
export class ObjectCache {
  private readonly lists = new Map<string, { objects: Map<string, DataObject> | undefined; ready: Promise<void> }>();

  constructor(
    private readonly api: KubeApi,
    private readonly handlers: { onChange: (namespace: string) => void; onTrouble: (text: string) => void },
    private readonly signal: AbortSignal,
  ) {}

  /** Begins to follow a namespace and waits for its first lists. */
  async follow(namespace: string): Promise<void> {
    await Promise.all((["configmaps", "secrets"] as const).map((kind) => this.list(kind, namespace).ready));
  }

  configMap(namespace: string, name: string): Record<string, Buffer> | undefined {
    const object = this.list("configmaps", namespace).objects?.get(name);
    if (object === undefined) return undefined;
    return { ...decode(object.data, "utf8"), ...decode(object.binaryData, "base64") };
  }

  secret(namespace: string, name: string): Record<string, Buffer> | undefined {
    const object = this.list("secrets", namespace).objects?.get(name);
    return object === undefined ? undefined : decode(object.data, "base64");
  }

  private list(kind: Kind, namespace: string): { objects: Map<string, DataObject> | undefined; ready: Promise<void> } {
    const key = `${kind}/${namespace}`;
    const known = this.lists.get(key);
    if (known !== undefined) return known;
    let settle: () => void = () => undefined;
    const entry: { objects: Map<string, DataObject> | undefined; ready: Promise<void> } = {
      objects: undefined,
      ready: new Promise((resolve) => (settle = resolve)),
    };
    this.lists.set(key, entry);
    void followList<DataObject>(
      this.api,
      `/api/v1/namespaces/${namespace}/${kind}`,
      {},
      {
        onChange: (objects) => {
          entry.objects = new Map([...objects.values()].map((object) => [object.metadata.name, object]));
          settle();
          this.handlers.onChange(namespace);
        },
        onTrouble: this.handlers.onTrouble,
      },
      this.signal,
    );
    return entry;
  }
}

function decode(data: Record<string, string> = {}, encoding: BufferEncoding): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, Buffer.from(value, encoding)]));
}
