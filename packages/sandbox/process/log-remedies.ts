/** What a server's last words mean for a person; the first that matches counts. */
const remedies: { pattern: RegExp; remedy: string }[] = [
  {
    pattern: /no space left on device|disk quota exceeded/i,
    remedy: "make room on that disk, or set ALLOY_SANDBOX to a folder on a larger one; then start again",
  },
  {
    pattern: /address already in use/i,
    remedy: "end the process that has this port (`ss -ltnp` names it), then start again",
  },
  { pattern: /too many open files/i, remedy: "raise the limit (`ulimit -n 4096`), then start again" },
  {
    pattern: /cannot allocate memory|out of memory/i,
    remedy: "end what is not needed: the sandbox takes about 2 GB of memory; then start again",
  },
  {
    pattern: /certificate has expired or is not yet valid/i,
    remedy: "set this machine's clock, then start again",
  },
  {
    pattern: /user namespaces?|bubblewrap/i,
    remedy: "do what the message says (npm run sandbox:doctor looks again), then start again",
  },
  {
    // What the kernel cannot run is tried as a shell script.
    pattern: /\x7fELF|exec format error|cannot execute binary file/i,
    remedy: "the program is damaged: remove the folder that it lies in (sandbox:doctor says where), then start again",
  },
  {
    // etcd's WAL, OpenBao's bolt store, Prometheus' and Loki's own files.
    pattern: /\b(?:crc mismatch|corrupt(?:ed|ion)?|unexpected EOF|invalid database|walpb)\b/i,
    remedy: "its data is damaged (a machine that went down?): npm run sandbox:down -- --purge, then npm start",
  },
];

/** What to do about a server whose log ends with these lines. */
export function remedyFor(lines: readonly string[]): string {
  const text = lines.join("\n");
  return remedies.find(({ pattern }) => pattern.test(text))?.remedy ?? "correct what the log names, then start again";
}
