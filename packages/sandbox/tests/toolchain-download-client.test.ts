import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import * as fs from "node:fs/promises";
import * as http from "node:http";
import * as net from "node:net";
import * as os from "node:os";
import * as path from "node:path";

import { findChecksum } from "../toolchain/checksums";
import { FetchError, openClient, type Client } from "../toolchain/download-client";
import { DownloadProgress } from "../toolchain/download-progress";
import { fetchFile } from "../toolchain/fetch-file";
import { startReleaseSite, type ReleaseSite } from "./release-site";

describe("toolchain: how a file is fetched", function () {
  this.timeout(20_000);
  const { signal } = new AbortController();
  const content = randomBytes(5_000);
  const url = "https://site.example/file.bin";
  let folder: string;
  let site: ReleaseSite;
  let client: Client | undefined;
  beforeEach(async () => {
    folder = await fs.mkdtemp(path.join(os.tmpdir(), "fetch-"));
    site = await startReleaseSite();
  });
  afterEach(async () => {
    await client?.close();
    await site.close();
    await fs.rm(folder, { recursive: true });
  });

  async function fetchIt(): Promise<number[]> {
    const told: number[] = [];
    const options = { signal, pauseMs: 10, onBytes: (there: number) => void told.push(there) };
    assert.ok(client !== undefined);
    await fetchFile(`${site.url}/site.example/file.bin`, path.join(folder, "file"), { client, ...options });
    assert.ok((await fs.readFile(path.join(folder, "file"))).equals(content));
    return told;
  }

  it("gives up a server that falls silent, and goes on where it was", async () => {
    client = await openClient({}, 300);
    site.serve(url, content, [{ kind: "stall", after: 2_000 }]);
    const told = await fetchIt();
    assert.deepEqual([told[0], told.at(-1)], [2_000, 5_000]);
    assert.match(site.requests.join("\n"), /bytes=2000-/);
  });

  it("gives up after five attempts without a byte, and not while there is progress", async () => {
    client = await openClient({}, 2_000);
    site.serve(
      url,
      content,
      Array.from({ length: 8 }, () => ({ kind: "break" as const, after: 500 })),
    );
    await fetchIt();
    await fs.rm(path.join(folder, "file"));
    site.serve(
      url,
      content,
      Array.from({ length: 5 }, () => ({ kind: "status" as const, status: 502 })),
    );
    await assert.rejects(fetchIt(), (error) => error instanceof FetchError && /answers 502/.test(error.message));
  });

  it("goes through the proxy that the environment names, and not for what NO_PROXY names", async () => {
    site.serve(url, content);
    const proxied: string[] = [];
    const proxy = http.createServer();
    proxy.on("connect", (request, socket: net.Socket) => {
      proxied.push(request.url ?? "");
      const { port } = new URL(site.url);
      const through = net.connect(Number(port), "127.0.0.1", () => {
        socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
        through.pipe(socket).pipe(through);
      });
      for (const end of [socket, through]) end.on("error", () => undefined);
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    try {
      const address = `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`;
      client = await openClient({ http_proxy: address });
      await fetchIt();
      assert.deepEqual(proxied, [new URL(site.url).host]);
      await client.close();
      client = await openClient({ HTTP_PROXY: address, NO_PROXY: "127.0.0.1" });
      await fs.rm(path.join(folder, "file"));
      await fetchIt();
      assert.equal(proxied.length, 1);
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  });

  it("tells by site why there is no answer, and takes any answer for one", async () => {
    client = await openClient({});
    const silent = await client.unreachable([`${site.url}/nothing`, "http://127.0.0.1:1/x"], 2_000, signal);
    assert.deepEqual([...silent.keys()], ["127.0.0.1:1"]);
    assert.match(silent.get("127.0.0.1:1") ?? "", /ECONNREFUSED|bad port/);
  });
});

describe("toolchain: lists of checksums", () => {
  const hash = "ab".repeat(32);
  const lists: [what: string, text: string][] = [
    ["sha256sum", `${"0".repeat(64)}  a.zip\n${hash}  file.zip\n`],
    ["sha256sum of binary files", `${hash} *file.zip\n`],
    ["sha256sum in a folder", `${hash}  ./file.zip\r\n`],
    ["a lone hash", `${hash}\n`],
    ["capital letters", hash.toUpperCase()],
    [
      "what GitHub tells of a release",
      JSON.stringify({
        assets: [
          { name: "x", digest: null },
          { name: "file.zip", digest: `sha256:${hash}` },
        ],
      }),
    ],
  ];
  for (const [what, text] of lists) it(`reads ${what}`, () => assert.equal(findChecksum(text, "file.zip"), hash));

  const others: [what: string, text: string][] = [
    ["another file's hash", `${hash}  other.zip\n`],
    ["a name that only ends alike", `${hash}  my-file.zip\n`],
    ["a shorter hash", `${"ab".repeat(20)}  file.zip\n`],
    ["two lone hashes", `${hash}\n${hash}\n`],
    ["a page", "<html>Not found</html>"],
    ["half of an answer", '{"assets": [{"name": "file.zip", "digest": "sha256:'],
    ["a release without digests", '{"assets": [{"name": "file.zip", "digest": null}]}'],
    ["nothing", ""],
  ];
  for (const [what, text] of others) {
    it(`takes no checksum from ${what}`, () => assert.equal(findChecksum(text, "file.zip"), undefined));
  }
});

describe("toolchain: how far downloads are", () => {
  const release = (name: string, megabytes: number) => ({
    name,
    megabytes,
    version: "1",
    url: "",
    sha256: undefined,
    bytes: undefined,
    checksums: undefined,
    files: {},
    keep: [],
  });

  it("tells what is there, what is open, the speed and the time that is left", () => {
    const progress = new DownloadProgress([release("alloy", 100), release("loki", 50)]);
    assert.equal(progress.text(0), "0 MB of 150 MB: alloy, loki");
    progress.update("alloy", 20_000_000, 110_000_000);
    assert.equal(progress.text(2_000), "20 MB of 160 MB, 10 MB/s, about 14 s left: alloy, loki");
    progress.update("alloy", 110_000_000, 110_000_000);
    progress.end("alloy");
    progress.end("loki"); // it could not be had
    assert.equal(progress.text(11_000), "110 MB of 110 MB, 10 MB/s, about 0 s left");
  });
});
