/** A range of addresses so wide that naming it bounds nobody, or half of everybody, so that two of them bound nobody. */
export function isEverybody(cidr: string): boolean {
  const [, address = "", length = ""] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(cidr.trim()) ?? [];
  if (length === "") return false;
  // A whole class A network is the widest that somebody owns; of IPv6, 2000::/3 is all of the internet, fc00::/7 private.
  return Number(length) < (address.includes(":") ? 7 : 8);
}

/** Whether a rule's ports are all ports: none are named, one is without a number, or the ranges together have all. */
export function isEveryPort(ports: readonly unknown[]): boolean {
  if (ports.length === 0) return true;
  const ranges: [from: number, to: number][] = [];
  for (const item of ports) {
    const { port, endPort } = (typeof item === "object" && item !== null ? item : {}) as Record<string, unknown>;
    if (port === undefined || port === null) return true;
    if (typeof port === "number" && typeof endPort === "number") ranges.push([port, endPort]);
  }
  let [covered, reached] = [0, 0];
  for (const [from, to] of ranges.sort(([a], [b]) => a - b)) {
    covered += Math.max(0, to - Math.max(from, reached + 1) + 1);
    reached = Math.max(reached, to);
  }
  return covered >= mostPorts;
}

/** Without the ports below 1024 and a few more it is still everything that a program would open. */
const mostPorts = 58_000;
